//! The journal's store: records, owner, and copies for restores.

use std::collections::BTreeMap;

use super::defect::Defect;
use super::executor::Millis;
use super::process::ProcessId;
use crate::Digest;
use crate::journal::{Commit, Epoch, JournalError, Nonce, Owner, OwnerId, RestoredStore, Seq, Snapshot, load_from};
use crate::scheduler::{Incarnation, Record, RestoreCause, RestoreId};

/// An ownership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) epoch: Epoch,
    pub(super) nonce: Nonce,
    pub(super) process: ProcessId,
}

/// What a new owner finds.
pub(super) struct Acquired {
    pub(super) claim: Claim,
    pub(super) previous: Option<OwnerId>,
    pub(super) end: Seq,
    pub(super) restored: Option<RestoredStore>,
}

/// An older copy of the journal.
#[derive(Debug, Clone, Copy)]
struct StoreCopy {
    len: usize,
    epoch: Epoch,
}

#[derive(Default)]
pub(super) struct Store {
    pub(super) records: Vec<Record>,
    epoch: Epoch,
    owner: Option<(Claim, Owner)>,
    previous: Option<OwnerId>,
    /// Where the last commit begins.
    last: Option<Seq>,
    snapshot: Option<(Seq, Snapshot)>,
    /// Fleets and policies, which are never dropped while a copy has them.
    content: BTreeMap<Digest, Vec<u8>>,
    copies: Vec<StoreCopy>,
    /// How often it was restored, which no copy has.
    restores: u64,
    restored: Option<RestoredStore>,
    pub(super) away_until: Millis,
    defect: Option<Defect>,
}

fn seq(len: usize) -> Seq {
    Seq(u64::try_from(len).unwrap_or(u64::MAX))
}

fn index(at: Seq) -> usize {
    usize::try_from(at.0).unwrap_or(usize::MAX)
}

impl Store {
    pub(super) fn new(defect: Option<Defect>) -> Self {
        Self {
            defect,
            ..Self::default()
        }
    }

    pub(super) fn end(&self) -> Seq {
        seq(self.records.len())
    }

    pub(super) fn owner(&self) -> Option<&Claim> {
        self.owner.as_ref().map(|(claim, _)| claim)
    }

    /// Whether this is the ownership in force.
    pub(super) fn is_owned_by(&self, claim: &Claim) -> bool {
        self.owner() == Some(claim)
    }

    fn admits(&self, claim: &Claim) -> bool {
        let same_epoch = self.epoch == claim.epoch && self.owner.is_some();
        match self.defect {
            Some(Defect::Unfenced) => true,
            Some(Defect::NonceNotCompared) => same_epoch,
            _ => self.is_owned_by(claim),
        }
    }

    pub(super) fn acquire(&mut self, process: ProcessId, owner: Owner, force: bool) -> Result<Acquired, JournalError> {
        if let Some((claim, holder)) = self.owner.as_ref().filter(|_| !force) {
            return Err(JournalError::Held {
                owner: holder.id.clone(),
                epoch: claim.epoch,
                since: holder.since,
            });
        }
        // Restored from this copy, the next owner gets the same epoch again, and only the nonce distinguishes the two.
        self.copy();
        self.epoch = Epoch(self.epoch.0 + 1);
        let claim = Claim {
            epoch: self.epoch,
            nonce: owner.nonce,
            process,
        };
        let previous = self.previous.replace(owner.id.clone());
        self.owner = Some((claim.clone(), owner));
        Ok(Acquired {
            claim,
            previous,
            end: self.end(),
            restored: self.restored.filter(|_| self.defect != Some(Defect::RestoreForgotten)),
        })
    }

    /// The restore is recorded.
    pub(super) fn confirm_restored(&mut self, claim: &Claim, incarnation: Incarnation) -> Result<(), JournalError> {
        if !self.admits(claim) {
            return Err(JournalError::Fenced);
        }
        self.restored = None;
        self.restores = self.restores.max(incarnation.0);
        Ok(())
    }

    pub(super) fn free(&mut self, claim: &Claim) {
        if self.is_owned_by(claim) {
            self.owner = None;
        }
    }

    /// Appends; returns the number of new records.
    pub(super) fn append(&mut self, claim: &Claim, commit: &Commit) -> Result<usize, JournalError> {
        if !self.admits(claim) {
            return Err(JournalError::Fenced);
        }
        // A commit that arrives twice is the same commit; anything else at that place is a
        // conflict.
        if self.last == Some(commit.at) && self.records.get(index(commit.at)..) == Some(&commit.records) {
            return Ok(0);
        }
        if commit.at != self.end() {
            return Err(JournalError::Conflict { at: self.end() });
        }
        self.last = Some(commit.at);
        self.records.extend(commit.records.iter().cloned());
        Ok(commit.records.len())
    }

    pub(super) fn store_snapshot(&mut self, claim: &Claim, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        if !self.admits(claim) {
            return Err(JournalError::Fenced);
        }
        if upto > self.end() {
            return Err(JournalError::Conflict { at: self.end() });
        }
        self.snapshot = Some((upto, state));
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Option<(Seq, Snapshot)> {
        self.snapshot.clone()
    }

    pub(super) fn put_content(&mut self, claim: &Claim, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        if !self.admits(claim) {
            return Err(JournalError::Fenced);
        }
        if Digest::of(bytes) != digest {
            return Err(JournalError::WrongContent { digest });
        }
        self.content.entry(digest).or_insert_with(|| bytes.to_vec());
        Ok(())
    }

    pub(super) fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        let bytes = self.content.get(&digest).cloned();
        bytes.ok_or(JournalError::NoContent { digest })
    }

    /// All records, with the content that they name, as far as it is there.
    pub(super) fn take_records(&mut self) -> Vec<Record> {
        let mut records = std::mem::take(&mut self.records);
        for record in &mut records {
            // What is missing stays named, and is found by whoever applies it.
            let _ = load_from(record, |digest| self.content(digest));
        }
        records
    }

    pub(super) fn page(&self, from: Seq) -> Vec<Record> {
        self.records.get(index(from)..).unwrap_or_default().to_vec()
    }

    /// Keeps a copy as it is now.
    pub(super) fn copy(&mut self) {
        self.copies.push(StoreCopy {
            len: self.records.len(),
            epoch: self.epoch,
        });
    }

    pub(super) fn copies(&self) -> usize {
        self.copies.len()
    }

    /// Restores a copy: later records and any ownership are lost. Returns how many records that are; `None` where there
    /// is no copy.
    pub(super) fn restore(&mut self, nth: usize, cause: RestoreCause) -> Option<usize> {
        let copy = self.copies.get(nth).copied()?;
        let lost = self.records.len() - copy.len;
        self.records.truncate(copy.len);
        // Later copies are of a history that is no more.
        self.copies.truncate(nth + 1);
        // A snapshot of what was lost would bring it back.
        self.snapshot.take_if(|(upto, _)| index(*upto) > copy.len);
        (self.epoch, self.owner, self.last) = (copy.epoch, None, None);
        self.restores += 1;
        let restored = RestoredStore::new(cause).at_least(Incarnation(self.restores));
        self.restored = Some(restored.identified(RestoreId(self.restores)));
        Some(lost)
    }
}
