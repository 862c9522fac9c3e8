//! What is said of a job: its status, the states of its tasks, its end, and changes of its settings.

mod end;
mod status;
mod tally;
mod task_state;
mod update;

pub use end::JobEnd;
pub use status::JobStatus;
pub use tally::Tally;
pub use task_state::TaskState;
pub use update::JobUpdate;
