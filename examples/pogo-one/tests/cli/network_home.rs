//! A home on a filesystem of a network: FUSE, by which sshfs and many others are mounted. Nothing else of the kind can
//! be had without a server on another machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::program::{Done, Program};

/// The directories that are there, within each other. There is nothing in the last.
const THERE: [&[u8]; 3] = [b".local", b"state", b"pogo"];

/// Answers what the kernel asks of a filesystem, until that is unmounted.
struct Server {
    device: File,
    nodes: u64,
}

impl Server {
    fn serve(mut self) {
        let mut request = vec![0; 1 << 20];
        while let Ok(length) = self.device.read(&mut request) {
            self.answer(&request[..length]);
        }
    }

    fn answer(&mut self, request: &[u8]) {
        let number = |at: usize| u64::from_ne_bytes(request[at..at + 8].try_into().unwrap());
        let (operation, unique, node) = (number(0) >> 32, number(8), number(16));
        let answer: Result<Vec<u8>, i32> = match operation {
            // FORGET, BATCH_FORGET
            2 | 42 => return,
            // LOOKUP
            1 => self.lookup(request[40..].split(|byte| *byte == 0).next().unwrap()),
            // GETATTR
            3 => Ok([vec![0; 16], attributes(node)].concat()),
            // STATFS
            17 => Ok([&[0; 40][..], &words(&[4096, 255, 4096, 0]), &[0; 24]].concat()),
            // INIT: version 7.31, no features, and pages of 4 KiB
            26 => Ok([words(&[7, 31, 0, 0, 0, 4096, 1]), vec![0; 36]].concat()),
            // OPENDIR
            27 => Ok(vec![0; 16]),
            // READDIR, RELEASEDIR, READDIRPLUS
            28 | 29 | 44 => Ok(vec![]),
            _ => Err(-nix::libc::ENOSYS),
        };
        let (error, body) = answer.map_or_else(|error| (error, vec![]), |body| (0, body));
        let length = u32::try_from(16 + body.len()).unwrap();
        let head = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), &unique.to_ne_bytes()].concat();
        // Whoever asked may be gone.
        let _ = self.device.write_all(&[head, body].concat());
    }

    fn lookup(&mut self, name: &[u8]) -> Result<Vec<u8>, i32> {
        if !THERE.contains(&name) {
            return Err(-nix::libc::ENOENT);
        }
        self.nodes += 1;
        Ok([&self.nodes.to_ne_bytes()[..], &[0; 32], &attributes(self.nodes)].concat())
    }
}

/// Those of a directory that is root's alone.
fn attributes(node: u64) -> Vec<u8> {
    [
        &node.to_ne_bytes()[..],
        &[0; 52],
        &words(&[0o040_700, 2, 0, 0, 0, 4096, 0]),
    ]
    .concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// Does this in a thread that sees such a filesystem at a path. Where none can be mounted, says which test is left out.
fn mounted(test: &str, path: &Path, then: impl FnOnce() + Send) {
    let device = File::options().read(true).write(true).open("/dev/fuse");
    let (Ok(device), true) = (device, nix::unistd::geteuid().is_root()) else {
        eprintln!("LEFT OUT: {test} needs root and /dev/fuse, to mount a filesystem");
        return;
    };
    fs::create_dir_all(path).unwrap();
    let options = format!("fd={},rootmode=40700,user_id=0,group_id=0", device.as_raw_fd());
    let server = Server {
        device: device.try_clone().unwrap(),
        nodes: 1,
    };
    std::thread::scope(|scope| {
        // Outside of the namespace, which ends with the thread below; before it is mounted, nothing can be read.
        let (is_mounted, waits) = mpsc::channel();
        scope.spawn(move || waits.recv().map(|()| server.serve()));
        scope.spawn(move || {
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let none = None::<&str>;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            mount(
                Some("home"),
                path,
                Some("fuse"),
                MsFlags::empty(),
                Some(options.as_str()),
            )
            .unwrap();
            is_mounted.send(()).unwrap();
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(then));
            // The server ends with it.
            umount2(path, MntFlags::MNT_DETACH).unwrap();
            done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    });
}

#[test]
fn a_home_on_a_filesystem_of_a_network_is_refused_with_words() {
    let program = Program::new();
    let home = program.directory.path().join("home");
    mounted(
        "a_home_on_a_filesystem_of_a_network_is_refused_with_words",
        &home,
        || {
            let run = |words: &[&str]| {
                let mut command = program.command(words);
                command
                    .env("HOME", &home)
                    .env_remove("XDG_STATE_HOME")
                    .env_remove("POGO_STORE");
                Done::of(command.output().unwrap())
            };
            for words in [
                &["run", "web1", "--", "true"][..],
                &["run", "-d", "web1", "--", "true"],
                &["run", "--foreground", "web1", "--", "true"],
                &["serve"],
            ] {
                run(words).assert_refused(&[
                    "home/.local/state/pogo is on FUSE",
                    "another directory with --store or POGO_STORE",
                ]);
            }
            // What keeps nothing needs no disk.
            let kept_nowhere = run(&["run", "--store", "none", "web1.invalid", "--", "true"]);
            assert_eq!(kept_nowhere.code, 1, "{}", kept_nowhere.err);
            let elsewhere = program.directory.path().join("store");
            let listed = run(&["jobs", "--store", elsewhere.to_str().unwrap()]);
            assert_eq!(listed.code, 0, "{}", listed.err);
            run(&["serve", "stop", "--store", elsewhere.to_str().unwrap()]);
        },
    );
}
