//! The plan as a person reads it.

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
use pogo_core::policy::{Constraint, Limit, Origin, Policy, Rule, Sequence};

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn printed(policy: &Policy, targets: &str) -> String {
    let fleet = Fleet::builder()
        .tagged("colo.east", "web[1-3]")
        .tagged("colo.west", "web[4-5],db1")
        .build()
        .unwrap();
    let spec = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"));
    Plan::compile(&fleet, policy, &spec).unwrap().to_string()
}

#[test]
fn a_plan_names_hosts_stages_limits_and_what_is_odd() {
    let stages = ["$colo.east".parse().unwrap(), "$colo.west".parse().unwrap()];
    let mut frozen = Constraint::new("$colo.west".parse().unwrap(), Rule::MaxParallel(limit("0")));
    frozen.origin = Some(Origin::new("policy.yaml", 7, 3));
    let policy = Policy::new()
        .sequence(Sequence::new("coasts", stages.clone()).allow_failures(limit("2")))
        .sequence(Sequence::new("sequence 2", [stages[0].clone()]))
        .constraint(Constraint::new(
            "$colo".parse().unwrap(),
            Rule::MaxParallel(limit("50%")),
        ))
        .constraint(frozen)
        .constraint(Constraint::new(
            "$colo.east".parse().unwrap(),
            Rule::MaxFailures(limit("1")),
        ));
    let expected = "\
5 hosts: web[1-5]

coasts
       $colo.east               3 hosts: web[1-3] (2 may fail)
  then $colo.west               2 hosts: web[4-5] (2 may fail)

sequence 2
       $colo.east               3 hosts: web[1-3]

group         hosts   in job   slots  rule
$colo.east        3        3       1  max_parallel: 50%
$colo.west        3        2       1  max_parallel: 50%
$colo.west        3        2       0  max_parallel: 0

an attempt may take 1h and is reported as slow after 10m
a host that fails is not tried again
$colo.east starts no more when more than 1 host has failed there (max_failures: 1)

warning: policy.yaml:7:3: `max_parallel: 0` leaves no slot for the 3 hosts of `$colo.west`: none of them can run
";
    assert_eq!(printed(&policy, "web*"), expected);
}

const DEFAULTS: &str =
    "\nan attempt may take 1h and is reported as slow after 10m\na host that fails is not tried again\n";

#[test]
fn a_plan_without_limits_says_so() {
    let said = printed(&Policy::default(), "db1");
    let unlimited = "1 host: db1\n\nno limit on how many run: all hosts whose turn it is start at once\n";
    assert_eq!(said, format!("{unlimited}{DEFAULTS}"));
}

#[test]
fn limits_that_the_job_does_not_touch_are_left_out() {
    let policy = Policy::new().constraint(Constraint::new("$colo".parse().unwrap(), Rule::MaxParallel(limit("1"))));
    let said = printed(&policy, "db1");
    assert!(said.contains("$colo.west") && !said.contains("$colo.east"), "{said}");
}

#[test]
fn a_plan_with_nothing_but_a_budget_of_failures_has_no_table() {
    let rule = Rule::MaxFailures(limit("1"));
    let policy = Policy::new().constraint(Constraint::new("$colo.east".parse().unwrap(), rule));
    let said = printed(&policy, "web1");
    let unlimited = "1 host: web1\n\nno limit on how many run: all hosts whose turn it is start at once\n";
    let budget = "$colo.east starts no more when more than 1 host has failed there (max_failures: 1)\n";
    assert_eq!(said, format!("{unlimited}{DEFAULTS}{budget}"));
}

#[test]
fn every_problem_of_a_policy_is_on_a_line_of_its_own() {
    let fleet = Fleet::builder().hosts("a").build().unwrap();
    let wrong = |tag: &str| Sequence::new("s", [tag.parse().unwrap()]);
    let policy = Policy::new().sequence(wrong("$nowhere")).sequence(wrong("$nothing"));
    let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    let said = Plan::compile(&fleet, &policy, &spec).unwrap_err().to_string();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("nowhere") && lines[1].contains("nothing"), "{said}");
}

#[test]
fn a_limit_knows_whether_it_is_a_share() {
    assert!(limit("25%").is_percent() && !limit("25").is_percent());
}

#[test]
fn a_host_in_two_groups_counts_in_both_in_the_order_of_the_policy() {
    let fleet = Fleet::builder()
        .tagged("rack.b", "a,c")
        .tagged("rack.a", "c,a,d")
        .tagged("role.y", "d,c,a")
        .tagged("role.x", "c,a")
        .build()
        .unwrap();
    let nested = Constraint::new("$role".parse().unwrap(), Rule::MaxParallel(limit("1")));
    let policy = Policy::new().constraint(nested.within("$rack".parse().unwrap()));
    let rules = pogo_core::plan::Rules::compile(&fleet, &policy).unwrap();
    for host in fleet.ids() {
        let buckets = rules.buckets_of(host);
        assert!(buckets.is_sorted(), "{:?} {buckets:?}", fleet.name(host));
    }
    let a = fleet.id("a").unwrap();
    assert_eq!(rules.buckets_of(a).len(), 4);
}
