//! Who owns a namespace: a lock, and a file that says who has it.

mod claim;
mod machine;
mod owner_file;
mod tenure;

pub(crate) use claim::{Claim, Locked};
pub(crate) use machine::Machine;
pub(crate) use owner_file::{OwnerRecord, read_owner};
pub(crate) use tenure::{Tenure, Tenured};
