//! What a server says of the requests that it answers.

use std::path::Path;
use std::sync::{Arc, Mutex};

use pogo_core::dispatcher::Dispatcher;
use pogo_core::scheduler::Actor;
use pogo_core::testing::TestTransport;
use pogo_web::unix::{Access, ServeOptions, Socket, serve};
use pogo_web::{AnsweredRequest, RequestLog, RouterState, ServedNamespace, Tokens, router};

use crate::raw::exchange;
use crate::served::private_directory;

/// A line for each request.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl RequestLog for Lines {
    fn answered(&self, request: &AnsweredRequest<'_>) {
        let (who, route) = (request.actor.map(Actor::to_string), request.route);
        let (who, route) = (who.unwrap_or_default(), route.unwrap_or("-"));
        let line = format!(
            "{} {} {route} {} {who}",
            request.id,
            request.method,
            request.status.as_u16()
        );
        self.0.lock().unwrap().push(line);
    }
}

/// The answer to a request with these lines in its head.
async fn ask(path: &Path, line: &str, headers: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    exchange(path, request.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_has_a_line_and_an_id_and_no_line_has_a_secret() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let transport = Arc::new(TestTransport::new(|_| pogo_core::testing::TestBehavior::Succeed));
    let (dispatcher, handle) = Dispatcher::builder(transport).build().await.unwrap();
    tokio::spawn(async move { drop(dispatcher.run().await) });
    let lines = Arc::new(Lines::default());
    let tokens = Tokens::new().token("q84711zw", Actor::new("alice").with_token("laptop"));
    let state = RouterState::builder(Arc::new(tokens))
        .namespace("default".parse().unwrap(), ServedNamespace::new(handle))
        .request_log(Arc::clone(&lines) as _);
    let socket = Socket::bind(&path, Access::Personal).unwrap();
    let answers = router(state.build());
    tokio::spawn(serve(socket, answers, ServeOptions::new(), std::future::pending()));
    let token = "Authorization: Bearer q84711zw\r\n";
    let known = format!("{token}X-Request-Id: proxy-17\r\n");
    let answer = ask(&path, "GET /v1/namespaces/default/jobs?user=hush", &known).await;
    assert!(answer.contains("x-request-id: proxy-17\r\n"), "{answer}");
    let forged = format!("{token}X-Request-Id: \"}},{{\r\n");
    let answer = ask(&path, "GET /v1/namespaces/hush/jobs", &forged).await;
    assert!(
        answer.starts_with("HTTP/1.1 404") && !answer.contains("},{"),
        "{answer}"
    );
    ask(&path, "GET /v1/session?token=hush", "Authorization: Bearer hush\r\n").await;
    ask(&path, "GET /hush", token).await;
    ask(&path, "GET /healthz", "").await;
    let lines = lines.0.lock().unwrap();
    let rest = |line: &String| line.split_once(' ').unwrap().1.to_owned();
    let found: Vec<String> = lines.iter().map(rest).collect();
    assert_eq!(
        found,
        [
            "GET /v1/namespaces/{namespace}/jobs 200 alice (token laptop)",
            "GET /v1/namespaces/{namespace}/jobs 404 alice (token laptop)",
            "GET /v1/session 401 ",
            "GET - 404 ",
            "GET /healthz 200 ",
        ]
    );
    assert!(lines[0].starts_with("proxy-17 "), "{lines:?}");
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("hush") || line.contains("q84711zw"))
    );
}
