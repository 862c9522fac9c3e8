//! Jobs that outlive their terminal: the dispatcher of a store as a process of its own, and the way to it.

mod away_store;
mod config_file;
mod configuration;
mod connect;
mod dispatching;
mod encryption;
mod follower;
mod front;
mod idle;
mod inputs;
mod issuers;
mod launch;
mod listen;
mod live_keys;
mod log;
mod logout;
mod output;
mod place;
mod process;
mod prompter;
mod secrets;
mod server;
mod shared;
mod signals;
mod standby;
mod stopper;
mod taken_over;

pub(crate) use configuration::{NewConfiguration, configure, is_changed, known_configuration};
pub(crate) use connect::{about, client_error, connect, find};
pub(crate) use follower::{FollowedJob, PastOutput, Person, follow, own_agent};
pub(crate) use inputs::KeptInput;
pub(crate) use output::OutputFollower;
pub(crate) use place::{Place, PlaceStore};
pub(crate) use process::own_program;
pub(crate) use secrets::SETTING as SECRETS_SETTING;
pub(crate) use server::{Server, serve};
