//! Binding sockets: nobody can connect before the permissions are set, and nobody's socket is taken away.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use pogo_api::SocketPath;
use rustix::fs::{AtFlags, FileType, FlockOperation, Gid, Mode, OFlags, Stat};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::{Access, SocketError};

/// How many connections the system keeps waiting.
const BACKLOG: i32 = 1024;

/// Where a socket is: a name in a directory.
#[derive(Debug)]
pub(super) struct Location {
    path: PathBuf,
    directory: PathBuf,
    name: PathBuf,
}

/// Which file a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    fn of(stat: &Stat) -> Self {
        Self(stat.st_dev, stat.st_ino)
    }
}

impl Location {
    pub(super) fn of(path: &Path) -> Result<Self, SocketError> {
        let io = |source| SocketError::Io {
            path: path.to_owned(),
            source,
        };
        let path = std::path::absolute(path).map_err(io)?;
        let no_name = || io(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
        let (directory, name) = path.parent().zip(path.file_name()).ok_or_else(no_name)?;
        let (directory, name) = (directory.to_owned(), PathBuf::from(name));
        Ok(Self { path, directory, name })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self) -> &OsStr {
        self.name.as_os_str()
    }

    fn io(&self, source: impl Into<io::Error>) -> SocketError {
        SocketError::Io {
            path: self.path.clone(),
            source: source.into(),
        }
    }

    /// Binds a socket there that only those may open who have access, unless another process listens there.
    pub(super) fn bind(&self, access: Access) -> Result<(UnixListener, FileId), SocketError> {
        let directory = self.open_directory(access)?;
        // Of two that find the same stale socket, one replaces it, and the other finds that one.
        rustix::fs::flock(&directory, FlockOperation::LockExclusive).map_err(|error| self.io(error))?;
        self.remove_stale(&directory)?;
        let socket = self.bind_in(&directory, access).map_err(|error| self.io(error))?;
        let stat = rustix::fs::statat(&directory, self.name(), AtFlags::SYMLINK_NOFOLLOW);
        Ok((socket.into(), FileId::of(&stat.map_err(|error| self.io(error))?)))
    }

    fn open_directory(&self, access: Access) -> Result<OwnedFd, SocketError> {
        if access == Access::Personal {
            match fs::DirBuilder::new().mode(0o700).create(&self.directory) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(self.io(error)),
                _ => {}
            }
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&self.directory, flags, Mode::empty()).map_err(|error| self.io(error))?;
        let metadata = fs::File::from(directory.try_clone().map_err(|error| self.io(error))?).metadata();
        let metadata = metadata.map_err(|error| self.io(error))?;
        self.check_directory(access, metadata.uid(), metadata.mode())?;
        Ok(directory)
    }

    fn check_directory(&self, access: Access, owner: u32, mode: u32) -> Result<(), SocketError> {
        let own = rustix::process::geteuid().as_raw();
        let shown = self.directory.display();
        let (problem, cure) = if owner != own && (access == Access::Personal || owner != 0) {
            ("is of another account", "name one that is of this account".to_owned())
        } else if mode & access.forbidden_in_directory().as_raw_mode() != 0 {
            match access {
                Access::Personal => ("is open to others", format!("run: chmod 700 '{shown}'")),
                Access::Group(_) => ("lets others put files there", format!("run: chmod go-w '{shown}'")),
            }
        } else {
            return Ok(());
        };
        Err(SocketError::Directory {
            directory: self.directory.clone(),
            problem,
            cure,
        })
    }

    /// Removes a socket on which nobody listens.
    fn remove_stale(&self, directory: &OwnedFd) -> Result<(), SocketError> {
        let stat = match rustix::fs::statat(directory, self.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(rustix::io::Errno::NOENT) => return Ok(()),
            Err(error) => return Err(self.io(error)),
        };
        let path = self.path.clone();
        if FileType::from_raw_mode(stat.st_mode) != FileType::Socket {
            return Err(SocketError::NotASocket { path });
        }
        let address = SocketPath::of(&self.path).map_err(|error| self.io(error))?;
        match UnixStream::connect(address.address()) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let removed = rustix::fs::unlinkat(directory, self.name(), AtFlags::empty());
                removed.map_err(|error| self.io(error))
            }
            // Whoever lets too many wait, or lets nobody in, is there.
            Ok(_) => Err(SocketError::InUse { path }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(SocketError::InUse { path }),
            Err(error) => Err(self.io(error)),
        }
    }

    fn bind_in(&self, directory: &OwnedFd, access: Access) -> io::Result<OwnedFd> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let through = Path::new("/proc/self/fd").join(directory.as_raw_fd().to_string());
        let fits = self.path.as_os_str().len() <= SocketPath::MAX_LEN;
        // An address of a socket has 107 bytes at most; through the descriptor of its directory any
        // name fits.
        let address = if fits {
            self.path.clone()
        } else {
            through.join(&self.name)
        };
        rustix::net::bind(&socket, &SocketAddrUnix::new(&address)?)?;
        if let Access::Group(group) = access {
            let group = Some(Gid::from_raw(group));
            rustix::fs::chownat(directory, self.name(), None, group, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        rustix::fs::chmodat(directory, self.name(), access.mode(), AtFlags::empty())?;
        // Until here nobody could connect, whatever the umask was.
        rustix::net::listen(&socket, BACKLOG)?;
        Ok(socket)
    }

    /// Which file is there now.
    pub(super) fn file(&self) -> Option<FileId> {
        rustix::fs::lstat(&self.path).ok().map(|stat| FileId::of(&stat))
    }

    /// Removes the socket, if it is still this one.
    pub(super) fn remove(&self, file: FileId) {
        if self.file() == Some(file) {
            // What remains is replaced by the next that binds there.
            let _ = fs::remove_file(&self.path);
        }
    }
}
