//! How much a journal takes: what a service keeps for years.

use std::sync::Arc;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Event, Input, JobId, Order, Outcome, OutputSummary, Phase, Record, Scheduler};
use pogo_core::{Digest, Timestamp};

const HOSTS: u32 = 10_000;

/// Everything that is recorded of a job on all hosts of this fleet that goes well, a line for each record: each attempt
/// asks for permission, and its output is kept.
fn lines(fleet: Fleet) -> Vec<String> {
    let mut scheduler = Scheduler::new();
    let (mut now, mut lines) = (Timestamp::from_millis(1_764_356_460_021), Vec::new());
    let mut handle = |now: Timestamp, input: Input| {
        let events = scheduler.handle(now, input).unwrap();
        let records = events.iter().map(|event| Record::new(now, event.clone()));
        lines.extend(records.map(|record| serde_json::to_string(&record).unwrap()));
        events
    };
    let (fleet, policy) = (Arc::new(fleet), Arc::new(Policy::default()));
    handle(now, Order::Configure { fleet, policy }.into());
    handle(
        now,
        Input::Transport {
            asks_permission: true,
            fences: true,
        },
    );
    let spec = Arc::new(JobSpec::new(
        "*".parse().unwrap(),
        RemoteCommand::shell("systemctl restart web"),
    ));
    let job = JobId::new(4_711);
    let started = handle(now, Order::Submit { job: Some(job), spec }.into());
    for attempt in started.iter().filter_map(Event::started) {
        now = Timestamp::from_millis(now.as_millis() + 7);
        let host_lock = true;
        handle(now, Input::Begin { attempt, host_lock });
        let phase = Phase::Command;
        handle(now, Input::PhaseEntered { attempt, phase });
        let (outcome, digest) = (Outcome::Succeeded, Digest::of(&attempt.number().to_le_bytes()));
        handle(
            now,
            Input::Reported {
                attempt,
                outcome,
                output: Some(OutputSummary::new(1_000_000, digest)),
            },
        );
    }
    lines
}

fn submission(lines: &[String]) -> usize {
    let submitted = lines.iter().find(|line| line.contains("job_submitted"));
    submitted.unwrap().len()
}

#[test]
fn a_submission_is_short_however_many_hosts_are_listed_as_ranges() {
    for fleet in [
        Fleet::builder().hosts("web[00001-10000].dc1.example.com"),
        Fleet::builder().hosts("web[1-40].rack[1-250].example.com"),
        Fleet::builder().hosts("10.[0-49].[0-9].[1-20]"),
        Fleet::builder().hosts("web[1-5000].{east,west}.example.com"),
    ] {
        let lines = lines(fleet.build().unwrap());
        assert!(submission(&lines) <= 2_000, "{}", submission(&lines));
    }
}

#[test]
fn a_submission_in_any_order_takes_a_few_bytes_for_each_host() {
    let hosts = (0..HOSTS).fold(Fleet::builder(), |builder, at| {
        builder.host(&format!("web{:05}.dc1.example.com", at * 7_919 % HOSTS))
    });
    let lines = lines(hosts.build().unwrap());
    assert!(submission(&lines) <= 7 * HOSTS as usize, "{}", submission(&lines));
}

#[test]
fn a_job_takes_few_bytes_for_each_host_from_its_submission_to_its_end() {
    let fleet = Fleet::builder().hosts("web[00001-10000].dc1.example.com");
    let bytes: usize = lines(fleet.build().unwrap())[1..]
        .iter()
        .map(|line| line.len() + 1)
        .sum();
    let each = bytes / HOSTS as usize;
    println!("{each} bytes for each host");
    assert!(each <= 600, "{each}");
}
