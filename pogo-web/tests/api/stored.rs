//! A dispatcher over a real store that is served on a socket.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pogo_api::{Client, NamespaceClient};
use pogo_core::Digest;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, DispatcherBuilder, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage};
use pogo_core::journal::{Acquire, Journal, JournalError, OwnedJournal, Owner, Page, Seq, Snapshot};
use pogo_core::output::Stream;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Command, FailureKind, HostResult, HostsQuery, JobDetails, JobId, Order, Outcome, PageLimit, Query, QueryError,
};
use pogo_store::Store;
use pogo_web::unix::{Access, ServeOptions, Socket, serve};
use pogo_web::{RouterState, ServedNamespace, router};
use tokio::task::JoinHandle;

use crate::served::Alice;

/// Each host says its name, and web2 fails.
struct NamesItself;

#[async_trait]
impl Transport for NamesItself {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let name = attempt.host.name.as_str();
        report
            .output(Stream::Stdout, format!("this is {name}\n").as_bytes())
            .await;
        match name {
            "web2" => Outcome::failed(FailureKind::Command { status: 3 }, "cannot bind"),
            _ => Outcome::Succeeded,
        }
    }
}

/// A store that gives two records at a time.
struct InSmallParts(pogo_store::Namespace);

#[async_trait]
impl JobHistory for InSmallParts {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        JobHistory::jobs(&self.0, filter).await
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        JobHistory::job_events(&self.0, &query.clone().limit(2)).await
    }
}

/// A journal that has compacted everything that its last snapshot stands for.
struct Compacted(Arc<dyn Journal>);

#[async_trait]
impl Journal for Compacted {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        self.0.acquire(owner, how).await
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.0.latest_snapshot().await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        match self.0.latest_snapshot().await? {
            Some((first, _)) if from < first => Err(JournalError::Compacted { first }),
            _ => self.0.read(from).await,
        }
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.0.content(digest).await
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.0.changed(after).await
    }
}

/// What is served, and who asks.
pub(crate) struct Stored {
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    tasks: Vec<JoinHandle<()>>,
}

impl Stored {
    /// Opens the store in a directory, and serves it at a socket beside it.
    pub(crate) async fn open(directory: &Path) -> Self {
        Self::with(directory, |journal| journal, |builder| builder).await
    }

    /// As [`open`](Self::open), with a journal that has no records of what is over.
    pub(crate) async fn open_compacted(directory: &Path) -> Self {
        let often = |builder: DispatcherBuilder| builder.snapshot_every(NonZeroU64::MIN);
        Self::with(directory, |journal| Arc::new(Compacted(journal)), often).await
    }

    async fn with(
        directory: &Path,
        journal: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>,
        build: impl FnOnce(DispatcherBuilder) -> DispatcherBuilder,
    ) -> Self {
        let store = Store::open(directory.join("store")).unwrap();
        let kept = store.namespace("default").unwrap();
        let journal = journal(kept.journal());
        let builder = Dispatcher::builder(Arc::new(NamesItself))
            .journal(Arc::clone(&journal))
            .output(kept.output())
            // A snapshot may still be written when its dispatcher has ended.
            .acquire(Acquire::Wait);
        let (dispatcher, handle) = build(builder).build().await.unwrap();
        let dispatcher = tokio::spawn(async move { drop(dispatcher.run().await) });
        let bare = ServedNamespace::new(handle.clone());
        let parts = bare.clone().history(Arc::new(InSmallParts(kept.clone())));
        let whole = bare
            .clone()
            .output(kept.output())
            .history(Arc::new(kept))
            .journal(journal);
        let state = RouterState::builder(Arc::new(Alice))
            .namespace("default".parse().unwrap(), whole)
            .namespace("bare".parse().unwrap(), bare)
            .namespace("parts".parse().unwrap(), parts)
            .build();
        let socket = Socket::bind(directory.join("pogo.sock"), Access::Personal).unwrap();
        let client = Client::unix(socket.path());
        let serving = serve(socket, router(state), ServeOptions::new(), std::future::pending());
        Self {
            handle,
            client,
            tasks: vec![dispatcher, tokio::spawn(serving)],
        }
    }

    /// Ends all of it, so that the store can be opened again.
    pub(crate) async fn close(self) {
        for task in self.tasks.into_iter().rev() {
            task.abort();
            let _ = task.await;
        }
    }

    pub(crate) fn namespace(&self) -> NamespaceClient {
        self.client.namespace("default").unwrap()
    }

    /// So many hosts, all of which may run at once, and jobs that retire so long after their end.
    pub(crate) async fn configure(&self, hosts: u32, retire_after: Duration) {
        let fleet = Fleet::builder()
            .tagged("web", &format!("web[1-{hosts}]"))
            .build()
            .unwrap();
        let order = Order::Configure {
            fleet: Arc::new(fleet),
            policy: Arc::new(Policy::new().retire_after(retire_after)),
        };
        self.namespace().execute(Command::new(order)).await.unwrap();
    }

    /// Waits until the dispatcher no longer has a job.
    pub(crate) async fn until_retired(&self, job: JobId) {
        while !matches!(
            self.handle.view(Query::Job { job }).await,
            Err(QueryError::RetiredJob { .. })
        ) {
            tokio::task::yield_now().await;
        }
    }

    /// All that is said of a job and its hosts.
    pub(crate) async fn said_of(&self, job: JobId) -> (JobDetails, Vec<HostResult>) {
        said_of(&self.namespace(), job).await
    }
}

/// All that is said in a namespace of a job and its hosts.
pub(crate) async fn said_of(namespace: &NamespaceClient, job: JobId) -> (JobDetails, Vec<HostResult>) {
    let details = namespace.job(job).await.unwrap();
    let mut query = HostsQuery::of(job).limit(PageLimit::new(3));
    let mut hosts = vec![];
    loop {
        let page = namespace.hosts(query.clone()).await.unwrap();
        hosts.extend(page.entries);
        match page.next {
            Some(next) => query = query.after(next),
            None => return (details, hosts),
        }
    }
}
