//! The picture that the README shows, of a rollout in which a little of everything happens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{AttemptId, FailureKind, Input, JobId, Order, Outcome, Phase, Record, Scheduler};
use pogo_picture::Timeline;

use super::worlds::shop;

/// A scheduler, and what its hosts are going to say.
struct Rollout {
    scheduler: Scheduler,
    now: Timestamp,
    planned: Vec<(Timestamp, Input)>,
    records: Vec<Record>,
}

impl Rollout {
    fn handle(&mut self, input: impl Into<Input>) {
        let Ok(events) = self.scheduler.handle(self.now, input) else {
            return;
        };
        for event in events {
            if let (Some(attempt), Some(host)) = (event.started(), event.host()) {
                self.play(attempt, host.as_str());
            }
            self.records.push(Record::new(self.now, event));
        }
    }

    /// Plans the end of an attempt: always the same, and no two quite alike.
    fn play(&mut self, attempt: AttemptId, host: &str) {
        let odd = host
            .bytes()
            .fold(attempt.number(), |sum, byte| sum * 31 % 9_973 + u64::from(byte));
        let mut at = self.now + Duration::from_millis(600 + odd % 1_100);
        let phases = [
            (Phase::PreHook, 1_500 + odd % 2_700),
            (Phase::Command, 9_000 + odd * 7 % 14_000),
            (Phase::PostHook, 1_200 + odd % 3_100),
        ];
        let outcome = match (host, self.is_first(host)) {
            ("front07", _) => Outcome::failed(FailureKind::Command { status: 3 }, "no such unit"),
            ("front16", true) => Outcome::failed(FailureKind::Unreachable, "no route"),
            ("front21", _) => Outcome::in_doubt("the link broke"),
            _ => Outcome::Succeeded,
        };
        for (phase, takes) in phases {
            let connected = !matches!(&outcome, Outcome::Failed(failure) if failure.kind.is_connect());
            let goes_on = !matches!((&outcome, phase), (Outcome::Failed(_), Phase::PostHook));
            if connected && goes_on {
                self.planned.push((at, Input::PhaseEntered { attempt, phase }));
                at = at + Duration::from_millis(takes);
            }
        }
        if self
            .planned
            .iter()
            .all(|(_, input)| !matches!(input, Input::PhaseEntered { attempt: of, .. } if *of == attempt))
        {
            at = self.now + Duration::from_secs(5);
        }
        self.planned.push((
            at,
            Input::Reported {
                attempt,
                outcome,
                output: None,
            },
        ));
    }

    fn is_first(&self, host: &str) -> bool {
        let started = |record: &Record| {
            record.event.started().is_some() && record.event.host().is_some_and(|of| of.as_str() == host)
        };
        !self.records.iter().any(started)
    }

    fn run(mut self) -> Vec<Record> {
        loop {
            self.planned.sort_by_key(|&(at, _)| at);
            let planned = self.planned.first().map(|&(at, _)| at);
            let Some(at) = [planned, self.scheduler.next_timeout()].into_iter().flatten().min() else {
                return self.records;
            };
            self.now = at;
            let input = if planned == Some(at) {
                self.planned.remove(0).1
            } else {
                Input::Tick
            };
            self.handle(input);
        }
    }
}

fn eventful() -> Vec<Record> {
    let (fleet, policy) = shop(4, 24);
    let mut rollout = Rollout {
        scheduler: Scheduler::new(),
        now: Timestamp::from_millis(1_767_605_400_000),
        planned: vec![],
        records: vec![],
    };
    let (fleet, policy) = (Arc::new(fleet), Arc::new(policy));
    rollout.handle(Order::Configure { fleet, policy });
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("systemctl restart shop"));
    spec.settings.connect_retries = Some(1);
    spec.settings.retry_delay = Some(Duration::from_secs(6));
    spec.settings.settle = Some(Duration::from_secs(4));
    rollout.planned = vec![
        (
            rollout.now + Duration::from_secs(115),
            Order::Pause { job: JobId::new(1) }.into(),
        ),
        (
            rollout.now + Duration::from_secs(142),
            Order::Resume { job: JobId::new(1) }.into(),
        ),
    ];
    rollout.handle(Order::submit(spec));
    rollout.run()
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a golden file is read, and drawn anew where that is asked for"
)]
fn the_picture_in_the_readme_is_what_is_drawn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/eventful.svg");
    let drawn = Timeline::of(&eventful()).unwrap().svg();
    if std::env::var_os("POGO_REDRAW").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap();
    assert!(
        shown == drawn,
        "the picture has changed; draw it anew with POGO_REDRAW=1, and look at it"
    );
}
