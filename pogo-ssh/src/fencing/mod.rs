//! Asking a host for the state of an attempt, and keeping it from beginning later.

mod answer;
mod ask;
mod end;
mod fence;
mod record;
mod resume;
mod script;

pub(crate) use answer::HostAnswer;
pub(crate) use ask::RecordQuery;
pub(crate) use end::GONE;
pub(crate) use fence::{ask_host, fence};
pub(crate) use record::WITHOUT_LOCK;
pub(crate) use resume::{learn, resume};
