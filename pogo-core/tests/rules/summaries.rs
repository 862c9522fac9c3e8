//! What is known, as plain data that can be sent and stored.

use pogo_core::policy::Policy;
use pogo_core::scheduler::{HoldMode, NamespaceSummary, Slots};

use crate::holds::{hold, owner};
use crate::story::{Story, at_most, on, web};

fn busy() -> Story {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", HoldMode::Immediate)).unwrap();
    story.submit(on("b,c").user("eve"));
    story
}

#[test]
fn a_namespace_is_summed_up_as_plain_data() {
    let summary = busy().drill.scheduler().summary();
    let written = serde_json::to_value(&summary).unwrap();
    let wanted = serde_json::json!({
        "at": 0,
        "hosts": 3,
        "jobs": [{
            "job": 1,
            "user": "eve",
            "targets": "b, c",
            "status": "running",
            "submitted": 0,
            "tally": {"waiting": 1, "running": 1, "succeeded": 0, "failed": 0, "in_doubt": 0, "skipped": 0, "cancelled": 0},
        }],
        "attempts": [{"id": 1, "job": 1, "host": "b", "phase": "connect", "permission": "not_asked", "started": 0}],
        "holds": [{"host": "a", "owner": "ann", "reason": "a new disk", "priority": 0, "ordered": 0, "since": 0, "behind": 0}],
    });
    assert_eq!(written, wanted);
    assert_eq!(serde_json::from_value::<NamespaceSummary>(written).unwrap(), summary);
}

#[test]
fn the_slots_of_each_limit_say_who_has_them_and_since_when() {
    let slots = busy().drill.scheduler().slots();
    let written = serde_json::to_value(&slots).unwrap();
    let wanted = serde_json::json!([{
        "group": "$web",
        "rule": {"max_parallel": "2"},
        "slots": 2,
        "running": 1,
        "unavailable": 2,
        "holders": [
            {"host": "a", "because": "held", "owner": "ann", "since": 0},
            {"host": "b", "because": "running", "job": 1, "since": 0},
        ],
    }]);
    assert_eq!(written, wanted);
    assert_eq!(serde_json::from_value::<Vec<Slots>>(written).unwrap(), slots);
}

#[test]
fn a_summary_names_what_only_an_order_clears() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(hold("a", "ann", HoldMode::Immediate)).unwrap();
    story.submit(on("a").under_hold(owner("bob")));
    let summary = story.drill.scheduler().summary();
    assert_eq!(summary.jobs[0].blockers.len(), 1);
    assert_eq!(summary.jobs[0].under_hold, Some(owner("bob")));
    let stored = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<NamespaceSummary>(&stored).unwrap(), summary);
}
