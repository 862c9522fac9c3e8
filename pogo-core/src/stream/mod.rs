//! FOLLOW: what happens in a namespace, as plain data for whoever is not its dispatcher.
//!
//! A stream of [`Update`]s begins with a snapshot, goes on with records, and says where it stands with a [`StreamId`],
//! from which it is resumed. A [`Follower`] takes the updates and answers the same [queries](crate::scheduler::Query)
//! as the dispatcher. Nothing here is async: updates travel as JSON, over a socket or in a file, and a dispatcher gives
//! them out with `Handle::subscribe`.
//!
//! ```
//! use pogo_core::Timestamp;
//! use pogo_core::scheduler::{JobId, Query, View};
//! use pogo_core::stream::{Follower, StreamRequest};
//!
//! # use std::sync::Arc;
//! # use pogo_core::fleet::Fleet;
//! # use pogo_core::plan::{JobSpec, RemoteCommand};
//! # use pogo_core::scheduler::{Order, Record, Scheduler};
//! # use pogo_core::journal::Seq;
//! # use pogo_core::stream::{StreamId, StreamRecord, Update};
//! # let (mut owner, now) = (Scheduler::new(), Timestamp::EPOCH);
//! # let fleet = Arc::new(Fleet::builder().hosts("web[1-3]").build()?);
//! # owner.handle(now, Order::Configure { fleet, policy: Arc::default() })?;
//! # let snapshot = Update::snapshot(StreamId::new(0, Seq(1)), &owner);
//! # let events = owner.handle(now, Order::submit(JobSpec::new("*".parse()?, RemoteCommand::shell("uptime"))))?;
//! # let record = |(event, seq)| StreamRecord::new(Seq(seq), Record::new(now, event));
//! # let records = events.into_iter().zip(1..).map(record).collect();
//! # let (after, id) = (StreamId::new(0, Seq(1)), StreamId::new(0, Seq(5)));
//! # let records = Update::Records { after, id, records };
//! # let lines = [serde_json::to_string(&snapshot)?, serde_json::to_string(&records)?];
//! // Lines that a server sends, each an update as JSON.
//! let mut follower = Follower::new();
//! for line in &lines {
//!     follower.apply(&serde_json::from_str(line)?)?;
//! }
//! let answer = follower.view(Timestamp::EPOCH, &Query::Job { job: JobId::new(1) })?;
//! let View::Job(job) = answer.view else { panic!() };
//! assert_eq!(job.summary.tally.running, 3);
//!
//! // Where the connection breaks, the next one goes on from here.
//! let request = StreamRequest::new().resume(follower.position());
//! assert_eq!(serde_json::to_string(&request)?, r#"{"after":"0-5"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod dispatcher_status;
mod follower;
mod id;
mod request;
mod update;
mod version;
mod withheld;
mod written;

pub use answer::QueryAnswer;
pub use dispatcher_status::{DispatcherStatus, JournalStatus};
pub use follower::{FollowError, Follower};
pub use id::{StreamId, StreamIdError};
pub use request::StreamRequest;
pub use update::{ResyncReason, StreamRecord, Update};
pub use version::STREAM_VERSION;
