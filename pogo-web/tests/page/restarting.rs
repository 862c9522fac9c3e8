//! A server over a store that is replaced in mid-job: its hosts go on meanwhile, and write on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Journal, Seq};
use pogo_core::output::{OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, Event, JobEventKind, JobId, NamespaceEventKind, Outcome, Phase, Record};
use pogo_store::{Namespace, Store};
use pogo_web::{RouterState, ServedNamespace, router};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::served::Alice;

/// Hosts that write a line every so often until they may end, whether or not a dispatcher hears them.
#[derive(Default)]
struct Hosts {
    began: Mutex<BTreeMap<String, Instant>>,
    ended: Mutex<Option<Instant>>,
}

impl Hosts {
    const PACE: Duration = Duration::from_millis(100);

    /// How many lines a host has written, and whether these are all.
    fn lines(&self, host: &str) -> (u128, bool) {
        let mut began = self.began.lock().unwrap();
        let began = *began.entry(host.to_owned()).or_insert_with(Instant::now);
        let ended = *self.ended.lock().unwrap();
        let wrote_for = ended.unwrap_or_else(Instant::now) - began;
        (wrote_for.as_millis() / Self::PACE.as_millis(), ended.is_some())
    }

    /// How many lines each has written at least.
    fn fewest(&self) -> u128 {
        let hosts: Vec<String> = self.began.lock().unwrap().keys().cloned().collect();
        hosts.iter().map(|host| self.lines(host).0).min().unwrap_or(0)
    }
}

/// Follows a host that runs: what it wrote is reported from the beginning, as whoever resumes an attempt does.
struct Follows(Arc<Hosts>);

#[async_trait]
impl Transport for Follows {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    fn resumes(&self, _: &Attempt) -> bool {
        true
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let host = attempt.host.name.as_str();
        report.phase(Phase::Command);
        let mut line = 0;
        loop {
            let (lines, ended) = self.0.lines(host);
            while line < lines {
                let (stream, text) = match line % 10 {
                    7 => (Stream::Stderr, format!("warning {line} of {host}\n")),
                    _ => (Stream::Stdout, format!("line {line} of {host}\n")),
                };
                report.output(stream, text.as_bytes()).await;
                line += 1;
            }
            if ended {
                break;
            }
            tokio::time::sleep(Hosts::PACE / 4).await;
        }
        report
            .output(Stream::Stdout, format!("the end of {host}\n").as_bytes())
            .await;
        Outcome::Succeeded
    }
}

/// The server of a store, which can be replaced by another one at the same address.
pub(crate) struct Restarting {
    directory: TempDir,
    hosts: Arc<Hosts>,
    pub(crate) address: SocketAddr,
    server: Option<Server>,
}

struct Server {
    runtime: Runtime,
    handle: Handle,
    kept: Namespace,
}

impl Restarting {
    pub(crate) fn new() -> Self {
        let mut restarting = Self {
            directory: tempfile::tempdir().unwrap(),
            hosts: Arc::default(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            server: None,
        };
        restarting.start();
        restarting
    }

    /// Ends the server as a kill does: whatever it was doing, connections included, is gone.
    pub(crate) fn stop(&mut self) {
        let server = self.server.take().unwrap();
        drop((server.handle, server.kept));
        server.runtime.shutdown_timeout(Duration::from_secs(60));
    }

    pub(crate) fn start(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let store = Store::open(self.directory.path().join("store")).unwrap();
        let kept = store.namespace("default").unwrap();
        let transport = Arc::new(Follows(Arc::clone(&self.hosts)));
        let builder = Dispatcher::builder(transport)
            .journal(kept.journal())
            .output(kept.output())
            .acquire(Acquire::Wait);
        let handle = runtime.block_on(async {
            let (dispatcher, handle) = builder.build().await.unwrap();
            tokio::spawn(async move { drop(dispatcher.run().await) });
            handle
        });
        let namespace = ServedNamespace::new(handle.clone())
            .output(kept.output())
            .history(Arc::new(kept.clone()));
        let state = RouterState::builder(Arc::new(Alice)).namespace("default".parse().unwrap(), namespace);
        let router = router(state.build());
        let listener = runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        self.server = Some(Server { runtime, handle, kept });
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// What somebody orders meanwhile.
    pub(crate) fn order<T>(&self, order: impl AsyncFnOnce(&Handle) -> T) -> T {
        let server = self.server();
        server.runtime.block_on(order(&server.handle))
    }

    /// Starts a job on so many hosts, all at once.
    pub(crate) fn job(&self, hosts: u32) -> JobId {
        let fleet = Fleet::builder()
            .tagged("web", &format!("web[1-{hosts}]"))
            .build()
            .unwrap();
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("systemctl restart web"));
        self.order(async |handle| {
            handle
                .configure(Arc::new(fleet), Arc::new(Policy::new()))
                .await
                .unwrap();
            handle.submit(spec).await.unwrap()
        })
    }

    /// Waits until each host has written so many more lines; the number of a line that all have written.
    pub(crate) fn write_on(&self, more: u128) -> u128 {
        let wanted = self.hosts.fewest() + more;
        while self.hosts.fewest() < wanted {
            std::thread::sleep(Duration::from_millis(5));
        }
        wanted - 1
    }

    /// Lets all hosts end, and waits for the job.
    pub(crate) fn finish(&self, job: JobId) {
        *self.hosts.ended.lock().unwrap() = Some(Instant::now());
        self.order(async |handle| handle.wait(job).await.unwrap());
    }

    /// What the store has of a stream of an attempt, line by line.
    pub(crate) fn lines(&self, job: JobId, attempt: AttemptId, stream: Stream) -> Vec<String> {
        let server = self.server();
        let output = server.kept.output();
        let page = server
            .runtime
            .block_on(output.read((job, attempt), stream, 0..u64::MAX))
            .unwrap();
        let bytes: Vec<u8> = page.frames.into_iter().flat_map(|frame| frame.bytes).collect();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn journal(&self) -> Vec<Record> {
        let server = self.server();
        let journal = server.kept.journal();
        let (mut records, mut from) = (vec![], Seq(0));
        loop {
            let page = server.runtime.block_on(journal.read(from)).unwrap();
            if page.records.is_empty() {
                return records;
            }
            records.extend(page.records);
            from = page.next;
        }
    }

    /// What the journal has to say of a job beside what its hosts did, from its submission on.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let records = self.journal();
        let is_submission = |record: &Record| matches!(record.event.job_kind(), Some(JobEventKind::Submitted { .. }));
        let records = records.iter().skip_while(|record| !is_submission(record));
        let is_remark = |record: &&Record| match &record.event {
            Event::Task(_) => false,
            Event::Namespace(event) => !matches!(event.kind, NamespaceEventKind::Ordered { .. }),
            _ => !matches!(record.event.job_kind(), Some(JobEventKind::Retired)),
        };
        records
            .filter(is_remark)
            .map(|record| record.event.to_string())
            .collect()
    }
}
