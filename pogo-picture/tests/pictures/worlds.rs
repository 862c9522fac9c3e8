//! Logs to draw, and drawings to look into.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{FailureKind, Outcome, Record};
use pogo_core::sim::{Fault, TaskTimes, World};
use roxmltree::{Document, Node};

/// The namespace of the demo: caches one at a time, then a quarter of each site.
pub(crate) fn shop(caches: usize, fronts: usize) -> (Fleet, Policy) {
    let (half, width) = (fronts / 2, fronts.to_string().len());
    let fleet = Fleet::builder()
        .tagged("cache", &format!("cache[1-{caches}]"))
        .tagged("front.east", &format!("front[{:0width$}-{half:0width$}]", 1))
        .tagged("front.west", &format!("front[{:0width$}-{fronts}]", half + 1));
    let limit =
        |group: &str, most: &str| Constraint::new(group.parse().unwrap(), Rule::MaxParallel(most.parse().unwrap()));
    let order = Sequence::new("caches first", ["$cache".parse().unwrap(), "$front".parse().unwrap()]);
    let policy = Policy::new()
        .sequence(order)
        .constraint(limit("$cache", "1"))
        .constraint(limit("$front", "25%"));
    (fleet.build().unwrap(), policy)
}

/// A whole rollout there, in which this host fails the first time, with this message.
pub(crate) fn rollout(fronts: usize, failing: &str, message: &str) -> Vec<Record> {
    let (fleet, policy) = shop(4, fronts);
    let outcome = Outcome::failed(FailureKind::Command { status: 3 }, message);
    let fault = Fault::First { attempts: 1, outcome };
    let times = TaskTimes::LogNormal {
        median: Duration::from_secs(20),
        sigma: 0.5,
    };
    let mut world = World::new(fleet, policy).unwrap().task_times(times);
    world = world.inject(&failing.parse().unwrap(), &fault).unwrap();
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart"));
    spec.settings.retries = Some(1);
    world.submit(spec).unwrap();
    world.run().records
}

/// Elements of a class.
pub(crate) fn of_class<'a, 'input>(document: &'a Document<'input>, class: &str) -> Vec<Node<'a, 'input>> {
    let has = |node: &Node<'_, '_>| {
        let classes = node.attribute("class").unwrap_or_default();
        classes.split(' ').any(|of| of == class)
    };
    document.descendants().filter(has).collect()
}

/// The tooltip of an element.
pub(crate) fn tooltip(node: &Node<'_, '_>) -> String {
    let title = node.children().find(|child| child.has_tag_name((SVG, "title")));
    title.and_then(|title| title.text()).unwrap_or_default().to_owned()
}

pub(crate) const SVG: &str = "http://www.w3.org/2000/svg";
