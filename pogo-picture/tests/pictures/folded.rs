//! Many hosts: bands.

use pogo_picture::Timeline;
use roxmltree::Document;

use super::worlds::{of_class, rollout, tooltip};

/// As the goal has it: readable, and under 2 MB.
const LARGEST: usize = 2_000_000;

#[test]
fn ten_thousand_hosts_fold_into_few_bands_and_stay_small() {
    let timeline = Timeline::of(&rollout(9_996, "front0007", "")).unwrap();
    let (svg, html) = (timeline.svg(), timeline.html());
    assert!(
        svg.len() < LARGEST && html.len() < LARGEST,
        "{} and {}",
        svg.len(),
        html.len()
    );
    let document = Document::parse(&svg).unwrap();
    let bands = of_class(&document, "band");
    assert_eq!(
        (bands.len(), timeline.bars()),
        (101 - 50, 101 - 50),
        "200 hosts each, and the caches"
    );
}

#[test]
fn every_host_is_in_one_band() {
    let svg = Timeline::of(&rollout(996, "front007", "")).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let counted = of_class(&document, "band").into_iter().map(|band| {
        let tooltip = tooltip(&band);
        let hosts = tooltip.split(" \u{b7} ").nth(1).unwrap().split(' ').next().unwrap();
        hosts.parse::<usize>().unwrap()
    });
    assert_eq!(counted.sum::<usize>(), 1_000);
}

#[test]
fn a_single_failure_among_thousands_shows_and_is_named() {
    let (fleet, policy) = super::worlds::shop(4, 1_996);
    let outcome = pogo_core::scheduler::Outcome::in_doubt("the link broke");
    let mut world = pogo_core::sim::World::new(fleet, policy).unwrap();
    world = world
        .inject(&"front1500".parse().unwrap(), &pogo_core::sim::Fault::Always(outcome))
        .unwrap();
    let command = pogo_core::plan::RemoteCommand::shell("restart");
    world
        .submit(pogo_core::plan::JobSpec::new("*".parse().unwrap(), command))
        .unwrap();
    let svg = Timeline::of(&world.run().records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let bands = of_class(&document, "band");
    let named: Vec<String> = bands
        .iter()
        .map(tooltip)
        .filter(|tooltip| tooltip.contains("1 in doubt: front1500"))
        .collect();
    assert_eq!(named.len(), 1);
    // A stripe and a sign, one more of each in the legend, and the pattern that is always there.
    assert_eq!(of_class(&document, "doubt").len(), 3);
    assert_eq!(of_class(&document, "s-doubt").len(), 2);
}

#[test]
fn hosts_stand_alone_as_long_as_they_fit() {
    for (fronts, folded) in [(Timeline::MOST_HOSTS - 4, false), (Timeline::MOST_HOSTS - 2, true)] {
        let timeline = Timeline::of(&rollout(fronts, "front007", "")).unwrap();
        assert_eq!(timeline.bars() < fronts, folded, "{fronts}");
        assert!(!folded || timeline.bars() <= Timeline::MOST_BANDS);
    }
}
