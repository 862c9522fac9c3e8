//! The `Host` entries of OpenSSH's client configuration.

mod check;
mod hosts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};
use pogo_ssh_config::ConfigFiles;

use self::hosts::HostCollector;
use crate::file;
use crate::guess::{self, FileKind};

/// A configuration file of OpenSSH's client, such as `~/.ssh/config`.
///
/// Each name in a `Host` line is a host; patterns (`Host web*`, `!web1`) are not, but their settings apply to
/// matching hosts, and of several values for one setting the first counts, as in OpenSSH. `HostName` becomes the
/// address, `Port` the port, `User` the user; as further settings `IdentityFile` becomes `identity`, `HostKeyAlias`
/// `host_key_alias` and `ProxyJump` `proxy_jump`. There are no tags.
///
/// Files are parsed by `pogo-ssh-config`, like in the SSH transport: what OpenSSH refuses is refused. `Include` is
/// supported; relative names start at the folder of the first file, which for `~/.ssh/config` is what OpenSSH does. Of
/// `Match`, the conditions `all`, `host` and `originalhost` are evaluated; settings behind any other are ignored with a
/// warning: whether it holds is unknown without connecting. `ProxyCommand` is ignored with a warning.
/// `/etc/ssh/ssh_config` is not read.
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
    /// [`InventoryError::Unavailable`] when a file cannot be read, [`InventoryError::Invalid`] with every problem that
    /// was found otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        Self::listing(path.as_ref())
    }

    fn listing(path: &Path) -> Result<Listing, InventoryError> {
        let (mut files, mut bytes) = (Vec::new(), 0);
        let read = |path: &Path| {
            files.push(path.to_owned());
            let text = file::read_text(path)?;
            // Of all files together: one that includes itself under many names would have no end.
            bytes += text.len() as u64;
            match bytes > file::MAX_BYTES {
                true => Err(too_large(path)),
                false => Ok(text.into_bytes()),
            }
        };
        let config = ConfigFiles::read_with(path, path.parent().unwrap_or(Path::new("")), read)?;
        let mut problems = check::problems(&config);
        problems.extend(check::too_many(&config, path, config.named_hosts().count()));
        let mut hosts = HostCollector::default();
        // Only then: what is wrong in one line would be said once more for each host that it holds
        // for.
        if problems.is_empty() {
            hosts.collect(&config);
            problems.append(&mut hosts.problems);
        }
        if !problems.is_empty() {
            return Err(refused(problems, path));
        }
        let mut listing = Listing::new(hosts.fleet);
        listing.origins = Arc::new(hosts.origins);
        listing.warnings = check::warnings(&config);
        listing.warnings.append(&mut hosts.warnings);
        listing.files = files;
        Ok(listing)
    }
}

fn too_large(path: &Path) -> InventoryError {
    let most = file::MAX_BYTES >> 20;
    InventoryError::invalid(
        path.display().to_string(),
        format!("the files up to here have more than {most} MiB"),
    )
}

/// The error with all problems, and a hint if the file looks like one of another type.
fn refused(problems: Vec<Diagnostic>, path: &Path) -> InventoryError {
    let text = file::read_text(path).unwrap_or_default();
    InventoryError::Invalid(guess::hinted(
        problems,
        FileKind::SshConfig,
        &path.display().to_string(),
        &text,
    ))
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
