//! What a dispatcher traces.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::layer::TransportExt;
use pogo_core::dispatcher::telemetry::Trace;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Handle, Reporter, Stream, Transport};
use pogo_core::journal::{Journal, MemoryJournal};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{FailureKind, Outcome, Phase, Scheduler};
use tracing::Level;

use super::captured::{Captured, Kept};
use super::flaky::{Fate, Flaky};
use super::shop::{JOB, Patient, fleet_and_policy, spec};
use super::takeover::die_in_the_middle;

const SECRET: &str = "correct-horse-battery";

/// Traces what it does. The first attempt at `web1` cannot connect; one at `web3` fails in the way given.
struct Traced {
    at_web3: Outcome,
    /// Reporters that are left behind.
    left: Mutex<Vec<Reporter>>,
}

impl Traced {
    fn new(at_web3: Outcome) -> Self {
        Self {
            at_web3,
            left: Mutex::default(),
        }
    }
}

#[async_trait]
impl Transport for Traced {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        self.left.lock().unwrap().push(report.clone());
        report.phase(Phase::Connect);
        super::yields::yields(1).await;
        tracing::debug!("ours");
        if attempt.id.number() == 1 {
            return Outcome::failed(FailureKind::Unreachable, SECRET);
        }
        report.phase(Phase::Command);
        report.output(Stream::Stdout, SECRET.as_bytes()).await;
        match attempt.host.name.as_str() {
            "web3" => self.at_web3.clone(),
            _ => Outcome::Succeeded,
        }
    }
}

/// Runs a job under this transport, and what `steer` does then.
async fn run<F: Future>(at_web3: Outcome, journal: Arc<dyn Journal>, steer: impl FnOnce(Handle) -> F) -> Scheduler {
    let trace = Trace::default();
    let builder = Dispatcher::builder(Arc::new(Traced::new(at_web3).layer(trace.clone()))).journal(journal);
    let builder = builder.clock(Arc::new(Patient::default())).observer(Arc::new(trace));
    let (dispatcher, handle) = builder.build().await.unwrap();
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        let mut spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell(format!("echo {SECRET}")));
        spec.settings.retries = Some(1);
        handle.submit(spec).await.unwrap();
        handle.wait(JOB).await.unwrap();
        steer(handle).await;
    };
    let (ended, _) = futures::join!(dispatcher.run(), steer);
    ended.unwrap()
}

