//! What a store has, and whether it is as it was written.

mod damage;
mod files;
mod info;
mod journal_files;

pub use damage::Damage;
pub(crate) use files::check;
pub(crate) use info::info;
pub use info::{LastOwner, NamespaceInfo};
