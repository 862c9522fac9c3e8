//! Every route with what it answers, as it stands in `tests/golden`. `POGO_BLESS=1` writes these files anew.

use std::path::{Path, PathBuf};
use std::{env, fs};

use pogo_core::scheduler::{JobId, Order, RequestId};
use pogo_web::{Limits, routes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::raw::{exchange, parts, request};
use crate::scenario::scenario;
use crate::served::{Setup, private_directory};

/// A request, the route that it is for, and the file that has the answer.
struct Case {
    route: &'static str,
    file: &'static str,
    path: &'static str,
    body: &'static str,
}

const fn ask(route: &'static str, file: &'static str, path: &'static str) -> Case {
    let body = "";
    Case {
        route,
        file,
        path,
        body,
    }
}

const fn order(file: &'static str, body: &'static str) -> Case {
    let (route, path) = (
        "POST /v1/namespaces/{namespace}/orders",
        "/v1/namespaces/default/orders",
    );
    Case {
        route,
        file,
        path,
        body,
    }
}

const INPUTS: Case = Case {
    route: "POST /v1/namespaces/{namespace}/inputs",
    file: "inputs-refused",
    path: "/v1/namespaces/default/inputs",
    body: r#"{"version":1,"name":"deploy.sh","base64":"bHM="}"#,
};

const SECRETS: Case = Case {
    route: "POST /v1/namespaces/{namespace}/secrets",
    file: "secrets-refused",
    path: "/v1/namespaces/default/secrets",
    body: r#"{"version":1,"id":"7c1e","password":"hush"}"#,
};

const ANSWER: Case = Case {
    route: "POST /v1/namespaces/{namespace}/answers",
    file: "answer-refused",
    path: "/v1/namespaces/default/answers",
    body: r#"{"version":1,"id":0,"answer":"hush"}"#,
};

/// In this order. Orders come last, since they change what is asked.
const CASES: &[Case] = &[
    SECRETS,
    INPUTS,
    ANSWER,
    ask("GET /healthz", "healthz", "/healthz"),
    ask("GET /readyz", "readyz", "/readyz"),
    ask("GET /metrics", "metrics", "/metrics"),
    ask("GET /v1", "about", "/v1"),
    ask("GET /v1/logins", "logins", "/v1/logins"),
    ask("GET /v1/session", "session", "/v1/session"),
    ask("GET /login/{login}", "login-unknown", "/login/company"),
    ask(
        "GET /login/{login}/callback",
        "callback-unknown",
        "/login/company/callback?state=x&code=y",
    ),
    Case {
        route: "POST /logout",
        file: "logout",
        path: "/logout",
        body: "",
    },
    ask("GET /v1/namespaces", "namespaces", "/v1/namespaces"),
    ask("GET /v1/namespaces/{namespace}", "namespace", "/v1/namespaces/default"),
    ask(
        "GET /v1/namespaces/{namespace}",
        "unknown-namespace",
        "/v1/namespaces/other",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/status",
        "status",
        "/v1/namespaces/default/status",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/configuration",
        "configuration",
        "/v1/namespaces/default/configuration",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs",
        "jobs",
        "/v1/namespaces/default/jobs?status=running,blocked&user=alice&limit=10",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs",
        "unknown-parameter",
        "/v1/namespaces/default/jobs?state=running",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}",
        "job",
        "/v1/namespaces/default/jobs/2",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}",
        "unknown-job",
        "/v1/namespaces/default/jobs/job-9",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}",
        "retired-job",
        "/v1/namespaces/default/jobs/1",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/wait",
        "wait",
        "/v1/namespaces/default/jobs/2/wait",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/hosts",
        "hosts",
        "/v1/namespaces/default/jobs/2/hosts?state=running&state=waiting&hosts=%24web",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/hosts",
        "invalid-selector",
        "/v1/namespaces/default/jobs/2/hosts?hosts=web1%2Cweb%5B1-",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/events",
        "job-events",
        "/v1/namespaces/default/jobs/1/events?after=2&limit=5",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/events",
        "job-events-of-host",
        "/v1/namespaces/default/jobs/1/events?host=web2&after=8",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/hosts/{host}/explain",
        "explain",
        "/v1/namespaces/default/jobs/2/hosts/web4/explain",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/hosts/{host}/reasons",
        "reasons",
        "/v1/namespaces/default/jobs/2/hosts/web4/reasons",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/overview",
        "overview",
        "/v1/namespaces/default/jobs/1/overview",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/overview",
        "unknown-overview",
        "/v1/namespaces/default/jobs/9/overview",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/bars",
        "bars",
        "/v1/namespaces/default/jobs/1/bars?px=100",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/bars",
        "invalid-rows",
        "/v1/namespaces/default/jobs/1/bars?rows=5-2",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/output",
        "job-output",
        "/v1/namespaces/default/jobs/1/output?attempts=7,8",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/jobs/{job}/attempts/{attempt}/output/{stream}",
        "output",
        "/v1/namespaces/default/jobs/1/attempts/7/output/stderr?from=7",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/hosts/{host}",
        "host",
        "/v1/namespaces/default/hosts/web2",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/hosts/{host}",
        "unknown-host",
        "/v1/namespaces/default/hosts/web9",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/attempts",
        "attempts",
        "/v1/namespaces/default/attempts?job=2",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/slots",
        "slots",
        "/v1/namespaces/default/slots?hosts=web4",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/holds",
        "holds",
        "/v1/namespaces/default/holds?owner=bob",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/history",
        "history",
        "/v1/namespaces/default/history?by=alice&on=%24web&limit=1",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/history",
        "history-unknown-parameter",
        "/v1/namespaces/default/history?user=alice",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/touched",
        "touched",
        "/v1/namespaces/default/touched?hosts=%24web&from=1699999999000&to=1700000001000",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/touched",
        "touched-without-from",
        "/v1/namespaces/default/touched?hosts=%24web",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/records",
        "records",
        "/v1/namespaces/default/records?after=2&limit=4",
    ),
    ask(
        "GET /v1/namespaces/{namespace}/records",
        "records-invalid",
        "/v1/namespaces/default/records?after=two",
    ),
    order(
        "order",
        r#"{"request":"a1","reason":"wait for Bob","order":{"pause":{"job":2}}}"#,
    ),
    order(
        "order-again",
        r#"{"request":"a1","reason":"wait for Bob","order":{"pause":{"job":2}}}"#,
    ),
    order(
        "order-submit",
        r#"{"request":"a2","order":{"submit":{"spec":{"targets":"web1","command":{"shell":"uptime"}}}}}"#,
    ),
    Case {
        route: "POST /v1/namespaces/{namespace}/preview",
        file: "preview",
        path: "/v1/namespaces/default/preview",
        body: r#"{"order":{"retry":{"job":1,"hosts":["web2"]}}}"#,
    },
    Case {
        route: "POST /v1/namespaces/{namespace}/preview",
        file: "preview-refused",
        path: "/v1/namespaces/default/preview",
        body: r#"{"order":{"promote":{"job":2}}}"#,
    },
    Case {
        route: "POST /v1/namespaces/{namespace}/plan",
        file: "plan",
        path: "/v1/namespaces/default/plan",
        body: r#"{"job":{"targets":"web1","command":{"shell":"true"}},"what_if":{"runs":3,"task_time":30000}}"#,
    },
    Case {
        route: "POST /v1/namespaces/{namespace}/plan",
        file: "plan-refused",
        path: "/v1/namespaces/default/plan",
        body: r#"{"job":{"targets":"$nothing","command":{"shell":"true"}}}"#,
    },
    order("order-refused", r#"{"order":{"promote":{"job":2}}}"#),
    order(
        "order-of-another",
        r#"{"actor":{"name":"mallory"},"order":{"abort":{"job":2}}}"#,
    ),
    order("order-unreadable", "{\"order\":\n {\"pause\":{\"job\":\"two\"}}}"),
];

