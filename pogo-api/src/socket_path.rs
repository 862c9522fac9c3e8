//! Addresses of sockets with long paths.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

/// The address of a socket's path, which may be longer than the 107 bytes that an address has: it leads through the
/// directory, which is kept open.
#[derive(Debug)]
pub struct SocketPath {
    address: PathBuf,
    /// The address names it by its number.
    _directory: Option<OwnedFd>,
}

impl SocketPath {
    /// The most bytes of an address, without the NUL at its end.
    pub const MAX_LEN: usize = 107;

    /// The address of this path.
    ///
    /// # Errors
    /// The path is long, and its directory cannot be opened or its name alone is too long.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= Self::MAX_LEN {
            let address = path.to_owned();
            return Ok(Self {
                address,
                _directory: None,
            });
        }
        let too_long = || {
            let message = format!(
                "{} cannot be the path of a socket: its last part is too long",
                path.display()
            );
            io::Error::new(io::ErrorKind::InvalidFilename, message)
        };
        let (directory, name) = path.parent().zip(path.file_name()).ok_or_else(too_long)?;
        let directory = open(
            directory,
            // `PATH`, so that a directory that may be entered but not listed suffices; `CLOEXEC`,
            // so that commands do not inherit it.
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        // Linux looks the name up through the open directory. Changing the working directory
        // instead would affect the whole process.
        let address = Path::new("/proc/self/fd")
            .join(directory.as_raw_fd().to_string())
            .join(name);
        match address.as_os_str().as_bytes().len() <= Self::MAX_LEN {
            true => Ok(Self {
                address,
                _directory: Some(directory),
            }),
            false => Err(too_long()),
        }
    }

    /// The path to give to `bind` or `connect`. It is valid in this process as long as this value is.
    pub fn address(&self) -> &Path {
        &self.address
    }
}
