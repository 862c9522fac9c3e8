//! Answers that are lost: the order is sent again, and carried out once.

use std::sync::Arc;
use std::time::Duration;

use pogo_api::{Client, ClientError, Condition};
use pogo_core::scheduler::{Answer, Event, JobEventKind, JobId, JobsQuery, Order};
use tokio::sync::Mutex;

use crate::cutting_proxy::{Cut, CuttingProxy};
use crate::orders::job;
use crate::served::{Served, Setup, configuration, private_directory};

/// Submits a job through a proxy whose first connections are cut so, and returns how many jobs there are then.
async fn submitted_through(cuts: &'static [Cut]) -> usize {
    let served = Served::new().await;
    served.configure().await;
    let cut = |connection: usize| cuts.get(connection).copied().unwrap_or(Cut::Never);
    let proxy = CuttingProxy::new(served.beside("proxy.sock"), &served.path, cut);
    let client = Client::unix(&proxy.path).namespace("default").unwrap();
    assert_eq!(client.submit(job("web1")).await.unwrap(), JobId::new(1));
    assert_eq!(proxy.connections(), cuts.len() + 1);
    let records = served.records().await;
    let submitted = records.iter().filter(|record| match &record.event {
        Event::Job(event) => matches!(event.kind, JobEventKind::Submitted { .. }),
        _ => false,
    });
    submitted.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_answer_is_lost_is_carried_out_once() {
    assert_eq!(submitted_through(&[Cut::AfterBytes(0)]).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_answer_is_cut_is_carried_out_once() {
    const CUTS: &[Cut] = &[Cut::AfterBytes(9), Cut::AfterBytes(60), Cut::AfterBytes(120)];
    assert_eq!(submitted_through(CUTS).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_never_arrived_is_carried_out_once() {
    assert_eq!(
        submitted_through(&[Cut::BeforeTheRequest, Cut::AfterBytes(0), Cut::BeforeTheRequest]).await,
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_answer_is_lost_is_no_reason_to_refuse_it_when_it_comes_again() {
    let served = Served::new().await;
    served.configure().await;
    let proxy = CuttingProxy::new(
        served.beside("proxy.sock"),
        &served.path,
        |connection| match connection {
            0 => Cut::AfterBytes(0),
            _ => Cut::Never,
        },
    );
    let (_, revision) = served.namespace().configuration_revision().await.unwrap();
    let client = Client::unix(&proxy.path).namespace("default").unwrap();
    // Carried out once, it has changed the revision that it was given under.
    let unchanged = Condition::new().revision(revision).idle();
    let answer = client.execute_if(unchanged, configuration(5)).await.unwrap();
    assert_eq!((answer, proxy.connections()), (Answer::Done, 2));
    let fleet = served.namespace().configuration().await.unwrap().fleet.unwrap();
    assert_eq!(fleet.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_is_started_and_the_order_goes_on_with_it() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let served = Setup::default().serve_at(&path, |builder| builder).await;
    served.configure().await;
    let (_, revision) = served.namespace().configuration_revision().await.unwrap();
    let setup = Arc::new(Mutex::new(Some(Setup::over(served.kill().await))));
    let (starting, serving) = (path.clone(), Arc::new(Mutex::new(None)));
    let kept = Arc::clone(&serving);
    let client = Client::unix(&path).reconnect_for(Duration::ZERO).started_by(move || {
        let (path, setup, kept) = (starting.clone(), Arc::clone(&setup), Arc::clone(&kept));
        async move {
            let setup = setup.lock().await.take().ok_or("it was started before")?;
            *kept.lock().await = Some(setup.serve_at(&path, |builder| builder).await);
            Ok(())
        }
    });
    let namespace = client.namespace("default").unwrap();
    // What was in force is so for the next server too.
    let unchanged = Condition::new().revision(revision);
    let answer = namespace
        .execute_if(unchanged, Order::submit(job("web1")))
        .await
        .unwrap();
    assert_eq!(answer.job(), Some(JobId::new(1)));
    // Where it cannot be started, nothing was done.
    serving.lock().await.take().unwrap().kill().await;
    let error = namespace.submit(job("web1")).await.unwrap_err();
    assert_eq!(error.exit_code(), 69, "{error}");
    assert!(error.to_string().contains("it was started before"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contact_that_does_not_come_back_is_told_apart_from_nobody_there() {
    let served = Served::new().await;
    served.configure().await;
    let proxy = CuttingProxy::new(served.beside("proxy.sock"), &served.path, |_| Cut::AfterBytes(0));
    let client = Client::unix(&proxy.path)
        .reconnect_for(Duration::from_millis(50))
        .namespace("default")
        .unwrap();
    let lost = client.submit(job("web1")).await.unwrap_err();
    assert!(matches!(lost, ClientError::ContactLost { ordered: true, .. }), "{lost}");
    assert_eq!(lost.exit_code(), 75);
    // A question changes nothing, so nothing was submitted.
    let lost = client.jobs(JobsQuery::new()).await.unwrap_err();
    assert!(
        matches!(lost, ClientError::ContactLost { ordered: false, .. }),
        "{lost}"
    );
    assert_eq!(lost.exit_code(), 69);
    let nobody = Client::unix(served.beside("nobody.sock")).namespace("default").unwrap();
    let unreachable = nobody.submit(job("web1")).await.unwrap_err();
    assert!(matches!(unreachable, ClientError::Unreachable { .. }), "{unreachable}");
    assert_eq!(unreachable.exit_code(), 69);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_a_pogo_server_is_no_answer() {
    let served = Served::new().await;
    let path = served.beside("other.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let other = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1024]).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
        }
    });
    let error = Client::unix(&path).about().await.unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error}");
    assert_eq!(error.exit_code(), 70);
    other.abort();
}
