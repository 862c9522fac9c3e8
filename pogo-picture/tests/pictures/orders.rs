//! Who ordered what, and why.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{Actor, JobId, Order, Record};
use pogo_core::sim::{TaskTimes, World};
use pogo_picture::{Timeline, moments};
use roxmltree::Document;

use super::worlds::{of_class, shop, tooltip};

/// A rollout of which somebody skips a host, and which somebody else aborts, with a reason that must not break out.
fn stopped() -> Vec<Record> {
    let (fleet, policy) = shop(2, 8);
    let job = JobId::new(1);
    let at = |seconds: u64| Timestamp::EPOCH + Duration::from_secs(seconds);
    let hosts = vec!["front7".parse().unwrap(), "front8".parse().unwrap()];
    let alice = || Actor::new("alice").at_host("laptop");
    let mut world = World::new(fleet, policy)
        .unwrap()
        .task_times(TaskTimes::Fixed(Duration::from_secs(10)))
        .at(
            at(2),
            Order::Skip {
                job,
                hosts,
                force: false,
            }
            .by(alice())
            .because("out of service"),
        )
        .at(at(4), Order::Pause { job })
        .at(at(5), Order::Resume { job }.by(alice()))
        .at(
            at(25),
            Order::Abort { job }.by(Actor::new("bob")).because("<b>\u{1b}[2J"),
        );
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    world.run().records
}

const SKIPPED: &str = "front[7-8] of job-1 skipped by alice@laptop: out of service";
const ABORTED: &str = "job-1 aborted by bob: <b>\\u{1b}[2J";

#[test]
fn every_picture_says_who_ordered_what_and_why() {
    let records = stopped();
    let timeline = Timeline::of(&records).unwrap();
    let listed = [
        format!("at 2.00s: {SKIPPED}"),
        "at 5.00s: job-1 resumed by alice@laptop".to_owned(),
        format!("at 25.0s: {ABORTED}"),
    ];
    let text = timeline.text(120);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("at ")).collect();
    assert_eq!(lines, listed, "{text}");

    let (svg, html) = (timeline.svg(), timeline.html());
    let document = Document::parse(&svg).unwrap();
    let drawn: Vec<&str> = of_class(&document, "dim")
        .iter()
        .filter_map(roxmltree::Node::text)
        .collect();
    assert!(listed.iter().all(|order| drawn.contains(&order.as_str())), "{drawn:?}");
    let page = html.find("id=\"orders\"").map(|at| &html[at..]).unwrap();
    assert!(page.contains("&lt;b&gt;\\u{1b}[2J</li>"), "{page}");
    assert!(!html.contains('\u{1b}') && !svg.contains('\u{1b}') && !text.contains('\u{1b}'));

    let marks: Vec<String> = of_class(&document, "mark").iter().map(tooltip).collect();
    let [skipped, paused, resumed, aborted] = marks.as_slice() else {
        panic!("{marks:?}")
    };
    assert_eq!(*skipped, format!("{SKIPPED} \u{b7} at 2.00s"));
    assert_eq!(
        *paused, "job-1 was paused \u{b7} at 4.00s",
        "nobody is known to have given it"
    );
    assert_eq!(*resumed, "job-1 was resumed by alice@laptop \u{b7} at 5.00s");
    assert!(aborted.contains("by bob: <b>"), "{aborted}");
}

#[test]
fn what_followed_says_whose_order_it_was() {
    let records = stopped();
    let svg = Timeline::of(&records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let ended: Vec<String> = of_class(&document, "bar").iter().map(tooltip).collect();
    let by_order = ended
        .iter()
        .filter(|tooltip| tooltip.contains("ordered by bob"))
        .count();
    let running = 2;
    assert_eq!(by_order, running, "{ended:?}");
    let text = moments(&records).to_string();
    let ordered: Vec<&str> = text.lines().filter(|line| line.contains(" by ")).collect();
    let [skipped, resumed, aborted, ended] = ordered.as_slice() else {
        panic!("{text}")
    };
    assert_eq!(*skipped, format!("      2.000s  ordered   {SKIPPED}"));
    assert!(resumed.ends_with("ordered   job-1 resumed by alice@laptop"));
    assert!(aborted.ends_with(&format!("ordered   {ABORTED}")));
    assert!(ended.ends_with("(ordered by bob)"), "{ended}");
}

#[test]
fn a_job_that_is_drawn_alone_shows_its_own_orders() {
    let (fleet, policy) = shop(2, 8);
    let at = |seconds: u64| Timestamp::EPOCH + Duration::from_secs(seconds);
    let by = |name: &str| Actor::new(name);
    let (first, second) = (JobId::new(1), JobId::new(2));
    let mut world = World::new(fleet, policy)
        .unwrap()
        .at(at(1), Order::Pause { job: first }.by(by("alice")))
        .at(at(2), Order::Pause { job: second }.by(by("bob")))
        .at(at(3), Order::Resume { job: first }.by(by("carol")))
        .at(at(4), Order::Resume { job: second }.by(by("dave")));
    for targets in ["$cache", "$front"] {
        world
            .submit(JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("restart")))
            .unwrap();
    }
    let records = world.run().records;
    let text = Timeline::of_job(&records, second).unwrap().text(120);
    assert!(
        text.contains("job-2 paused by bob") && text.contains("job-2 resumed by dave"),
        "{text}"
    );
    assert!(!text.contains("alice") && !text.contains("carol"), "{text}");
}
