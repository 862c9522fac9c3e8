//! Sources as written on a command line.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use pogo_core::inventory::Inventory;

use crate::lacking::built_without;

/// A source as written on a command line: `TYPE:LOCATION`, or a path whose name implies the type.
///
/// | type | location | implied by |
/// | --- | --- | --- |
/// | `policy` | policy file | `.yaml`, `.yml` |
/// | `pogo4` | file of Pogo 4.0 | |
/// | `ansible` | Ansible inventory | `.ini` |
/// | `ansible-list` | output of `ansible-inventory --list`, in a file or on standard input (`-`) | |
/// | `ansible-script` | executable Ansible inventory | |
/// | `clustershell` | group file of ClusterShell | |
/// | `genders` | genders file | the name `genders`, `.genders` |
/// | `hosts` | plain list of hosts, or `-` for standard input | `.txt`, `-` |
/// | `ssh-config` | configuration of OpenSSH's client | the names `ssh_config` and `.ssh/config` |
/// | `csv`, `json`, `jsonl`, `toml` | table with the default mapping of fields | `.csv`, `.json`, `.jsonl`, `.ndjson`, `.toml` |
/// | `command` | program that prints JSON, without arguments | |
/// | `http` | address of a web service that answers with JSON | `http://`, `https://` |
///
/// Types whose feature is off are refused by that name: [`SpecError::Disabled`].
///
/// ```
/// use pogo_inventory::SourceSpec;
///
/// let spec: SourceSpec = "etc/pogo.yaml".parse()?;
/// assert_eq!(spec.to_string(), "policy:etc/pogo.yaml");
/// assert!("hosts".parse::<SourceSpec>().unwrap_err().to_string().contains("TYPE:hosts"));
/// # Ok::<(), pogo_inventory::SpecError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SourceSpec {
    kind: Kind,
    location: String,
}

/// Why a text is not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// No type is written, and the name implies none.
    #[error(
        "the name does not say what kind of source it is; write `TYPE:{location}`, where TYPE is one of {}",
        kinds()
    )]
    NoKind {
        /// The text.
        location: String,
    },
    /// An unknown type.
    #[error(
        "`{kind}` is no type of source; known are {}; for a path with a colon, write `./{kind}:…`",
        kinds()
    )]
    UnknownKind {
        /// The text before the colon.
        kind: String,
    },
    /// A type whose feature is disabled.
    #[error("{}", built_without(&format!("sources of type `{kind}`"), &features.join(",")))]
    Disabled {
        /// The type.
        kind: String,
        /// The features of this crate that it needs.
        features: Vec<&'static str>,
    },
    /// The location is empty.
    #[error("the location behind `{kind}:` is missing")]
    NoLocation {
        /// The text before the colon.
        kind: String,
    },
}

