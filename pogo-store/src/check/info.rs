//! What a namespace has, without reading it.

use std::io;

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError, OwnerId, Seq};

use crate::error::unavailable;
use crate::history::events_file;
use crate::jobs::index_file;
use crate::journal::{content_file, list_content, list_segments, list_snapshots, segment_file, snapshot_file};
use crate::owner::read_owner;
use crate::shared::Shared;

/// What a namespace has, and how much room it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamespaceInfo {
    /// Who owns it, or did last; `None` if nobody ever did.
    pub owner: Option<LastOwner>,
    /// The first record that is still there.
    pub first: Seq,
    /// How many segments of records there are, and their bytes.
    pub segments: (usize, u64),
    /// The position of each snapshot, and their bytes.
    pub snapshots: (Vec<Seq>, u64),
    /// How many pieces of content there are, and their bytes.
    pub content: (usize, u64),
    /// How many jobs have events that the journal no longer has, and their bytes.
    pub events: (usize, u64),
    /// How many jobs have output, and its bytes.
    pub output: (usize, u64),
    /// The bytes of the list of jobs.
    pub list: u64,
}

/// Who owns a namespace, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastOwner {
    /// Its name.
    pub owner: OwnerId,
    /// Its epoch.
    pub epoch: Epoch,
    /// Since when, by its own clock.
    pub since: Timestamp,
    /// The name of its machine.
    pub machine: String,
    /// Its process.
    pub pid: u32,
}

impl NamespaceInfo {
    /// The bytes of all of it.
    pub fn bytes(&self) -> u64 {
        self.segments.1 + self.snapshots.1 + self.content.1 + self.events.1 + self.output.1 + self.list
    }
}

pub(crate) fn info(shared: &Shared) -> Result<NamespaceInfo, JournalError> {
    let owner = read_owner(&*shared.disk, &shared.dir.join("owner"))?;
    files(shared, owner).map_err(unavailable)
}

fn files(shared: &Shared, owner: Option<crate::owner::OwnerRecord>) -> io::Result<NamespaceInfo> {
    let (disk, journal, content) = (&*shared.disk, shared.journal_dir(), shared.content_dir());
    let size = |files: Vec<std::path::PathBuf>| -> u64 {
        // What was removed meanwhile takes no room.
        let sizes = files.into_iter().filter_map(|file| disk.identity(&file).ok());
        sizes.map(|file| file.len).sum()
    };
    let segments = list_segments(disk, &journal)?;
    let snapshots = list_snapshots(disk, &shared.dir)?;
    let digests = list_content(disk, &content)?;
    let output = shared.outputs.found()?;
    let dirs = shared
        .outputs
        .jobs()?
        .into_iter()
        .map(|job| shared.jobs_dir().join(job.number().to_string()));
    let events: Vec<_> = dirs
        .map(|dir| events_file(&dir))
        .filter(|file| matches!(disk.exists(file), Ok(true)))
        .collect();
    Ok(NamespaceInfo {
        owner: owner.map(|last| LastOwner {
            owner: last.owner,
            epoch: last.epoch,
            since: last.since,
            machine: last.machine.host,
            pid: last.machine.pid,
        }),
        first: segments.first().copied().unwrap_or_default(),
        segments: (
            segments.len(),
            size(segments.iter().map(|it| segment_file(&journal, *it)).collect()),
        ),
        content: (
            digests.len(),
            size(digests.iter().map(|it| content_file(&content, *it)).collect()),
        ),
        events: (events.len(), size(events)),
        list: size(vec![index_file(&shared.dir)]),
        output: (output.len(), output.iter().map(|job| job.bytes).sum()),
        snapshots: {
            let bytes = size(snapshots.iter().map(|it| snapshot_file(&shared.dir, *it)).collect());
            (snapshots, bytes)
        },
    })
}
