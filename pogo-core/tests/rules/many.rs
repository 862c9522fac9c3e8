//! Orders for many hosts at once. None of this says how long it may take; a path that is quadratic takes many minutes.

use pogo_core::fleet::HostName;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, FailureKind, Input, JobId, Order, Outcome};

use crate::story::{Story, on, web};

#[test]
fn ten_thousand_failed_hosts_are_retried_at_once() {
    let mut story = Story::new(web("h[1-10001]"), Policy::default());
    story.submit(on("*"));
    // One goes on, so that the queues of the job are kept and not built anew.
    let failing: Vec<(AttemptId, HostName)> = story
        .drill
        .running()
        .iter()
        .skip(1)
        .map(|(attempt, (_, host))| (*attempt, host.clone()))
        .collect();
    for (attempt, _) in &failing {
        let (attempt, outcome) = (*attempt, Outcome::failed(FailureKind::Timeout, ""));
        story
            .drill
            .handle(Input::Reported {
                attempt,
                outcome,
                output: None,
            })
            .unwrap();
    }
    let hosts = failing.into_iter().map(|(_, host)| host).collect();
    story
        .drill
        .handle(Order::Retry {
            job: JobId::new(1),
            hosts,
            force: false,
        })
        .unwrap();
    assert_eq!(story.drill.running().len(), 10_001);
}
