//! Sequences that wait for each other are named, the shortest way round.

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
use pogo_core::policy::{Policy, Sequence};

fn refusal(sequences: &[(&str, &[&str])]) -> String {
    let fleet = Fleet::builder().hosts("a,b,c,d").build().unwrap();
    let sequence = |(name, stages): &(&str, &[&str])| {
        let stages = stages.iter().map(|stage| stage.parse().unwrap());
        Sequence::new(*name, stages)
    };
    let policy = Policy::new().sequences(sequences.iter().map(sequence));
    let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    Plan::compile(&fleet, &policy, &spec).unwrap_err().to_string()
}

#[test]
fn two_sequences_that_wait_for_each_other_are_named_with_their_stages() {
    let cycle = "`a` of `up` -> `b` of `down` -> `a` of `up`";
    let cure = "take one of these groups out of its sequence";
    assert_eq!(
        refusal(&[("up", &["a", "b"]), ("down", &["b", "a"])]),
        format!("sequences wait for each other: {cycle}; {cure}")
    );
}

#[test]
fn of_a_knot_the_shortest_cycle_is_named() {
    let all: &[&str] = &["a", "b", "c", "d"];
    let said = refusal(&[("all", all), ("back", &["d", "c"]), ("around", &["d", "a"])]);
    let cycle = "`a` of `all` -> `b` of `all` -> `c` of `all` -> `d` of `around` -> `a` of `all`";
    assert!(said.contains(cycle), "{said}");
}
