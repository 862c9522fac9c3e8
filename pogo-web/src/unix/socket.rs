//! A socket that is listened on.

use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

use super::bind::{FileId, Location};
use super::{Access, SocketError};

/// A Unix socket that this process listens on. Its path may be of any length, and is removed when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    location: Location,
    access: Access,
    file: FileId,
}

impl Socket {
    /// Listens at this path, which only those can open who have access. For [`Access::Personal`] its directory is made,
    /// if it is not there. A socket on which nobody listens any more is replaced. It needs a Tokio runtime.
    ///
    /// # Errors
    /// Another process listens there, what is there is no socket, the directory is not safe, or the system refuses.
    pub fn bind(path: impl AsRef<Path>, access: Access) -> Result<Self, SocketError> {
        let location = Location::of(path.as_ref())?;
        let (listener, file) = listen(&location, access)?;
        Ok(Self {
            listener,
            location,
            access,
            file,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.location.path()
    }

    /// Listens anew if the path has vanished, as when something cleans up the directory, and says whether it had.
    /// Connections that are open stay so. Where another process listens by now, that one is left in peace.
    ///
    /// # Errors
    /// As [`bind`](Self::bind). What is listened on stays as it was.
    pub fn rebind_if_lost(&mut self) -> Result<bool, SocketError> {
        // By which file it is, and not by whether one is there: another server may have bound its
        // own.
        if self.location.file() == Some(self.file) {
            return Ok(false);
        }
        (self.listener, self.file) = listen(&self.location, self.access)?;
        Ok(true)
    }

    pub(super) async fn accept(&self) -> std::io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

fn listen(location: &Location, access: Access) -> Result<(UnixListener, FileId), SocketError> {
    let (listener, file) = location.bind(access)?;
    let listener = UnixListener::from_std(listener).map_err(|source| SocketError::Io {
        path: location.path().to_owned(),
        source,
    })?;
    Ok((listener, file))
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.location.remove(self.file);
    }
}
