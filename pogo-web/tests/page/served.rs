//! A router on a loopback address, with a job of which one host fails and writes what should harm no page.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::request::Parts;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::journal::MemoryJournal;
use pogo_core::output::{MemoryOutput, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Actor, FailureKind, JobId, NeverBegan, Outcome, Phase};
use pogo_web::{AuthError, Authenticator, Identity, RouterState, RouterStateBuilder, ServedNamespace, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::memory_history::MemoryHistory;

/// Whoever asks is Alice.
pub(crate) struct Alice;

#[async_trait]
impl Authenticator for Alice {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, AuthError> {
        Ok(Identity::new(Actor::new("alice").at_host("laptop")))
    }
}

/// What web2 writes: markup, codes of a terminal, and what turns text around.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)><script>document.title='taken'</script>\n\
    \x1b[31mred\x1b[0m\x1b]0;title\x07 \u{202e}txt\n";

/// web2 fails and writes what is hostile; the others succeed.
pub(crate) struct Web2Fails;

#[async_trait]
impl Transport for Web2Fails {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if let Err(refused) = report.begin(true).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        report.phase(Phase::Command);
        if attempt.host.name.as_str() != "web2" {
            report.output(Stream::Stdout, b"restarted\n").await;
            return Outcome::Succeeded;
        }
        report.output(Stream::Stderr, HOSTILE.as_bytes()).await;
        Outcome::failed(FailureKind::Command { status: 3 }, "<b>cannot</b> bind")
    }
}

/// A router that is served until the test ends.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
}

/// A namespace whose dispatcher runs, and its journal.
async fn dispatched(
    transport: impl Transport + 'static,
    output: MemoryOutput,
) -> (ServedNamespace, Handle, MemoryJournal) {
    let (journal, output) = (MemoryJournal::default(), Arc::new(output));
    let builder = Dispatcher::builder(Arc::new(transport))
        .journal(Arc::new(journal.clone()))
        .output(Arc::clone(&output) as _);
    let (dispatcher, handle) = builder.build().await.unwrap();
    tokio::spawn(async move { drop(dispatcher.run().await) });
    (ServedNamespace::new(handle.clone()).output(output), handle, journal)
}

fn state(namespace: ServedNamespace, authenticator: impl Authenticator + 'static) -> RouterStateBuilder {
    RouterState::builder(Arc::new(authenticator)).namespace("default".parse().unwrap(), namespace)
}

impl Served {
    pub(crate) async fn new() -> Self {
        Self::mounted(|router| router).await
    }

    pub(crate) async fn mounted(mount: impl FnOnce(Router) -> Router) -> Self {
        let (namespace, handle, _) = dispatched(Web2Fails, MemoryOutput::new()).await;
        Self::serving(state(namespace, Alice).build(), handle, mount).await
    }

    /// Over this transport, with the history of its jobs, for whoever this knows.
    pub(crate) async fn over(
        transport: impl Transport + 'static,
        output: MemoryOutput,
        authenticator: impl Authenticator + 'static,
        more: impl FnOnce(RouterStateBuilder) -> RouterStateBuilder,
    ) -> Self {
        let (namespace, handle, journal) = dispatched(transport, output).await;
        let namespace = namespace.history(Arc::new(MemoryHistory(journal)));
        let state = more(state(namespace, authenticator)).build();
        Self::serving(state, handle, |router| router).await
    }

    async fn serving(state: RouterState, handle: Handle, mount: impl FnOnce(Router) -> Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = mount(router(state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, handle }
    }

    /// Runs a job on so many hosts, of which one may be down at a time, and waits for its end or until it is stuck.
    pub(crate) async fn job(&self, hosts: u32) -> JobId {
        let fleet = Fleet::builder()
            .tagged("web", &format!("web[1-{hosts}]"))
            .build()
            .unwrap();
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
        let policy = Policy::new().constraint(limit);
        self.handle.configure(Arc::new(fleet), Arc::new(policy)).await.unwrap();
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("systemctl restart web"));
        let job = self.handle.submit(spec).await.unwrap();
        self.handle.wait(job).await.unwrap();
        job
    }

    /// Head and body of the answer to a request with these additional headers.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> (String, String) {
        let (head, body) = self.get_bytes(path, headers).await;
        (head, String::from_utf8(body).unwrap())
    }

    /// Head and body of the answer, where the body need not be text.
    pub(crate) async fn get_bytes(&self, path: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![];
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        (head, answer[end + 4..].to_vec())
    }
}

/// A dispatcher ends when nobody can ask it any more: what follows it for the page is no exception.
#[tokio::test]
async fn a_follower_ends_with_its_router() {
    let (dispatcher, handle) = Dispatcher::builder(Arc::new(Web2Fails)).build().await.unwrap();
    let dispatcher = tokio::spawn(dispatcher.run());
    let state = RouterState::builder(Arc::new(Alice))
        .namespace("default".parse().unwrap(), ServedNamespace::new(handle.clone()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(state.build());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let served = Served { address, handle };
    served.job(2).await;
    let (head, _) = served.get("/v1/namespaces/default/jobs/1/overview", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serving.abort();
    drop((serving.await, served));
    dispatcher.await.unwrap().unwrap();
}
