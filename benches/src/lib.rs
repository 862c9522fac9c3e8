//! Fleets and jobs that the benchmarks share. `benches/README.md` says what each benchmark shows.
#![allow(
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot be set up has failed"
)]

mod bare_jobs;
mod drive;
mod ends_at_once;
mod fleets;
mod neighbours;
mod service;
mod table;
mod texts;

pub use bare_jobs::bare_jobs;
pub use drive::{Driven, drive, drive_collecting};
pub use ends_at_once::EndsAtOnce;
pub use fleets::{Shape, drawn, estate, estate_policy, one_place, overlapping, small_overlapping, twenty_buckets};
pub use neighbours::{Caches, Cost, beside_blocked, one_beside, small_jobs};
pub use service::{jobs_asked_for, run_job, service};
pub use table::{ratio, row};
pub use texts::{ansible_ini, csv_text, policy_yaml};
