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
/// A change is noticed when a source [says so](crate::Inventory::changed), when a file or folder that was read looks different
/// (time of change, size, identity; looked at every 2 seconds), and in any case after a minute, which is how sources without files
/// are followed. Files are looked at, rather than waited for with the kernel's help: that works on network file systems, for
/// folders that are replaced as a whole, as Kubernetes does with its ConfigMaps, and for editors that write another
/// file in the place of the old.
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

/// What a file or folder looks like from outside; `None` if it is not there.
type FileStamp = Option<(Option<SystemTime>, u64, u64)>;

impl Watch {
    /// How often files are looked at, unless said otherwise.
    pub const EVERY: Duration = Duration::from_secs(2);
    /// How often sources are read in any case, unless said otherwise.
    pub const REREAD: Duration = Duration::from_secs(60);

    /// Watches these sources, which said this when they were read last.
    pub fn new(sources: Sources, gathered: &Gathered) -> Self {
        Self {
            sources,
            looks: looks(gathered),
            clock: Arc::new(SystemClock),
            every: Self::EVERY,
            reread: Self::REREAD,
        }
    }

    /// Looks at files this often, and no more often than every 10 milliseconds.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every.max(Duration::from_millis(10));
        self
    }

    /// Reads the sources this often in any case.
    pub fn reread(mut self, reread: Duration) -> Self {
        self.reread = reread;
        self
    }

    /// Uses this clock. By default the system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Waits until sources may have changed, and reads all of them. They may say the same as before.
    ///
    /// A change that came while the future was dropped is seen a minute later at the latest.
    ///
    /// # Errors
    ///
    /// As for [`Sources::gather`], after which it goes on with the next call.
    pub async fn next(&mut self) -> Result<Gathered, InventoryError> {
        self.wait().await;
        // Looked at before they are read, so that a change in between is seen the next time.
        for (path, known) in &mut self.looks {
            *known = look(path);
        }
        let gathered = self.sources.gather().await?;
        let known = std::mem::take(&mut self.looks);
        self.looks = looks(&gathered);
        for (path, look) in &mut self.looks {
            if let Some((_, earlier)) = known.iter().find(|(known, _)| known == path) {
                *look = *earlier;
            }
        }
        Ok(gathered)
    }

    async fn wait(&self) {
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
