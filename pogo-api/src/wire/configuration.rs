//! What a namespace is configured with.

use std::sync::Arc;

use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;

use super::document::document;

document! {
    /// The fleet and the policy in force.
    Configuration {
        /// All hosts and tags; none if the namespace was never configured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fleet: Option<Arc<Fleet>>,
        /// All sequences and constraints.
        policy: Arc<Policy>,
    }
}
