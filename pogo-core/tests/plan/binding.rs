//! A plan shows everything that will bind, before it does.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan, PlanError, RemoteCommand};
use pogo_core::policy::{Constraint, JobSettings, Limit, OnDoubt, Policy, Rule, Sequence};

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn on(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plan(policy: &Policy, spec: &JobSpec) -> Plan {
    let fleet = Fleet::builder().tagged("web", "w[1-200]").tagged("db", "db1").host("x");
    Plan::compile(&fleet.build().unwrap(), policy, spec).unwrap()
}

fn limited(group: &str, rule: Rule) -> Policy {
    Policy::new().constraint(Constraint::new(group.parse().unwrap(), rule))
}

fn warnings(plan: &Plan) -> Vec<&str> {
    plan.warnings.iter().map(|warning| warning.message.as_str()).collect()
}

#[test]
fn limits_of_the_job_are_numbers() {
    let spec = on("$web")
        .max_parallel(limit("10%"))
        .max_failures(limit("1%"))
        .job_timeout(seconds(4 * 3_600));
    let plan = plan(&Policy::default(), &spec);
    let printed = plan.to_string();
    for line in [
        "this job      200      200      20  max_parallel: 10%",
        "the job halts when more than 2 hosts have failed (max_failures: 1%)",
        "the job ends after 4h",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
    assert!(!printed.contains("no limit"), "{printed}");
    let json = serde_json::to_value(&plan).unwrap();
    let parallel = serde_json::json!({"limit": "10%", "hosts": 20});
    assert_eq!(json["job"]["max_parallel"], parallel);
    assert_eq!(json["job"]["max_failures"]["hosts"], 2);
    assert_eq!(json["job"]["job_timeout"], 14_400_000);
}

#[test]
fn defaults_of_the_policy_are_shown() {
    let defaults = JobSettings::new()
        .settle(seconds(30))
        .retries(2)
        .connect_retries(1)
        .attempt_timeout(seconds(90))
        .max_failures(limit("0"))
        .on_doubt(OnDoubt::Retry);
    let policy = Policy::new().defaults(defaults);
    let expected = "\
the job halts when one host has failed (max_failures: 0)
an attempt may take 1m 30s
a host that fails is tried 2 times more, and once if it cannot be reached, 5s apart at least
a host keeps its slots for 30s after it succeeded
a host in doubt is tried again like a failed one
";
    let plan = plan(&policy, &on("db1"));
    assert!(plan.to_string().ends_with(expected), "{plan}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["job"]["settle"], 30_000);
    assert_eq!(json["job"]["retries"], 2);
}

#[test]
fn waves_are_stages_and_their_bake_time_is_shown() {
    let spec = on("$web").waves(vec![limit("1"), limit("100%")]).bake(seconds(600));
    let printed = plan(&Policy::default(), &spec).to_string();
    assert!(
        printed.contains("\nwaves\n       wave 1                   1 host: w1"),
        "{printed}"
    );
    assert!(
        printed.contains("\na wave is watched for 10m before the next begins\n"),
        "{printed}"
    );
}

#[test]
fn hosts_that_no_limit_counts_are_a_warning() {
    let policy = limited("$web", Rule::MaxParallel(limit("5")));
    let said = plan(&policy, &on("*"));
    assert_eq!(
        warnings(&said),
        ["no limit counts 2 hosts: db1,x; nothing bounds how many of them start at once"]
    );
    assert!(warnings(&plan(&policy, &on("$web"))).is_empty());
    let bounded = on("*").max_parallel(limit("3"));
    assert!(warnings(&plan(&policy, &bounded)).is_empty(), "the job counts them");
    assert!(warnings(&plan(&Policy::default(), &on("*"))).is_empty(), "said already");
}

#[test]
fn a_share_that_comes_to_a_whole_group_is_a_warning() {
    let policy = limited("$db", Rule::MaxParallel(limit("25%")));
    let whole = "`max_parallel: 25%` is rounded up to 1, which is all of `$db` (1 host): it may be away as a whole";
    assert_eq!(warnings(&plan(&policy, &on("db1"))), [whole]);
    let everything = limited("$db", Rule::MaxParallel(limit("100%")));
    assert!(
        warnings(&plan(&everything, &on("db1"))).is_empty(),
        "that is what it says"
    );
}

#[test]
fn a_large_stage_that_one_failure_stops_is_a_warning() {
    let stages = ["$web".parse().unwrap(), "$db".parse().unwrap()];
    let strict = Policy::new().sequence(Sequence::new("front first", stages.clone()));
    let brittle = plan(&strict, &on("*"));
    let said = "one failure among the 200 hosts of `$web` holds back all that comes after, until somebody retries or \
        skips it; `allow_failures` lets it go on";
    assert_eq!(warnings(&brittle), [said]);
    let printed = brittle.to_string();
    assert!(
        printed.contains("200 hosts: w[1-200] (one failure holds back what comes next)"),
        "{printed}"
    );
    let lenient = Policy::new().sequence(Sequence::new("front first", stages).allow_failures(limit("1%")));
    assert!(warnings(&plan(&lenient, &on("*"))).is_empty());
}

#[test]
fn a_share_of_failures_is_resolved_to_a_number_of_the_jobs_hosts() {
    let policy = limited("$web", Rule::MaxFailures(limit("5%")));
    let plan = plan(&policy, &on("w[1-100]"));
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(
        (&json["budgets"][0]["in_job"], &json["budgets"][0]["allowed"]),
        (&100.into(), &5.into())
    );
    let said = "$web starts no more when more than 5 hosts have failed there (max_failures: 5%)";
    assert!(plan.to_string().contains(said), "{plan}");
}

#[test]
fn a_bake_time_without_waves_is_refused() {
    let spec = on("*").bake(seconds(60));
    let fleet = Fleet::builder().host("a").build().unwrap();
    let refused = Plan::compile(&fleet, &Policy::default(), &spec).unwrap_err();
    let said = "a bake time is between waves, and the job has none; give waves, or leave out the bake time";
    assert_eq!(refused, PlanError::Spec(said.to_owned()));
    let none = on("*").bake(seconds(0));
    assert!(Plan::compile(&fleet, &Policy::default(), &none).is_ok());
}
