//! A custom tag resolver, [`Racks`], asked for targets.

use std::error::Error;
use std::sync::Arc;

use pogo_core::dispatcher::{ResolverQueries, Resolvers};
use pogo_core::fleet::{Fleet, fold};
use pogo_examples::Racks;

fn main() -> Result<(), Box<dyn Error>> {
    let resolvers = Resolvers::new().with("rack", Arc::new(Racks("r1 web1 web2 db1\nr2 web3")));
    let targets = "$rack(r1) & $web".parse()?;
    let inventory = Fleet::builder().tagged("web", "web[1-3]").tagged("db", "db1");
    let questions = ResolverQueries::default().and(&targets);
    let answered = resolvers.answer(&questions, inventory);
    let fleet = futures::executor::block_on(answered)?.build()?;
    let hosts = fleet.resolve(&targets)?;
    say(&format!(
        "{targets} is {}",
        fold(hosts.iter().map(|&host| fleet.name(host)))
    ));
    assert_eq!(hosts.len(), 2);
    Ok(())
}

#[allow(clippy::print_stdout, reason = "it is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
