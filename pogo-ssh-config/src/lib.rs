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
mod jump;
mod keyword;
mod line_values;
mod local;
mod lookup;
mod networks;
mod options;
mod pattern_list;
mod settings;
mod time;
mod tokens;
mod words;

pub use algorithm_list::AlgorithmList;
pub use config::{ClientConfig, Lookup};
pub use environment::Environment;
pub use error::ClientConfigError;
pub use exec::{ExecAnswers, match_exec_answer, match_exec_shell};
pub use jump::{Hop, HopError, jump_hosts};
pub use networks::interface_addresses;
pub use settings::{
    AddressFamily, AlgorithmLists, HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
