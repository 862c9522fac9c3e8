//! What pages of others, proxies and those who ask too much try.

use std::sync::Arc;
use std::time::Duration;

use pogo_web::{Identity, Limits, Tokens};

use crate::raw::{exchange, parts, request};
use crate::scenario::scenario;
use crate::served::{Served, Setup, private_directory};

const THAW: &str = r#"{"order":{"thaw":{"hosts":"*"}}}"#;

/// An order, with these lines in its head.
fn order(lines: &str) -> String {
    format!(
        "POST /v1/namespaces/default/orders HTTP/1.0\r\nHost: pogo.example.com\r\n\
         {lines}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{THAW}",
        THAW.len()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_servers_give_no_orders() {
    let served = Served::new().await;
    let refused = [
        "Origin: https://mallory.example.com\r\n",
        "Origin: https://pogo.example.com.mallory.example.com\r\n",
        "Origin: https://pogo.example.com:8443\r\n",
        "Origin: null\r\n",
        "Origin: \r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        // Another name of the same company is another server.
        "Sec-Fetch-Site: same-site\r\nOrigin: https://pogo.example.com\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: https://pogo.example.com\r\n",
        "Sec-Fetch-Site: same-origin, cross-site\r\n",
    ];
    for lines in refused {
        let answer = exchange(&served.path, order(lines).as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert!(status == 403 && body.contains("cross-origin"), "{lines}{answer}");
        assert!(!answer.to_lowercase().contains("access-control-allow"), "{answer}");
    }
    let taken = [
        "",
        "Origin: https://pogo.example.com\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://pogo.example.com\r\n",
        // A proxy in front has replaced the name of the host, and the browser knows better.
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://proxy.example.com\r\n",
        "Sec-Fetch-Site: none\r\n",
    ];
    for lines in taken {
        let answer = exchange(&served.path, order(lines).as_bytes()).await;
        assert_eq!(parts(&answer).0, 409, "nothing is frozen: {lines}{answer}");
    }
    // A form cannot have the type of an order, whatever it says of its origin.
    let form = order("").replace("application/json", "application/x-www-form-urlencoded");
    assert_eq!(parts(&exchange(&served.path, form.as_bytes()).await).0, 415);
    let asks_first = "OPTIONS /v1/namespaces/default/orders HTTP/1.0\r\nOrigin: https://mallory.example.com\r\n\
        Access-Control-Request-Method: POST\r\n\r\n";
    let answer = exchange(&served.path, asks_first.as_bytes()).await;
    assert!(
        parts(&answer).0 == 405 && !answer.to_lowercase().contains("access-control-allow"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_header_says_makes_somebody_another() {
    let tokens = Tokens::new().identity("q84711zw", Identity::new(pogo_core::scheduler::Actor::new("alice")));
    let served = Setup {
        authenticator: Arc::new(tokens),
        ..Setup::default()
    }
    .serve()
    .await;
    let forged = "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n\
        X-Forwarded-User: root\r\nX-Remote-User: root\r\nRemote-User: root\r\nX-User: root\r\n\
        X-Forwarded-Host: mallory.example.com\r\nX-Original-URL: /healthz\r\nX-HTTP-Method-Override: GET\r\n";
    let answer = exchange(&served.path, order(forged).as_bytes()).await;
    assert_eq!(parts(&answer).0, 401, "{answer}");
    let freeze = r#"{"order":{"freeze":{"hosts":"*"}}}"#;
    let text = order(&format!("{forged}Authorization: Bearer q84711zw\r\n"))
        .replace(
            &format!("Content-Length: {}", THAW.len()),
            &format!("Content-Length: {}", freeze.len()),
        )
        .replace(THAW, freeze);
    let answer = exchange(&served.path, text.as_bytes()).await;
    assert_eq!(parts(&answer).0, 200, "{answer}");
    let records = served.records().await;
    let actors: Vec<String> = records
        .iter()
        .filter_map(|record| {
            serde_json::to_value(record).ok()?["actor"]["name"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(actors, ["alice"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_tells_browsers_that_it_is_no_page() {
    let served = Served::new().await;
    for path in ["/healthz", "/v1", "/nowhere", "/v1/namespaces/default/jobs/9"] {
        let answer = exchange(&served.path, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await;
        for line in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(answer.contains(line), "{path} lacks {line}\n{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_so_and_others_are_answered() {
    let tokens = ["alice", "bob"].map(|name| (name, Identity::new(pogo_core::scheduler::Actor::new(name))));
    let tokens = tokens.into_iter().fold(Tokens::new(), |tokens, (name, identity)| {
        tokens.identity(name, identity)
    });
    let limits = Limits::new().rate(3, Duration::from_secs(36_000));
    let served = Setup {
        authenticator: Arc::new(tokens),
        limits,
        ..Setup::default()
    }
    .serve()
    .await;
    let ask = async |name: &str| {
        let text = format!("GET /v1 HTTP/1.0\r\nAuthorization: Bearer {name}\r\n\r\n");
        parts(&exchange(&served.path, text.as_bytes()).await)
    };
    for _ in 0..3 {
        assert_eq!(ask("alice").await.0, 200);
    }
    let (status, _, body) = ask("alice").await;
    assert!(status == 429 && body.contains("too-many-requests"), "{body}");
    // Whoever is not known takes nothing from anybody.
    assert_eq!(ask("mallory").await.0, 401);
    assert_eq!(ask("bob").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_of_output_reaches_no_other_file_job_or_attempt() {
    let directory = private_directory();
    let served = scenario(Setup::default(), &directory.path().join("pogo.sock")).await;
    let output = "/v1/namespaces/default/jobs/1/attempts/7/output/stderr";
    let whole = exchange(&served.path, request("GET", output, "").as_bytes()).await;
    // It is not UTF-8, and so in Base64.
    assert!(whole.contains("Y2Fubm90"), "{whole}");
    for path in [
        output.replace("stderr", "..%2F..%2F..%2Fowner"),
        output.replace("stderr", "%2Fetc%2Fpasswd"),
        output.replace("stderr", "stderr%00"),
        output.replace("/7/", "/..%2F7/"),
        output.replace("/7/", "/-7/"),
        output.replace("/7/", "/18446744073709551616/"),
        output.replace("/1/", "/1%2F..%2F1/"),
        output.replace("default", "..%2Fdefault"),
        format!("{output}?from=-1"),
        format!("{output}?from=18446744073709551616"),
        format!("{output}?from=0x7"),
        format!("{output}?from=1&from=2"),
        format!("{output}?path=/etc/passwd"),
    ] {
        let answer = exchange(&served.path, request("GET", &path, "").as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert!((400..500).contains(&status), "{path}\n{answer}");
        assert!(!body.contains("root:") && !body.contains("pieces"), "{path}\n{answer}");
    }
    // What is beyond the end, or ends before it begins, is nothing; that of another job has nothing of this one.
    for path in [
        format!("{output}?from=18446744073709551615"),
        format!("{output}?from=9&to=2"),
        output.replace("jobs/1/", "jobs/2/"),
    ] {
        let answer = exchange(&served.path, request("GET", &path, "").as_bytes()).await;
        let (status, _, body) = parts(&answer);
        assert!(status < 500 && !body.contains("base64"), "{path}\n{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_for_more_hosts_than_anybody_has_is_refused_before_it_takes_memory() {
    let served = Served::new().await;
    served.configure().await;
    for hosts in [
        "web[1-18446744073709551615]".to_owned(),
        "web[0-99999][0-99999]".to_owned(),
        format!("{}web1{}", "(".repeat(100_000), ")".repeat(100_000)),
        "!".repeat(200_000) + "web1",
    ] {
        let spec = format!(r#"{{"targets":"{hosts}","command":{{"shell":"true"}}}}"#);
        let submit = format!(r#"{{"order":{{"submit":{{"spec":{spec}}}}}}}"#);
        for path in ["orders", "preview"] {
            let path = format!("/v1/namespaces/default/{path}");
            let answer = exchange(&served.path, request("POST", &path, &submit).as_bytes()).await;
            let (status, _, _) = parts(&answer);
            let head: String = answer.chars().take(400).collect();
            assert!((400..500).contains(&status), "{hosts:.40}: {head}");
        }
    }
    assert_eq!(
        parts(&exchange(&served.path, request("GET", "/v1", "").as_bytes()).await).0,
        200
    );
}
