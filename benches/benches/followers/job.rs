//! A job with a server beside it, and those who follow.

use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{JobSettings, Policy};
use pogo_core::scheduler::{Actor, Outcome};
use pogo_store::Store;
use pogo_web::{AuthError, Authenticator, Identity, Limits, RouterState, ServedNamespace, router};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{Taken, processor, resident};

/// Whoever connects may follow.
struct Anybody;

#[async_trait]
impl Authenticator for Anybody {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, AuthError> {
        Ok(Identity::new(Actor::new("anybody")))
    }
}

/// Hosts that take a moment each, so that a job of 10,000 lasts for some seconds.
struct Brief;

#[async_trait]
impl Transport for Brief {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
        if report.begin(true).await.is_err() {
            return Outcome::in_doubt("no permission");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        Outcome::Succeeded
    }
}

/// Runs a job while so many follow, until each of them has seen its end.
pub(super) async fn run(hosts: usize, followers: usize) -> Result<Taken, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let kept = Store::open(directory.path())?.namespace("default")?;
    let builder = Dispatcher::builder(Arc::new(Brief)).journal(kept.journal());
    let (dispatcher, handle) = builder.build().await?;
    let limits = Limits::new().streams(followers + 1);
    let state = RouterState::builder(Arc::new(Anybody))
        .namespace("default".parse()?, ServedNamespace::new(handle.clone()))
        .limits(limits)
        .build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move { axum::serve(listener, router(state)).await });
    let dispatching = tokio::spawn(dispatcher.run());
    let fleet = Fleet::builder().tagged("all", &format!("host[1-{hosts}]")).build()?;
    handle.configure(Arc::new(fleet), Arc::new(Policy::new())).await?;
    let alone = resident();
    let mut readers = Readers::start(address, followers)?;
    readers.connected().await?;
    let followed = resident();
    let before = processor();
    let settings = JobSettings::new().max_parallel("500".parse()?);
    let job = JobSpec::new("*".parse()?, RemoteCommand::shell("true")).settings(settings);
    let job = handle.submit(job).await?;
    handle.wait(job).await?;
    let (bytes, events) = readers.read().await?;
    let processor = processor().saturating_sub(before);
    handle.shutdown(Duration::ZERO).await?;
    dispatching.await??;
    serving.abort();
    Ok(Taken {
        processor,
        followed,
        alone,
        bytes,
        events,
    })
}

/// Those who follow, in a process of their own; none where there are none.
pub(super) struct Readers(Option<(Child, Lines<BufReader<ChildStdout>>)>);

impl Readers {
    pub(super) fn start(address: SocketAddr, count: usize) -> Result<Self, Box<dyn Error>> {
        if count == 0 {
            return Ok(Self(None));
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["read", &address.to_string(), &count.to_string()]);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().ok_or("no output of the readers")?;
        Ok(Self(Some((child, BufReader::new(output).lines()))))
    }

    pub(super) async fn connected(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some((_, lines)) = &mut self.0 {
            lines.next_line().await?.ok_or("the readers did not connect")?;
        }
        Ok(())
    }

    /// How many bytes each of them has read, and in how many events.
    pub(super) async fn read(&mut self) -> Result<(u64, u64), Box<dyn Error>> {
        let Some((_, lines)) = &mut self.0 else {
            return Ok((0, 0));
        };
        let line = lines.next_line().await?.ok_or("the readers ended early")?;
        let (bytes, events) = line.split_once(' ').ok_or("the readers say something else")?;
        Ok((bytes.parse()?, events.parse()?))
    }
}
