//! What travels: documents, errors, names and paths. Each document has a version; within one, fields are only added.

mod about;
mod configuration;
mod digest;
mod document;
mod events;
mod history;
mod history_paths;
mod host_output;
mod logins;
mod namespace_name;
mod namespaces;
mod order_answer;
mod output_bytes;
mod output_part;
mod paths;
mod plan;
mod problem;
mod problem_kind;
mod question;
mod secrets;
mod stream_end;
mod touched;
mod uploads;
mod wait_answer;

pub use about::{About, StandbyStatus, Status};
pub use configuration::Configuration;
pub use digest::UpdateDigest;
pub use document::WIRE_VERSION;
pub use events::{DIGEST_EVENT, END_EVENT, OUTPUT_EVENT, PROBLEM_EVENT, QUESTION_EVENT};
pub use history::{HistoryPage, JobRecords, NamespaceRecords};
pub use history_paths::{history_path, job_events_path, records_path, touched_path};
pub use host_output::HostOutput;
pub use logins::{LoggedOut, LoginChoice, Logins, Session};
pub use namespace_name::{InvalidNamespaceName, NamespaceName};
pub use namespaces::{NamespaceEntry, Namespaces};
pub use order_answer::OrderAnswer;
#[cfg(feature = "openapi")]
pub(crate) use output_bytes::OutputBytes;
pub use output_part::{JobOutput, OutputPart, OutputPiece, StreamOutput};
pub use paths::{
    OUTPUT_ATTEMPTS, OutputRange, job_output_path, namespace_path, output_path, query_path, stream_path,
    stream_path_with_output, stream_path_with_questions,
};
pub use plan::{PlanRequest, WhatIfRequest};
pub use problem::Problem;
pub use problem_kind::ProblemKind;
pub use question::{Question, QuestionAnswer, QuestionKind};
pub use secrets::Secrets;
pub use stream_end::{StreamEnd, StreamEndReason};
pub use touched::{Touch, TouchKind, Touched, TouchedQuery};
pub use uploads::{InputPart, Upload};
pub use wait_answer::WaitAnswer;
