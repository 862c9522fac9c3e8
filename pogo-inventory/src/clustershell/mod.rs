//! Group files of ClusterShell, as clush and nodeset use them.

mod flat;
mod groups;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};

use crate::file;
use crate::guess::{self, FileKind};
use crate::source::{self, Problems, Span};

/// A group file of ClusterShell, such as those in `/etc/clustershell/groups.d`: in its YAML form, or, if it ends in
/// `.cfg` or is named `groups`, in the flat form of lines of `group: nodes`, whose source has the file's name
/// (`local.cfg` is `local`). Or a folder of them, all of whose `*.yaml` and `*.cfg` files are read as one.
///
/// The group `web` of the source `roles` becomes the tag `roles.web`, and `web.east` becomes `roles.web_east`, with a
/// warning. `@group` refers to a group of the same source, `@source:group` to another source, `@*` and `@source:*` to
/// all nodes of a source, which are those of its group `all` if it has one, and names with `*` or `?` to the matching
/// ones of these. Sources that call commands are defined in `groups.conf`, which is refused.
///
/// ```
/// use pogo_inventory::ClusterShellGroups;
///
/// let text = "roles:\n  web: 'web[1-4]'\n  all: '@web,db1'\n";
/// let fleet = ClusterShellGroups::parse("groups.yaml", text)?.fleet.build()?;
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

    /// Reads a file, or a folder.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        let path = path.as_ref();
        if path.is_dir() {
            return Self::read_folder(path);
        }
        file::read_listing(path, Self::parse)
    }

    /// Parses a text; messages name it `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`ClusterShellGroups::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        listing(&mut [problems_of(source_name.into(), text)])
    }

    /// The group files of a folder, which may refer to each other.
    fn read_folder(path: &Path) -> Result<Listing, InventoryError> {
        let name = path.display().to_string();
        let mut paths: Vec<PathBuf> = Vec::new();
        let unreadable = |error: std::io::Error| InventoryError::unavailable(name.clone(), error.to_string());
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let of_groups = path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "cfg");
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            paths.extend(Some(path).filter(|_| of_groups && !hidden));
        }
        paths.sort();
        if paths.is_empty() {
            let problem = Diagnostic::new(name, "holds no file of groups");
            let hint = "files of groups are called NAME.yaml, or NAME.cfg in the flat form";
            return Err(InventoryError::Invalid(vec![problem.with_hint(hint)]));
        }
        // They stay until all groups are resolved, since names and problems are slices of them.
        let texts: Vec<String> = paths
            .iter()
            .map(|path| file::read_text(path))
            .collect::<Result<_, _>>()?;
        let names = paths.iter().map(|path| path.display().to_string().into());
        let mut files: Vec<_> = names.zip(&texts).map(|(name, text)| problems_of(name, text)).collect();
        let mut listing = listing(&mut files)?;
        listing.files.push(path.to_owned());
        listing.files.extend(paths);
        Ok(listing)
    }
}

/// The problems of a file, and the name of its source if it is in the flat form.
fn problems_of(source_name: Arc<str>, text: &str) -> (Problems<'_>, Option<String>) {
    let path = PathBuf::from(&*source_name);
    let part = |part: Option<&OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    let mut problems = Problems::new(source::SourceText::new(source_name, text));
    if extension == "conf" {
        let hint = "name the files with groups, such as those in /etc/clustershell/groups.d";
        problems.report_with(Span::START, "this says where groups come from, and holds none", hint);
    }
    let flat = extension == "cfg" || stem == "groups" && extension.is_empty();
    (problems, flat.then_some(stem))
}

fn listing(files: &mut [(Problems<'_>, Option<String>)]) -> Result<Listing, InventoryError> {
    let read = match files.iter().all(|(problems, _)| problems.is_empty()) {
        true => groups::read(files),
        false => groups::ReadGroups::default(),
    };
    let problems = files
        .iter_mut()
        .flat_map(|(problems, _)| {
            let (found, source) = (problems.take_sorted(), &problems.source);
            guess::hinted(found, FileKind::ClusterShell, &source.name, source.text)
        })
        .collect();
    let mut listing = read.roster.into_listing(problems)?;
    listing.warnings.extend(read.warnings);
    Ok(listing)
}

#[async_trait]
impl Inventory for ClusterShellGroups {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::read(&self.path)
    }
}
