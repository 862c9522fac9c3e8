//! Values of settings: what OpenSSH lets stand there, and what it means.

pub(crate) mod algorithm_list;
pub(crate) mod environment;
pub(crate) mod jump;
pub(crate) mod networks;
pub(crate) mod pattern_list;
pub(crate) mod settings;
pub(crate) mod time;
