//! What is done at each route.

mod about;
mod answers;
mod configuration;
mod events;
mod history;
mod inputs;
mod logins;
mod metrics;
mod openapi;
mod orders;
mod output;
mod plan;
mod queries;
mod records;
mod secrets;
mod status;
mod timeline;
mod touched;
mod wait;

pub(crate) use about::{about, health, namespaces};
pub(crate) use answers::answers;
pub(crate) use configuration::configuration;
pub(crate) use events::events;
pub(crate) use history::{history, job_events};
pub(crate) use inputs::inputs;
pub(crate) use logins::{login, login_callback, logins, logout, session};
pub(crate) use metrics::{metrics, ready};
pub(crate) use openapi::openapi;
pub(crate) use orders::{order, preview};
pub(crate) use output::{job_output, output};
#[cfg(feature = "openapi")]
pub(crate) use plan::Planned;
pub(crate) use plan::plan;
pub(crate) use queries::{attempts, explain, holds, host, hosts, job, jobs, namespace, slots};
pub(crate) use records::records;
pub(crate) use secrets::secrets;
pub(crate) use status::status;
pub(crate) use timeline::{bars, overview, reasons};
pub(crate) use touched::touched;
pub(crate) use wait::wait;
