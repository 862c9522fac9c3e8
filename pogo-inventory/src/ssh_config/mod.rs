//! The configuration of OpenSSH's client: its `Host` entries as hosts.

mod condition;
mod hosts;
mod include;
mod keyword;
mod line;
mod pattern;
mod reader;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use self::reader::Reader;

/// A configuration file of OpenSSH's client, such as `~/.ssh/config`.
///
/// Each name in a `Host` line is a host; patterns (`Host web*`, `!web1`) name none, but their settings count for
/// those they match, and of several values for one setting the first counts, as in OpenSSH. `HostName` becomes the
/// address, `Port` and `User` what they say, and as further settings `IdentityFile` becomes `identity`, `HostKeyAlias`
/// `host_key_alias` and `ProxyJump` `proxy_jump`. There are no tags.
///
/// `Include` is followed; relative names begin at the folder of the file that is read first, which for `~/.ssh/config`
/// is what OpenSSH does. Of `Match` the conditions `all`, `host` and `originalhost` count; settings behind any other are not
/// taken over, with a warning: whether it holds is not known before somebody connects. Words that OpenSSH doesn't know either are refused, and `ProxyCommand` is not taken over, with a warning.
/// `/etc/ssh/ssh_config` is not read besides.
///
/// ```
/// use pogo_inventory::SshConfig;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("config");
/// std::fs::write(&path, "Host web1 web2\n  HostName %h.example.com\nHost *\n  User deploy\n")?;
/// let fleet = SshConfig::read(&path)?.fleet.build()?;
/// let web1 = fleet.id("web1").and_then(|web1| fleet.connection(web1)).unwrap();
/// assert_eq!(web1.address.as_deref(), Some("web1.example.com"));
/// assert_eq!(web1.user.as_deref(), Some("deploy"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshConfig {
    path: PathBuf,
}

impl SshConfig {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file and those that it includes.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when a file cannot be read, [`InventoryError::Invalid`] with every problem that was
    /// found otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        Self::listing(path.as_ref())
    }

    fn listing(path: &Path) -> Result<Listing, InventoryError> {
        let mut reader = Reader::new(path);
        reader.file(path, &[], 0)?;
        hosts::of(reader)
    }
}

#[async_trait]
impl Inventory for SshConfig {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::listing(&self.path)
    }
}
