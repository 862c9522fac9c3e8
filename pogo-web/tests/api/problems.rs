//! Refusals as typed errors, with the exit codes of a program.

use pogo_api::wire::ProblemKind;
use pogo_core::scheduler::{InputError, JobId, Order, Query, QueryError};

use crate::orders::job;
use crate::served::Served;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_comes_with_the_sentence_of_the_scheduler() {
    let served = Served::new().await;
    served.configure().await;
    let unknown = JobId::new(9);
    let afar = served
        .namespace()
        .execute(Order::Pause { job: unknown })
        .await
        .unwrap_err();
    let problem = afar.problem().unwrap();
    let here = InputError::UnknownJob { job: unknown };
    assert_eq!(
        (&problem.kind, problem.status, afar.exit_code()),
        (&ProblemKind::UnknownJob, 404, 64)
    );
    assert_eq!(
        (problem.detail.clone(), afar.to_string()),
        (here.to_string(), here.to_string())
    );
    let afar = served.namespace().view(&Query::Job { job: unknown }).await.unwrap_err();
    assert_eq!(afar.to_string(), QueryError::UnknownJob { job: unknown }.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_has_the_exit_code_of_its_kind() {
    let served = Served::new().await;
    served.configure().await;
    let namespace = served.namespace();
    let refused = [
        (namespace.submit(job("web9")).await.map(drop), "invalid-job", 64),
        (
            namespace
                .execute(Order::Thaw {
                    hosts: "web1".parse().unwrap(),
                })
                .await
                .map(drop),
            "not-frozen",
            64,
        ),
        (
            namespace
                .execute(Order::MarkUp {
                    host: "web1".parse().unwrap(),
                    force: true,
                })
                .await
                .map(drop),
            "no-reason",
            64,
        ),
    ];
    for (result, code, exit) in refused {
        let error = result.unwrap_err();
        assert_eq!(
            (error.problem().unwrap().kind.code(), error.exit_code()),
            (code, exit),
            "{error}"
        );
    }
    let other = served.client.namespace("other").unwrap();
    assert_eq!(
        other.status().await.unwrap_err().problem().unwrap().kind,
        ProblemKind::UnknownNamespace
    );
    assert_eq!(served.client.namespace("../etc").unwrap_err().exit_code(), 64);
}
