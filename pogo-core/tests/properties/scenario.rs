//! A namespace and what happens to it.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// How to run a property that many times; `PROPTEST_CASES` says otherwise.
#[allow(clippy::disallowed_methods, reason = "the environment may ask for more cases")]
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").map_or(Ok(cases), |text| text.parse());
    ProptestConfig {
        cases: cases.unwrap(),
        max_shrink_iters: 4_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) steps: Vec<Step>,
}

/// A line for each thing: failures are read by people.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |value: Result<String, serde_json::Error>| value.unwrap();
        writeln!(f, "\nfleet  {}", json(serde_json::to_string(&self.fleet)))?;
        writeln!(f, "policy {}", json(serde_json::to_string(&self.policy)))?;
        for step in &self.steps {
            match step {
                Step::Submit(spec) => writeln!(f, "  Submit {}", json(serde_json::to_string(spec)))?,
                Step::Configure(fleet, policy) => {
                    writeln!(f, "  Configure {}", json(serde_json::to_string(fleet)))?;
                    writeln!(f, "            {}", json(serde_json::to_string(policy)))?;
                }
                other => writeln!(f, "  {other:?}")?,
            }
        }
        Ok(())
    }
}

impl Scenario {
    pub(crate) fn drill(&self) -> Drill {
        Drill::new(Arc::clone(&self.fleet), Arc::clone(&self.policy)).unwrap()
    }
}

/// Scenarios of few hosts that begin with a job, under a policy without cycles.
pub(crate) fn scenarios(most: usize) -> impl Strategy<Value = Scenario> {
    scenarios_of(1..=7, most)
}

/// The same with that many hosts.
pub(crate) fn scenarios_of(hosts: RangeInclusive<usize>, most: usize) -> impl Strategy<Value = Scenario> {
    let steps = (
        job_specs(),
        prop::collection::vec(steps(), 0..most),
        any::<(bool, bool)>(),
    );
    (fleets(hosts), policies(), steps).prop_map(|(fleet, policy, (job, mut steps, asks))| {
        steps.insert(0, Step::Submit(Box::new(job)));
        let (asks_permission, fences) = asks;
        steps.insert(0, Step::Transport(asks_permission, fences));
        let policy = without_cycles(&fleet, &policy);
        Scenario { fleet, policy, steps }
    })
}

fn without_cycles(fleet: &Fleet, policy: &Arc<Policy>) -> Arc<Policy> {
    let everything = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    let mut policy = Policy::clone(policy);
    while Plan::compile(fleet, &policy, &everything).is_err() && policy.sequences.pop().is_some() {}
    Arc::new(policy)
}
