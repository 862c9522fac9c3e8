//! What users of other tools complain of, in a browser.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::{MemoryOutput, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{FailureKind, Outcome, Phase, Query, View};
use pogo_web::{Limits, RouterState, ServedNamespace};

use crate::browser::{browser, path_of, playwright};
use crate::served::{Alice, Served};

/// web2 fails, web3 writes much, web8 runs; the others succeed.
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
            "web8" => std::future::pending().await,
            _ => {}
        }
        Outcome::Succeeded
    }
}

/// A server that lets one stream be open at once, with a job that has come so far and one that is over.
async fn served() -> Served {
    let output = Arc::new(MemoryOutput::new().per_attempt(16 << 20));
    let builder = Dispatcher::builder(Arc::new(Various)).output(Arc::clone(&output) as _);
    let (dispatcher, handle) = builder.build().await.unwrap();
    tokio::spawn(async move { drop(dispatcher.run().await) });
    let namespace = ServedNamespace::new(handle.clone()).output(output);
    let state = RouterState::builder(Arc::new(Alice))
        .namespace("default".parse().unwrap(), namespace)
        .limits(Limits::new().streams(1));
    let served = Served::serving(state.build(), handle, |router| router).await;
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
#[allow(clippy::print_stdout, reason = "whoever runs the tests is to know what was left out")]
async fn what_users_of_other_tools_complain_of_does_not_happen() {
    let test = "what_users_of_other_tools_complain_of_does_not_happen";
    let Some(browser) = browser(test) else { return };
    let Some((python, _)) = playwright() else {
        println!("left out: {test} needs Playwright, which .ci/run installs");
        return;
    };
    let served = served().await;
    let address = format!("http://{}", served.address);
    let looking = tokio::task::spawn_blocking(move || {
        Command::new("timeout")
            .arg("900")
            .arg(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/complaints.py"))
            .args([&address, &path_of(browser)])
            .output()
            .unwrap()
    });
    let output = looking.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{error}");
}
