//! The page, with a rollout to look at: `cargo run -p pogo-web --features page --example page -- 400`.
//!
//! Hosts are pretended: some fail, some cannot be reached, and all write output, some of it hostile; cache1 writes for
//! a minute. It listens on 127.0.0.1:7646; a second argument is another port, a third a store that is kept (none if
//! empty), and a fourth how many times as long hosts take.

#![allow(clippy::print_stdout, reason = "it says where it listens")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::request::Parts;
use futures::future::{Either, select};
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::Stream;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, JobSettings, Policy, Rule};
use pogo_core::scheduler::{Actor, FailureKind, NeverBegan, Order, Outcome, Phase};
use pogo_store::Store;
use pogo_web::{AuthError, Authenticator, Identity, RouterState, ServedNamespace, router};
use tokio::time::sleep;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Whoever can connect is Alice: for demonstrations on this machine alone.
struct Alice;

#[async_trait]
impl Authenticator for Alice {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, AuthError> {
        Ok(Identity::new(Actor::new("alice").at_host("laptop")))
    }
}

/// Hosts that take a few seconds each, always the same for the same host and try; or so many times as long.
struct Pretended {
    pace: u32,
}

impl Pretended {
    async fn go(&self, attempt: &Attempt, report: &Reporter) -> Outcome {
        let name = attempt.host.name.as_str();
        if name == "cache1" {
            return self.write_log(name, report).await;
        }
        let mut hasher = DefaultHasher::new();
        (name, attempt.id.number() % 7).hash(&mut hasher);
        let chance = hasher.finish();
        let moment = |of: u64, most: u64| Duration::from_millis(50 + (chance >> of) % most) * self.pace;
        sleep(moment(8, 400)).await;
        if chance % 211 == 3 {
            return Outcome::failed(FailureKind::Unreachable, "connection refused");
        }
        if chance % 61 == 7 {
            return Outcome::never_began(NeverBegan::Busy, "another command holds the lock of the host");
        }
        if let Err(refused) = report.begin(true).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        report.phase(Phase::PreHook);
        report
            .output(
                Stream::Stdout,
                format!("draining {name} from the balancer\n").as_bytes(),
            )
            .await;
        sleep(moment(16, 700)).await;
        report.phase(Phase::Command);
        for line in 1..=5 {
            let text = format!("\x1b[32mok\x1b[0m step {line} of 5 on \x1b[1m{name}\x1b[0m <b>not bold</b>\n");
            report.output(Stream::Stdout, text.as_bytes()).await;
            sleep(moment(24 + line, 900)).await;
        }
        match chance % 97 {
            3 | 4 => {
                let said = "\x1b[31;1merror:\x1b[0m cannot bind 0.0.0.0:80: address in use\n\
                    <img src=x onerror=alert(1)>\x1b]0;title\x07\n";
                report.output(Stream::Stderr, said.as_bytes()).await;
                Outcome::failed(FailureKind::Command { status: 3 }, "cannot bind 0.0.0.0:80")
            }
            5 if chance.is_multiple_of(2) => Outcome::in_doubt("the connection was lost, and the host does not answer"),
            _ => {
                report.phase(Phase::PostHook);
                sleep(moment(40, 300)).await;
                Outcome::Succeeded
            }
        }
    }
}

impl Pretended {
    /// A command that writes all the time.
    async fn write_log(&self, name: &str, report: &Reporter) -> Outcome {
        if let Err(refused) = report.begin(true).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        report.phase(Phase::Command);
        let pause = Duration::from_millis(200) / self.pace;
        for line in 1..=300 * self.pace * self.pace {
            let text = format!("line {line} of the log of {name}\n");
            report.output(Stream::Stdout, text.as_bytes()).await;
            sleep(pause).await;
        }
        Outcome::Succeeded
    }
}

#[async_trait]
impl Transport for Pretended {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission().with_confirmed_cancel()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        match select(Box::pin(self.go(&attempt, &report)), Box::pin(report.cancelled())).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Outcome::failed(
                FailureKind::Signal {
                    signal: "TERM".to_owned(),
                },
                "",
            ),
        }
    }
}

/// Web servers of three sites, with databases and caches.
async fn roll_out(handle: Handle, hosts: u32) -> Result<(), Error> {
    let third = hosts.div_ceil(3);
    let (last, digits) = (third * 3, hosts.to_string().len());
    let range = |from: u32, to: u32| format!("web[{from:0digits$}-{to:0digits$}]");
    let fleet = Fleet::builder()
        .tagged("web", &range(1, last))
        .tagged("colo.na", &range(1, third))
        .tagged("colo.eu", &range(third + 1, 2 * third))
        .tagged("colo.asia", &range(2 * third + 1, last))
        .tagged("db", "db[1-6]")
        .tagged("cache", "cache[1-4]")
        .build()?;
    let limit = |group: &str, most: &str| -> Result<Constraint, Error> {
        Ok(Constraint::new(group.parse()?, Rule::MaxParallel(most.parse()?)))
    };
    let policy = Policy::new()
        .constraint(limit("$web & $colo.na", "5%")?)
        .constraint(limit("$web & $colo.eu", "8%")?)
        .constraint(limit("$web & $colo.asia", "4%")?)
        .constraint(limit("$db", "1")?)
        .constraint(limit("$cache", "2")?);
    handle.configure(Arc::new(fleet), Arc::new(policy)).await?;
    let job = |targets: &str, command: &str| -> Result<JobSpec, Error> {
        Ok(JobSpec::new(targets.parse()?, RemoteCommand::shell(command)))
    };
    let bob = handle.as_actor(Actor::new("bob").at_host("desk"));
    bob.submit(job("$cache", "deploy-cache v2.19")?.user("bob")).await?;
    sleep(Duration::from_secs(5)).await;
    handle
        .submit(job("$web", "systemctl restart web")?.user("alice"))
        .await?;
    let ci = handle.as_actor(Actor::new("ci"));
    let careful = JobSettings::new().max_parallel("2".parse()?);
    ci.submit(job("$db", "apt-get -y upgrade")?.user("ci").settings(careful))
        .await?;
    let freeze = Order::Freeze { hosts: "db6".parse()? };
    handle.execute(freeze.because("broken disk, ticket 4711")).await?;
    handle
        .mark_down("web1".parse().or_else(|_| "db5".parse())?, "fan is broken")
        .await
        .ok();
    std::future::pending().await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let hosts: u32 = arguments.next().map_or(Ok(400), |hosts| hosts.parse())?;
    let port: u16 = arguments.next().map_or(Ok(7646), |port| port.parse())?;
    let directory = tempfile::tempdir()?;
    let kept = arguments.next().filter(|path| !path.is_empty());
    let store = Store::open(kept.map_or(directory.path().to_owned(), Into::into))?;
    let pace: u32 = arguments.next().map_or(Ok(1), |pace| pace.parse())?;
    let kept = store.namespace("default")?;
    let builder = Dispatcher::builder(Arc::new(Pretended { pace: pace.max(1) }))
        .journal(kept.journal())
        .output(kept.output());
    let (dispatcher, handle) = builder.build().await?;
    let namespace = ServedNamespace::new(handle.clone())
        .output(kept.output())
        .history(Arc::new(kept));
    let state = RouterState::builder(Arc::new(Alice))
        .namespace("default".parse()?, namespace)
        .build();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { roll_out(handle, hosts).await.map_err(|error| println!("{error}")) });
    tokio::spawn(async move { axum::serve(listener, router(state)).await });
    dispatcher.run().await?;
    Ok(())
}
