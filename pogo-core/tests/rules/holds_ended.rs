//! How holds end, and what ends none: a restart, a snapshot, a mark, a host that leaves the fleet.

use pogo_core::plan::HoldOwner;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Actor, Command, Event, HoldMode, HostEventKind, Input, InputError, Order, Scheduler, Snapshot,
};

use crate::holds::{force, held, hold, owner, refusal, release, with_priority};
use crate::story::{Story, at_most, host, hosts, on, web};

use HoldMode::{Immediate, Wait};

#[test]
fn orders_are_idempotent_by_owner_and_host() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.handle(hold("a a", "ann", Immediate)).unwrap();
    story.handle(hold("a b", "ann", Wait)).unwrap();
    let records = story.drill.records().len();
    for again in [
        hold("a", "ann", Immediate),
        hold("a", "ann", Wait),
        hold("b a", "ann", Wait),
        release("b", "bob"),
    ] {
        assert!(story.handle(again).is_ok());
    }
    assert_eq!(
        story.drill.records().len(),
        records,
        "nothing is recorded of an order that changes nothing"
    );
    story.handle(release("a b", "ann")).unwrap();
    let records = story.drill.records().len();
    story.handle(release("a b", "ann")).unwrap();
    assert_eq!(story.drill.records().len(), records);
}

#[test]
fn a_hold_is_ended_by_its_owner_or_by_force_with_a_reason() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(hold("a", "ann", Immediate)).unwrap();
    story.handle(hold("a", "bob", Wait)).unwrap();
    let refused = refusal(&mut story, release("a", "eve"));
    assert!(
        matches!(refused, InputError::HeldByAnother { ref hold, .. } if hold.owner == owner("ann")),
        "{refused}"
    );
    let silent = Order::Release {
        hosts: hosts("a"),
        force: true,
        by: owner("eve"),
    }
    .because(" ");
    assert_eq!(refusal(&mut story, silent), InputError::NoReason);
    story.handle(force("a", "eve")).unwrap();
    assert_eq!(held(&story), "", "nobody holds it, and nobody waits");
    let ended: Vec<_> = story
        .drill
        .records()
        .iter()
        .filter_map(|record| match &record.event {
            Event::Host(event) => match &event.kind {
                HostEventKind::Released { owner, by, reason } => Some((owner.to_string(), by.clone(), reason.clone())),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let why = "ann is on holiday".to_owned();
    let [ann, bob] = ["ann", "bob"].map(|of| (of.to_owned(), Some(owner("eve")), why.clone()));
    assert_eq!(ended, [ann, bob], "who ended whose hold, and why");
}

#[test]
fn a_hold_belongs_to_the_actor_who_ordered_it_whatever_its_name_is() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    let [ann, bob] = ["ann", "bob"].map(|name| Actor::new(name).at_host("laptop"));
    story.handle(hold("a", "OPS-17", Immediate).by(ann.clone())).unwrap();
    story.handle(hold("b", "OPS-17", Wait).by(ann.clone())).unwrap();
    for theirs in [
        release("a", "OPS-17").by(bob.clone()),
        release("b", "OPS-17").by(bob.clone()),
        // Of the same name, on another machine.
        release("a", "OPS-17").by(Actor::new("ann").at_host("elsewhere")),
        hold("a", "OPS-17", Immediate).by(bob.clone()),
        hold("b", "OPS-17", Wait).by(bob.clone()),
        release("a", "OPS-17"),
    ] {
        let refused = refusal(&mut story, theirs);
        assert!(
            matches!(refused, InputError::HeldByAnother { ref hold, .. } if hold.actor.as_deref() == Some(&ann)),
            "{refused}"
        );
        assert!(refused.to_string().contains(", ordered by ann@laptop;"), "{refused}");
    }
    // However she comes.
    let elsewhere = ann.over("10.0.0.7").with_token("ci-7");
    story.handle(release("a", "OPS-17").by(elsewhere)).unwrap();
    assert_eq!(held(&story), "b=OPS-17");
    let forced = force("b", "bob").by(bob);
    story.handle(forced).unwrap();
    assert_eq!(held(&story), "");
}

#[test]
fn who_waits_in_line_may_leave_it() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.handle(hold("b", "ann", Wait)).unwrap();
    story.handle(release("b", "ann")).unwrap();
    story.ends("a");
    assert_eq!(held(&story), "");
}

#[test]
fn marking_a_host_up_ends_no_hold() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    let up = |name| {
        Order::MarkUp {
            host: host(name),
            force: false,
        }
        .because("it answers")
    };
    story.handle(up("a")).unwrap();
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(held(&story), "a=ann");
}

