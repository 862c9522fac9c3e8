//! The contract of [`Inventory`](crate::inventory::Inventory), line by line.

mod cases;
mod fixture;

use super::ConformanceReport;
use super::case::{Named, cases as named, run_all};
pub use fixture::InventoryFixture;

const CASES: &[Named<InventoryFixture>] = named! {
    cases: it_has_a_name_for_messages, what_it_loads_is_a_fleet, all_of_it_is_loaded, every_load_gives_the_same,
        loads_at_once_do_not_disturb_each_other, a_fleet_that_was_loaded_can_be_stored,
        a_change_is_seen_by_the_next_load, a_source_out_of_reach_is_unavailable, a_source_without_sense_is_invalid,
        no_secret_is_shown;
};

/// Holds an inventory to the contract of [`Inventory`](crate::inventory::Inventory).
///
/// Each case takes a fixture of its own. Cases that need to know the hosts, or a source that is out of reach, is
/// invalid, can be changed or holds a secret, are skipped where the fixture has none.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::inventory::{Inventory, InventoryError, Listing};
/// use pogo_core::testing::conformance::{self, InventoryFixture};
///
/// struct Fixed;
///
/// #[async_trait]
/// impl Inventory for Fixed {
///     fn name(&self) -> String {
///         "three hosts".to_owned()
///     }
///     async fn load(&self) -> Result<Listing, InventoryError> {
///         Ok(Fleet::builder().tagged("web", "web[1-3]").into())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let report = conformance::inventory(async || {
///     InventoryFixture::new(Arc::new(Fixed)).hosts(["web1", "web2", "web3"])
/// })
/// .await;
/// report.assert_passed();
/// report.assert_skipped(&[
///     "a_change_is_seen_by_the_next_load",
///     "a_source_out_of_reach_is_unavailable",
///     "a_source_without_sense_is_invalid",
///     "no_secret_is_shown",
/// ]);
/// # });
/// ```
pub async fn inventory(fixture: impl AsyncFnMut() -> InventoryFixture) -> ConformanceReport {
    run_all("inventory", CASES, fixture).await
}
