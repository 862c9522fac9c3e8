//! A small disk that a test and what it starts see, and nobody else.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// A disk that is gone with the thread that mounted it.
pub(super) struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Does this in a thread that sees a disk of so many bytes at a path. Where none can be mounted, says which test is
    /// left out.
    pub(super) fn mounted(test: &str, path: &Path, bytes: u64, then: impl FnOnce(&Self) + Send) {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("LEFT OUT: {test} needs root, to mount a disk");
            return;
        }
        std::thread::scope(|scope| {
            scope.spawn(|| {
                unshare(CloneFlags::CLONE_NEWNS).unwrap();
                let none = None::<&str>;
                mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
                fs::create_dir_all(path).unwrap();
                let options = format!("size={bytes},mode=700");
                mount(
                    Some("small"),
                    path,
                    Some("tmpfs"),
                    MsFlags::empty(),
                    Some(options.as_str()),
                )
                .unwrap();
                let disk = Self { path: path.to_owned() };
                then(&disk);
            });
        });
    }

    /// Leaves no space.
    pub(super) fn fill(&self, name: &str) {
        let mut file = fs::File::create(self.path.join(name)).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        while file.write_all(&[1]).is_ok() {}
    }

    /// Gives the space back that [`fill`](Self::fill) took.
    pub(super) fn free(&self, name: &str) {
        fs::remove_file(self.path.join(name)).unwrap();
    }

    /// Lets nothing be written by whoever opens something from now on. Whoever still has a file open for writing, as a
    /// process that was just killed, would forbid this to the disk itself: so it is mounted on its own place once more.
    pub(super) fn read_only(&self) {
        let none = None::<&str>;
        mount(Some(&self.path), &self.path, none, MsFlags::MS_BIND, none).unwrap();
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        mount(none, &self.path, none, flags, none).unwrap();
    }
}
