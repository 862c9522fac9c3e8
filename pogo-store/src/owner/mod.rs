//! Who owns a namespace: a lock, and a file that says who has it.

mod claim;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod ended;
mod machine;
mod owner_file;
mod tenure;

pub(crate) use claim::{Claim, Locked};
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use ended::Ended;
pub(crate) use machine::Machine;
pub(crate) use owner_file::{OwnerRecord, read_owner};
pub(crate) use tenure::{Tenure, Tenured};
