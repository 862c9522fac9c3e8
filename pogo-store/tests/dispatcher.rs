//! A dispatcher is killed in mid-job, and another one goes on with its store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, DispatcherBuilder, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::{OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand as JobCommand};
use pogo_core::scheduler::{AttemptId, JobId, Outcome};
use pogo_store::{Namespace, Store};

/// Where the process that is killed finds its store, and the host at which it stops. Nobody else sets them.
const DIRECTORY: &str = "POGO_STORE_TESTS_DISPATCHER";
const HOST: &str = "POGO_STORE_TESTS_HOST";
const HOSTS: u32 = 30;
const STOPPED: &str = "the command of that host runs";

/// Each host writes its name into a file, and stops for ever at one of them.
struct Hosts {
    ran: PathBuf,
    stops_at: Option<String>,
}

#[async_trait]
impl Transport for Hosts {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if report.begin(true).await.is_err() {
            return std::future::pending().await;
        }
        let host = attempt.host.name.to_string();
        let mut ran = OpenOptions::new().create(true).append(true).open(&self.ran).unwrap();
        writeln!(ran, "{host}").unwrap();
        report
            .output(Stream::Stdout, format!("this is {host}\n").as_bytes())
            .await;
        if self.stops_at.as_ref() == Some(&host) {
            println!("{STOPPED}");
            std::future::pending::<()>().await;
        }
        Outcome::Succeeded
    }
}

fn namespace(dir: &Path) -> Namespace {
    Store::open(dir.join("store")).unwrap().namespace("default").unwrap()
}

fn dispatcher(dir: &Path, namespace: &Namespace, stops_at: Option<String>) -> DispatcherBuilder {
    let ran = dir.join("ran");
    Dispatcher::builder(Arc::new(Hosts { ran, stops_at }))
        .journal(namespace.journal())
        .output(namespace.output())
        .snapshot_every(NonZeroU64::new(20).unwrap())
}

/// Runs a job until it is killed.
#[test]
#[ignore = "it is run by another test"]
fn the_dispatcher_that_is_killed() {
    let (Some(dir), Ok(host)) = (std::env::var_os(DIRECTORY), std::env::var(HOST)) else {
        return;
    };
    let namespace = namespace(Path::new(&dir));
    block_on(async {
        let builder = dispatcher(Path::new(&dir), &namespace, Some(host));
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async {
            let fleet = Fleet::builder()
                .tagged("web", &format!("web[1-{HOSTS}]"))
                .build()
                .unwrap();
            handle.configure(Arc::new(fleet), Arc::default()).await.unwrap();
            let job =
                JobSpec::new("$web".parse().unwrap(), JobCommand::shell("true")).max_parallel("3".parse().unwrap());
            handle.submit(job).await.unwrap();
            std::future::pending::<()>().await;
        };
        futures::join!(dispatcher.run(), steer).0.unwrap();
    });
}

#[test]
fn a_job_goes_on_after_its_dispatcher_was_killed_and_no_host_runs_twice() {
    for stops_at in [1, 7, 29] {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_dispatcher_that_is_killed", "--ignored", "--nocapture"])
            .env(DIRECTORY, dir)
            .env(HOST, format!("web{stops_at}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.ends_with(STOPPED)));
        child.kill().unwrap();
        child.wait().unwrap();

        let namespace = namespace(dir);
        let ended = block_on(async {
            let (dispatcher, handle) = dispatcher(dir, &namespace, None).build().await.unwrap();
            let wait = async move { handle.wait(JobId::new(1)).await };
            let (run, ended) = futures::join!(dispatcher.run(), wait);
            run.unwrap();
            ended.unwrap()
        });
        let ran = std::fs::read_to_string(dir.join("ran")).unwrap();
        let distinct: BTreeSet<&str> = ran.lines().collect();
        assert_eq!(ran.lines().count(), distinct.len(), "a host ran twice");
        let (succeeded, in_doubt) = (ended.tally.succeeded, ended.tally.in_doubt);
        assert_eq!(succeeded + in_doubt, HOSTS, "{:?}", ended.tally);
        assert!((1..=3).contains(&in_doubt), "{:?}", ended.tally);
        // What hosts wrote before and after is there.
        let mut said = BTreeSet::new();
        for attempt in 1..=u64::from(2 * HOSTS) {
            let id = (JobId::new(1), AttemptId::new(attempt));
            let page = block_on(namespace.output().read(id, Stream::Stdout, 0..100)).unwrap();
            said.extend(page.frames.into_iter().map(|frame| frame.bytes));
        }
        assert!(said.len() >= usize::try_from(succeeded).unwrap(), "{said:?}");
        assert_eq!(block_on(namespace.check()).unwrap(), []);
    }
}
