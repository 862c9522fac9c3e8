//! Few hosts: a row for each.

use pogo_core::Timestamp;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{JobId, Order};
use pogo_core::sim::World;
use pogo_picture::{Timeline, TimelineError};
use roxmltree::Document;

use super::worlds::{of_class, rollout, shop, tooltip};

#[test]
fn every_attempt_is_a_bar_that_tells_how_it_ended() {
    let records = rollout(24, "front07", "no such unit");
    let timeline = Timeline::of(&records).unwrap();
    let svg = timeline.svg();
    let document = Document::parse(&svg).unwrap();
    let bars = of_class(&document, "bar");
    assert_eq!((bars.len(), timeline.bars()), (29, 29), "28 hosts, one of them twice");
    let of_front07: Vec<String> = bars
        .iter()
        .map(tooltip)
        .filter(|tooltip| tooltip.starts_with("front07 "))
        .collect();
    let [first, second] = of_front07.as_slice() else {
        panic!("{of_front07:?}")
    };
    assert!(
        first.contains("attempt 1 (") && first.contains("failed: command exited with 3: no such unit"),
        "{first}"
    );
    assert!(
        second.contains("attempt 2 (") && second.contains(" succeeded "),
        "{second}"
    );
}

#[test]
fn a_host_that_keeps_its_places_has_a_trail_until_it_is_tried_again() {
    let records = rollout(24, "front07", "");
    let svg = Timeline::of(&records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let trails = of_class(&document, "trail");
    assert_eq!(
        trails
            .iter()
            .map(tooltip)
            .filter(|tooltip| tooltip.starts_with("front07 "))
            .count(),
        1
    );
    assert_eq!(trails.len(), 1);
}

#[test]
fn every_limit_has_a_chart_and_the_whole_job_too() {
    let svg = Timeline::of(&rollout(24, "front07", "")).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let groups: Vec<String> = of_class(&document, "chart")
        .iter()
        .map(|chart| tooltip(chart).split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(groups, ["all", "$cache", "$front.east", "$front.west"]);
}

#[test]
fn what_a_host_says_cannot_break_out() {
    let evil = "</title><script>alert(1)</script>]]>&\"'\u{0}\u{202e}";
    let timeline = Timeline::of(&rollout(4, "front2", evil)).unwrap_or_else(|error| panic!("{error}"));
    let (svg, html) = (timeline.svg(), timeline.html());
    Document::parse(&svg).unwrap();
    assert!(!svg.contains("<script"), "an image runs nothing");
    assert_eq!(html.matches("<script").count(), 1, "a page runs its own script alone");
    assert!(svg.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn a_page_loads_nothing() {
    let html = Timeline::of(&rollout(4, "front2", "")).unwrap().html();
    assert!(html.contains("default-src &#39;none&#39;"));
    for outside in ["src=", "@import", "<link", "<iframe", "fetch(", "url(http", "url(//"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert_eq!(
        html.matches("http").count(),
        html.matches("http://www.w3.org/2000/svg").count() + 1,
        "and http-equiv"
    );
}

#[test]
fn light_and_dark_are_the_readers_choice() {
    let timeline = Timeline::of(&rollout(4, "front2", "")).unwrap();
    for picture in [timeline.svg(), timeline.html()] {
        assert!(picture.contains("@media (prefers-color-scheme:dark)"));
    }
}

#[test]
fn a_log_that_has_not_ended_is_drawn_so_far() {
    let records = rollout(24, "front07", "");
    let middle = records.len() / 2;
    let open = Timeline::of(&records[..middle]).unwrap();
    assert!(open.is_open() && open.svg().contains("so far"));
    let whole = Timeline::of(&records).unwrap();
    assert!(!whole.is_open() && !whole.svg().contains("so far"));

    let started = records[..middle]
        .iter()
        .filter(|record| record.event.started().is_some())
        .count();
    assert_eq!(open.bars(), started);
    let now = records[middle - 1].at + std::time::Duration::from_secs(3_600);
    assert!(open.until(now).svg().contains("so far"));
}

#[test]
fn the_present_is_of_no_concern_to_a_job_that_is_over() {
    let whole = Timeline::of(&rollout(4, "front2", "")).unwrap();
    assert_eq!(whole.clone().until(Timestamp::NEVER).svg(), whole.svg());
}

#[test]
fn a_job_can_be_drawn_alone() {
    let records = rollout(4, "front2", "");
    let alone = Timeline::of_job(&records, JobId::new(1)).unwrap();
    assert_eq!(alone.svg(), Timeline::of(&records).unwrap().svg());
    assert_eq!(
        Timeline::of_job(&records, JobId::new(2)).unwrap_err(),
        TimelineError::UnknownJob { job: JobId::new(2) }
    );
}

#[test]
fn what_is_not_a_log_is_refused() {
    let records = rollout(4, "front2", "");
    assert_eq!(Timeline::of(&records[..1]).unwrap_err(), TimelineError::NoJob);
    let headless = Timeline::of(&records[1..]).unwrap_err();
    assert!(
        headless.to_string().starts_with("the journal is damaged at record #0"),
        "{headless}"
    );
}

#[test]
fn what_an_operator_does_is_a_line_across() {
    let (fleet, policy) = shop(4, 24);
    let job = JobId::new(1);
    let at = |seconds: u64| Timestamp::from_millis(seconds * 1_000);
    let mut world = World::new(fleet, policy).unwrap();
    world = world
        .at(at(2), Order::Pause { job })
        .at(at(60), Order::Resume { job })
        .at(at(62), Order::Halt { job }.because("enough <for> today"));
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart"));
    spec.settings.max_parallel = Some("2".parse().unwrap());
    world.submit(spec).unwrap();
    let svg = Timeline::of(&world.run().records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let tooltip: Vec<String> = of_class(&document, "mark").iter().map(tooltip).collect();
    assert_eq!(
        tooltip,
        [
            "job-1 was paused \u{b7} at 2.00s",
            "job-1 was resumed \u{b7} at 1m 00s",
            "job-1 is halting: enough <for> today, job-1 is halted \u{b7} at 1m 02s",
        ]
    );
    assert!(svg.contains("the job is halted"));
}

#[test]
fn a_host_that_is_down_and_succeeds_shows_both() {
    let (fleet, policy) = shop(1, 16);
    let host = "front03".parse().unwrap();
    let reason = "a disk is full".to_owned();
    let mut world = World::new(fleet, policy).unwrap();
    world = world.at(Timestamp::EPOCH, Order::MarkDown { host }.because(reason));
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    let svg = Timeline::of(&world.run().records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    // One for each host, and one in the legend; down before, down after, and in the legend.
    assert_eq!(of_class(&document, "s-ok").len(), 17 + 1);
    assert_eq!(of_class(&document, "s-down").len(), 2 + 1);
    assert!(
        svg.contains("17 succeeded"),
        "being down from outside is no end of a task"
    );
}
