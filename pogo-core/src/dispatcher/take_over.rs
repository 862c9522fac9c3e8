//! Takes over a journal, and replays it.

use super::accept_restore::{AcceptRestore, restored};
use super::awaited_journal::AwaitedJournal;
use super::guarded::Guarded;
use super::{DispatchError, Notice, Observer};
use crate::journal::{
    Acquire, ClockSkew, ContentLoader, Journal, JournalError, NamedContent, OwnedJournal, Owner, ReplayError, Seq,
};
use crate::scheduler::{Input, Scheduler};

/// A journal that was taken over, and what it says.
pub(super) struct TakenJournal {
    pub(super) owned: Box<dyn OwnedJournal>,
    /// How far the clock is from that of the store, if that has one.
    pub(super) skew: Option<ClockSkew>,
    /// What the scheduler is given of a restore, if there was one.
    pub(super) restored: Option<Input>,
    pub(super) scheduler: Scheduler,
    pub(super) replayed: Replayed,
}

/// What was read of a journal.
pub(super) struct Replayed {
    /// The position of its snapshot.
    pub(super) from: Seq,
    /// The content that it has.
    pub(super) named: NamedContent,
}

/// Takes over the journal, unless it is a copy and nobody accepts that, and replays it.
pub(super) async fn take_over(
    awaited: &AwaitedJournal<'_>,
    (owner, how): (Owner, Acquire),
    accept: Option<AcceptRestore>,
    observer: &Guarded,
) -> Result<TakenJournal, DispatchError> {
    // Before reading: what the former owner appended in between would be missing from the replay.
    let (owned, skew) = acquire(awaited, (owner, how), observer).await?;
    // Refused before the replay, which may take long, and before anything is written.
    let restored = restored(owned.restored(), accept)?;
    let (scheduler, replayed) = replay(awaited, owned.end()).await?;
    Ok(TakenJournal {
        owned,
        skew,
        restored,
        scheduler,
        replayed,
    })
}

/// Takes over the journal, unless the clock is too far from that of its store, and says how far it is.
async fn acquire(
    awaited: &AwaitedJournal<'_>,
    (owner, how): (Owner, Acquire),
    observer: &Guarded,
) -> Result<(Box<dyn OwnedJournal>, Option<ClockSkew>), DispatchError> {
    let mut skew = checked_skew(awaited, how, observer).await?;
    let owned = awaited.acquire(owner, how).await?;
    if how == Acquire::Wait {
        // It may have waited for days; if it is refused now, the journal is free again.
        skew = checked_skew(awaited, how, observer).await?;
    }
    Ok((owned, skew))
}

async fn checked_skew(
    awaited: &AwaitedJournal<'_>,
    how: Acquire,
    observer: &Guarded,
) -> Result<Option<ClockSkew>, DispatchError> {
    let skew = awaited.clock_skew().await?;
    if let Some(skew) = skew.filter(|skew| skew.is_too_large()) {
        if how != Acquire::Force {
            return Err(DispatchError::ClockSkewed { skew });
        }
        observer.notice(&Notice::ClockSkewed { skew });
    }
    Ok(skew)
}

/// Replays the journal up to its end.
async fn replay(journal: &dyn Journal, end: Seq) -> Result<(Scheduler, Replayed), DispatchError> {
    let mut content = ContentLoader::new();
    let (mut scheduler, upto) = match journal.latest_snapshot().await? {
        Some((upto, mut snapshot)) => {
            content.load_snapshot(journal, &mut snapshot).await?;
            (Scheduler::restore(&snapshot)?, upto)
        }
        None => (Scheduler::new(), Seq::default()),
    };
    let mut at = upto;
    while at < end {
        let mut page = journal.read(at).await?;
        content.load(journal, &mut page.records).await?;
        for (record, offset) in page.records.iter().zip(0..) {
            let at = Seq(at.0 + offset);
            scheduler.apply(record).map_err(|error| ReplayError { at, error })?;
        }
        // A store that gives nothing and goes no further would be read for ever.
        if page.next <= at {
            let message = format!("it ends here, and its owner says that it ends at {end}");
            return Err(JournalError::Corrupt { at, message }.into());
        }
        at = page.next;
    }
    if at == end {
        let named = NamedContent::of(content);
        return Ok((scheduler, Replayed { from: upto, named }));
    }
    let message = format!("it goes on to {at}, and its owner says that it ends here");
    Err(JournalError::Corrupt { at: end, message }.into())
}
