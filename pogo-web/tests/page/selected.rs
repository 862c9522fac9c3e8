//! What can be selected, and what helps, in a browser.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_core::dispatcher::{Attempt, Capabilities, Handle, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::MemoryOutput;
use pogo_core::plan::{HostOrder, JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, JobSettings, Origin, Policy, Rule};
use pogo_core::scheduler::{Actor, FailureKind, JobId, JobStatus, NeverBegan, Outcome, Query, View};
use pogo_web::{AuthError, Authenticator, Identity};

use crate::browser::looked_at;
use crate::served::Served;

/// Whoever asks is Alice, by her token.
struct AliceByToken;

#[async_trait]
impl Authenticator for AliceByToken {
    async fn authenticate(&self, _: &Parts) -> Result<Identity, AuthError> {
        Ok(Identity::new(alice()))
    }
}

fn alice() -> Actor {
    Actor::new("alice").at_host("laptop").with_token("alice-cli")
}

/// The restart fails on web2, where all else succeeds; hosts of databases need an agent.
struct NeedsAgent;

#[async_trait]
impl Transport for NeedsAgent {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if attempt.host.name.as_str().starts_with("db") {
            return Outcome::never_began(NeverBegan::NotReady, "needs bob's agent");
        }
        if let Err(refused) = report.begin(true).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        match (attempt.host.name.as_str(), &attempt.command) {
            ("web2", command) if **command == restart() => {
                Outcome::failed(FailureKind::Command { status: 3 }, "cannot bind")
            }
            _ => Outcome::Succeeded,
        }
    }
}

fn restart() -> RemoteCommand {
    RemoteCommand::shell("systemctl restart web")
}

async fn configure(handle: &Handle) {
    let mut fleet = Fleet::builder()
        .tagged("web", "web[1-4]")
        .tagged("db", "db1")
        .hosts("cache1");
    let web2 = fleet.find("web2").unwrap();
    fleet.add_origin(Some(&"web".parse().unwrap()), web2, Origin::new("hosts.ini", 7, 1));
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let policy = Policy::new().constraint(limit);
    let fleet = Arc::new(fleet.build().unwrap());
    handle.configure(fleet, Arc::new(policy)).await.unwrap();
}

async fn until(handle: &Handle, job: JobId, is: impl Fn(JobStatus) -> bool) {
    loop {
        let answer = handle.view(Query::Job { job }).await.unwrap();
        if matches!(answer.view, View::Job(details) if is(details.summary.status)) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn served() -> Served {
    let served = Served::over(NeedsAgent, MemoryOutput::new(), AliceByToken, |state| state).await;
    let handle = &served.handle;
    configure(handle).await;
    let job = |hosts: &str| JobSpec::new(hosts.parse().unwrap(), restart()).order(HostOrder::Listed);
    let first = handle
        .as_actor(alice())
        .submit(
            job("$web")
                .user("alice")
                .settings(JobSettings::new().max_parallel("3".parse().unwrap())),
        )
        .await
        .unwrap();
    until(handle, first, |status| status == JobStatus::Blocked).await;
    handle
        .as_actor(Actor::new("bob"))
        .submit(job("db1").user("bob"))
        .await
        .unwrap();
    let last = handle.submit(job("cache1")).await.unwrap();
    until(handle, last, |status| status == JobStatus::Finished).await;
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_selected_is_shown_and_what_is_in_the_way_leads_to_what_helps() {
    let test = "what_is_selected_is_shown_and_what_is_in_the_way_leads_to_what_helps";
    looked_at(test, "selected.py", served).await;
}
