//! An inventory of one's own: hosts and roles from wherever the company keeps them, here lines of `host address role...`.

use std::path::PathBuf;

use async_trait::async_trait;
use pogo_core::dispatcher::{Inventory, InventoryError};
use pogo_core::fleet::{Fleet, FleetBuilder};

/// The company's register of hosts.
#[derive(Debug, Clone)]
pub struct Register(pub PathBuf);

#[async_trait]
impl Inventory for Register {
    fn name(&self) -> String {
        "the register".to_owned()
    }

    async fn load(&self) -> Result<FleetBuilder, InventoryError> {
        let source_name = self.name();
        let text = std::fs::read_to_string(&self.0).map_err(|error| InventoryError::Unavailable {
            source_name: source_name.clone(),
            message: error.to_string(),
        })?;
        let mut fleet = Fleet::builder();
        for (line, number) in text.lines().zip(1..) {
            let mut words = line.split_whitespace();
            let (Some(host), Some(address)) = (words.next(), words.next()) else {
                let message = format!("line {number} of the register has no host and address: `{line}`");
                return Err(InventoryError::Invalid { source_name, message });
            };
            fleet = fleet.host(host).address(address);
            fleet = words.fold(fleet, |fleet, role| fleet.tag(&format!("role.{role}")));
        }
        Ok(fleet)
    }
}
