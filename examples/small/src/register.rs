//! A custom inventory: hosts and roles from a company's own register, here lines of `host address role...`.

use std::path::PathBuf;

use async_trait::async_trait;
use pogo_core::fleet::Fleet;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};
use pogo_core::policy::Origin;

/// The company's register of hosts.
#[derive(Debug, Clone)]
pub struct Register(pub PathBuf);

#[async_trait]
impl Inventory for Register {
    fn name(&self) -> String {
        "the register".to_owned()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let unavailable = |error: std::io::Error| InventoryError::unavailable(self.name(), error.to_string());
        let text = std::fs::read_to_string(&self.0).map_err(unavailable)?;
        let mut fleet = Fleet::builder();
        for (line, number) in text.lines().zip(1..) {
            let mut words = line.split_whitespace();
            let (Some(host), Some(address)) = (words.next(), words.next()) else {
                let at = Origin::new(self.name(), number, 1);
                let problem = Diagnostic::at(&at, "there is no host and address").with_excerpt(&text);
                return Err(InventoryError::Invalid(vec![problem]));
            };
            fleet = fleet.host(host).address(address);
            fleet = words.fold(fleet, |fleet, role| fleet.tag(&format!("role.{role}")));
        }
        Ok(fleet.into())
    }
}
