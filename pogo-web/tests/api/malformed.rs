//! Requests that no client of ours sends.

use std::time::Duration;

use pogo_web::Limits;
use pogo_web::unix::ServeOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::raw::{exchange, parts, request};
use crate::served::{Served, Setup};

const ORDERS: &str = "/v1/namespaces/default/orders";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_refused_with_a_problem_that_says_where() {
    let served = Served::new().await;
    let get = |path: &str| request("GET", path, "");
    let namespace = |rest: &str| get(&format!("/v1/namespaces/default{rest}"));
    let cases = [
        (get("/v0"), 404, "no-such-path"),
        (get("/v1/namespaces/default/jobs/1/hosts/"), 404, "no-such-path"),
        (
            request("DELETE", "/v1/namespaces/default/jobs/1", ""),
            405,
            "method-not-allowed",
        ),
        (
            request("POST", "/v1/namespaces/default/jobs", "{}"),
            405,
            "method-not-allowed",
        ),
        (get("/v1/namespaces/..%2F..%2Fetc/jobs"), 400, "invalid-parameter"),
        (get("/v1/namespaces/%00/jobs"), 400, "invalid-parameter"),
        (get("/v1/namespaces/%ff/jobs"), 400, "invalid-parameter"),
        (namespace("/jobs/-1"), 400, "invalid-parameter"),
        (namespace("/jobs/99999999999999999999999"), 400, "invalid-parameter"),
        (namespace("/jobs?limit=many"), 400, r#""parameter":"limit""#),
        (namespace("/jobs?status=asleep"), 400, r#""parameter":"status""#),
        (namespace("/jobs?after=1&after=2"), 400, "given more than once"),
        (namespace("/jobs?staus=running"), 400, r#""parameter":"staus""#),
        (namespace("/slots?hosts=web1%2Cweb%5B"), 400, r#""offset":"#),
        (namespace("/hosts/web%20one"), 400, r#""parameter":"host""#),
        (namespace("/events?after=yesterday"), 400, r#""parameter":"after""#),
        (
            namespace("/jobs/1/attempts/1/output/../../../../etc/passwd"),
            404,
            "no-such-path",
        ),
        (
            namespace("/jobs/1/attempts/1/output/..%2F..%2Fetc"),
            400,
            r#""parameter":"stream""#,
        ),
        (
            namespace("/jobs/1/attempts/1/output/stdout?from=5&to=4"),
            400,
            r#""parameter":"to""#,
        ),
        (
            namespace("/jobs/1/attempts/1/output/stdout?from=-1"),
            400,
            r#""parameter":"from""#,
        ),
        (request("POST", ORDERS, "{"), 400, r#""line":1,"column":1"#),
        (
            request("POST", ORDERS, "{\n \"order\": {\"dance\": {}}}"),
            400,
            r#""line":2"#,
        ),
        (
            request("POST", ORDERS, r#"{"order":{"freeze":{"hosts":"web["}}}"#),
            400,
            "invalid-body",
        ),
        (request("POST", ORDERS, &"[".repeat(100_000)), 400, "invalid-body"),
        (
            format!("POST {ORDERS} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{{}}"),
            415,
            "wrong-media-type",
        ),
        (
            format!("POST {ORDERS} HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}"),
            415,
            "wrong-media-type",
        ),
    ];
    for (text, expected, words) in cases {
        let answer = exchange(&served.path, text.as_bytes()).await;
        let (status, media_type, body) = parts(&answer);
        assert_eq!(
            (status, media_type.as_str()),
            (expected, "application/problem+json"),
            "{text:.200}\n{answer}"
        );
        assert!(body.contains(words), "{text:.200}\n{answer}");
    }
    assert_eq!(served.namespace().status().await.unwrap().running, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_http_harms_nobody() {
    let served = Served::new().await;
    let long_header = format!("GET /v1 HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let many_headers = format!("GET /v1 HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    let inputs: [&[u8]; 7] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/namespaces/default/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/namespaces/default/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
          Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
    ];
    for input in inputs {
        let answer = exchange(&served.path, input).await;
        assert!(answer.is_empty() || answer.contains(" 4"), "{answer}");
    }
    served.client.about().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_not_received() {
    let limits = Limits::new().body(1_000);
    let served = Setup {
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    // Nothing of it is sent: what is announced is enough.
    let announced = format!("POST {ORDERS} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n");
    let chunks = format!("3e8\r\n{}\r\n", " ".repeat(1_000)).repeat(2);
    let chunked = format!(
        "POST {ORDERS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    );
    for text in [announced, chunked] {
        let answer = exchange(&served.path, text.as_bytes()).await;
        assert_eq!(parts(&answer).0, 413, "{answer}");
        assert!(answer.contains("body-too-large"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits::new().body_time(Duration::from_millis(20));
    let served = Setup {
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    let text = format!("POST {ORDERS} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{");
    let answer = exchange(&served.path, text.as_bytes()).await;
    assert_eq!(parts(&answer).0, 408, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_wait_for_the_memory_of_others() {
    let limits = Limits::new()
        .body(2_048)
        .bodies(2_048)
        .body_time(Duration::from_secs(600));
    let served = Setup {
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    let head = format!("POST {ORDERS} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2048\r\n\r\n");
    let mut holds_all = UnixStream::connect(&served.path).await.unwrap();
    holds_all.write_all(head.as_bytes()).await.unwrap();
    let text = request("POST", ORDERS, r#"{"order":{"thaw":{"hosts":"*"}}}"#);
    let path = served.path.clone();
    let waits = tokio::spawn(async move { exchange(&path, text.as_bytes()).await });
    // Whichever comes first, it is answered when the other has left.
    served.client.about().await.unwrap();
    drop(holds_all);
    let answer = waits.await.unwrap();
    assert_eq!(parts(&answer).0, 409, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_ask_nothing_give_way() {
    let options = ServeOptions::new()
        .connections(2)
        .header_time(Duration::from_millis(50));
    let served = Setup {
        options,
        ..Setup::default()
    }
    .serve()
    .await;
    let mut silent = vec![];
    for _ in 0..5 {
        silent.push(UnixStream::connect(&served.path).await.unwrap());
    }
    let mut halves = UnixStream::connect(&served.path).await.unwrap();
    halves.write_all(b"GET /v1 HTTP/1.1\r\nHo").await.unwrap();
    served.client.about().await.unwrap();
    for mut stream in silent {
        let mut answer = vec![];
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_is_answered() {
    let served = Served::new().await;
    let mut curl = tokio::process::Command::new("curl");
    curl.arg("--silent")
        .arg("--unix-socket")
        .arg(&served.path)
        .arg("http://localhost/v1/namespaces");
    let Ok(output) = curl.output().await else { return };
    assert_eq!(output.stdout, br#"{"version":1,"namespaces":[{"name":"default"}]}"#);
}
