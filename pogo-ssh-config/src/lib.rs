#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm_list;
mod answer;
mod config;
mod criteria;
mod environment;
mod error;
mod exec;
mod file;
mod files;
mod include;
mod jump;
mod keyword;
mod lex;
mod line;
mod line_values;
mod local;
mod lookup;
mod match_subject;
mod networks;
mod options;
mod pattern_list;
mod position;
mod private_file;
mod scope;
mod settings;
mod time;
mod tokens;
mod walk;

pub use algorithm_list::AlgorithmList;
pub use config::{ClientConfig, Lookup};
pub use environment::Environment;
pub use error::ClientConfigError;
pub use exec::{ExecAnswers, match_exec_answer, match_exec_shell};
pub use files::{AppliedLines, ConfigFiles};
pub use jump::{Hop, HopError, jump_hosts};
pub use keyword::Setting;
pub use lex::Word;
pub use line::ConfigLine;
pub use networks::interface_addresses;
pub use position::{FilePosition, LineProblem};
pub use settings::{
    AddressFamily, AlgorithmLists, HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
