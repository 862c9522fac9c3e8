//! Logins that are not right.

use serde_json::{Value, json};

use crate::provider::{CLIENT, Provider, SECRET, now};
use crate::served::{Answer, Browser, Served, company};
use crate::signer::{Signer, b64, sign_shared};

/// Nobody has logged in, and a page says so in words that have nothing of what was sent.
async fn is_refused(browser: &mut Browser, served: &Served, answer: &Answer, words: &str) {
    assert!((400..=503).contains(&answer.status), "{words}: {answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{answer:?}"
    );
    assert!(answer.body.contains(words), "{words}: {answer:?}");
    assert!(
        !answer.body.contains("<script") && !answer.body.contains("code-"),
        "{answer:?}"
    );
    assert!(!browser.cookies.contains_key("pogo-session"), "{words}");
    let session = browser.get(served.address, "/v1/session").await;
    assert_eq!(session.status, 401, "{words}");
}

/// One part of an address in place of another.
fn with(path: &str, name: &str, value: &str) -> String {
    let (before, query) = path.split_once('?').unwrap();
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((found, _)) if found == name => format!("{name}={value}"),
        _ => part.to_owned(),
    });
    format!("{before}?{}", parts.collect::<Vec<_>>().join("&"))
}

#[tokio::test]
async fn a_code_that_is_forged_or_replayed_lets_nobody_in() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    let mut browser = Browser::default();
    let back = browser.until_sent_back(&served).await;
    let forged = browser.get(served.address, &with(&back, "code", "code-99")).await;
    is_refused(&mut browser, &served, &forged, "does not take the code").await;

    let mut browser = Browser::default();
    let back = browser.until_sent_back(&served).await;
    let kept = browser.clone();
    assert_eq!(browser.get(served.address, &back).await.status, 303);
    // Somebody who has read the address, and somebody who has the cookie of the login too.
    let mut stranger = Browser::default();
    let replayed = stranger.get(served.address, &back).await;
    is_refused(&mut stranger, &served, &replayed, "not begun in this browser").await;
    let mut copy = kept;
    let replayed = copy.get(served.address, &back).await;
    is_refused(&mut copy, &served, &replayed, "has been used already").await;
    assert!(!served.logged().contains("code-"), "{}", served.logged());
    assert!(!served.logged().contains(SECRET), "{}", served.logged());
}

#[tokio::test]
async fn a_code_of_somebody_else_logs_nobody_in_as_them() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    let (mut mallory, mut alice) = (Browser::default(), Browser::default());
    let of_mallory = mallory.until_sent_back(&served).await;
    let of_alice = alice.until_sent_back(&served).await;
    // The link that Mallory sends Alice, so that she works in Mallory's name.
    let sent = alice.get(served.address, &of_mallory).await;
    is_refused(&mut alice, &served, &sent, "not the answer to the login").await;
    // Alice's code within Mallory's login: the proof of PKCE is another.
    let code = of_alice
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let injected = mallory.get(served.address, &with(&of_mallory, "code", &code)).await;
    is_refused(&mut mallory, &served, &injected, "does not take the code").await;
}

#[tokio::test]
async fn a_state_that_is_wrong_or_missing_lets_nobody_in() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    for state in ["", "guessed"] {
        let mut browser = Browser::default();
        let back = browser.until_sent_back(&served).await;
        let answer = browser.get(served.address, &with(&back, "state", state)).await;
        is_refused(&mut browser, &served, &answer, "not the answer to the login").await;
    }
    let mut browser = Browser::default();
    let back = browser.until_sent_back(&served).await;
    let other = format!("{back}&iss=https%3A%2F%2Felsewhere.example.com");
    let answer = browser.get(served.address, &other).await;
    is_refused(&mut browser, &served, &answer, "not the answer to the login").await;
}

#[tokio::test]
async fn a_token_that_is_not_for_this_login_lets_nobody_in() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("wiki")),
        ("aud", json!([CLIENT, "wiki"])),
        ("iss", json!("https://elsewhere.example.com")),
        ("exp", json!(now() - 60)),
        ("exp", Value::Null),
    ] {
        provider.claim(claim, value.clone());
        let mut browser = Browser::default();
        let answer = browser.log_in(&served).await;
        is_refused(&mut browser, &served, &answer, "is not good for this login").await;
    }
    provider.claim("preferred_username", json!("\u{202e}alice"));
    let mut browser = Browser::default();
    let answer = browser.log_in(&served).await;
    is_refused(&mut browser, &served, &answer, "does not let you in").await;
    provider.is_honest_again();
    assert_eq!(Browser::default().log_in(&served).await.status, 303);
}

