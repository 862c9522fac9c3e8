//! Removes what a newer snapshot stands for.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;

use memchr::memmem;
use pogo_core::Digest;
use pogo_core::journal::{JournalError, Seq};

use super::contents::{content_file, list_content};
use super::segments::{Mark, list_segments, scan, segment_file};
use super::snapshots::{KEPT, list_snapshots, snapshot_file, snapshot_text};
use crate::disk::set_aside;
use crate::error::unavailable;
use crate::history::{KeptExtent, keep_events};
use crate::shared::Shared;

/// Removes all snapshots but the last two, and the segments of which the older of them needs none, once their records
/// are kept for the jobs that they are of. A segment that is damaged is set aside. A crash on the way leaves files
/// that the next compaction removes. Returns the first position that is still needed, if anything is kept in place of
/// records.
pub(crate) fn remove_old(shared: &Shared) -> io::Result<Option<Seq>> {
    let snapshots = list_snapshots(&*shared.disk, &shared.dir)?;
    let Some(oldest) = snapshots.len().checked_sub(KEPT).and_then(|first| snapshots.get(first)) else {
        return Ok(None);
    };
    for old in snapshots.iter().filter(|upto| *upto < oldest) {
        shared.disk.remove(&snapshot_file(&shared.dir, *old))?;
    }
    let dir = shared.journal_dir();
    let segments = list_segments(&*shared.disk, &dir)?;
    // Oldest first: what is left is always without a gap.
    for (segment, next) in segments.iter().zip(segments.iter().skip(1)) {
        if next <= oldest {
            let file = segment_file(&dir, *segment);
            match keep_events(shared, *segment)? {
                KeptExtent::Everything => shared.disk.remove(&file)?,
                // What cannot be read may be read from a copy, or with better tools.
                KeptExtent::WhatCanBeRead => set_aside(&*shared.disk, &file)?,
            }
        }
    }
    Ok(Some(*oldest))
}

/// The content that no snapshot names and no record that is still there. Digests are looked for in the text, so that
/// whatever names content, also in a record of another version, keeps it.
pub(crate) fn unnamed_content(shared: &Shared) -> Result<BTreeSet<Digest>, JournalError> {
    let mut unnamed = Candidates::new(list_content(&*shared.disk, &shared.content_dir()).map_err(unavailable)?);
    for upto in list_snapshots(&*shared.disk, &shared.dir).map_err(unavailable)? {
        unnamed.keep_named_in(&snapshot_text(&*shared.disk, &shared.dir, upto).map_err(unavailable)?);
    }
    let dir = shared.journal_dir();
    for segment in list_segments(&*shared.disk, &dir).map_err(unavailable)? {
        if unnamed.0.is_empty() {
            break;
        }
        scan(&*shared.disk, &dir, Mark::begin(segment), |commit, _| {
            commit.texts().for_each(|(_, record)| unnamed.keep_named_in(record));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(unnamed.0.into_iter().map(|(digest, _)| digest).collect())
}

/// Content that may be removed, with how it would be named.
struct Candidates(Vec<(Digest, memmem::Finder<'static>)>);

impl Candidates {
    fn new(digests: Vec<Digest>) -> Self {
        let finder = |digest: Digest| (digest, memmem::Finder::new(digest.to_string().as_bytes()).into_owned());
        Self(digests.into_iter().map(finder).collect())
    }

    fn keep_named_in(&mut self, text: &[u8]) {
        self.0.retain(|(_, finder)| finder.find(text).is_none());
    }
}

/// Removes content.
pub(crate) fn remove_content(shared: &Shared, digests: impl Iterator<Item = Digest>) -> io::Result<()> {
    let dir = shared.content_dir();
    digests
        .into_iter()
        .try_for_each(|digest| shared.disk.remove(&content_file(&dir, digest)))
}
