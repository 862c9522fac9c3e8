//! A provider on a loopback address: discovery, keys, the page to log in at, and the exchange of codes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use base64ct::{Base64, Encoding};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::signer::{Signer, b64};

/// What the server has with the provider.
pub(crate) const CLIENT: &str = "pogo";
pub(crate) const SECRET: &str = "hush-hush";

/// Changes the claims of tokens, or makes another token of them.
pub(crate) type Forge = Arc<dyn Fn(&Signer, Value) -> String + Send + Sync>;

/// What was asked of the page to log in at, by code.
struct Asked {
    challenge: String,
    nonce: String,
    redirect: String,
}

pub(crate) struct Inner {
    pub(crate) issuer: String,
    pub(crate) signer: Mutex<Signer>,
    asked: Mutex<HashMap<String, Asked>>,
    pub(crate) forge: Mutex<Option<Forge>>,
    /// What discovery says in place of the truth.
    pub(crate) discovery: Mutex<Option<Value>>,
    codes: Mutex<u32>,
    /// The tokens that it has given, and those with which browsers came to log out.
    pub(crate) given: Mutex<Vec<String>>,
    pub(crate) logged_out: Mutex<Vec<Option<String>>>,
}

/// A provider that runs until the test ends.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) inner: Arc<Inner>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            issuer: format!("http://{address}"),
            signer: Mutex::new(Signer::ec("k1")),
            asked: Mutex::default(),
            forge: Mutex::default(),
            discovery: Mutex::default(),
            codes: Mutex::new(0),
            given: Mutex::default(),
            logged_out: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/logout", get(logout))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// Makes another token of the claims of the next logins.
    pub(crate) fn forge(&self, forge: impl Fn(&Signer, Value) -> String + Send + Sync + 'static) {
        *self.inner.forge.lock().unwrap() = Some(Arc::new(forge));
    }

    /// Changes a claim of the next logins.
    pub(crate) fn claim(&self, name: &'static str, value: Value) {
        self.forge(move |signer, mut claims| {
            claims[name] = value.clone();
            signer.sign(&claims)
        });
    }

    /// Says this of itself beside the truth, or in its place; `null` for nothing.
    pub(crate) fn says(&self, name: &str, value: Value) {
        let mut discovery = self.inner.honest();
        match value {
            Value::Null => _ = discovery.as_object_mut().unwrap().remove(name),
            value => discovery[name] = value,
        }
        *self.inner.discovery.lock().unwrap() = Some(discovery);
    }

    pub(crate) fn is_honest_again(&self) {
        *self.inner.forge.lock().unwrap() = None;
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn json_of(status: StatusCode, document: &Value) -> Response {
    (status, [("content-type", "application/json")], document.to_string()).into_response()
}

fn pairs(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

impl Inner {
    /// What it says of itself.
    fn honest(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "jwks_uri": at("jwks"),
            "end_session_endpoint": at("logout"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            // More than is allowed here: what is taken is not for it to say.
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
        })
    }
}

async fn discovery(State(provider): State<Arc<Inner>>) -> Response {
    let said = provider.discovery.lock().unwrap().clone();
    json_of(StatusCode::OK, &said.unwrap_or_else(|| provider.honest()))
}

/// Ends the session here, and leads back.
async fn logout(State(provider): State<Arc<Inner>>, request: Parts) -> Response {
    let asked = pairs(request.uri.query().unwrap_or_default().as_bytes());
    assert_eq!(asked.get("client_id").map(String::as_str), Some(CLIENT));
    let hint = asked.get("id_token_hint").cloned();
    provider.logged_out.lock().unwrap().push(hint);
    let back = asked.get("post_logout_redirect_uri").cloned().unwrap_or_default();
    (StatusCode::SEE_OTHER, [("location", back)]).into_response()
}

async fn keys(State(provider): State<Arc<Inner>>) -> Response {
    json_of(
        StatusCode::OK,
        &json!({ "keys": [provider.signer.lock().unwrap().jwk()] }),
    )
}

/// Somebody who is logged in there already agrees by a click.
async fn authorize(State(provider): State<Arc<Inner>>, request: Parts) -> Response {
    let asked = pairs(request.uri.query().unwrap_or_default().as_bytes());
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    assert_eq!(
        (of("client_id").as_str(), of("response_type").as_str()),
        (CLIENT, "code")
    );
    assert_eq!(of("code_challenge_method"), "S256");
    assert!(of("scope").split(' ').any(|scope| scope == "openid"));
    let code = {
        let mut codes = provider.codes.lock().unwrap();
        *codes += 1;
        format!("code-{codes}")
    };
    let redirect = of("redirect_uri");
    let back = form_urlencoded::Serializer::new(format!("{redirect}?"))
        .append_pair("code", &code)
        .append_pair("state", &of("state"))
        .finish();
    provider.asked.lock().unwrap().insert(
        code,
        Asked {
            challenge: of("code_challenge"),
            nonce: of("nonce"),
            redirect,
        },
    );
    Html(format!(
        "<!DOCTYPE html><title>Provider</title><a id=\"yes\" href=\"{}\">I am Alice</a>",
        back.replace('&', "&amp;")
    ))
    .into_response()
}

async fn token(State(provider): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let sent = pairs(&body);
    let refuse = |error: &str| json_of(StatusCode::BAD_REQUEST, &json!({ "error": error }));
    let basic = format!(
        "Basic {}",
        Base64::encode_string(format!("{CLIENT}:{SECRET}").as_bytes())
    );
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&basic) {
        return refuse("invalid_client");
    }
    let of = |name: &str| sent.get(name).cloned().unwrap_or_default();
    let Some(asked) = provider.asked.lock().unwrap().remove(&of("code")) else {
        return refuse("invalid_grant");
    };
    let proof = b64(digest(&SHA256, of("code_verifier").as_bytes()).as_ref());
    if proof != asked.challenge || of("redirect_uri") != asked.redirect {
        return refuse("invalid_grant");
    }
    let claims = json!({
        "iss": provider.issuer,
        "aud": CLIENT,
        "sub": "4711",
        "preferred_username": "alice",
        "roles": ["dba"],
        "nonce": asked.nonce,
        "iat": now(),
        "exp": now() + 300,
    });
    let signer = provider.signer.lock().unwrap();
    let forge = provider.forge.lock().unwrap().clone();
    let id_token = match forge {
        Some(forge) => forge(&signer, claims),
        None => signer.sign(&claims),
    };
    provider.given.lock().unwrap().push(id_token.clone());
    let answer = json!({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": id_token});
    json_of(StatusCode::OK, &answer)
}
