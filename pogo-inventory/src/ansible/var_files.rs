//! `group_vars` and `host_vars` beside the inventory.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use pogo_core::fleet::{HostId, HostName};
use pogo_core::inventory::{Diagnostic, InventoryError};

use super::model::Model;
use super::vars::Vars;
use super::yaml::{OPAQUE, vars};
use crate::file;
use crate::origins::OriginTable;
use crate::source::{Problems, SourceText};
use crate::yaml::load_with;

const EXTENSIONS: [&str; 3] = ["yml", "yaml", "json"];

/// The deepest nesting of folders: a link may lead back.
const MAX_DEPTH: usize = 16;

/// The files read so far.
#[derive(Default)]
pub(super) struct FilesRead {
    pub(super) problems: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    /// Files and folders to watch.
    pub(super) files: Vec<PathBuf>,
}

/// Reads the variables of all groups and hosts of the model from the folders in `base`.
pub(super) fn read(base: &Path, model: &mut Model, seen: &mut FilesRead) -> Result<(), InventoryError> {
    // Also where they are not there: one that is made later is a change that a watch has to see.
    seen.files.extend([base.join("group_vars"), base.join("host_vars")]);
    let groups = Folder::open(base.join("group_vars"))?;
    for (name, group) in &mut model.groups {
        group.file_vars = groups.vars(name, &mut model.origins, seen)?;
    }
    let hosts = Folder::open(base.join("host_vars"))?;
    // Most inventories have none, and hosts are many: nothing is composed for each of them.
    if hosts.names.is_empty() {
        return Ok(());
    }
    for (id, host) in (0..).map(HostId::new).zip(&mut model.hosts) {
        let name = model.fleet.name(id).map_or("", HostName::as_str);
        host.file_vars = hosts.vars(name, &mut model.origins, seen)?;
    }
    Ok(())
}

/// A folder with its names: a lookup in the file system for each of many hosts would be slow.
struct Folder {
    path: PathBuf,
    names: HashSet<OsString>,
}

impl Folder {
    /// A missing folder counts as empty.
    fn open(path: PathBuf) -> Result<Self, InventoryError> {
        let mut names = HashSet::new();
        if path.is_dir() {
            names.extend(
                list(&path)?
                    .iter()
                    .filter_map(|path| path.file_name())
                    .map(OsStr::to_owned),
            );
        }
        Ok(Self { path, names })
    }

    fn vars(&self, name: &str, origins: &mut OriginTable, seen: &mut FilesRead) -> Result<Vars, InventoryError> {
        if name.contains('/') && !self.names.is_empty() {
            let message = format!(
                "`{}` would have its variables in a folder within this one",
                name.escape_debug()
            );
            let problem = Diagnostic::new(self.path.display().to_string(), message);
            seen.problems
                .push(problem.with_hint("rename it, or give pogo what `ansible-inventory --list` prints"));
            return Ok(Vars::default());
        }
        // Ansible's order, of which the first that is there counts.
        let mut candidates = [name.to_owned()]
            .into_iter()
            .chain(EXTENSIONS.iter().map(|extension| format!("{name}.{extension}")));
        match candidates.find(|candidate| self.names.contains(OsStr::new(candidate))) {
            Some(found) => of(self.path.join(found), origins, seen),
            None => Ok(Vars::default()),
        }
    }
}

/// The variables of a file, or of all files in a folder.
fn of(found: PathBuf, origins: &mut OriginTable, seen: &mut FilesRead) -> Result<Vars, InventoryError> {
    let mut vars = Vars::default();
    let mut files = Vec::new();
    if found.is_dir() {
        seen.files.push(found.clone());
        collect(&found, 0, &mut files, &mut seen.warnings)?;
    } else {
        files.push(found);
    }
    for path in files {
        vars.extend(file_vars(&path, origins, seen)?);
    }
    Ok(vars)
}

/// All files below, sorted by name.
fn collect(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), InventoryError> {
    if depth > MAX_DEPTH {
        let message = format!("folders nest more than {MAX_DEPTH} deep; does a link lead back?");
        return Err(InventoryError::Invalid(vec![Diagnostic::new(
            folder.display().to_string(),
            message,
        )]));
    }
    for path in list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Ansible passes over hidden files, an editor's backups, and folders with an extension.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let extension = path.extension().and_then(OsStr::to_str);
        if path.is_dir() && extension.is_none() {
            collect(&path, depth + 1, files, warnings)?;
        } else if path.is_file() && extension.is_none_or(|extension| EXTENSIONS.contains(&extension)) {
            files.push(path);
        } else {
            let warning = Diagnostic::new(path.display().to_string(), "is passed over, as by Ansible");
            warnings.push(
                warning.with_hint("variables stand in files that end in .yml, .yaml or .json, or have no ending"),
            );
        }
    }
    Ok(())
}

/// The entries of a folder, sorted.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, InventoryError> {
    let unreadable =
        |error: std::io::Error| InventoryError::unavailable(folder.display().to_string(), error.to_string());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    // The order of a file system is that of its hashes or of time: which of two values counts must
    // not depend on it.
    paths.sort();
    Ok(paths)
}

fn file_vars(path: &Path, origins: &mut OriginTable, seen: &mut FilesRead) -> Result<Vars, InventoryError> {
    seen.files.push(path.to_owned());
    let text = file::read_text(path)?;
    let name = path.display().to_string();
    if text.starts_with("$ANSIBLE_VAULT;") {
        let message = "is encrypted; variables in it are not seen";
        let hint = "connection settings such as ansible_host belong into plain files";
        seen.warnings.push(Diagnostic::new(name, message).with_hint(hint));
        return Ok(Vars::default());
    }
    let mut problems = Problems::new(SourceText::new(name, &text).without_secrets()).deferring();
    let root = load_with(&mut problems, &OPAQUE);
    let source = origins.open(&problems.source.name);
    let found = root.map(|root| vars(&mut problems, source, &root)).unwrap_or_default();
    seen.problems.extend(problems.into_sorted());
    Ok(found)
}
