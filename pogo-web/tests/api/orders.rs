//! Orders from afar.

use std::sync::Arc;

use pogo_api::wire::ProblemKind;
use pogo_api::{ClientError, Condition};
use pogo_core::plan::{ExecOptions, JobSpec, RemoteCommand, SentFile, Stdin, TransportSettings};
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{Actor, Answer, Command, HoldMode, JobId, JobStatus, JobUpdate, Order, OrderLog, RequestId};

use crate::served::{Served, configuration};

pub(crate) fn job(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("uptime"))
}

fn kind(error: ClientError) -> ProblemKind {
    error.problem().unwrap_or_else(|| panic!("{error}")).kind.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_is_carried_out_under_the_name_that_the_server_knows() {
    let served = Served::new().await;
    served.configure().await;
    let namespace = served.namespace();
    let (job_id, web1) = (JobId::new(1), || vec!["web1".parse().unwrap()]);
    let orders = [
        Order::Freeze {
            hosts: "web4".parse().unwrap(),
        },
        Order::submit(job("web[2-4]")),
        Order::Pause { job: job_id },
        Order::Resume { job: job_id },
        Order::Alter {
            job: job_id,
            change: JobUpdate::set(JobSettings::new().retries(1)),
        },
        Order::Skip {
            job: job_id,
            hosts: vec!["web4".parse().unwrap()],
            force: false,
        },
        Order::Retry {
            job: job_id,
            hosts: vec!["web4".parse().unwrap()],
            force: false,
        },
        Order::Halt { job: job_id },
        Order::Abort { job: job_id },
        Order::Thaw {
            hosts: "web4".parse().unwrap(),
        },
        Order::MarkUp {
            host: "web2".parse().unwrap(),
            force: false,
        },
        Order::MarkDown {
            host: "web1".parse().unwrap(),
        },
        Order::MarkUp {
            host: "web1".parse().unwrap(),
            force: false,
        },
        Order::Hold {
            hosts: web1(),
            owner: "bob".parse().unwrap(),
            priority: 0,
            mode: HoldMode::Wait,
        },
        Order::Release {
            hosts: web1(),
            by: "bob".parse().unwrap(),
            force: false,
        },
    ];
    for order in orders {
        let said = order.to_string();
        namespace
            .execute(order.because("because"))
            .await
            .unwrap_or_else(|error| panic!("{said}: {error}"));
    }
    let refused = namespace.execute(Order::Promote { job: job_id }).await.unwrap_err();
    assert!(matches!(
        kind(refused),
        ProblemKind::NoWaveWaits | ProblemKind::WrongJobStatus | ProblemKind::RetiredJob
    ));
    let records = served.records().await;
    let log = OrderLog::of(&records);
    let strangers = log
        .entries()
        .iter()
        .filter(|entry| entry.actor.as_deref() != Some(&Actor::new("alice").at_host("laptop")));
    assert_eq!(strangers.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_comes_again_gets_its_answer_again() {
    let served = Served::new().await;
    served.configure().await;
    let submit = Command::new(Order::submit(job("web1"))).as_request(RequestId::new("once").unwrap());
    let first = served.namespace().execute(submit.clone()).await.unwrap();
    let again = served.namespace().execute(submit).await.unwrap();
    assert_eq!((first, again), (Answer::Job(JobId::new(1)), Answer::Job(JobId::new(1))));
    let other = Command::new(Order::Pause { job: JobId::new(1) }).as_request(RequestId::new("once").unwrap());
    assert_eq!(
        kind(served.namespace().execute(other).await.unwrap_err()),
        ProblemKind::RequestReused
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_orders_under_the_name_of_another() {
    let served = Served::new().await;
    served.configure().await;
    let forged = Order::submit(job("web1")).by(Actor::new("mallory"));
    let error = served.namespace().execute(forged).await.unwrap_err();
    assert_eq!((error.exit_code(), kind(error)), (77, ProblemKind::NotYourName));
    let own = Order::submit(job("web3")).by(Actor::new("alice").at_host("laptop"));
    let submitted = served.namespace().execute(own).await.unwrap().job().unwrap();
    let as_another = served.namespace().submit(job("web4").user("mallory")).await.unwrap();
    for job in [submitted, as_another] {
        let Ok(details) = served.namespace().job(job).await else {
            continue;
        };
        assert_eq!(details.summary.user, "alice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_names_no_files_of_the_server_and_no_number() {
    let served = Served::new().await;
    served.configure().await;
    let reads = |stdin: Stdin| {
        let mut options = ExecOptions::new();
        options.stdin = stdin;
        job("web1").exec_options(options)
    };
    let mut sends = ExecOptions::new();
    sends.files = vec![SentFile::new("/etc/shadow")];
    let connects = TransportSettings::new().set("config", "/tmp/mine");
    for spec in [
        reads(Stdin::File("/etc/shadow".to_owned())),
        job("web1").exec_options(sends),
        job("web1").transport_settings(connects),
    ] {
        let error = served.namespace().submit(spec).await.unwrap_err();
        assert_eq!((error.exit_code(), kind(error)), (77, ProblemKind::LocalFile));
    }
    served
        .namespace()
        .submit(reads(Stdin::Text("yes".to_owned())))
        .await
        .unwrap();
    let numbered = Order::Submit {
        job: Some(JobId::new(u64::MAX)),
        spec: Arc::new(job("web1")),
    };
    assert_eq!(
        kind(served.namespace().execute(numbered).await.unwrap_err()),
        ProblemKind::JobNumberGiven
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_job_learns_how_it_ended() {
    let served = Served::new().await;
    served.configure().await;
    let spec = job("web3");
    let job = served.namespace().submit(spec).await.unwrap();
    let namespace = served.namespace();
    let waits = tokio::spawn(async move { namespace.wait(job).await });
    served.namespace().execute(Order::Abort { job }).await.unwrap();
    let end = waits.await.unwrap().unwrap();
    assert_eq!((end.job, end.status, end.tally.failed), (job, JobStatus::Finished, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_long_asks_again() {
    let limits = pogo_web::Limits::new().wait_time(std::time::Duration::from_millis(1));
    let served = crate::served::Setup {
        limits,
        ..Default::default()
    }
    .serve()
    .await;
    served.configure().await;
    let job = served.namespace().submit(job("web3")).await.unwrap();
    let namespace = served.namespace();
    let waits = tokio::spawn(async move { namespace.wait(job).await });
    tokio::task::yield_now().await;
    served.namespace().execute(Order::Halt { job }).await.unwrap();
    served.namespace().execute(Order::Abort { job }).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().job, job);
}

#[tokio::test]
async fn an_order_may_ask_for_the_configuration_that_it_was_made_for() {
    let served = Served::new().await;
    let namespace = served.namespace();
    let (_, before) = namespace.configuration_revision().await.unwrap();
    let same = Condition::new().revision(before.clone());
    // Nothing has changed since it was read, however often.
    let (_, again) = namespace.configuration_revision().await.unwrap();
    assert_eq!(before, again);
    namespace.execute_if(same.clone(), configuration(4)).await.unwrap();
    for order in [configuration(5), Order::submit(job("web1"))] {
        let error = namespace.execute_if(same.clone(), order).await.unwrap_err();
        assert_eq!(
            error.problem().unwrap().kind,
            ProblemKind::ConfigurationChanged,
            "{error}"
        );
    }
    // One that somebody in the process has changed is another too.
    let (_, now) = namespace.configuration_revision().await.unwrap();
    let Order::Configure { fleet, policy } = configuration(6) else {
        unreachable!()
    };
    served.handle.configure(fleet, policy).await.unwrap();
    let error = namespace
        .execute_if(Condition::new().revision(now), Order::submit(job("web1")))
        .await
        .unwrap_err();
    assert_eq!(
        error.problem().unwrap().kind,
        ProblemKind::ConfigurationChanged,
        "{error}"
    );
}

#[tokio::test]
async fn a_configuration_may_ask_that_no_job_goes_by_the_one_before() {
    let served = Served::new().await;
    served.configure().await;
    let namespace = served.namespace();
    let id = namespace.submit(job("web3")).await.unwrap();
    let error = namespace
        .execute_if(Condition::new().idle(), configuration(5))
        .await
        .unwrap_err();
    assert_eq!(error.problem().unwrap().kind, ProblemKind::JobsUnfinished, "{error}");
    namespace.execute(Order::Abort { job: id }).await.unwrap();
    namespace.wait(id).await.unwrap();
    namespace
        .execute_if(Condition::new().idle(), configuration(5))
        .await
        .unwrap();
}
