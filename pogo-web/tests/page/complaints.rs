//! What users of other tools complain of, in a browser.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::{MemoryOutput, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{FailureKind, Outcome, Phase, Query, View};
use pogo_web::Limits;

use crate::browser::looked_at;
use crate::served::{Alice, Served};

/// web2 fails, web3 writes much, web8 runs; the others succeed, and of web4 to web7 the last wrote something else.
struct Various;

#[async_trait]
impl Transport for Various {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        report.phase(Phase::Command);
        match attempt.host.name.as_str() {
            "web2" => return Outcome::failed(FailureKind::Command { status: 3 }, "cannot bind"),
            "web3" => {
                let lines: Vec<String> = (0..100_000).map(|line| format!("line {line} of many\n")).collect();
                for lines in lines.chunks(1_000) {
                    report.output(Stream::Stdout, lines.concat().as_bytes()).await;
                }
            }
            "web4" | "web5" | "web6" => report.output(Stream::Stdout, b"restarted\n").await,
            "web7" => report.output(Stream::Stdout, b"restarted, with a warning\n").await,
            "web8" => std::future::pending().await,
            _ => {}
        }
        Outcome::Succeeded
    }
}

/// A server that lets one stream be open at once, with a job that has come so far and one that is over.
async fn served() -> Served {
    let output = MemoryOutput::new().per_attempt(16 << 20);
    let served = Served::over(Various, output, Alice, |state| state.limits(Limits::new().streams(1))).await;
    let fleet = Fleet::builder().tagged("web", "web[1-8]").build().unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("8".parse().unwrap()));
    let policy = Policy::new().constraint(limit);
    served
        .handle
        .configure(Arc::new(fleet), Arc::new(policy))
        .await
        .unwrap();
    let spec = |hosts: &str| JobSpec::new(hosts.parse().unwrap(), RemoteCommand::shell("systemctl restart web"));
    let job = served.handle.submit(spec("$web")).await.unwrap();
    loop {
        let answer = served.handle.view(Query::Job { job }).await.unwrap();
        let View::Job(details) = answer.view else { continue };
        if details.summary.tally.succeeded == 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let other = served.handle.submit(spec("web1")).await.unwrap();
    served.handle.wait(other).await.unwrap();
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_users_of_other_tools_complain_of_does_not_happen() {
    let test = "what_users_of_other_tools_complain_of_does_not_happen";
    looked_at(test, "complaints.py", served).await;
}