#[tokio::test]
async fn an_algorithm_that_is_confused_and_a_key_that_is_not_the_providers_let_nobody_in() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    let unsigned = |claims: &Value, alg: &str| {
        let header = json!({"alg": alg, "typ": "JWT"});
        format!(
            "{}.{}.",
            b64(header.to_string().as_bytes()),
            b64(claims.to_string().as_bytes())
        )
    };
    type Forgery = Box<dyn Fn(&Signer, Value) -> String + Send + Sync>;
    let forgeries: [(&str, Forgery); 6] = [
        ("none", Box::new(move |_, claims| unsigned(&claims, "none"))),
        ("None", Box::new(move |_, claims| unsigned(&claims, "None"))),
        // The public key and the client's secret as secrets of HMAC.
        (
            "HS256 by the key",
            Box::new(|signer, claims| sign_shared(("k1", 256, signer.jwk().to_string().as_bytes()), &claims)),
        ),
        (
            "HS256 by the secret",
            Box::new(|_, claims| sign_shared(("k1", 256, SECRET.as_bytes()), &claims)),
        ),
        ("another key", Box::new(|_, claims| Signer::ec("k1").sign(&claims))),
        (
            "a key that it brings along",
            Box::new(|_, claims| {
                let other = Signer::ec("k1");
                let header = json!({"alg": "ES256", "kid": "k1", "jwk": other.jwk()});
                other.sign_with(&header, &claims)
            }),
        ),
    ];
    for (what, forgery) in forgeries {
        provider.forge(forgery);
        let mut browser = Browser::default();
        let answer = browser.log_in(&served).await;
        is_refused(&mut browser, &served, &answer, "is not good for this login").await;
        assert!(!served.logged().contains("eyJ"), "{what}: {}", served.logged());
    }
}

#[tokio::test]
async fn a_provider_that_refuses_is_said_in_words_and_what_it_writes_is_no_markup() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    for (error, words) in [
        ("access_denied", "has not logged you in: access_denied."),
        (
            "%3Cscript%3Ealert(1)%3C/script%3E",
            "The provider has not logged you in.",
        ),
    ] {
        let mut browser = Browser::default();
        let back = browser.until_sent_back(&served).await;
        let refused = format!(
            "{}&error={error}&error_description=%3Cb%3Ecall+555",
            with(&back, "code", "")
        );
        let answer = browser.get(served.address, &refused).await;
        is_refused(&mut browser, &served, &answer, words).await;
        assert!(
            !answer.body.contains("555") && !answer.body.contains("<b>"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn nobody_is_led_elsewhere_after_a_login() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    for to in [
        "https://evil.example.com",
        "//evil.example.com",
        "%23/%0d%0aSet-Cookie:x=y",
        "..%2f..%2f",
        "%23%5c",
    ] {
        let mut browser = Browser::default();
        let led = browser.get(served.address, &format!("/login/company?to={to}")).await;
        let back = crate::served::agree(led.location()).await;
        let answer = browser.get(served.address, &back).await;
        assert_eq!((answer.status, answer.location()), (303, "../../page/"), "{to}");
    }
}

#[tokio::test]
async fn a_provider_that_says_what_it_must_not_is_not_used() {
    let provider = Provider::start().await;
    let said = |issuer: &str, token: &str| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": token,
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    };
    let ours = provider.issuer().to_owned();
    for lie in [
        said("https://elsewhere.example.com", "https://elsewhere.example.com/token"),
        said(&ours, "http://elsewhere.example.com/token"),
    ] {
        *provider.inner.discovery.lock().unwrap() = Some(lie);
        let served = Served::by(company(&provider)).await;
        let mut browser = Browser::default();
        let answer = browser.get(served.address, "/login/company").await;
        is_refused(&mut browser, &served, &answer, "cannot be asked at this moment").await;
        assert!(answer.body.contains("href=\"../page/\""), "{answer:?}");
    }
}

#[tokio::test]
async fn keys_that_are_changed_are_learned_and_nobody_makes_this_server_ask_all_the_time() {
    let provider = Provider::start().await;
    let served = Served::by(company(&provider)).await;
    assert_eq!(Browser::default().log_in(&served).await.status, 303);
    *provider.inner.signer.lock().unwrap() = Signer::ec("k2");
    assert_eq!(Browser::default().log_in(&served).await.status, 303);
    // It is not asked more than once in ten seconds, whoever wants it.
    *provider.inner.signer.lock().unwrap() = Signer::ec("k3");
    let mut browser = Browser::default();
    let answer = browser.log_in(&served).await;
    is_refused(&mut browser, &served, &answer, "is not good for this login").await;
}
