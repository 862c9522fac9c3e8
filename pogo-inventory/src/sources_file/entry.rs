//! One source or resolver of the file.

use std::path::Path;
use std::sync::Arc;

use pogo_core::dispatcher::TagResolver;
use pogo_core::inventory::Inventory;
use serde::Deserialize;

use super::value::{FilePath, Number, Secret, Text, Time, read};
use crate::source::Problems;
use crate::spec::{self, SourceSpec};
use crate::table::{Format, Mapping, TableFile};
use crate::tree::{Node, Value, expect};

const EXAMPLE: &str = "{ type: csv, location: hosts.csv }";

type OpenedSource = Option<Arc<dyn Inventory>>;

/// A source, unless there are problems.
pub(super) fn source(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>) -> OpenedSource {
    if let Some(text) = item.scalar() {
        return plain(problems, folder, item, text);
    }
    let mut kind = None;
    if let Value::Map(entries) = &item.value {
        kind = entries.iter().find(|entry| entry.key.text == "type");
    }
    let Some((entry, kind)) = kind.and_then(|entry| Some((entry, entry.value.scalar()?))) else {
        expect::expected(problems, item, "a source with its `type`", EXAMPLE);
        return None;
    };
    match &**kind {
        #[cfg(feature = "csv")]
        "csv" => table(problems, folder, item, Format::Csv),
        "json" => table(problems, folder, item, Format::Json),
        "jsonl" => table(problems, folder, item, Format::JsonLines),
        #[cfg(feature = "toml")]
        "toml" => table(problems, folder, item, Format::Toml),
        #[cfg(feature = "command")]
        "command" => command(problems, folder, item),
        #[cfg(feature = "http")]
        "http" => http(problems, folder, item),
        #[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
        "database" => database(problems, folder, item),
        #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
        "database" => no_database(problems, item),
        // Refused before its keys are read, which are unknown as well.
        kind if !SourceSpec::types().any(|known| known == kind) => {
            problems.report(entry.value.span, spec::unknown(kind).to_string());
            None
        }
        kind => {
            // Whatever a command line can say too is read by the same parser, so that both know the
            // same types.
            let Plain { location } = read(problems, item, &["type"])?;
            plain(problems, folder, &entry.value, &format!("{kind}:{}", location.0))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    location: Text,
}

/// A source as written on a command line.
fn plain(problems: &mut Problems<'_>, folder: &Path, at: &Node<'_>, text: &str) -> OpenedSource {
    match text.parse::<SourceSpec>() {
        Ok(spec) => Some(spec.within(folder).open()),
        Err(error) => {
            problems.report(at.span, error.to_string());
            None
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    location: FilePath,
    #[serde(default)]
    fields: Mapping,
}

fn table(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>, format: Format) -> OpenedSource {
    let Table { location, fields } = read(problems, item, &["type"])?;
    Some(Arc::new(TableFile::new(location.within(folder), format, fields)))
}

#[cfg(feature = "command")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    location: Text,
    #[serde(default)]
    args: Vec<Text>,
    timeout: Option<Time>,
    format: Option<Format>,
    #[serde(default)]
    fields: Mapping,
}

#[cfg(feature = "command")]
fn command(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>) -> OpenedSource {
    let entry: Command = read(problems, item, &["type"])?;
    // A name without a folder is searched in `PATH`.
    let program = match entry.location.0 {
        name if name.contains('/') => folder.join(name).into_os_string(),
        name => name.into(),
    };
    let mut source = crate::CommandSource::new(program, entry.fields);
    source = entry.args.into_iter().fold(source, |source, arg| source.arg(arg.0));
    if let Some(Time(timeout)) = entry.timeout {
        source = source.timeout(timeout);
    }
    if let Some(format) = entry.format {
        source = source.format(format);
    }
    Some(Arc::new(source))
}

#[cfg(feature = "http")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    location: Text,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, Secret>,
    trust: Option<FilePath>,
    timeout: Option<Time>,
    retries: Option<Number>,
    copy: Option<FilePath>,
    max_copy_age: Option<Time>,
    max_shrink: Option<Number>,
    format: Option<Format>,
    #[serde(default)]
    fields: Mapping,
}

#[cfg(feature = "http")]
fn http(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>) -> OpenedSource {
    const RETRY_DELAY: std::time::Duration = std::time::Duration::from_millis(500);
    let entry: Http = read(problems, item, &["type"])?;
    let mut source = crate::HttpSource::new(entry.location.0, entry.fields);
    for (name, value) in entry.headers {
        source = match value {
            Secret::File(path) => source.header_from_file(name, path.within(folder)),
            Secret::Text(text) => source.header(name, text.into()),
            Secret::Env(variable) => match std::env::var(&variable) {
                Ok(value) => source.header(name, value.into()),
                // A header that is left out would be a refusal by the service, which says less.
                Err(_) => {
                    let message =
                        format!("the header `{name}` is to be that of the variable {variable}, which is not set");
                    problems.report(item.span, message);
                    return None;
                }
            },
        };
    }
    if let Some(path) = entry.trust {
        source = source.trust(path.within(folder));
    }
    if let Some(Time(timeout)) = entry.timeout {
        source = source.timeout(timeout);
    }
    if let Some(Number(retries)) = entry.retries {
        source = source.retries(retries, RETRY_DELAY);
    }
    if let Some(path) = entry.copy {
        source = source.copy(path.within(folder));
    }
    if let Some(Time(age)) = entry.max_copy_age {
        source = source.max_copy_age(age);
    }
    if let Some(Number(percent)) = entry.max_shrink {
        source = source.max_shrink(u8::try_from(percent).unwrap_or(100));
    }
    if let Some(format) = entry.format {
        source = source.format(format);
    }
    Some(Arc::new(source))
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    location: Text,
    query: Text,
    #[serde(default)]
    values: Vec<Text>,
    password_file: Option<FilePath>,
    timeout: Option<Time>,
    fields: Option<Mapping>,
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
impl Rows {
    fn database(&self, folder: &Path) -> crate::Database {
        // SQLite is the only database that is a file.
        let location = match self.location.0.strip_prefix("sqlite:") {
            // `:memory:` is a name of SQLite's own.
            Some(path) if !path.starts_with('/') && !path.starts_with(':') => {
                format!("sqlite:{}", folder.join(path).display())
            }
            _ => self.location.0.clone(),
        };
        let mut database = crate::Database::new(location);
        if let Some(path) = &self.password_file {
            database = database.password_from_file(path.within(folder));
        }
        if let Some(Time(timeout)) = self.timeout {
            database = database.timeout(timeout);
        }
        database
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn database(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>) -> OpenedSource {
    let entry: Rows = read(problems, item, &["type"])?;
    let fields = entry.fields.clone().unwrap_or_else(crate::DatabaseSource::mapping);
    let source = crate::DatabaseSource::new(entry.database(folder), &entry.query.0, fields);
    let source = entry
        .values
        .into_iter()
        .fold(source, |source, value| source.bind(value.0));
    Some(Arc::new(source))
}

/// A resolver, unless there are problems.
#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
pub(super) fn resolver(problems: &mut Problems<'_>, _: &Path, item: &Node<'_>) -> Option<Arc<dyn TagResolver>> {
    no_database(problems, item)
}

/// A database, in a build without any.
#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn no_database<T>(problems: &mut Problems<'_>, item: &Node<'_>) -> Option<T> {
    let location = match &item.value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key.text == "location"),
        _ => None,
    };
    let feature = location.and_then(|entry| crate::lacking::database_feature(entry.value.scalar()?));
    problems.report(
        item.span,
        crate::lacking::built_without("databases", feature.unwrap_or("sqlite,postgres,mysql")),
    );
    None
}

/// A resolver, unless there are problems.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) fn resolver(problems: &mut Problems<'_>, folder: &Path, item: &Node<'_>) -> Option<Arc<dyn TagResolver>> {
    let example = "{ location: \"sqlite:roles.db\", query: \"SELECT host FROM roles WHERE role = ?\" }";
    let Value::Map(_) = &item.value else {
        expect::expected(problems, item, "a database to ask", example);
        return None;
    };
    let entry: Rows = read(problems, item, &[])?;
    // A resolver's only value is what stands in the parentheses of a tag.
    if entry.fields.is_some() || !entry.values.is_empty() {
        let message = "a resolver has neither `fields` nor `values`: its query yields hosts for one value";
        problems.report_with(item.span, message, format!("for example `{example}`"));
        return None;
    }
    Some(Arc::new(crate::DatabaseResolver::new(
        entry.database(folder),
        &entry.query.0,
    )))
}
