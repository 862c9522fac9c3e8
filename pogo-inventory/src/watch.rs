//! Watches sources for changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::{FutureExt, select_all};
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::inventory::InventoryError;

use crate::merge::{Gathered, Sources};

/// Reads sources again when they change.
///
/// A change is noticed when a source [reports it](crate::Inventory::changed), when the metadata of a file or folder
/// that was read differs (modification time, size, inode; polled every 2 seconds), and in any case after a minute,
/// which is how sources without files are followed. Files are polled rather than watched through the kernel: that works
/// on network file systems, for folders that are replaced as a whole, as Kubernetes does with its ConfigMaps, and for
/// editors that replace the file.
///
/// ```no_run
/// # #[cfg(feature = "policy-file")] {
/// use pogo_inventory::merge::Sources;
/// use pogo_inventory::{FleetDiff, SourceSpec, Watch};
///
/// # futures::executor::block_on(async {
/// let sources = Sources::new().with("pogo.yaml".parse::<SourceSpec>()?.open());
/// let mut known = sources.gather().await?;
/// let mut watch = Watch::new(sources, &known);
/// loop {
///     match watch.next().await {
///         Ok(now) => {
///             println!("{}", FleetDiff::between(&known.fleet, &now.fleet));
///             known = now;
///         }
///         Err(error) => eprintln!("the fleet stays as it is: {error}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # });
/// # }
/// ```
pub struct Watch {
    sources: Sources,
    looks: Vec<(PathBuf, FileStamp)>,
    clock: Arc<dyn Clock>,
    every: Duration,
    reread: Duration,
}

/// The metadata of a file or folder; `None` if it does not exist.
type FileStamp = Option<(Option<SystemTime>, u64, u64)>;

impl Watch {
    /// Default polling interval of files.
    pub const EVERY: Duration = Duration::from_secs(2);
    /// Default interval after which sources are read in any case.
    pub const REREAD: Duration = Duration::from_secs(60);

    /// Watches these sources, whose last result was `gathered`.
    pub fn new(sources: Sources, gathered: &Gathered) -> Self {
        Self {
            sources,
            looks: looks(gathered),
            clock: Arc::new(SystemClock),
            every: Self::EVERY,
            reread: Self::REREAD,
        }
    }

    /// Sets the polling interval of files, at least 10 milliseconds.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every.max(Duration::from_millis(10));
        self
    }

    /// Sets the interval after which sources are read in any case.
    pub fn reread(mut self, reread: Duration) -> Self {
        self.reread = reread;
        self
    }

    /// Sets the clock. Default: the system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Waits until sources may have changed, and reads all of them. The result may equal the last one.
    ///
    /// A change that a dropped future missed is noticed a minute later at the latest.
    ///
    /// # Errors
    ///
    /// As for [`Sources::gather`]; the next call goes on.
    pub async fn next(&mut self) -> Result<Gathered, InventoryError> {
        self.wait().await;
        // Before the sources are read, so that a change in between is noticed the next time.
        for (path, known) in &mut self.looks {
            *known = look(path);
        }
        let gathered = self.sources.gather().await?;
        let known = std::mem::take(&mut self.looks);
        self.looks = looks(&gathered);
        for (path, look) in &mut self.looks {
            // What was seen before the reading, for files that were known; new ones are as they are
            // now.
            if let Some((_, earlier)) = known.iter().find(|(known, _)| known == path) {
                *look = *earlier;
            }
        }
        Ok(gathered)
    }

    async fn wait(&self) {
        // Of no sources at all the first that changes cannot be chosen: the library panics.
        let never = std::future::pending().boxed();
        let said = self.sources.iter().map(|source| source.changed());
        let said = select_all(said.chain([never]));
        futures::future::select(said, self.looks_different().boxed()).await;
    }

    async fn looks_different(&self) {
        let until = self.clock.now() + self.reread;
        while self.clock.now() < until {
            let next = (self.clock.now() + self.every).min(until);
            self.clock.sleep_until(next).await;
            // One is enough: all sources are read again, since they are merged as one.
            if self.looks.iter().any(|(path, known)| look(path) != *known) {
                return;
            }
        }
    }
}

fn looks(gathered: &Gathered) -> Vec<(PathBuf, FileStamp)> {
    let mut files: Vec<PathBuf> = gathered
        .listings
        .iter()
        .flat_map(|listing| listing.files.clone())
        .collect();
    files.sort();
    files.dedup();
    files
        .into_iter()
        .map(|path| {
            let look = look(&path);
            (path, look)
        })
        .collect()
}

fn look(path: &Path) -> FileStamp {
    let data = fs::metadata(path).ok()?;
    Some((data.modified().ok(), data.len(), identity(&data)))
}

#[cfg(unix)]
fn identity(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> u64 {
    0
}
