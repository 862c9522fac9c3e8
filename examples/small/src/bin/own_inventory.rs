//! An inventory of one's own: hosts and roles from wherever the company keeps them, here a text.

use std::error::Error;

use async_trait::async_trait;
use pogo_core::dispatcher::{Inventory, InventoryError};
use pogo_core::fleet::{Fleet, FleetBuilder, fold};

/// Lines of `host address role...`.
struct Register(&'static str);

#[async_trait]
impl Inventory for Register {
    fn name(&self) -> String {
        "the register".to_owned()
    }

    async fn load(&self) -> Result<FleetBuilder, InventoryError> {
        let mut fleet = Fleet::builder();
        for (line, number) in self.0.lines().zip(1..) {
            let mut words = line.split_whitespace();
            let (Some(host), Some(address)) = (words.next(), words.next()) else {
                let message = format!("line {number} of the register has no host and address: `{line}`");
                return Err(InventoryError::Invalid {
                    source_name: self.name(),
                    message,
                });
            };
            fleet = fleet.host(host).address(address);
            fleet = words.fold(fleet, |fleet, role| fleet.tag(&format!("role.{role}")));
        }
        Ok(fleet)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let register = Register("web1 10.0.0.1 web\nweb2 10.0.0.2 web canary\ndb1 10.0.0.9 db");
    let fleet = futures::executor::block_on(register.load())?.build()?;
    let web = fleet.resolve(&"$role.web".parse()?)?;
    say(&format!(
        "$role.web is {}",
        fold(web.iter().map(|&host| fleet.name(host)))
    ));
    assert_eq!(web.len(), 2);
    Ok(())
}

#[allow(clippy::print_stdout, reason = "it is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
