//! Resolves the files of an `Include`.

use std::path::{Path, PathBuf};

use super::scope::ConfigScope;
use crate::local::LocalAccount;

/// A pattern as an absolute one.
pub(crate) fn absolute_pattern(
    pattern: &str,
    base: &Path,
    local: Option<&LocalAccount>,
    scope: ConfigScope,
) -> Result<String, String> {
    if pattern.is_empty() {
        return Err("it names an empty file".to_owned());
    }
    // Newer releases of OpenSSH expand tokens here, older ones do not.
    if pattern.contains('%') || pattern.contains("${") {
        return Err(format!(
            "tokens and variables in `{pattern}` are not supported; write the file's name"
        ));
    }
    Ok(if pattern.starts_with('~') {
        let local = local.ok_or_else(|| format!("nobody knows whose home directory `{pattern}` begins with"))?;
        match scope {
            ConfigScope::User => local.at_home(pattern)?,
            ConfigScope::System => return Err(format!("`{pattern}` cannot start with ~ here")),
        }
    } else if pattern.starts_with('/') {
        pattern.to_owned()
    } else {
        // With a slash at its end. Escaped, since a home directory may contain `[`.
        let base = base.join("");
        format!("{}{pattern}", glob::Pattern::escape(&base.to_string_lossy()))
    })
}

/// The files that match an absolute pattern, sorted. No match is not an error.
pub(crate) fn matching_paths(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(pattern, options).map_err(|error| format!("`{pattern}`: {error}"))?;
    // Directories that cannot be read match nothing, as for `glob(3)` without `GLOB_ERR`.
    let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).collect();
    // By bytes, as `glob(3)` in the C locale; `Path` compares by components, in which `a/b` comes
    // before `a-b`.
    paths.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    Ok(paths)
}