/// The routes of the stream and of the description, which have cases of their own.
const ELSEWHERE: [&str; 2] = ["GET /v1/namespaces/{namespace}/events", "GET /v1/openapi.json"];

#[test]
fn every_route_has_a_case() {
    let covered = |route: &str| ELSEWHERE.contains(&route) || CASES.iter().any(|case| case.route == route);
    let missing: Vec<String> = routes()
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .filter(|route| !covered(route))
        .collect();
    assert!(missing.is_empty(), "add a case for each of {missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_the_golden_one() {
    let directory = private_directory();
    // A job that is under way is told to be asked for again at once.
    let limits = Limits::new().wait_time(std::time::Duration::ZERO);
    let setup = Setup {
        limits,
        ..Setup::default()
    };
    let served = scenario(setup, &directory.path().join("pogo.sock")).await;
    for case in CASES {
        let method = case.route.split(' ').next().unwrap();
        let answer = exchange(&served.path, request(method, case.path, case.body).as_bytes()).await;
        let (status, media_type, body) = parts(&answer);
        let body = body.replace(&format!("\"process\":{}", std::process::id()), "\"process\":4711");
        let sent = if case.body.is_empty() {
            String::new()
        } else {
            format!("{}\n", case.body)
        };
        compare(
            case.file,
            &format!(
                "{method} {}\n{sent}\n{status} {media_type}\n{}\n",
                case.path,
                body.trim_end()
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_the_golden_one() {
    let directory = private_directory();
    let mut served = scenario(Setup::default(), &directory.path().join("pogo.sock")).await;
    let mut stream = UnixStream::connect(&served.path).await.unwrap();
    let path = "/v1/namespaces/default/events?job=2";
    stream.write_all(request("GET", path, "").as_bytes()).await.unwrap();
    let mut answer = String::new();
    read_until(&mut stream, &mut answer, "\"job\"").await;
    let pause = Order::Pause { job: JobId::new(2) };
    served
        .namespace()
        .execute(pause.because("wait for Bob").as_request(RequestId::new("a1").unwrap()))
        .await
        .unwrap();
    read_until(&mut stream, &mut answer, "job_paused").await;
    served.begin_to_close();
    stream.read_to_string(&mut answer).await.unwrap();
    let (status, media_type, body) = parts(&answer);
    compare("events", &format!("GET {path}\n\n{status} {media_type}\n{body}"));
}

async fn read_until(stream: &mut UnixStream, answer: &mut String, text: &str) {
    while !(answer.contains(text) && answer.ends_with("\n\n")) {
        let mut bytes = [0; 65_536];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the stream ended after {answer}");
        answer.push_str(str::from_utf8(&bytes[..read]).unwrap());
    }
}

fn compare(name: &str, found: &str) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.http"));
    if env::var_os("POGO_BLESS").is_some() {
        fs::write(&file, found).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(
        found, golden,
        "{name} differs; if that is meant, POGO_BLESS=1 writes it"
    );
}