fn all_closed(kept: &Kept) {
    let open: Vec<_> = kept.spans.iter().filter(|span| span.open).collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn spans_form_a_tree_of_job_host_attempt_and_phase() {
    let kept = Captured::by(|| {
        block_on(run(Outcome::Succeeded, Arc::new(MemoryJournal::new()), |_| async {}));
    });
    let attempt = |number: u32, host: &str| {
        format!(
            "    attempt{{attempt=a{number} host={host} outcome=succeeded pogo.job=job-1}}\n      DEBUG ours\n      \
             phase{{phase=connect}}\n      phase{{phase=command}}\n"
        )
    };
    let host = |name: &str| format!("  host{{host={name} outcome=succeeded pogo.job=job-1}}\n");
    let failed = "    attempt{attempt=a1 failure=unreachable host=web1 outcome=failed pogo.job=job-1}\n      \
        DEBUG ours\n      phase{phase=connect}\n";
    let mut expected = "job{outcome=finished pogo.job=job-1}\n  INFO job is finished\n".to_owned();
    expected += &(host("web1") + failed + &attempt(2, "web1"));
    for (number, name) in [(3, "web2"), (4, "web3"), (5, "web4")] {
        expected += &(host(name) + &attempt(number, name));
    }
    assert_eq!(kept.tree(), expected);
    all_closed(&kept);
}

#[test]
fn no_field_holds_the_command_or_what_a_host_or_a_transport_wrote() {
    let doubt = Outcome::in_doubt(SECRET);
    for at_web3 in [Outcome::Succeeded, doubt, Outcome::failed(FailureKind::Refused, SECRET)] {
        let kept = Captured::by(|| {
            block_on(run(
                at_web3.clone(),
                Arc::new(MemoryJournal::new()),
                async |handle: Handle| {
                    handle.halt(JOB, SECRET).await.unwrap_or_default();
                },
            ));
        });
        assert!(!kept.spans.is_empty() && !kept.events.is_empty());
        assert!(!format!("{kept:?}").contains(SECRET), "{kept:#?}");
    }
}

#[test]
fn what_a_person_is_called_for_is_a_warning() {
    let doubt = Outcome::in_doubt("the link broke");
    let kept = Captured::by(|| {
        block_on(run(doubt, Arc::new(MemoryJournal::new()), async |handle: Handle| {
            handle.halt(JOB, "enough").await.unwrap();
        }));
    });
    let messages = ["host is in doubt", "job is blocked", "job is halting", "job is halted"];
    assert_eq!(kept.messages(Level::WARN), messages);
    assert_eq!(kept.messages(Level::ERROR), [""; 0]);
    let fields = |index: usize, name: &str| {
        kept.events
            .iter()
            .filter(|event| event.level == Level::WARN)
            .nth(index)
            .unwrap()
            .fields[name]
            .clone()
    };
    assert_eq!(
        (fields(0, "host"), fields(0, "cause")),
        ("web3".to_owned(), "Reported".to_owned())
    );
    assert_eq!(fields(2, "cause"), "Order");
}

#[test]
fn a_takeover_is_a_warning_and_the_jobs_go_on_in_new_spans() {
    let journal = MemoryJournal::new();
    block_on(die_in_the_middle(&journal, None));
    let kept = Captured::by(|| {
        block_on(async {
            let trace = Trace::default();
            let transport = Arc::new(Traced::new(Outcome::Succeeded).layer(trace.clone()));
            let builder = Dispatcher::builder(transport).journal(Arc::new(journal));
            let builder = builder.clock(Arc::new(Patient::default())).observer(Arc::new(trace));
            let (dispatcher, handle) = builder.build().await.unwrap();
            let steer = async move { handle.skip(JOB, vec!["web2".parse().unwrap()]).await.unwrap() };
            futures::join!(dispatcher.run(), steer).0.unwrap();
        });
    });
    let warnings = kept.messages(Level::WARN);
    assert_eq!(warnings[0], "taking over jobs of a dispatcher that is gone");
    assert!(warnings.contains(&"host is in doubt"), "{warnings:?}");
    assert!(
        kept.tree().starts_with("job{outcome=finished pogo.job=job-1}\n"),
        "{}",
        kept.tree()
    );
    all_closed(&kept);
}

#[test]
fn a_journal_that_is_away_is_an_error_said_once_until_it_is_back() {
    let kept = Captured::by(|| {
        let (journal, _) = Flaky::flaky(&[
            Fate::Lands,
            Fate::Unavailable,
            Fate::Unavailable,
            Fate::Lands,
            Fate::Unavailable,
        ]);
        block_on(run(Outcome::Succeeded, journal, |_| async {}));
    });
    assert_eq!(kept.messages(Level::ERROR), ["the journal cannot be reached"; 2]);
    let back = kept
        .messages(Level::INFO)
        .iter()
        .filter(|text| text.contains("again"))
        .count();
    assert_eq!(back, 2);
}

#[test]
fn an_attempt_that_is_dropped_is_recorded_as_in_doubt() {
    let kept = Captured::by(|| {
        let trace = Trace::default();
        let transport = Arc::new(super::shop::Counting {
            stuck: vec!["web1"],
            ..Default::default()
        });
        let layered: Arc<dyn Transport> = Arc::new((Arc::clone(&transport) as Arc<dyn Transport>).layer(trace.clone()));
        block_on(async {
            let (dispatcher, handle) = Dispatcher::builder(layered)
                .observer(Arc::new(trace))
                .build()
                .await
                .unwrap();
            let steer = async move {
                let (fleet, policy) = fleet_and_policy();
                handle.configure(fleet, policy).await.unwrap();
                handle.submit(spec()).await.unwrap();
                while transport.ran().is_empty() {
                    handle.query(|_| ()).await.unwrap();
                }
                handle.abort(JOB, "enough").await.unwrap();
            };
            futures::join!(dispatcher.run(), steer).0.unwrap();
        });
    });
    let attempt = kept.spans.iter().find(|span| span.name == "attempt").unwrap();
    assert_eq!(attempt.fields["outcome"], "in_doubt");
    all_closed(&kept);
}

#[test]
fn as_a_layer_alone_it_traces_attempts_in_the_span_around_them() {
    let kept = Captured::by(|| {
        let test = pogo_core::testing::TestAttempt::at("web1", RemoteCommand::shell("true"));
        let transport = Traced::new(Outcome::Succeeded).layer(Trace::default());
        let outer = tracing::info_span!("deploy");
        outer.in_scope(|| drop(block_on(test.run(&transport))));
    });
    assert!(kept.tree().starts_with("deploy{}\n  attempt{"), "{}", kept.tree());
}
