//! Who has logged in: what they may do, and until when.

use std::time::Duration;

use pogo_web::{OidcLogins, OidcProvider, SessionLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::provider::Provider;
use crate::served::{Browser, Served, company};

const PAUSE: &str = r#"{"reason":"a test","order":{"pause":{"job":1}}}"#;
/// It can be given again and again.
const NOTE: &str = r#"{"reason":"a test","order":{"note":{"job":1}}}"#;
const ORDERS: &str = "/v1/namespaces/default/orders";

#[tokio::test]
async fn whoever_logs_in_is_known_by_their_claim_orders_under_that_name_and_logs_out() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    served.job().await;
    let mut browser = Browser::default();
    let nobody = browser.get(served.address, "/v1/session").await;
    assert_eq!(nobody.status, 401, "{nobody:?}");
    let choices = browser.get(served.address, "/v1/logins").await;
    assert!(
        choices.body.contains(r#"{"name":"company","title":"Company"}"#),
        "{choices:?}"
    );

    let led = browser
        .get(served.address, "/login/company?to=%23/ns/default/jobs/1")
        .await;
    assert!(led.location().starts_with(provider.issuer()), "{led:?}");
    let back = crate::served::agree(led.location()).await;
    let answer = browser.get(served.address, &back).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "../../page/#/ns/default/jobs/1")
    );
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["pogo-session"]);

    let session = browser.get(served.address, "/v1/session").await;
    for said in [
        r#""name":"sso:alice""#,
        r#""token":"company""#,
        r#""login":"Company""#,
        "\"until\":",
    ] {
        assert!(session.body.contains(said), "{session:?}");
    }
    let paused = browser.ask(served.address, "POST", ORDERS, PAUSE).await;
    assert_eq!(paused.status, 200, "{paused:?}");
    let job = browser.get(served.address, "/v1/namespaces/default/jobs/1").await;
    assert!(job.body.contains("sso:alice"), "{job:?}");

    let copy = browser.clone();
    let out = browser.ask(served.address, "POST", "/logout", "").await;
    assert_eq!((out.status, browser.cookies.len()), (200, 0), "{out:?}");
    // Whoever has kept the cookie has nothing.
    let after = copy.clone().get(served.address, "/v1/session").await;
    assert!(after.status == 401 && after.body.contains("log in again"), "{after:?}");
    assert!(served.logged().contains("sso:alice"), "{}", served.logged());
}

#[tokio::test]
async fn a_server_that_was_restarted_says_that_the_login_has_ended() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    let mut browser = Browser::default();
    browser.log_in(&served).await;
    let begun = browser.until_sent_back(&served).await;
    let restarted = Served::by(company(&provider)).await;
    let asked = browser.get(restarted.address, "/v1/namespaces").await;
    assert!(
        asked.status == 401 && asked.body.contains("the server was restarted"),
        "{asked:?}"
    );
    let came_back = browser.get(restarted.address, &begun).await;
    assert!(
        came_back.status == 400 && came_back.body.contains("the server was restarted meanwhile"),
        "{came_back:?}"
    );
}

#[tokio::test]
async fn an_order_by_a_session_has_to_come_from_a_page_of_this_server() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    served.job().await;
    let mut browser = Browser::default();
    browser.log_in(&served).await;
    let own = format!("Origin: http://{}\r\n", served.address);
    for (headers, status) in [
        ("", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Sec-Fetch-Site: same-site\r\n", 403),
        ("Origin: https://evil.example.com\r\n", 403),
        ("Origin: null\r\n", 403),
        (own.as_str(), 200),
    ] {
        let answer = browser.ask_with(served.address, ("POST", ORDERS), headers, NOTE).await;
        assert_eq!(answer.status, status, "{headers}: {answer:?}");
    }
    let elsewhere = "Sec-Fetch-Site: cross-site\r\n";
    let out = browser
        .ask_with(served.address, ("POST", "/logout"), elsewhere, "")
        .await;
    assert_eq!(out.status, 403);
    assert_eq!(browser.get(served.address, "/v1/session").await.status, 200);
    // A token is no cookie: no browser sends it by itself.
    let token = "Authorization: Bearer q84711zw\r\n";
    let program = browser.ask_with(served.address, ("POST", ORDERS), token, NOTE).await;
    assert_eq!(program.status, 200, "{program:?}");
}

#[tokio::test]
async fn a_stream_ends_with_the_session_that_opened_it() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    served.job().await;
    let mut browser = Browser::default();
    browser.log_in(&served).await;
    let cookies = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<String>();
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let request = format!(
        "GET /v1/namespaces/default/events HTTP/1.0\r\nHost: {}\r\nCookie: {cookies}\r\n\r\n",
        served.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut read, mut bytes) = (String::new(), [0; 4096]);
    // Several checks pass as long as the session lasts.
    while read.matches("heartbeat").count() < 3 {
        let length = stream.read(&mut bytes).await.unwrap();
        assert!(length > 0, "it has ended: {read}");
        read.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    browser.ask(served.address, "POST", "/logout", "").await;
    stream.read_to_string(&mut read).await.unwrap();
    assert!(
        read.contains("event: problem") && read.contains("log in again"),
        "{read}"
    );
}

#[tokio::test]
async fn sessions_of_one_person_are_few() {
    let provider = Provider::start().await;
    let limits = SessionLimits::new().number(2, 10).lifetime(Duration::from_secs(60));
    let served = Served::with(company(&provider), limits, None).await;
    let mut browsers = vec![];
    for _ in 0..3 {
        let mut browser = Browser::default();
        let answer = browser.log_in(&served).await;
        assert!(
            answer.head.contains("Max-Age=60; HttpOnly; SameSite=Strict"),
            "{answer:?}"
        );
        browsers.push(browser);
    }
    let mut statuses = vec![];
    for browser in &mut browsers {
        statuses.push(browser.get(served.address, "/v1/session").await.status);
    }
    assert_eq!(statuses, [401, 200, 200]);
}

#[test]
fn what_could_be_read_on_the_way_is_refused_and_no_secret_is_shown() {
    for issuer in [
        "http://id.example.com",
        "ftp://id.example.com",
        "https://alice:hush@id.example.com",
        "https://id.example.com/?tenant=1",
        "id.example.com",
    ] {
        let refused = OidcProvider::new("company", issuer, "pogo").unwrap_err();
        assert!(!refused.to_string().contains("hush"), "{refused}");
    }
    for name in ["", "Company", "a/b", "a b"] {
        assert!(
            OidcProvider::new(name, "https://id.example.com", "pogo").is_err(),
            "{name}"
        );
    }
    let provider = OidcProvider::new("company", "https://id.example.com", "pogo").unwrap();
    let provider = provider.secret("hush-hush".to_owned());
    assert!(!format!("{provider:?}").contains("hush"));
    let limits = SessionLimits::new();
    assert!(OidcLogins::new("http://pogo.example.com", [provider.clone()], limits).is_err());
    assert!(OidcLogins::new("https://pogo.example.com", [provider.clone(), provider.clone()], limits).is_err());
    assert!(OidcLogins::new("https://pogo.example.com/tools", [provider], limits).is_ok());
}
