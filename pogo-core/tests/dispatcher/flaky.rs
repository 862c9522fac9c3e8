//! A journal that misbehaves on purpose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pogo_core::journal::{Commit, Journal, JournalError, MemoryJournal, OwnedJournal, Page, Seq};

use super::intercepted::{Intercepted, Interceptor};

/// The result of one append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Lands,
    /// It lands, and the answer is lost.
    LandsUnknown,
    /// It does not land, and the answer is lost.
    LostUnknown,
    /// The store is away.
    Unavailable,
    /// It lands, and the answer is that the store is away.
    LandsUnavailable,
    Fenced,
}

/// Appends meet these fates, one after the other, and then land.
pub(crate) struct Fates {
    next: Mutex<VecDeque<Fate>>,
    /// Records from here on have been dropped, as it says.
    compacted: Option<Seq>,
}

pub(crate) type Flaky = Intercepted<Fates>;

impl Flaky {
    pub(crate) fn flaky(fates: &[Fate]) -> (Arc<Self>, MemoryJournal) {
        Self::with(fates, None)
    }

    /// It has nothing but its beginning.
    pub(crate) fn unreadable() -> (Arc<Self>, MemoryJournal) {
        Self::with(&[], Some(Seq(1)))
    }

    fn with(fates: &[Fate], compacted: Option<Seq>) -> (Arc<Self>, MemoryJournal) {
        let inner = MemoryJournal::new();
        let next = Mutex::new(fates.iter().copied().collect());
        let journal = Self::over(inner.clone(), Fates { next, compacted });
        (Arc::new(journal), inner)
    }
}

#[async_trait]
impl Interceptor for Fates {
    async fn read(&self, journal: &MemoryJournal, from: Seq) -> Result<Page, JournalError> {
        match self.compacted {
            Some(first) if from >= first => Err(JournalError::Compacted { first }),
            _ => journal.read(from).await,
        }
    }

    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        let fate = self.next.lock().unwrap().pop_front().unwrap_or(Fate::Lands);
        let away = || JournalError::Unavailable {
            message: "away".to_owned(),
        };
        let unknown = || JournalError::Unknown {
            message: "no answer".to_owned(),
        };
        match fate {
            Fate::Lands => journal.append(commit).await,
            Fate::LandsUnknown => {
                journal.append(commit).await?;
                Err(unknown())
            }
            Fate::LostUnknown => Err(unknown()),
            Fate::Unavailable => Err(away()),
            Fate::LandsUnavailable => {
                journal.append(commit).await?;
                Err(away())
            }
            Fate::Fenced => Err(JournalError::Fenced),
        }
    }
}
