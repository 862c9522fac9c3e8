//! OpenSSH's client configuration, `ssh_config`.

mod algorithm_list;
mod answer;
mod commands;
mod config;
mod criteria;
mod environment;
mod error;
mod file;
mod jump;
mod keyword;
mod line_values;
mod local;
mod lookup;
mod networks;
mod options;
mod settings;
mod time;
mod tokens;
mod words;

pub use algorithm_list::AlgorithmList;
pub(crate) use commands::MatchCommands;
pub use config::ClientConfig;
pub use environment::Environment;
pub use error::ClientConfigError;
pub(crate) use jump::hops;
pub use jump::{Hop, HopError};
pub(crate) use networks::addresses;
pub use settings::{
    AddressFamily, AlgorithmLists, HostQuery, HostSettings, IdentityAgent, RekeyLimit, StrictHostKeyChecking,
};
