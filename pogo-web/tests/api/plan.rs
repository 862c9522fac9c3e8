//! What a job would do, as things are.

use std::time::Duration;

use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{Command, HoldMode, Order};
use pogo_web::Limits;
use serde_json::{Value, json};

use crate::raw::{exchange, parts, request};
use crate::served::{Served, Setup, configuration};

async fn plan(served: &Served, body: &Value) -> (u16, Value) {
    let asked = request("POST", "/v1/namespaces/default/plan", &body.to_string());
    let answer = exchange(&served.path, asked.as_bytes()).await;
    let (status, _, body) = parts(&answer);
    (status, serde_json::from_str(&body).unwrap())
}

fn job(targets: &str) -> Value {
    json!({"targets": targets, "command": {"shell": "true"}})
}

/// Four web hosts, of which two may run at once.
async fn served(limits: Limits) -> Served {
    let setup = Setup {
        limits,
        ..Setup::default()
    };
    let served = setup.serve().await;
    served
        .namespace()
        .execute(Command::new(configuration(4)))
        .await
        .unwrap();
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_counts_the_slots_that_are_held_now_and_submits_nothing() {
    let served = served(Limits::new()).await;
    let asked = json!({"job": job("web[3-4]"), "what_if": {"runs": 2, "task_time": 10_000}});
    let (status, free) = plan(&served, &asked).await;
    assert_eq!((status, &free["now"]["held"]), (200, &json!([])), "{free}");
    assert_eq!(free["now"]["starts"], "web[3-4]");
    assert_eq!(free["what_if"]["makespan"]["p50"]["time"], 10_000, "{free}");

    // It fails, and keeps its slot; another is held by a person.
    let spec = JobSpec::new("web2".parse().unwrap(), RemoteCommand::shell("true"));
    let failed = served.namespace().submit(spec).await.unwrap();
    served.namespace().wait(failed).await.unwrap();
    let (status, one) = plan(&served, &asked).await;
    let held = &one["now"]["held"][0];
    assert_eq!((status, &held["holders"][0]["host"]), (200, &json!("web2")), "{one}");
    assert_eq!(
        (&one["now"]["starts"], &one["now"]["later"]),
        (&json!("web3"), &json!("web4"))
    );
    assert_eq!(one["what_if"]["makespan"]["p50"]["time"], 20_000, "{one}");
    assert!(one["text"].as_str().unwrap().contains("2 hosts: web[3-4]"), "{one}");
    assert!(one["what_if_text"].as_str().unwrap().contains("20.0s"), "{one}");

    let hold = Order::Hold {
        hosts: vec!["web1".parse().unwrap()],
        owner: "alice".parse().unwrap(),
        priority: 0,
        mode: HoldMode::Immediate,
    };
    served.namespace().execute(hold.because("a new disk")).await.unwrap();
    let (_, none) = plan(&served, &asked).await;
    assert_eq!(
        (&none["now"]["starts"], &none["now"]["blocked"]),
        (&json!(""), &json!("web[3-4]"))
    );
    assert!(none["now"]["blockers"][0]["cures"].is_array(), "{none}");
    let jobs = exchange(
        &served.path,
        request("GET", "/v1/namespaces/default/jobs", "").as_bytes(),
    )
    .await;
    assert_eq!(jobs.matches("\"targets\"").count(), 1, "{jobs}");
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_are_taken_to_be_down_hold_slots_in_the_plan_alone() {
    let served = served(Limits::new()).await;
    let (_, planned) = plan(&served, &json!({"job": job("web[1-2]"), "down": ["web3"]})).await;
    assert_eq!(planned["now"]["starts"], "web1", "{planned}");
    assert!(planned.get("what_if").is_none());
    let (status, refused) = plan(&served, &json!({"job": job("web[1-2]"), "down": ["nobody"]})).await;
    assert_eq!(status, 404, "{refused}");
    let (_, planned) = plan(&served, &json!({"job": job("web[1-2]")})).await;
    assert_eq!(planned["now"]["starts"], "web[1-2]", "{planned}");
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_means_nothing_or_too_much_is_refused() {
    let served = served(Limits::new()).await;
    for what_if in [
        json!({"runs": 0}),
        json!({"runs": 1_001}),
        json!({"fail_rate": 1.5}),
        json!({"fail_rate": -0.1}),
        json!({"spread": 9}),
        json!({"task_time": -1}),
        json!({"run": 3}),
    ] {
        let (status, refused) = plan(&served, &json!({"job": job("web1"), "what_if": what_if})).await;
        assert_eq!((status, &refused["status"]), (400, &json!(400)), "{what_if}: {refused}");
    }
    let (status, refused) = plan(&served, &json!({"job": job("web[7-9]")})).await;
    assert!((400..500).contains(&status), "{refused}");
    served.close().await;
}

/// A simulation of it ends when the years do.
fn endless() -> Value {
    let job = json!({
        "targets": "*", "command": {"shell": "true"}, "retries": u32::MAX, "max_failures": "100%",
    });
    json!({"job": job, "what_if": {"runs": 1, "fail_rate": 1.0}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_takes_too_long_is_given_up() {
    let served = served(Limits::new().plan_time(Duration::ZERO)).await;
    let (status, refused) = plan(&served, &endless()).await;
    assert_eq!(
        (status, &refused["type"]),
        (422, &json!("urn:pogo:problem:plan-too-large")),
        "{refused}"
    );
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_made_one_at_a_time() {
    let served = served(Limits::new().plan_time(Duration::from_secs(2))).await;
    // Again where the first had ended before anybody else asked.
    loop {
        let (endless, short) = (endless(), json!({"job": job("web1")}));
        let (first, second) = tokio::join!(plan(&served, &endless), plan(&served, &short));
        let (busy, other) = if first.0 == 503 {
            (first, second)
        } else {
            (second, first)
        };
        if busy.0 == 503 {
            assert_eq!(busy.1["type"], "urn:pogo:problem:busy");
            assert!(other.0 == 200 || other.0 == 422, "{other:?}");
            break;
        }
    }
    served.close().await;
}
