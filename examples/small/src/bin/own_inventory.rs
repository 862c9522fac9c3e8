//! A custom inventory, [`Register`], asked for the web servers.

use std::error::Error;

use pogo_core::fleet::fold;
use pogo_core::inventory::Inventory;
use pogo_examples::Register;

fn main() -> Result<(), Box<dyn Error>> {
    let register = Register(concat!(env!("CARGO_MANIFEST_DIR"), "/register.txt").into());
    let fleet = futures::executor::block_on(register.load())?.fleet.build()?;
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
