//! The command line: its arguments, and how their values are parsed.

#[cfg(feature = "store")]
mod apply;
mod color;
mod command_line;
mod completion;
mod config;
#[cfg(feature = "store")]
mod dispatcher_command;
mod duration;
mod examples;
mod exec_args;
mod expectation;
mod foreign;
#[cfg(feature = "store")]
mod grants;
mod inventory;
mod job;
mod log;
mod login;
#[cfg(feature = "store")]
mod moment;
mod name;
#[cfg(feature = "store")]
mod orders;
mod output;
#[cfg(feature = "store")]
mod place;
mod plan;
#[cfg(feature = "store")]
mod questions;
mod run;
#[cfg(feature = "store")]
mod service;
mod simulate;
mod source;
mod sources;
mod ssh;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod store_address;
mod targets;
#[cfg(feature = "store")]
mod token;

#[cfg(feature = "store")]
pub(crate) use apply::ApplyArgs;
pub(crate) use color::Color;
pub(crate) use command_line::{Cli, Command, DemoArgs};
pub(crate) use completion::{CompletionArgs, ManArgs, Shell};
pub(crate) use config::ConfigArgs;
#[cfg(feature = "store")]
pub(crate) use dispatcher_command::DispatcherCommand;
pub(crate) use duration::{duration, whole_number};
pub(crate) use exec_args::ExecArgs;
#[cfg(feature = "store")]
pub(crate) use exec_args::new_name;
pub(crate) use foreign::{explain, missing_command};
#[cfg(feature = "store")]
pub(crate) use grants::{GrantsArgs, GrantsCheckArgs, GrantsCommand};
pub(crate) use inventory::{DiffArgs, GraphArgs, HostArgs, InventoryArgs, InventoryCommand, ListArgs};
#[cfg(feature = "store")]
pub(crate) use job::MaxParallel;
pub(crate) use job::{JobArgs, LimitArgs, TimeArgs};
pub(crate) use log::{AuditArgs, LogArg, ReplayArgs, Speed, TimelineArgs};
pub(crate) use login::Login;
#[cfg(feature = "store")]
pub(crate) use moment::moment;
pub(crate) use name::NAME;
#[cfg(feature = "store")]
pub(crate) use orders::{
    FreezeArgs, HoldArgs, JobOrderArgs, MarkArgs, MarkCommand, MarkDownArgs, NoteArgs, ProbeArgs, ReleaseArgs,
    RerunArgs, StopArgs, TaskOrderArgs, ThawArgs, UpdateArgs,
};
pub(crate) use output::{FoldArgs, LogFormat, PictureArgs, PlanFormat, Verbosity};
#[cfg(feature = "store")]
pub(crate) use place::{JobArg, JobHostsArgs, PlaceArgs, StoreChoice};
pub(crate) use plan::PlanArgs;
#[cfg(feature = "store")]
pub(crate) use questions::{
    EventsArgs, ExplainArgs, HistoryArgs, HostStatusArgs, JobsArgs, LogsArgs, QuestionArgs, SlotsArgs, StatusArgs,
};
pub(crate) use run::RunArgs;
#[cfg(feature = "store")]
pub(crate) use service::{
    AttachArgs, ServeArgs, ServeCommand, ServeStopArgs, ServeUnitArgs, ServiceLogFormat, StepDownArgs, WaitArgs,
};
pub(crate) use simulate::{SimulateArgs, SimulateFormat, TimesArg};
#[cfg(all(feature = "store", not(all(feature = "jwt", feature = "oidc", feature = "tls"))))]
pub(crate) use source::INSTALL;
pub(crate) use source::source;
pub(crate) use sources::{FollowArgs, SourceArgs};
pub(crate) use ssh::{HostKeys, SshArgs, TransportArg};
#[cfg(feature = "store")]
pub(crate) use store::{CopyArgs, MigrateArgs, PruneArgs, StoreArgs, StoreAt, StoreCommand, StoreInfoArgs};
#[cfg(feature = "store")]
pub(crate) use store_address::StoreAddress;
pub(crate) use targets::{TargetArgs, Targets, targets};
#[cfg(feature = "store")]
pub(crate) use token::{TokenArgs, TokenCommand, TokenCreateArgs, TokenListArgs, TokenRevokeArgs, TokenStore};
