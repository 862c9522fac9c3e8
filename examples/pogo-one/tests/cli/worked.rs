//! The worked examples of the original, as policy files. Each must hold in virtual time and over real SSH alike.

use serde_json::Value;

/// A policy, what runs under it, and what must come after what: `("h3", "h1")` is h3 not before h1 has ended.
pub(crate) struct Worked {
    pub(crate) policy: &'static str,
    pub(crate) targets: &'static str,
    /// Hosts that start before anything has ended.
    pub(crate) first: &'static [&'static str],
    pub(crate) after: &'static [(&'static str, &'static str)],
}

pub(crate) const EXAMPLES: [Worked; 8] = [
    Worked {
        policy: "tag: {colo: {na: [h1, h2, h3], sea: ['h[4-6]']}}\nsequence: [$colo.na, $colo.sea]\n\
            constraint: {$colo: {max_parallel: 2}}\n",
        targets: "$colo",
        first: &["h1", "h2"],
        after: &[("h4", "h1"), ("h4", "h2"), ("h4", "h3"), ("h5", "h3"), ("h6", "h3")],
    },
    Worked {
        policy: "tag: {colo: {na: ['h[1-3]'], sea: ['h[4-6]']}, frontend: [h1, h4]}\n\
            sequence: {$frontend: [$colo.na, $colo.sea]}\n",
        targets: "$colo",
        first: &["h1", "h2", "h3", "h5", "h6"],
        after: &[("h4", "h1")],
    },
    Worked {
        policy: "tag: {colo: {na: ['h[1-3]'], sea: ['h[4-6]']}, frontend: [h1, h4], backend: [h2, h5]}\n\
            sequence: {$frontend: [$colo.na, $colo.sea], $backend: [$colo.sea, $colo.na]}\n",
        targets: "$colo",
        first: &["h1", "h3", "h5", "h6"],
        after: &[("h4", "h1"), ("h2", "h5")],
    },
    Worked {
        policy: "tag: {all: ['h[1-3]']}\nsequence: [h3, h2, h1]\n",
        targets: "h1,h2,h3",
        first: &["h3"],
        after: &[("h2", "h3"), ("h1", "h2")],
    },
    Worked {
        policy: "tag: {one: [a], two: [b], three: [c]}\nsequence: [$one, $two, $three]\n",
        targets: "a,c",
        first: &["a"],
        after: &[("c", "a")],
    },
    Worked {
        policy: "tag: {south: [s], north: [n], west: [w], east: [e]}\n\
            sequence: {horizontal: [$south, $north], vertical: [$west, $east]}\n",
        targets: "*",
        first: &["s", "w"],
        after: &[("n", "s"), ("e", "w")],
    },
    Worked {
        policy: "tag: {frontend: [h1, h2], backend: [h3, h4]}\nsequence: [$backend, $frontend]\n\
            constraint: {$backend: {max_parallel: 1}, $frontend: {max_parallel: 5}}\n",
        targets: "*",
        first: &["h3"],
        after: &[("h4", "h3"), ("h1", "h4"), ("h2", "h4")],
    },
    Worked {
        policy: "tag: {frontend: [h1, h2], backend: [h3, h4]}\nsequence: [$backend, $frontend]\n\
            constraint: {$backend: {max_parallel: 1}, $frontend: {max_parallel: 5}}\n",
        targets: "h1,h2",
        first: &["h1", "h2"],
        after: &[],
    },
];

impl Worked {
    /// Holds the events of a run against what must be.
    pub(crate) fn check(&self, events: &[Value]) {
        let at = |kind: &str, host: &str| {
            let is = |event: &Value| event["event"] == kind && event["host"] == host;
            events
                .iter()
                .position(is)
                .unwrap_or_else(|| panic!("no {kind} of {host} in {}", self.policy))
        };
        let ended = events
            .iter()
            .position(|event| event["event"] == "task_succeeded")
            .unwrap();
        let mut first = super::program::hosts(&events[..ended], "task_started");
        first.sort();
        assert_eq!(first, self.first, "{}", self.policy);
        for (later, earlier) in self.after {
            assert!(
                at("task_started", later) > at("task_succeeded", earlier),
                "{later} {earlier} {}",
                self.policy
            );
        }
    }
}
