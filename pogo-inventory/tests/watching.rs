//! Sources that change.
#![cfg(all(feature = "csv", feature = "policy-file", feature = "watch"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::mpsc;
use futures::executor::block_on;
use futures::future::{Either, select};
use futures::lock::Mutex;
use futures::{FutureExt, StreamExt};
use pogo_core::Timestamp;
use pogo_core::dispatcher::Clock;
use pogo_core::fleet::Fleet;
use pogo_core::inventory::{Inventory, InventoryError, Listing};
use pogo_inventory::merge::Sources;
use pogo_inventory::{PolicyFile, Watch};

const OFTEN: Duration = Duration::from_millis(10);
const NEVER: Duration = Duration::from_secs(3600);

fn watch(sources: Sources) -> Watch {
    let gathered = block_on(sources.gather()).unwrap();
    Watch::new(sources, &gathered).every(OFTEN).reread(NEVER)
}

fn policy(path: &Path) -> Watch {
    watch(Sources::new().with(Arc::new(PolicyFile::new(path))))
}

/// Writes a file as editors do, so that nobody reads half of it.
fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let (new, path) = (folder.join("new"), folder.join(name));
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, &path).unwrap();
    path
}

fn hosts(watch: &mut Watch) -> usize {
    block_on(watch.next()).unwrap().fleet.len()
}

#[test]
fn a_file_that_changes_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", "tag: { web: [web1] }\n");
    let mut watch = policy(&path);
    write(folder.path(), "p.yaml", "tag: { web: [web1, web2] }\n");
    assert_eq!(hosts(&mut watch), 2);
    write(folder.path(), "p.yaml", "tag: { web: [web1, web2, web3] }\n");
    assert_eq!(hosts(&mut watch), 3);
}

#[test]
fn files_that_are_included_are_watched_and_so_are_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", "tag: { web: [web1] }\n");
    let mut watch = policy(&path);
    write(folder.path(), "more.yaml", "tag: { web: [web2] }\n");
    write(folder.path(), "p.yaml", "include: more.yaml\ntag: { web: [web1] }\n");
    assert_eq!(hosts(&mut watch), 2);
    write(folder.path(), "more.yaml", "tag: { web: [web2, web3] }\n");
    assert_eq!(hosts(&mut watch), 3);
}

#[test]
fn a_file_that_breaks_is_an_error_and_one_that_is_right_again_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", "tag: { web: [web1] }\n");
    let mut watch = policy(&path);
    std::fs::remove_file(&path).unwrap();
    let gone = block_on(watch.next()).unwrap_err();
    assert!(matches!(gone, InventoryError::Unavailable(_)), "{gone}");
    write(folder.path(), "p.yaml", "tga: { web: [web1] }\n");
    assert!(block_on(watch.next()).is_err());
    write(folder.path(), "p.yaml", "tag: { web: [web1, web2] }\n");
    assert_eq!(hosts(&mut watch), 2);
}

/// A clock on which time passes only while somebody waits, and then at once.
#[derive(Default)]
struct Jumping(AtomicU64);

#[async_trait]
impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.0.store((deadline - Timestamp::EPOCH).as_secs(), Ordering::Relaxed);
    }
}

#[test]
fn nothing_is_read_while_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", "tag: { web: [web1] }\n");
    let clock = Arc::new(Jumping::default());
    let mut watch = policy(&path)
        .every(Duration::from_secs(1))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>);
    assert_eq!(hosts(&mut watch), 1);
    assert_eq!(clock.now(), Timestamp::EPOCH + NEVER);
}

#[test]
fn sources_without_files_are_read_again_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "p.yaml", "tag: { web: [web1] }\n");
    let mut watch = policy(&path).reread(OFTEN);
    assert_eq!((hosts(&mut watch), hosts(&mut watch)), (1, 1));
}

/// A source that says by itself when it changes.
struct Announced(Mutex<mpsc::UnboundedReceiver<()>>);

#[async_trait]
impl Inventory for Announced {
    fn name(&self) -> String {
        "announced".to_owned()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Ok(Fleet::builder().hosts("web[1-3]").into())
    }

    async fn changed(&self) {
        self.0.lock().await.next().await;
    }
}

#[test]
fn a_source_that_says_that_it_changed_is_read_again() {
    let (say, said) = mpsc::unbounded();
    let mut watch = watch(Sources::new().with(Arc::new(Announced(Mutex::new(said)))));
    block_on(async {
        let next = watch.next().boxed();
        let Either::Right(((), next)) = select(next, async {}.boxed()).await else {
            unreachable!("nothing was said")
        };
        say.unbounded_send(()).unwrap();
        assert_eq!(next.await.unwrap().fleet.len(), 3);
    });
}
