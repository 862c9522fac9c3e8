//! A cluster in one thread: dispatchers that die, pause, wake up and are replaced, over a journal and hosts that are
//! models.
//!
//! The dispatchers are [real ones](crate::dispatcher::Dispatcher). A seed decides what happens to them, and to
//! everything around them, on virtual time, so that a seed gives the same bytes of journal and [trace](ClusterTrace)
//! each time:
//!
//! - The journal loses requests and answers, gets them late and twice, is away for a while, and is taken over by force.
//! - Hosts have clocks and locks of their own. What supervises a command there can be killed, and each link can break
//!   at each step.
//! - Dispatchers are paused and wake up, are killed, and are cut off from the journal, from their hosts, or from both.
//!   Their clocks are apart.
//! - Operators submit jobs and give orders all along.
//! - On request, the journal [is restored](Cluster::restores) from copies, and clocks
//!   [are further apart](Cluster::skewed_clocks).
//!
//! Whatever happens, each [rule](ClusterRule) has to hold: no two commands at once on a host; nothing begins without a
//! permission that was made durable by the owner of the journal, nor later than 30 seconds of its host's time after it
//! was ready; no slot is free while something runs there, or could begin; nothing is in doubt without a cause; and
//! without further faults all jobs come to their end.
//!
//! ```
//! use pogo_core::testing::cluster::Cluster;
//!
//! let report = Cluster::new().run_all(0..30);
//! report.assert_kept();
//! assert_eq!(Cluster::new().run(3).digest(), Cluster::new().run(3).digest());
//! ```
//!
//! The journal can be audited as well: `Cluster::new().audit(|records| pogo_audit::audit(records).map(|_| ()))`. A run
//! that breaks a rule [prints](ClusterRun) its seed and what happened.

mod arrival;
mod attempt_truth;
mod builder;
mod chaos;
mod clock;
mod counts;
mod defect;
mod executor;
mod host;
mod journal;
mod judge;
mod lifecycle;
mod link;
mod link_end;
mod namespace;
mod operators;
mod options;
mod process;
mod random;
mod report;
mod run;
mod store;
mod supervisor;
mod trace;
mod transport;
mod world;

pub use builder::Cluster;
pub use counts::ClusterCounts;
#[doc(hidden)]
pub use defect::Defect;
pub use judge::{ClusterFinding, ClusterRule};
pub use options::ClusterAudit;
pub use report::{ClusterReport, ClusterRun};
pub use trace::ClusterTrace;