macro_rules! kinds {
    ($([$($feature:literal),+] $kind:ident $name:literal => |$location:ident| $open:expr;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Kind {
            $(#[cfg(all($(feature = $feature),+))] $kind,)*
        }

        /// The features that each type needs, enabled or not.
        // Also of those that are not built in: a program can say which feature it lacks, instead of
        // that there is no such type.
        const FEATURES: &[(&str, &[&str])] = &[$(($name, &[$($feature),+]),)*];

        impl Kind {
            const ALL: &'static [(&'static str, Self)] =
                &[$(#[cfg(all($(feature = $feature),+))] ($name, Self::$kind),)*];

            #[allow(unused_variables, reason = "without any source, nothing is opened")]
            fn open(self, location: &str) -> Arc<dyn Inventory> {
                match self {
                    $(#[cfg(all($(feature = $feature),+))] Self::$kind => {
                        let $location = location;
                        Arc::new($open)
                    })*
                }
            }
        }
    };
}

kinds! {
    ["policy-file"] Policy "policy" => |path| crate::PolicyFile::new(path);
    ["pogo4-file"] Pogo4 "pogo4" => |path| crate::Pogo4File::new(path);
    ["ansible"] Ansible "ansible" => |path| crate::AnsibleInventory::new(path);
    ["ansible"] AnsibleList "ansible-list" => |path| crate::AnsibleList::new(path);
    ["ansible", "command"] AnsibleScript "ansible-script" => |program| crate::AnsibleScript::new(program);
    ["clustershell"] ClusterShell "clustershell" => |path| crate::ClusterShellGroups::new(path);
    ["genders"] Genders "genders" => |path| crate::GendersFile::new(path);
    ["host-list"] Hosts "hosts" => |path| crate::HostList::new(path);
    ["ssh-config"] SshConfig "ssh-config" => |path| crate::SshConfig::new(path);
    ["csv"] Csv "csv" => |path| table(path, crate::table::Format::Csv);
    ["json"] Json "json" => |path| table(path, crate::table::Format::Json);
    ["json"] JsonLines "jsonl" => |path| table(path, crate::table::Format::JsonLines);
    ["toml"] Toml "toml" => |path| table(path, crate::table::Format::Toml);
    ["command"] Command "command" => |program| crate::CommandSource::new(program, crate::table::Mapping::default());
    ["http"] Http "http" => |url| crate::HttpSource::new(url, crate::table::Mapping::default());
}

#[cfg(any(feature = "csv", feature = "json", feature = "toml"))]
fn table(path: &str, format: crate::table::Format) -> crate::table::TableFile {
    crate::table::TableFile::new(path, format, crate::table::Mapping::default())
}

impl SourceSpec {
    /// The types of this build, such as `ansible`.
    pub fn types() -> impl Iterator<Item = &'static str> {
        Kind::ALL.iter().map(|(name, _)| *name)
    }

    /// Creates the inventory. Nothing is read yet.
    pub fn open(&self) -> Arc<dyn Inventory> {
        self.kind.open(&self.location)
    }

    /// Resolves a path relative to this folder. A program without a folder is still searched in `PATH`.
    #[cfg(feature = "sources-file")]
    pub(crate) fn within(mut self, folder: &std::path::Path) -> Self {
        let elsewhere = match self.name() {
            "http" => true,
            "command" => !self.location.contains('/'),
            _ if self.location == "-" => true,
            _ => false,
        };
        if !elsewhere {
            self.location = folder.join(&self.location).display().to_string();
        }
        self
    }

    fn name(&self) -> &'static str {
        let kind = Kind::ALL.iter().find(|(_, kind)| *kind == self.kind);
        kind.map(|(name, _)| *name).unwrap_or_default()
    }

    fn of(kind: &str, location: &str) -> Result<Self, SpecError> {
        match Kind::ALL.iter().find(|(name, _)| *name == kind) {
            Some((_, kind)) => Ok(Self {
                kind: *kind,
                location: location.to_owned(),
            }),
            None => Err(unknown(kind)),
        }
    }
}

impl FromStr for SourceSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let no_kind = || SpecError::NoKind {
            location: text.to_owned(),
        };
        // Before the first colon is looked at: `https` would be taken for a type.
        if text.starts_with("http://") || text.starts_with("https://") {
            return Self::of("http", text);
        }
        // A path with a colon has a `/` or a dot in front of it, mostly.
        let is_word = |kind: &str| {
            kind.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        if let Some((kind, location)) = text.split_once(':').filter(|(kind, _)| is_word(kind)) {
            let spec = Self::of(kind, location)?;
            return match location.is_empty() {
                true => Err(SpecError::NoLocation { kind: kind.to_owned() }),
                false => Ok(spec),
            };
        }
        Self::of(kind_of(text).ok_or_else(no_kind)?, text)
    }
}

/// The error for a type that this build lacks.
pub(crate) fn unknown(kind: &str) -> SpecError {
    let kind = kind.to_owned();
    match FEATURES.iter().find(|(name, _)| *name == kind) {
        Some((_, features)) => SpecError::Disabled {
            kind,
            features: features.to_vec(),
        },
        None => SpecError::UnknownKind { kind },
    }
}

/// The type that a path implies.
fn kind_of(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if path == "-" {
        return Some("hosts");
    }
    if name == "genders" {
        return Some("genders");
    }
    // A `config` of another folder may be anything.
    if name == "ssh_config" || path.ends_with(".ssh/config") {
        return Some("ssh-config");
    }
    match name.rsplit_once('.')?.1 {
        "yaml" | "yml" => Some("policy"),
        "ini" => Some("ansible"),
        "genders" => Some("genders"),
        "txt" => Some("hosts"),
        "csv" => Some("csv"),
        "json" => Some("json"),
        "jsonl" | "ndjson" => Some("jsonl"),
        "toml" => Some("toml"),
        _ => None,
    }
}

fn kinds() -> String {
    SourceSpec::types().collect::<Vec<_>>().join(", ")
}

impl fmt::Display for SourceSpec {
    /// Omits user, password and query of an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.name();
        match self.location.split_once("://") {
            Some((scheme, rest)) => {
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
                write!(f, "{kind}:{scheme}://{address}")
            }
            None => write!(f, "{kind}:{}", self.location),
        }
    }
}

impl fmt::Debug for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceSpec({self})")
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::SourceSpec;

    #[test]
    fn secrets_of_an_address_are_not_shown() {
        let spec: SourceSpec = "https://me:p@ss@assets.example.com/hosts?token=x".parse().unwrap();
        assert_eq!(format!("{spec:?}"), "SourceSpec(http:https://assets.example.com/hosts)");
    }
}
