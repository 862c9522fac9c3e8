#![cfg_attr(
    any(not(doctest), all(feature = "command", feature = "csv", feature = "http")),
    doc = include_str!("../README.md")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "text")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod address;
#[cfg(feature = "ansible")]
mod ansible;
#[cfg(feature = "threads")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod blocking;
#[cfg(feature = "clustershell")]
mod clustershell;
#[cfg(feature = "command")]
mod command;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod database;
pub mod diagnostic;
#[cfg(feature = "text")]
mod file;
#[cfg(feature = "genders")]
mod genders;
#[cfg(feature = "text")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod guess;
#[cfg(feature = "host-list")]
mod host_list;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "ansible", feature = "host-list"))]
mod input_file;
mod lacking;
pub mod merge;
#[cfg(any(feature = "clustershell", feature = "genders"))]
mod nodeset;
#[cfg(any(feature = "ansible", feature = "clustershell", feature = "genders"))]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod numbers;
#[cfg(feature = "text")]
#[allow(dead_code, unused_imports, reason = "each source uses its part of what they share")]
mod origins;
#[cfg(feature = "pogo4-file")]
mod pogo4_file;
#[cfg(feature = "policy-file")]
mod policy_file;
#[cfg(feature = "tree")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod roster;
#[cfg(feature = "settings-file")]
mod settings_file;
#[cfg(feature = "settings-file")]
mod settings_reader;
#[cfg(feature = "text")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod source;
#[cfg(feature = "sources-file")]
#[allow(dead_code, unused_imports, reason = "each source uses its part of what they share")]
mod sources_file;
mod spec;
#[cfg(feature = "ssh-config")]
mod ssh_config;
#[cfg(any(feature = "csv", feature = "json", feature = "toml"))]
pub mod table;
#[cfg(feature = "text")]
#[allow(dead_code, reason = "each source uses its part of what they share")]
mod text_line;
#[cfg(feature = "tree")]
#[allow(dead_code, unused_imports, reason = "each source uses its part of what they share")]
mod tree;
#[cfg(feature = "watch")]
mod watch;
#[cfg(feature = "yaml")]
#[allow(dead_code, unused_imports, reason = "each source uses its part of what they share")]
mod yaml;

#[cfg(all(feature = "ansible", feature = "command"))]
pub use ansible::AnsibleScript;
#[cfg(feature = "ansible")]
pub use ansible::{AnsibleInventory, AnsibleList};
#[cfg(feature = "clustershell")]
pub use clustershell::ClusterShellGroups;
#[cfg(feature = "command")]
pub use command::CommandSource;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub use database::{Database, DatabaseResolver, DatabaseSource};
#[cfg(feature = "genders")]
pub use genders::GendersFile;
#[cfg(feature = "host-list")]
pub use host_list::HostList;
#[cfg(feature = "http")]
pub use http::HttpSource;
pub use pogo_core::inventory::{Diagnostic, FleetDiff, HostChange, Inventory, InventoryError, Listing, Origins};
#[cfg(feature = "pogo4-file")]
pub use pogo4_file::Pogo4File;
#[cfg(feature = "policy-file")]
pub use policy_file::PolicyFile;
#[cfg(feature = "http")]
pub use secrecy::SecretString;
#[cfg(feature = "settings-file")]
pub use settings_file::{SettingEntry, SettingItem, SettingPosition, SettingValue, SettingsFile};
#[cfg(feature = "settings-file")]
pub use settings_reader::SettingsReader;
#[cfg(feature = "sources-file")]
pub use sources_file::SourcesFile;
pub use spec::{SourceSpec, SpecError};
#[cfg(feature = "ssh-config")]
pub use ssh_config::SshConfig;
#[cfg(feature = "watch")]
pub use watch::Watch;
