//! A dispatcher that is served on a socket.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_api::{Client, NamespaceClient};
use pogo_core::dispatcher::{Dispatcher, DispatcherBuilder, Handle, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Journal, MemoryJournal, Seq};
use pogo_core::output::MemoryOutput;
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Actor, Command, Order, Record};
use pogo_core::testing::{TestBehavior, TestTransport};
use pogo_web::unix::{Access, ServeOptions, Socket, serve};
use pogo_web::{AuthError, Authenticator, Identity, Limits, OutputFeed, RouterState, ServedNamespace, router};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::described::{FailsAtEnd, Undescribed, compared};
use crate::memory_history::MemoryHistory;

/// A directory for this account alone.
pub(crate) fn private_directory() -> TempDir {
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .unwrap()
}

/// Whoever asks is Alice.
pub(crate) struct Alice;

#[async_trait]
impl Authenticator for Alice {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, AuthError> {
        Ok(Identity::new(Actor::new("alice").at_host("laptop")))
    }
}

/// What is served, and how.
pub(crate) struct Setup {
    pub(crate) journal: MemoryJournal,
    pub(crate) output: MemoryOutput,
    pub(crate) transport: Arc<dyn Transport>,
    /// Brings what hosts write to streams.
    pub(crate) feed: OutputFeed,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) limits: Limits,
    pub(crate) options: ServeOptions,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            journal: MemoryJournal::default(),
            output: MemoryOutput::new(),
            transport: Arc::new(web2_fails_and_web3_runs()),
            feed: OutputFeed::new(),
            authenticator: Arc::new(Alice),
            limits: Limits::new(),
            options: ServeOptions::new(),
        }
    }
}

fn web2_fails_and_web3_runs() -> TestTransport {
    TestTransport::new(|attempt| match attempt.host.name.as_str() {
        "web2" => TestBehavior::End(pogo_core::scheduler::Outcome::failed(
            pogo_core::scheduler::FailureKind::Command { status: 3 },
            "cannot bind",
        )),
        "web3" => TestBehavior::Run,
        _ => TestBehavior::Succeed,
    })
}

impl Setup {
    /// What goes on where another was ended.
    pub(crate) fn over((journal, output): (MemoryJournal, MemoryOutput)) -> Self {
        Self {
            journal,
            output,
            ..Self::default()
        }
    }

    fn dispatcher(&self) -> DispatcherBuilder {
        Dispatcher::builder(Arc::clone(&self.transport))
            .observer(Arc::new(self.feed.clone()))
            .journal(Arc::new(self.journal.clone()))
            .output(Arc::new(self.output.clone()))
            .acquire(Acquire::Force)
    }

    pub(crate) async fn serve(self) -> Served {
        let directory = private_directory();
        let path = directory.path().join("pogo.sock");
        let mut served = self.serve_at(&path, |builder| builder).await;
        served.directory = Some(directory);
        served
    }

    pub(crate) async fn serve_at(
        self,
        path: &Path,
        build: impl FnOnce(DispatcherBuilder) -> DispatcherBuilder,
    ) -> Served {
        let (dispatcher, handle) = build(self.dispatcher()).build().await.unwrap();
        let dispatcher = tokio::spawn(async move { drop(dispatcher.run().await) });
        let namespace = ServedNamespace::new(handle.clone())
            .output(Arc::new(self.output.clone()))
            .output_feed(self.feed.clone())
            .history(Arc::new(MemoryHistory(self.journal.clone())))
            .journal(Arc::new(self.journal.clone()));
        let state = RouterState::builder(self.authenticator)
            .server("pogo 0.0.0")
            .limits(self.limits)
            .namespace("default".parse().unwrap(), namespace)
            .build();
        let socket = Socket::bind(path, Access::Personal).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let undescribed = Undescribed::default();
        let router = compared(router(state), &undescribed);
        let serving = serve(socket, router, self.options, async { drop(stopped.await) });
        Served {
            path: path.to_owned(),
            handle,
            journal: self.journal,
            output: self.output,
            client: Client::unix(path),
            dispatcher,
            serving: tokio::spawn(serving),
            stop: Some(stop),
            directory: None,
            _described: FailsAtEnd(undescribed),
        }
    }
}

/// A dispatcher, its server, and a client.
pub(crate) struct Served {
    pub(crate) path: PathBuf,
    pub(crate) handle: Handle,
    pub(crate) journal: MemoryJournal,
    pub(crate) output: MemoryOutput,
    pub(crate) client: Client,
    pub(crate) dispatcher: JoinHandle<()>,
    pub(crate) serving: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    directory: Option<TempDir>,
    _described: FailsAtEnd,
}

impl Served {
    pub(crate) async fn new() -> Self {
        Setup::default().serve().await
    }

    pub(crate) fn namespace(&self) -> NamespaceClient {
        self.client.namespace("default").unwrap()
    }

    /// Where other sockets can be.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Tells the server to close.
    pub(crate) fn begin_to_close(&mut self) {
        drop(self.stop.take());
    }

    /// Closes the server in an orderly way, and ends the dispatcher.
    pub(crate) async fn close(mut self) -> (MemoryJournal, MemoryOutput) {
        self.begin_to_close();
        (&mut self.serving).await.unwrap();
        self.end_dispatcher().await
    }

    /// Ends both as a kill does: nobody is told anything.
    pub(crate) async fn kill(mut self) -> (MemoryJournal, MemoryOutput) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
        self.end_dispatcher().await
    }

    async fn end_dispatcher(self) -> (MemoryJournal, MemoryOutput) {
        self.dispatcher.abort();
        let _ = self.dispatcher.await;
        (self.journal, self.output)
    }

    /// Everything that has happened.
    pub(crate) async fn records(&self) -> Vec<Record> {
        let (mut records, mut from) = (vec![], Seq(0));
        loop {
            let page = self.journal.read(from).await.unwrap();
            if page.records.is_empty() {
                return records;
            }
            records.extend(page.records);
            from = page.next;
        }
    }

    /// Four hosts, of which two may be unavailable.
    pub(crate) async fn configure(&self) {
        self.namespace().execute(Command::new(configuration(4))).await.unwrap();
    }
}

/// So many hosts, of which two may be unavailable.
pub(crate) fn configuration(hosts: u32) -> Order {
    let fleet = Fleet::builder()
        .tagged("web", &format!("web[1-{hosts}]"))
        .build()
        .unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
    Order::Configure {
        fleet: Arc::new(fleet),
        policy: Arc::new(Policy::new().constraint(limit)),
    }
}
