//! What jobs of others read: files that they send, kept on this machine.

use std::collections::hash_map::RandomState;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pogo_api::wire::{ProblemKind, Upload};
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use crate::refusal::Refusal;

/// What tells such a file from a path: those are absolute.
const PREFIX: &str = "input:";
/// Beside each file: who has sent it.
const OWNER: &str = ".owner";
/// How long a file stays that no job names.
const KEPT: Duration = Duration::from_secs(3_600);
/// The most bytes of a file.
const MOST: u64 = 1 << 30;
/// The most files of one person that no job names yet, and their bytes.
const MOST_FILES: usize = 100;
const MOST_BYTES: u64 = 4 << 30;
/// The most bytes of such files of all.
const MOST_OF_ALL: u64 = 16 << 30;

/// Files that people send for their jobs, in a directory of this account's own. A job names them as `input:ID`, and
/// only a job of whoever has sent them.
///
/// Files that no job names are removed after an hour. Those that a job names are kept for as long as whoever runs the
/// server keeps them: an attempt may read them weeks later.
#[derive(Clone)]
pub struct Uploads(Arc<Shared>);

struct Shared {
    directory: PathBuf,
    known: Mutex<Vec<KnownUpload>>,
    /// One writes at a time.
    turn: Turn<()>,
}

struct KnownUpload {
    id: String,
    owner: Arc<str>,
    path: PathBuf,
    length: u64,
    at: Instant,
    is_named: bool,
}

