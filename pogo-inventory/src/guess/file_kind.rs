//! Types of files.

/// A type of file, whether this build reads it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Ansible's INI or YAML inventory.
    Ansible,
    /// What `ansible-inventory --list` prints.
    AnsibleList,
    /// ClusterShell's groups, in YAML or flat.
    ClusterShell,
    /// A table with a header.
    Csv,
    /// A genders file: hosts with their attributes.
    Genders,
    /// A host on each line.
    HostList,
    /// A table: a list of objects.
    Json,
    /// A table: an object on each line.
    JsonLines,
    /// An inventory of pogo 4.
    Pogo4,
    /// A policy, which is no source of hosts.
    Policy,
    /// A program, which prints hosts.
    Program,
    /// A file that lists sources.
    Sources,
    /// A configuration of OpenSSH's client.
    SshConfig,
    /// What Terraform prints, which no source reads.
    Terraform,
    /// A table: an array of tables.
    Toml,
}

impl FileKind {
    /// How a file of this type is given to a program.
    pub(super) fn cure(self, name: &str) -> String {
        let source = match self {
            Self::Policy => return format!("`-c {name}`"),
            Self::Sources => return format!("`--sources {name}`"),
            Self::Terraform => {
                return "`terraform output -json NAME` prints a value of yours: make it a list of hosts".to_owned();
            }
            Self::Program => return format!("`-i command:{name}`, or `-i ansible-script:{name}`"),
            Self::Ansible => "ansible",
            Self::AnsibleList => "ansible-list",
            Self::ClusterShell => "clustershell",
            Self::Csv => "csv",
            Self::Genders => "genders",
            Self::HostList => "hosts",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Pogo4 => "pogo4",
            Self::SshConfig => "ssh-config",
            Self::Toml => "toml",
        };
        format!("`-i {source}:{name}`")
    }
}

/// The guessed type, and its description.
pub(super) struct Guess {
    pub(super) kind: FileKind,
    pub(super) what: &'static str,
}

pub(super) fn guess(kind: FileKind, what: &'static str) -> Option<Guess> {
    Some(Guess { kind, what })
}
