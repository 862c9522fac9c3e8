//! Ansible's inventories: INI and YAML files with their `group_vars` and `host_vars`.

mod connection;
mod convert;
#[cfg(feature = "command")]
mod dynamic;
mod folder;
mod groups;
mod ini;
mod list;
mod literal;
mod model;
mod number;
mod pattern;
mod printed;
mod var_files;
mod vars;
mod words;
mod yaml;
mod yaml_value;

#[cfg(feature = "command")]
pub use dynamic::AnsibleScript;
pub use list::AnsibleList;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};

use self::model::Model;
use self::var_files::FilesRead;
use crate::file;
use crate::guess::{self, FileKind};
use crate::source::{self, Problems, Span};

/// An Ansible inventory file, in INI or YAML, with the `group_vars` and `host_vars` beside it; or a folder
/// of such files, read in the order of their names as if they were one, with its variable files.
///
/// A group becomes a tag; a group within another becomes a tag below it as well, so that hosts of `web`, which is a
/// child of `prod`, carry `web` and `prod.web`. `all` is `*`. Only variables for connecting are used: `ansible_host`,
/// `ansible_port`, `ansible_user` and `ansible_ssh_private_key_file` (as `identity`), with Ansible's precedence. Files
/// named `*.yaml`, `*.yml` and `*.json` are YAML, others INI, unless they have no extension and are YAML.
///
/// Values are read as by ansible-core 2.19: in INI files as Python literals (`0x16` is 22, `None` unsets), in YAML
/// files as YAML 1.1 (`022` is 18, `yes` is `True`). Unused variables may have any value. A host
/// with an unusable address, port, user or key file, such as an invalid port or a template, is skipped with a warning
/// that gives the reason; if that is every host, the inventory is refused.
///
/// Not supported, and refused by name: inventory plugins, `ungrouped` as a parent or child of other groups. Templates
/// other than `{{ inventory_hostname }}` skip their hosts. Executable inventories are an `AnsibleScript` (with the
/// feature `command`). Passwords and SSH options are left to the transport, with a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsibleInventory {
    path: PathBuf,
}

impl AnsibleInventory {
    /// The file or folder at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file and the variable files beside it, or a folder.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found otherwise. Lines that may hold secrets are not shown.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        Self::listing(path.as_ref())
    }

    fn listing(path: &Path) -> Result<Listing, InventoryError> {
        Self::try_listing(path).map_err(|error| with_way_out(error, path))
    }

    fn try_listing(path: &Path) -> Result<Listing, InventoryError> {
        let (mut model, mut seen) = (Model::default(), FilesRead::default());
        // All into one model: a group of one file may have children and variables in another.
        for file in folder::files(path, &mut seen.warnings)? {
            one(&file, &mut model, &mut seen)?;
        }
        // These two always exist, and may have variable files.
        let source = model.origins.open(&path.display().to_string().into());
        for name in ["all", "ungrouped"] {
            model.group(name, source.at(Span::START));
        }
        let base = match path.is_dir() {
            true => path,
            false => path.parent().unwrap_or(Path::new("")),
        };
        if path.is_dir() {
            seen.files.push(path.to_owned());
        }
        var_files::read(base, &mut model, &mut seen)?;
        finish(model, seen)
    }
}

/// Adds the hint that Ansible itself can convert the inventory, unless the file is not an inventory at all.
fn with_way_out(mut error: InventoryError, path: &Path) -> InventoryError {
    if let InventoryError::Invalid(problems) = &mut error
        && let Some(first) = problems.first().filter(|first| first.position.is_some())
        && let file = first.source.to_string()
        // Read again, since this is rare: to keep the texts of all files for it would double the
        // memory of reading.
        && let Ok(text) = file::read_text(Path::new(&file))
    {
        *problems = guess::hinted(std::mem::take(problems), FileKind::Ansible, &file, &text);
    }
    if let InventoryError::Invalid(problems) = &mut error
        && let Some(last) = problems.last_mut().filter(|last| last.position.is_some())
    {
        let path = path.display();
        let way = format!(
            "what Ansible makes of it can be read: `ansible-inventory -i {path} --list > FILE`, and the source \
             `ansible-list:FILE`"
        );
        *last = last.clone().with_hint(match &last.hint {
            Some(hint) => format!("{hint}; {way}"),
            None => way,
        });
    }
    error
}

/// Reads one file into the model.
fn one(path: &Path, model: &mut Model, seen: &mut FilesRead) -> Result<(), InventoryError> {
    let text = file::read_text(path)?;
    if text.starts_with("#!") {
        let problem = Diagnostic::new(path.display().to_string(), "is a program, not an inventory file");
        return Err(InventoryError::Invalid(vec![
            problem.with_hint("read it as an executable inventory"),
        ]));
    }
    seen.files.push(path.to_owned());
    let mut problems =
        Problems::new(source::SourceText::new(path.display().to_string(), &text).without_secrets()).deferring();
    if is_yaml(path, &text) {
        yaml::read(&mut problems, model);
    } else {
        ini::read(&mut problems, model);
    }
    seen.problems.extend(problems.into_sorted());
    Ok(())
}

fn finish(model: Model, mut seen: FilesRead) -> Result<Listing, InventoryError> {
    let converted = convert::convert(model);
    seen.problems.extend(converted.problems);
    seen.warnings.extend(converted.warnings);
    if seen.problems.is_empty() {
        let mut listing = Listing::new(converted.fleet);
        listing.origins = Arc::new(converted.origins);
        listing.warnings = seen.warnings;
        listing.files = seen.files;
        Ok(listing)
    } else {
        Err(InventoryError::Invalid(seen.problems))
    }
}

/// As Ansible decides: by extension, and without one by content.
fn is_yaml(path: &Path, text: &str) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml" | "json") => true,
        Some(_) => false,
        None => {
            // Ansible tries YAML first, and INI where that fails: `[web]` alone is a list in YAML,
            // which is no inventory.
            let mut problems = Problems::new(source::SourceText::new("", text)).deferring();
            let root = crate::yaml::load_with(&mut problems, &yaml::OPAQUE);
            problems.is_empty() && root.is_some_and(|root| matches!(root.value, crate::tree::Value::Map(_)))
        }
    }
}

#[async_trait]
impl Inventory for AnsibleInventory {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::listing(&self.path)
    }
}
