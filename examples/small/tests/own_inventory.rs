//! Is the inventory of our own one that a rollout can rely on? The conformance suite knows what to ask.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::write;
use std::sync::Arc;

use pogo_core::testing::conformance::{InventoryFixture, inventory};
use pogo_examples::Register;

#[tokio::test]
async fn our_inventory_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let [good, broken, gone] = ["good", "broken", "gone"].map(|name| folder.path().join(name));
    write(&broken, "web1\n").unwrap();
    let report = inventory(async || {
        write(&good, "web1 10.0.0.1 web\ndb1 10.0.0.9 db\n").unwrap();
        let file = good.clone();
        InventoryFixture::new(Arc::new(Register(good.clone())))
            .hosts(["web1", "db1"])
            .unavailable(Arc::new(Register(gone.clone())))
            .invalid(Arc::new(Register(broken.clone())))
            .change(move || write(&file, "web1 10.0.0.1 web\nweb2 10.0.0.2 web\n").unwrap())
    });
    let report = report.await;
    report.assert_passed();
    report.assert_skipped(&["no_secret_is_shown"]);
}
