#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod file_version;
mod lines;
mod local;
mod lookup;
mod position;
mod value;

pub use error::ClientConfigError;
pub use file_version::FileVersion;
pub use lines::keyword::ClientSetting;
pub use lines::lex::Word;
pub use lines::line::ConfigLine;
pub use lookup::config::{ClientConfig, Lookup};
pub use lookup::exec::{ExecAnswers, match_exec_answer, match_exec_shell};
pub use lookup::files::{AppliedLines, ConfigFiles};
pub use position::{FilePosition, LineProblem};
pub use value::algorithm_list::AlgorithmList;
pub use value::environment::Environment;
pub use value::jump::{Hop, HopError, jump_hosts};
pub use value::networks::interface_addresses;
pub use value::settings::{
    AddressFamily, AlgorithmLists, HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
