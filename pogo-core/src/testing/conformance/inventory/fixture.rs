//! What a suite may do with an inventory.

use std::fmt;
use std::sync::Arc;

use crate::inventory::Inventory;

/// An inventory, and what else a suite may try with it.
///
/// ```
/// # use std::sync::Arc;
/// # use pogo_core::inventory::Inventory;
/// use pogo_core::testing::conformance::InventoryFixture;
///
/// fn fixture(good: Arc<dyn Inventory>, gone: Arc<dyn Inventory>) -> InventoryFixture {
///     InventoryFixture::new(good).hosts(["web1", "web2"]).out_of_reach(gone).secret("hunter2")
/// }
/// ```
#[derive(Clone)]
pub struct InventoryFixture {
    pub(super) inventory: Arc<dyn Inventory>,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) out_of_reach: Option<Arc<dyn Inventory>>,
    pub(super) without_sense: Option<Arc<dyn Inventory>>,
    pub(super) change: Option<Arc<dyn Fn() + Send + Sync>>,
    pub(super) secret: Option<String>,
}

impl InventoryFixture {
    /// An inventory whose source is in order.
    pub fn new(inventory: Arc<dyn Inventory>) -> Self {
        Self {
            inventory,
            hosts: None,
            out_of_reach: None,
            without_sense: None,
            change: None,
            secret: None,
        }
    }

    /// The names of all its hosts, in any order.
    pub fn hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The same kind of inventory, of a source that is not there.
    pub fn out_of_reach(mut self, inventory: Arc<dyn Inventory>) -> Self {
        self.out_of_reach = Some(inventory);
        self
    }

    /// The same kind of inventory, of a source that is there and makes no sense: cut off in the middle, say.
    pub fn without_sense(mut self, inventory: Arc<dyn Inventory>) -> Self {
        self.without_sense = Some(inventory);
        self
    }

    /// Adds a host to the source, or takes one away.
    pub fn change(mut self, change: impl Fn() + Send + Sync + 'static) -> Self {
        self.change = Some(Arc::new(change));
        self
    }

    /// A text that the inventories of this fixture know and never tell, such as a password.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }
}

impl fmt::Debug for InventoryFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InventoryFixture")
            .field("inventory", &self.inventory.name())
            .finish_non_exhaustive()
    }
}
