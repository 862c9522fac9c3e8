//! Group files of ClusterShell, as clush and nodeset use them.

mod flat;
mod groups;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Inventory, InventoryError};
use pogo_core::fleet::FleetBuilder;

use crate::diagnostic::SourceError;
use crate::file;
use crate::guess;
use crate::listing::{Listing, Source};
use crate::roster::Roster;
use crate::source::{self, Problems, Span};

/// A group file of ClusterShell, such as those in `/etc/clustershell/groups.d`: in its YAML form, or, if it ends in `.cfg`
/// or is called `groups`, in the flat form of lines of `group: nodes`, whose source is called as the file is
/// (`local.cfg` is `local`).
///
/// The group `web` of the source `roles` becomes the tag `roles.web`; `@group` refers to a group of the same source,
/// `@source:group` to another source of the file. Sources that
/// call commands are defined in `groups.conf`, which is refused.
///
/// ```
/// use pogo_inventory::ClusterShellGroups;
///
/// let text = "roles:\n  web: 'web[1-4]'\n  all: '@web,db1'\n";
/// let fleet = ClusterShellGroups::parse("groups.yaml", text)?.build()?;
/// assert_eq!(fleet.members(fleet.tag(&"roles.all".parse()?).unwrap()).len(), 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterShellGroups {
    path: PathBuf,
}

impl ClusterShellGroups {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unavailable`] when there is no readable file, [`SourceError::Invalid`] with every problem that
    /// was found in it otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<FleetBuilder, SourceError> {
        let path = path.as_ref();
        Self::parse(path.display().to_string(), &file::read_text(path)?)
    }

    /// Reads a text that messages call `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`ClusterShellGroups::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<FleetBuilder, SourceError> {
        Ok(Self::listing(source_name.into(), text)?.fleet)
    }

    fn listing(source_name: Arc<str>, text: &str) -> Result<Listing, SourceError> {
        let path = PathBuf::from(&*source_name);
        let part = |part: Option<&OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
        let (stem, extension) = (part(path.file_stem()), part(path.extension()));
        let mut problems = Problems::new(source::Source::new(Arc::clone(&source_name), text));
        if extension == "conf" {
            let hint = "name the files with groups, such as those in /etc/clustershell/groups.d";
            problems.report_with(Span::START, "this says where groups come from, and holds none", hint);
        }
        let flat = (extension == "cfg" || stem == "groups" && extension.is_empty()).then_some(&*stem);
        let roster = if problems.is_empty() {
            groups::read(&mut problems, flat)
        } else {
            Roster::default()
        };
        let found = guess::hinted(problems.into_sorted(), "clustershell", &source_name, text);
        roster.into_listing(found)
    }
}

#[async_trait]
impl Inventory for ClusterShellGroups {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<FleetBuilder, InventoryError> {
        Ok(Self::read(&self.path)?)
    }
}

#[async_trait]
impl Source for ClusterShellGroups {
    async fn list(&self) -> Result<Listing, SourceError> {
        let mut listing = Self::listing(self.name().into(), &file::read_text(&self.path)?)?;
        listing.files.push(self.path.clone());
        Ok(listing)
    }
}
