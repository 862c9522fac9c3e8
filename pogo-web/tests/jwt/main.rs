//! Tokens of others: taken when they are right, and attacked in every way that is known.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what is unexpected ends the test"
)]

mod signer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use axum::http::Request;
use base64ct::{Base64UrlUnpadded, Encoding};
use pogo_web::{
    AuthError, Authenticator, Identity, JwksError, JwksFile, JwksSource, JwtAlgorithm, JwtAuthenticator, JwtIssuer,
};
use serde_json::{Value, json};

use signer::{Signer, sign_shared};

const ISSUER: &str = "https://login.example.com";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "pogo", "sub": "alice", "exp": now() + 600, "groups": ["dba", 7, "", "ops"]})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Keys that a test changes, and how often they were asked for.
#[derive(Clone, Default)]
struct Changing {
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Changing {
    fn of(keys: &[Value]) -> Self {
        let changing = Self::default();
        changing.set(keys);
        changing
    }

    fn set(&self, keys: &[Value]) {
        *self.keys.lock().unwrap() = Some(json!({"keys": keys}));
    }

    fn fail(&self) {
        *self.keys.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl JwksSource for Changing {
    async fn fetch(&self) -> Result<String, JwksError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let keys = self.keys.lock().unwrap();
        keys.as_ref()
            .map(Value::to_string)
            .ok_or_else(|| JwksError::new("away"))
    }
}

fn issuer(keys: &Changing) -> JwtIssuer {
    JwtIssuer::new("sso", ISSUER, "pogo", keys.clone()).groups("groups", "sso:")
}

async fn ask(authenticator: &JwtAuthenticator, token: &str) -> Result<Identity, AuthError> {
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    authenticator.authenticate(&parts).await
}

async fn is_refused(authenticator: &JwtAuthenticator, token: &str, what: &str) -> String {
    match ask(authenticator, token).await {
        Ok(identity) => panic!("{what}: {} was let in", identity.actor),
        Err(error) => {
            let is_repeated = token.len() > 20 && error.to_string().contains(token);
            assert!(!is_repeated, "{what}: the token is repeated");
            error.to_string()
        }
    }
}

fn of_keys(signers: &[&Signer]) -> JwtAuthenticator {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    JwtAuthenticator::new([issuer(&Changing::of(&keys))])
}

#[tokio::test]
async fn a_token_that_is_right_is_whom_its_claims_name() {
    for signer in [Signer::ec("a"), Signer::ed("a"), Signer::rsa("a")] {
        let authenticator = of_keys(&[&signer]);
        let identity = ask(&authenticator, &signer.sign(&claims())).await.unwrap();
        assert_eq!(identity.actor.to_string(), "alice (token sso)", "{}", signer.algorithm);
        let groups: Vec<&str> = identity.groups.iter().map(|group| &**group).collect();
        assert_eq!(groups, ["sso:dba", "sso:ops"]);
        assert!(!identity.is_owner && !identity.local_files && identity.scope.is_none());
        let several = with("aud", json!(["other", "pogo"]));
        ask(&authenticator, &signer.sign(&several)).await.unwrap();
    }
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let (signer, mallory) = (Signer::ec("a"), Signer::ec("a"));
    let authenticator = of_keys(&[&signer]);
    is_refused(
        &authenticator,
        &mallory.sign(&claims()),
        "another key under the same id",
    )
    .await;
    let good = signer.sign(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let payload = Base64UrlUnpadded::encode_string(with("sub", json!("root")).to_string().as_bytes());
    is_refused(
        &authenticator,
        &format!("{}.{payload}.{}", parts[0], parts[2]),
        "other claims",
    )
    .await;
    is_refused(&authenticator, &format!("{}.{}.", parts[0], parts[1]), "no signature").await;
    is_refused(&authenticator, &format!("{}.{}", parts[0], parts[1]), "two parts").await;
    is_refused(&authenticator, &format!("{good}.{}", parts[2]), "four parts").await;
    for bit in 0..8 {
        let mut signature = Base64UrlUnpadded::decode_vec(parts[2]).unwrap();
        signature[11] ^= 1 << bit;
        let signature = Base64UrlUnpadded::encode_string(&signature);
        is_refused(
            &authenticator,
            &format!("{}.{}.{signature}", parts[0], parts[1]),
            "another signature",
        )
        .await;
    }
    // CVE-2022-21449: a signature of zeroes.
    let zeroes = Base64UrlUnpadded::encode_string(&[0; 64]);
    is_refused(&authenticator, &format!("{}.{}.{zeroes}", parts[0], parts[1]), "zeroes").await;
    for text in ["", "a", "..", "a.b.c", "e30.e30.e30", &"a".repeat(20_000)] {
        is_refused(&authenticator, text, "no token").await;
    }
}

#[tokio::test]
async fn no_token_chooses_another_algorithm_or_key_than_its_issuer_has() {
    let (signer, rsa) = (Signer::ec("a"), Signer::rsa("r"));
    let authenticator = of_keys(&[&signer, &rsa]);
    let payload = Base64UrlUnpadded::encode_string(claims().to_string().as_bytes());
    let header = |value: Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let head = header(json!({"alg": none, "typ": "JWT", "kid": "a"}));
        is_refused(&authenticator, &format!("{head}.{payload}."), "none").await;
        is_refused(&authenticator, &format!("{head}.{payload}.AAAA"), "none").await;
    }
    // The public key, which everybody knows, as a shared secret, in each form that it is written in.
    let jwk = rsa.jwk();
    let modulus = Base64UrlUnpadded::decode_vec(jwk["n"].as_str().unwrap()).unwrap();
    let secrets = [
        modulus,
        jwk["n"].as_str().unwrap().into(),
        jwk.to_string().into_bytes(),
        signer.jwk().to_string().into_bytes(),
    ];
    for secret in secrets {
        for (bits, id) in [(256, "r"), (384, "r"), (512, "a")] {
            is_refused(
                &authenticator,
                &sign_shared((id, bits, &secret), &claims()),
                "a public key as a secret",
            )
            .await;
        }
    }
    // A key that the token brings along, or says where to find.
    let mallory = Signer::ec("mallory");
    for extra in [
        json!({"jwk": mallory.jwk()}),
        json!({"jku": "https://mallory.example.com/keys"}),
        json!({"x5u": "https://mallory.example.com"}),
    ] {
        let mut head = json!({"alg": "ES256", "kid": "mallory"});
        head.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        is_refused(&authenticator, &mallory.sign_with(&head, &claims()), "a key of its own").await;
    }
    // An extension that has to be understood, and is not.
    let critical = json!({"alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false});
    is_refused(
        &authenticator,
        &signer.sign_with(&critical, &claims()),
        "a critical extension",
    )
    .await;
    // An algorithm that the server knows and this issuer does not use.
    let keys = Changing::of(&[signer.jwk(), rsa.jwk()]);
    let only_rsa = JwtAuthenticator::new([issuer(&keys).algorithms([JwtAlgorithm::RS256])]);
    is_refused(&only_rsa, &signer.sign(&claims()), "not allowed here").await;
    ask(&only_rsa, &rsa.sign(&claims())).await.unwrap();
    // A key that says what it is for is for nothing else: the same RSA key with PSS.
    let token = rsa.sign_with(&json!({"alg": "PS256", "kid": "r"}), &claims());
    let pss = JwtAuthenticator::new([issuer(&keys).algorithms([JwtAlgorithm::RS256, JwtAlgorithm::PS256])]);
    is_refused(&pss, &token, "an algorithm that the key is not for").await;
    let mut for_any = rsa.jwk();
    for_any.as_object_mut().unwrap().remove("alg");
    let pss = JwtAuthenticator::new([issuer(&Changing::of(&[for_any])).algorithms([JwtAlgorithm::PS256])]);
    ask(&pss, &token).await.unwrap();
    is_refused(&pss, &rsa.sign(&claims()), "an algorithm that is not allowed").await;
}

#[tokio::test]
async fn a_shared_secret_among_the_keys_signs_nothing() {
    let signer = Signer::ec("a");
    let secret = b"a secret that many know";
    let shared = json!({"kty": "oct", "kid": "s", "alg": "HS256", "k": Base64UrlUnpadded::encode_string(secret)});
    let authenticator = JwtAuthenticator::new([issuer(&Changing::of(&[shared, signer.jwk()]))]);
    let token = sign_shared(("s", 256, secret), &claims());
    is_refused(&authenticator, &token, "a shared secret").await;
    ask(&authenticator, &signer.sign(&claims())).await.unwrap();
    let mut to_encrypt = signer.jwk();
    to_encrypt["use"] = json!("enc");
    let authenticator = JwtAuthenticator::new([issuer(&Changing::of(&[to_encrypt, Signer::ed("b").jwk()]))]);
    is_refused(&authenticator, &signer.sign(&claims()), "a key to encrypt with").await;
}

#[tokio::test]
async fn a_token_is_for_one_server_of_one_issuer_for_a_time() {
    let signer = Signer::ec("a");
    let authenticator = of_keys(&[&signer]);
    for (what, wrong, said) in [
        ("replayed after its end", with("exp", json!(now() - 31)), "expired"),
        ("without an end", without("exp"), "lacks"),
        ("an end that is none", with("exp", json!("never")), ""),
        ("an end before all time", with("exp", json!(-1)), ""),
        ("not yet good", with("nbf", json!(now() + 60)), "not good yet"),
        ("a beginning that is none", with("nbf", json!("later")), ""),
        ("for another server", with("aud", json!("grafana")), "another server"),
        ("for nobody", with("aud", json!([])), ""),
        ("an audience that is none", with("aud", json!({"pogo": true})), ""),
        ("without an audience", without("aud"), "lacks"),
        (
            "of another issuer",
            with("iss", json!("https://login.example.org")),
            "another issuer",
        ),
        (
            "of two issuers",
            with("iss", json!([ISSUER, "https://login.example.org"])),
            "another issuer",
        ),
        ("without an issuer", without("iss"), "lacks"),
        ("without a name", without("sub"), "no name"),
        ("a name that is none", with("sub", json!(7)), "no name"),
        ("an empty name", with("sub", json!(" ")), "no name"),
        (
            "a name that nobody sees",
            with("sub", json!("alice\u{200b}")),
            "no name",
        ),
        ("a name of two lines", with("sub", json!("alice\nroot")), "no name"),
        ("a name without an end", with("sub", json!("a".repeat(300))), "no name"),
    ] {
        let reason = is_refused(&authenticator, &signer.sign(&wrong), what).await;
        assert!(reason.contains(said), "{what}: {reason}");
    }
    // Clocks are not the same everywhere.
    ask(&authenticator, &signer.sign(&with("exp", json!(now() - 10))))
        .await
        .unwrap();
}

#[tokio::test]
async fn tokens_of_one_issuer_are_not_those_of_another() {
    let (ours, ci) = (Signer::ec("a"), Signer::ec("a"));
    let of_ci = JwtIssuer::new("ci", "https://ci.example.com", "pogo", Changing::of(&[ci.jwk()]))
        .name("sub", "ci:")
        .require("project", "deploy");
    let authenticator = JwtAuthenticator::new([issuer(&Changing::of(&[ours.jwk()])), of_ci]);
    let of_job = json!({
        "iss": "https://ci.example.com", "aud": "pogo", "sub": "alice", "exp": now() + 60, "project": "deploy",
        "groups": ["dba"],
    });
    let identity = ask(&authenticator, &ci.sign(&of_job)).await.unwrap();
    assert_eq!(identity.actor.to_string(), "ci:alice (token ci)");
    assert!(identity.groups.is_empty());
    is_refused(&authenticator, &ours.sign(&of_job), "signed by another issuer").await;
    is_refused(&authenticator, &ci.sign(&claims()), "in the name of another issuer").await;
    let mut elsewhere = of_job.clone();
    elsewhere["project"] = json!("mallory");
    assert!(matches!(
        ask(&authenticator, &ci.sign(&elsewhere)).await,
        Err(AuthError::NotAllowed { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn keys_that_change_are_learned_and_those_that_are_gone_forgotten() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let keys = Changing::of(&[old.jwk()]);
    let authenticator = JwtAuthenticator::new([issuer(&keys)]);
    for _ in 0..3 {
        ask(&authenticator, &old.sign(&claims())).await.unwrap();
    }
    assert_eq!(keys.asked(), 1);
    // A key that is not known is asked for, and not for each token that names one.
    for _ in 0..3 {
        is_refused(&authenticator, &new.sign(&claims()), "a key that is not there yet").await;
    }
    assert_eq!(keys.asked(), 1);
    keys.set(&[old.jwk(), new.jwk()]);
    tokio::time::advance(Duration::from_secs(11)).await;
    ask(&authenticator, &new.sign(&claims())).await.unwrap();
    assert_eq!(keys.asked(), 2);
    // One that is withdrawn is forgotten, without anybody asking for another.
    keys.set(&[new.jwk()]);
    tokio::time::advance(Duration::from_secs(301)).await;
    is_refused(&authenticator, &old.sign(&claims()), "a key that was withdrawn").await;
}

#[tokio::test(start_paused = true)]
async fn keys_go_on_for_an_hour_while_their_issuer_is_away() {
    let signer = Signer::ec("a");
    let keys = Changing::of(&[signer.jwk()]);
    let authenticator = JwtAuthenticator::new([issuer(&keys)]);
    let token = signer.sign(&with("exp", json!(now() + 60)));
    ask(&authenticator, &token).await.unwrap();
    keys.fail();
    tokio::time::advance(Duration::from_secs(3_500)).await;
    ask(&authenticator, &token).await.unwrap();
    tokio::time::advance(Duration::from_secs(200)).await;
    let reason = is_refused(&authenticator, &token, "keys that are too old").await;
    assert!(reason.contains("try again") && !reason.contains("away"), "{reason}");
}

#[tokio::test]
async fn a_token_without_a_key_id_is_of_the_only_key_of_its_kind() {
    let (one, two, other) = (Signer::ec("1"), Signer::ec("2"), Signer::ed("3"));
    let token = one.sign_with(&json!({"alg": "ES256"}), &claims());
    ask(&of_keys(&[&one, &other]), &token).await.unwrap();
    is_refused(&of_keys(&[&one, &two]), &token, "one of two").await;
}

#[tokio::test]
async fn keys_are_read_from_a_file() {
    let signer = Signer::ed("a");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let authenticator = JwtAuthenticator::new([JwtIssuer::new("sso", ISSUER, "pogo", JwksFile::at(&path))]);
    is_refused(&authenticator, &signer.sign(&claims()), "no file").await;
    std::fs::write(&path, json!({"keys": [signer.jwk()]}).to_string()).unwrap();
    let authenticator = JwtAuthenticator::new([JwtIssuer::new("sso", ISSUER, "pogo", JwksFile::at(&path))]);
    ask(&authenticator, &signer.sign(&claims())).await.unwrap();
}

#[test]
fn what_has_no_private_key_is_no_algorithm() {
    for name in ["none", "HS256", "HS384", "HS512", "rs256", ""] {
        assert!(name.parse::<JwtAlgorithm>().is_err(), "{name}");
    }
    for algorithm in JwtAlgorithm::ALL {
        assert_eq!(algorithm.name().parse::<JwtAlgorithm>().as_ref(), Ok(algorithm));
    }
}
