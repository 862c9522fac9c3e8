//! A namespace in which something of everything happens, the same each time.

use std::path::Path;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::journal::Nonce;
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{AttemptId, AttemptsQuery, Command, HoldMode, JobId, Order, Phase, Query, RequestId, View};

use crate::fixed_clock::FixedClock;
use crate::served::{Served, Setup};

/// Job 1 is over: web1 succeeded and web2 failed. Job 2 is under way: web3 runs, and web4 waits. web1 is frozen, and
/// somebody waits for web4.
pub(crate) async fn scenario(setup: Setup, path: &Path) -> Served {
    let served = setup
        .serve_at(path, |builder| builder.clock(Arc::new(FixedClock)).nonce(Nonce(7)))
        .await;
    served.configure().await;
    let namespace = served.namespace();
    let one_at_a_time = JobSettings::new().max_parallel("1".parse().unwrap());
    let first = job("web[1-2]").settings(one_at_a_time);
    let first = namespace.submit(first).await.unwrap();
    namespace.wait(first).await.unwrap();
    let request = RequestId::new("7c1e0f9a").unwrap();
    let second = Command::new(Order::submit(job("web[3-4]")))
        .because("fix")
        .as_request(request);
    namespace.execute(second).await.unwrap();
    until_web3_runs(&served).await;
    let freeze = Order::Freeze {
        hosts: "web1".parse().unwrap(),
    };
    namespace.execute(freeze.because("broken disk")).await.unwrap();
    let hold = Order::Hold {
        hosts: vec!["web4".parse().unwrap()],
        owner: "bob".parse().unwrap(),
        priority: 0,
        mode: HoldMode::Wait,
    };
    namespace.execute(hold.because("new kernel")).await.unwrap();
    keep_output(&served).await;
    served
}

fn job(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("systemctl restart web"))
}

async fn until_web3_runs(served: &Served) {
    loop {
        let answer = served.handle.view(Query::Attempts(AttemptsQuery::new())).await.unwrap();
        let View::Attempts(attempts) = answer.view else {
            panic!("{answer:?}")
        };
        if attempts.entries.iter().any(|attempt| attempt.phase == Phase::Command) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn keep_output(served: &Served) {
    let source = OutputSource::new(JobId::new(1), "web2".parse().unwrap(), AttemptId::new(7));
    let source = Arc::new(source);
    let frame = |offset, bytes: &[u8]| {
        OutputFrame::new(
            Arc::clone(&source),
            Stream::Stderr,
            offset,
            Timestamp::from_millis(5),
            bytes,
        )
    };
    // Of an attempt that never ran: those that did are sealed, and wrote nothing.
    served
        .output
        .append(&[frame(0, b"cannot bind\n"), frame(12, b"\xff\xfe")])
        .await
        .unwrap();
}