#[test]
fn a_hold_that_is_released_under_a_running_attempt_leaves_the_attempt_its_slot() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    assert_eq!(story.submit(on("a").under_hold(owner("ann"))), "a");
    story.handle(hold("a", "bob", Wait)).unwrap();
    story.handle(release("a", "ann")).unwrap();
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(held(&story), "a~bob");
    story.ends("a");
    assert_eq!(held(&story), "a=bob");
}

#[test]
fn a_hold_outlasts_the_hosts_stay_in_the_fleet() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("b"));
    story.handle(hold("a", "ann", Wait)).unwrap();
    story.ends("b");
    story.handle(hold("b", "bob", Wait)).unwrap();
    assert_eq!(held(&story), "a=ann, b~bob");
    story.configure(web("b"), at_most("1"));
    assert_eq!(held(&story), "a=ann, b=bob", "who has left holds no slot");
    let unknown = refusal(&mut story, hold("a", "eve", Wait));
    assert_eq!(unknown, InputError::UnknownHost { host: host("a") });
    story.configure(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("a")), "", "it is held as before");
    story.configure(web("b"), at_most("1"));
    story.handle(release("a", "ann")).unwrap();
    assert_eq!(held(&story), "b=bob");
}

#[test]
fn a_hold_in_line_outlasts_the_hosts_stay_in_the_fleet() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("b"));
    story.handle(hold("a", "ann", Wait)).unwrap();
    story.configure(web("b"), at_most("1"));
    story.ends("b");
    assert_eq!(held(&story), "a~ann");
    story.configure(web("a,b"), at_most("1"));
    assert_eq!(held(&story), "a=ann");
}

#[test]
fn holds_survive_a_restart_and_a_snapshot() {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    story.submit(on("b"));
    story.waits(1);
    story.handle(with_priority(hold("c", "bob", Wait), -3)).unwrap();
    story.handle(hold("a", "eve", Wait)).unwrap();
    let attempt = story.attempt("b");
    let stored = serde_json::to_string(&story.drill.scheduler().snapshot()).unwrap();
    let restored = Scheduler::restore(&serde_json::from_str::<Snapshot>(&stored).unwrap()).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    let mut replayed = story.drill.replayed();
    assert!(restored.same_state(replayed.scheduler()));
    for mut scheduler in [restored, replayed.scheduler().clone()] {
        let now = scheduler.now();
        scheduler
            .handle(now, Input::Recover { resumed: vec![attempt] })
            .unwrap();
        scheduler.handle(now, release("a", "ann")).unwrap();
        let holds: Vec<String> = scheduler
            .holds()
            .map(|view| format!("{} {}", view.host, view.hold))
            .collect();
        let said = [
            "a by eve since 1.000 (a new disk)",
            "c by bob, who waits since 1.000 (a new disk)",
        ];
        assert_eq!(holds, said);
    }
    replayed.handle(Input::Tick).unwrap();
}

#[test]
fn a_snapshot_of_a_host_that_is_held_twice_is_refused() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(hold("a", "ann", Immediate)).unwrap();
    let mut stored = serde_json::to_value(story.drill.scheduler().snapshot()).unwrap();
    let mut second = stored["holds"][0].clone();
    second["owner"] = "bob".into();
    stored["holds"].as_array_mut().unwrap().push(second);
    let refused = Scheduler::restore(&serde_json::from_value(stored).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("`a` is held twice"), "{refused}");
}

#[test]
fn a_dispatcher_that_shuts_down_takes_no_host() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.handle(hold("b", "ann", Wait)).unwrap();
    story.handle(Input::Drain { cancel: vec![] }).unwrap();
    assert_eq!(refusal(&mut story, hold("b", "bob", Wait)), InputError::Draining);
    story.ends("a");
    assert_eq!(held(&story), "b~ann");
    story.handle(release("b", "ann")).unwrap();
}

#[test]
fn the_name_of_an_owner_is_a_line_of_text() {
    for name in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(201)] {
        assert!(HoldOwner::new(name).is_err(), "{name:?}");
    }
    assert_eq!(HoldOwner::new(" disk-tool 7 ").unwrap().as_str(), "disk-tool 7");
    assert!(serde_json::from_str::<HoldOwner>(r#""a\nb""#).is_err());
}

#[test]
fn orders_are_plain_data() {
    let order = hold("a", "ann", Wait);
    let stored = r#"{"reason":"a new disk","order":{"hold":{"hosts":["a"],"owner":"ann","priority":0,"mode":"wait"}}}"#;
    assert_eq!(serde_json::to_string(&order).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Command>(stored).unwrap(), order);
    let short = r#"{"reason":"a new disk","order":{"hold":{"hosts":["a"],"owner":"ann"}}}"#;
    assert_eq!(
        serde_json::from_str::<Command>(short).unwrap(),
        hold("a", "ann", Immediate)
    );
}
