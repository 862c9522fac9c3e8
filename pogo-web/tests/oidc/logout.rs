//! Logging out at the provider too.

use serde_json::{Value, json};

use crate::provider::{CLIENT, Provider};
use crate::served::{Answer, Browser, Served, company};

/// Logs in and out; what the server answers.
async fn in_and_out(served: &Served) -> Answer {
    let mut browser = Browser::default();
    let answer = browser.log_in(served).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let out = browser.ask(served.address, "POST", "/logout", "").await;
    assert_eq!((out.status, browser.cookies.len()), (200, 0), "{out:?}");
    assert_eq!(out.header("cache-control"), Some("no-store"));
    out
}

/// Where the browser is led to.
fn end_session(answer: &Answer) -> Option<String> {
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&document["version"], &document["answer"]), (&json!(1), &json!("done")));
    document.get("end_session").map(|url| url.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn whoever_logs_out_logs_out_at_the_provider_too_and_comes_back() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    let out = in_and_out(&served).await;
    let url = end_session(&out).unwrap();
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(format!("http://{address}"), provider.issuer());
    let (path, query) = path.split_once('?').unwrap();
    let asked: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let token = provider.inner.given.lock().unwrap()[0].clone();
    let home = format!("http://{}/page/", served.address);
    let wanted = [
        ("id_token_hint", token.as_str()),
        ("client_id", CLIENT),
        ("post_logout_redirect_uri", home.as_str()),
    ];
    assert_eq!(path, "logout");
    assert!(
        asked
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .eq(wanted),
        "{asked:?}"
    );

    let led = Browser::default()
        .get(address.parse().unwrap(), &format!("/{path}?{query}"))
        .await;
    assert_eq!((led.status, led.location()), (303, home.as_str()));
    assert!(!served.logged().contains(&token), "{}", served.logged());
    // Nobody is led there who was not logged in: a token of somebody else would come along.
    let again = Browser::default().ask(served.address, "POST", "/logout", "").await;
    assert_eq!(end_session(&again), None);
}

#[tokio::test]
async fn sessions_at_the_provider_go_on_where_it_has_no_page_for_that_or_that_is_wanted() {
    let provider = Provider::start().await;
    let kept = Served::by(company(&provider).keep_session()).await;
    assert_eq!(end_session(&in_and_out(&kept).await), None);
    provider.says("end_session_endpoint", Value::Null);
    let without = Served::by(company(&provider)).await;
    assert_eq!(end_session(&in_and_out(&without).await), None);
}

#[tokio::test]
async fn a_token_that_is_too_long_for_an_address_stays_here() {
    let provider = Provider::start().await;
    let many: Vec<String> = (0..1_000).map(|number| format!("group-{number}")).collect();
    provider.claim("roles", json!(many));
    let served = Served::by(company(&provider)).await;
    let url = end_session(&in_and_out(&served).await).unwrap();
    assert!(url.len() < 1_000 && !url.contains("id_token_hint"), "{url}");
}

#[tokio::test]
async fn no_token_goes_to_a_page_on_the_way_to_which_it_could_be_read() {
    let provider = Provider::start().await;
    provider.says("end_session_endpoint", json!("http://id.example.com/logout"));
    let served = Served::by(company(&provider)).await;
    let refused = Browser::default().get(served.address, "/login/company").await;
    assert_eq!(refused.status, 502, "{refused:?}");
    assert!(
        served.logged().contains("the page to log out at"),
        "{}",
        served.logged()
    );
}
