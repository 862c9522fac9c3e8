//! The state as others may see it, borrowed.

mod attempt;
mod bucket;
mod hold;
mod job;
mod results;
mod retired;

pub use attempt::AttemptView;
pub use bucket::BucketView;
pub use job::{JobView, TaskView};
pub use results::{AttemptResult, HostResult};
pub use retired::RetiredJobView;