/// A part of a file that comes.
pub(crate) struct Part {
    /// The file that it goes on; `None` begins one.
    pub(crate) id: Option<String>,
    /// What the file is called, where it is put on hosts under its own name.
    pub(crate) name: String,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Uploads {
    /// Keeps files in this directory, which is made when the first one comes.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            directory: directory.into(),
            known: Mutex::default(),
            turn: Turn::default(),
        }))
    }

    fn known(&self) -> MutexGuard<'_, Vec<KnownUpload>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a part of a file, after those before it.
    pub(crate) async fn take(&self, owner: &Arc<str>, part: Part) -> Result<Upload, Refusal> {
        let _turn = self.0.turn.lock().await;
        self.remove_unnamed();
        let length = part.bytes.len() as u64;
        let (id, path) = match part.id {
            None => self.begin(owner, &part.name, part.offset)?,
            Some(id) => match self.target_of(owner, &id, part.offset, length)? {
                PartTarget::Append(path) => (id, path),
                // The answer was lost, and it comes again.
                PartTarget::Taken(whole) => return Ok(upload(&id, whole)),
            },
        };
        self.check_room(owner, &id, length)?;
        let whole = part.offset.saturating_add(length);
        let (bytes, to, of) = (part.bytes, path.clone(), Arc::clone(owner));
        let written = tokio::task::spawn_blocking(move || write(&to, &of, &bytes)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Err(error) = written {
            self.forget(&id);
            let said =
                format_args!("the file could not be kept: {error}; send it again, or tell whoever runs the server");
            return Err(Refusal::new(ProblemKind::Internal, said));
        }
        if let Some(known) = self.known().iter_mut().find(|known| known.id == id) {
            (known.length, known.at) = (whole, Instant::now());
        }
        Ok(upload(&id, whole))
    }

    fn begin(&self, owner: &Arc<str>, name: &str, offset: u64) -> Result<(String, PathBuf), Refusal> {
        if offset != 0 {
            return Err(invalid(
                "a file begins with its first byte; leave out `offset`, or give `id`",
            ));
        }
        if !is_file_name(name) {
            return Err(invalid(
                "`name` is no name of a file: no `/`, no control characters, 1 to 200 bytes",
            ));
        }
        // Hard to guess, which is a second fence: whoever has sent a file is asked for at each part
        // and at each job.
        let word = || RandomState::new().build_hasher().finish();
        let id = format!("{:016x}{:016x}", word(), word());
        // In a directory of its own it keeps its name, which hosts see.
        // A name of any person is safe there: it is one component, and the directory is made by us.
        let path = self.0.directory.join(&id).join(name);
        self.known().push(KnownUpload {
            id: id.clone(),
            owner: Arc::clone(owner),
            path: path.clone(),
            length: 0,
            at: Instant::now(),
            is_named: false,
        });
        Ok((id, path))
    }

    fn target_of(&self, owner: &Arc<str>, id: &str, offset: u64, length: u64) -> Result<PartTarget, Refusal> {
        let known = self.known();
        let found = known.iter().find(|known| known.id == id && known.owner == *owner);
        let found = found.ok_or_else(|| invalid("you have sent no file of this `id`, or more than an hour ago"))?;
        if found.is_named {
            return Err(invalid("a job names the file already; send another one"));
        }
        match offset {
            offset if offset == found.length => Ok(PartTarget::Append(found.path.clone())),
            offset if offset.saturating_add(length) == found.length => Ok(PartTarget::Taken(found.length)),
            _ => Err(invalid(&format!(
                "the file goes on at {}; give that as `offset`",
                found.length
            ))),
        }
    }

    fn check_room(&self, owner: &Arc<str>, id: &str, length: u64) -> Result<(), Refusal> {
        let (mut of_file, mut of_owner, mut files, mut of_all) = (length, length, 0, length);
        for known in self.known().iter().filter(|known| !known.is_named) {
            of_all += known.length;
            if known.owner == *owner {
                (of_owner, files) = (of_owner + known.length, files + 1);
            }
            if known.id == id {
                of_file += known.length;
            }
        }
        if of_file > MOST {
            let said = format_args!("a file has at most {MOST} bytes; put it where the hosts fetch it");
            return Err(Refusal::new(ProblemKind::BodyTooLarge, said));
        }
        if files > MOST_FILES || of_owner > MOST_BYTES || of_all > MOST_OF_ALL {
            let said = "too many files were sent that no job names; submit the jobs, or try again in an hour";
            return Err(Refusal::new(ProblemKind::TooManyRequests, said));
        }
        Ok(())
    }

    /// The path of a file that somebody has sent, if that is what this names: by its id, or as a job of theirs has it.
    pub(crate) fn path(&self, owner: &Arc<str>, source: &str) -> Option<String> {
        let Some(id) = source.strip_prefix(PREFIX) else {
            return self.sent_before(owner, Path::new(source));
        };
        let known = self.known();
        let found = known.iter().find(|known| known.id == id && known.owner == *owner)?;
        found.path.to_str().map(str::to_owned)
    }

    /// The path of a file that a job of theirs names, if it is one that they have sent: to this server, or to the one
    /// whose files this directory is a copy of.
    fn sent_before(&self, owner: &str, source: &Path) -> Option<String> {
        // Both are names: neither is `..`.
        let (name, directory) = (source.file_name()?, source.parent()?);
        let (id, all) = (directory.file_name()?, directory.parent()?);
        let last_two = |path: &Path| Some((path.file_name()?.to_owned(), path.parent()?.file_name()?.to_owned()));
        let is_here = all == self.0.directory;
        if !is_here && (last_two(all).is_none() || last_two(all) != last_two(&self.0.directory)) {
            return None;
        }
        let own = self.0.directory.join(id);
        let whose = fs::read_to_string(own.join(OWNER)).ok()?;
        let here = own.join(name);
        let is_theirs = whose == owner && is_file_name(name.to_str()?) && here.is_file();
        is_theirs.then(|| here.into_os_string().into_string().ok())?
    }

    /// Jobs name these files from now on.
    pub(crate) fn keep(&self, paths: &[String]) {
        for known in self.known().iter_mut() {
            if paths.iter().any(|path| Path::new(path) == known.path) {
                known.is_named = true;
            }
        }
    }

    fn forget(&self, id: &str) {
        let mut known = self.known();
        if let Some(at) = known.iter().position(|known| known.id == id) {
            remove(&known.remove(at).path);
        }
    }

    fn remove_unnamed(&self) {
        self.known().retain(|known| {
            let is_kept = known.at.elapsed() < KEPT;
            if !is_kept && !known.is_named {
                remove(&known.path);
            }
            is_kept
        });
    }
}

/// Where a part goes.
enum PartTarget {
    /// The file goes on with it.
    Append(PathBuf),
    /// It is there already, and the file has so many bytes.
    Taken(u64),
}

fn upload(id: &str, length: u64) -> Upload {
    Upload::new(id.to_owned(), format!("{PREFIX}{id}"), length)
}

fn is_file_name(name: &str) -> bool {
    let is_plain = |c: char| c != '/' && !c.is_control();
    !matches!(name, "" | "." | ".." | OWNER) && name.len() <= 200 && name.chars().all(is_plain)
}

fn write(path: &Path, owner: &str, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    if !directory.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let whose = directory.join(OWNER);
        File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(whose)?
            .write_all(owner.as_bytes())?;
    }
    let mut file = File::options().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    // The job that comes to name it is durable.
    file.sync_all()
}

/// Removes a file and the directory that it has for itself.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    if let Some(directory) = path.parent() {
        let _ = fs::remove_file(directory.join(OWNER));
        let _ = fs::remove_dir(directory);
    }
}

fn invalid(said: &str) -> Refusal {
    Refusal::new(ProblemKind::InvalidParameter, said)
}

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Uploads").field(&self.0.directory).finish()
    }
}
