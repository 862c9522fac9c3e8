//! The tag resolver of our own, asked as a rollout asks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use pogo_core::dispatcher::{ResolverQueries, Resolvers};
use pogo_core::fleet::{Fleet, Selector};
use pogo_examples::Racks;

/// The names of the hosts that the targets mean.
async fn hosts(targets: &str) -> Result<Vec<String>, String> {
    let resolvers = Resolvers::new().with("rack", Arc::new(Racks("r1 web1 db1\nr2 web2")));
    let targets: Selector = targets.parse().unwrap();
    let questions = ResolverQueries::default().and(&targets);
    let inventory = Fleet::builder().tagged("web", "web[1-2]").tagged("db", "db1");
    let answered = resolvers.answer(&questions, inventory).await;
    let fleet = answered.map_err(|error| error.to_string())?.build().unwrap();
    let hosts = fleet.resolve(&targets).unwrap();
    Ok(hosts.iter().map(|&host| fleet.name(host).to_string()).collect())
}

#[tokio::test]
async fn each_question_gets_its_own_answer() {
    assert_eq!(hosts("$rack(r1) & $web").await.unwrap(), ["web1"]);
    assert_eq!(hosts("$rack(r2), $rack(r1) & $db").await.unwrap(), ["web2", "db1"]);
}

#[tokio::test]
async fn a_rack_that_is_not_there_is_named() {
    let refused = hosts("$rack(r9)").await.unwrap_err();
    assert!(
        refused.contains("r9") && refused.contains("there is no such rack"),
        "{refused}"
    );
}
