//! The rollout policy of Fern & Kettle, a shop that does not exist.
//!
//! An example of a crate around pogo: the policy is a file that people read and change, and `tests/promises.rs` checks
//! it against the promises of the shop, with the scheduler that will run it.

use pogo_core::policy::Policy;
use pogo_inventory::{InventoryError, PolicyFile};

/// The policy in force, as the file has it.
pub const ROLLOUT: &str = include_str!("../rollout.yaml");

/// Reads a policy of the shop.
///
/// ```
/// let policy = shop_rollout::policy(shop_rollout::ROLLOUT)?;
/// assert_eq!(policy.constraints.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The text is no policy file.
pub fn policy(text: &str) -> Result<Policy, InventoryError> {
    let (_, policy) = PolicyFile::parse("rollout.yaml", text)?.into_parts();
    Ok(policy)
}
