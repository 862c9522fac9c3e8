//! A tag resolver of one's own: `$rack(r7)` in policies and targets, answered by an in-house service, here a text.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Questions, ResolverError, Resolvers, TagResolver};
use pogo_core::fleet::{Fleet, HostName, fold};

/// Lines of `rack host...`.
struct Racks(&'static str);

#[async_trait]
impl TagResolver for Racks {
    async fn resolve(&self, racks: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        racks.iter().map(|rack| self.hosts(rack)).collect()
    }
}

impl Racks {
    fn hosts(&self, rack: &str) -> Result<Vec<HostName>, ResolverError> {
        let refused = |message| ResolverError::Refused {
            args: rack.to_owned(),
            message,
        };
        let mut lines = self.0.lines().map(str::split_whitespace);
        let line = lines.find_map(|mut words| (words.next() == Some(rack)).then_some(words));
        let words = line.ok_or_else(|| refused("there is no such rack; they are r1 and r2".to_owned()))?;
        words
            .map(|word| HostName::new(word).map_err(|error| refused(error.to_string())))
            .collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let resolvers = Resolvers::new().with("rack", Arc::new(Racks("r1 web1 web2 db1\nr2 web3")));
    let targets = "$rack(r1) & $web".parse()?;
    let inventory = Fleet::builder().tagged("web", "web[1-3]").tagged("db", "db1");
    let questions = Questions::default().and(&targets);
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
