//! Files and secrets of people who are not the account of the server.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Parts;
use base64ct::{Base64, Encoding};
use http_body_util::BodyExt;
use pogo_api::wire::Secrets;
use pogo_core::scheduler::Actor;
use pogo_web::{AuthError, Authenticator, Identity, RouterState, SecretsKeeper, ServedNamespace, Uploads, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower_service::Service;

use crate::served::{Served, Setup, private_directory};

/// Whoever the header names, who has nothing of this machine.
struct Named;

#[async_trait]
impl Authenticator for Named {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let name = request.headers.get("x-as").and_then(|name| name.to_str().ok()).unwrap();
        Ok(Identity::new(Actor::new(name)))
    }
}

/// The ids of what was given.
#[derive(Default)]
struct Given(Mutex<Vec<String>>);

impl SecretsKeeper for Given {
    fn keep(&self, secrets: Secrets) {
        self.0.lock().unwrap().push(secrets.id);
    }
}

struct Guarded {
    router: Router,
    directory: TempDir,
    given: Arc<Given>,
    served: Served,
}

impl Guarded {
    async fn new() -> Self {
        let directory = private_directory();
        let served = Setup::default().serve().await;
        served.configure().await;
        let given = Arc::new(Given::default());
        let namespace = ServedNamespace::new(served.handle.clone())
            .secrets(Arc::clone(&given) as _)
            .uploads(Uploads::in_directory(directory.path().join("inputs")));
        let state = RouterState::builder(Arc::new(Named))
            .namespace("default".parse().unwrap(), namespace)
            .build();
        Self {
            router: router(state),
            directory,
            given,
            served,
        }
    }

    async fn post(&self, who: &str, path: &str, body: Value) -> (u16, Value) {
        let request = Request::post(format!("/v1/namespaces/default/{path}"))
            .header("x-as", who)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.router.clone().call(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn send(&self, who: &str, id: Option<&str>, offset: usize, bytes: &[u8]) -> (u16, Value) {
        let mut part =
            json!({"version": 1, "name": "deploy.sh", "offset": offset, "base64": Base64::encode_string(bytes)});
        if let Some(id) = id {
            part["id"] = id.into();
        }
        self.post(who, "inputs", part).await
    }

    async fn submit(&self, who: &str, change: Value) -> (u16, Value) {
        let mut spec = json!({"targets": "web1", "command": {"shell": "true"}});
        for (name, value) in change.as_object().unwrap() {
            spec[name] = value.clone();
        }
        self.post(who, "orders", json!({"order": {"submit": {"spec": spec}}}))
            .await
    }

    fn kept(&self) -> Vec<PathBuf> {
        let directories = std::fs::read_dir(self.directory.path().join("inputs"))
            .into_iter()
            .flatten();
        let files = directories.flat_map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap());
        let paths = files.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.ends_with("deploy.sh")).collect()
    }
}

/// A field of a spec that the answer of an order leaves to the record of the job.
async fn spec_of(served: &Served) -> String {
    serde_json::to_string(&served.records().await).unwrap()
}

fn files(source: &Value) -> Value {
    json!({"exec_options": {"files": [{"source": source}]}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_sent_in_parts_is_of_jobs_of_whoever_sent_it() {
    let guarded = Guarded::new().await;
    let (status, first) = guarded.send("alice", None, 0, b"echo ").await;
    assert_eq!(status, 200, "{first}");
    let id = first["id"].as_str().unwrap();
    let (_, whole) = guarded.send("alice", Some(id), 5, b"hello").await;
    assert_eq!(whole["length"], 10);
    // The answer was lost, and the part comes again.
    assert_eq!(guarded.send("alice", Some(id), 5, b"hello").await.1, whole);
    let [path] = &guarded.kept()[..] else {
        panic!("{:?}", guarded.kept())
    };
    assert_eq!(std::fs::read(path).unwrap(), b"echo hello");
    for (who, id, offset) in [
        ("mallory", id, 10),
        ("alice", "x", 10),
        ("alice", id, 3),
        ("alice", id, 99),
    ] {
        assert_eq!(
            guarded.send(who, Some(id), offset, b"more").await.0,
            400,
            "{who} {id} {offset}"
        );
    }

    let source = &whole["source"];
    let (status, said) = guarded.submit("mallory", files(source)).await;
    assert!(
        status == 403 && said["detail"].as_str().unwrap().contains("send it first"),
        "{said}"
    );
    assert_eq!(guarded.submit("alice", files(source)).await.0, 200);
    let records = spec_of(&guarded.served).await;
    assert!(records.contains(path.to_str().unwrap()), "{records}");
    // What a job names does not change any more, and a job like it may name it as that one does.
    assert_eq!(guarded.send("alice", Some(id), 10, b"; rm -rf /").await.0, 400);
    let again = json!(path.to_str().unwrap());
    assert_eq!(guarded.submit("alice", files(&again)).await.0, 200);
    assert_eq!(guarded.submit("mallory", files(&again)).await.0, 403);
    // A copy of the store has what its jobs name in the one that it was made of.
    let within = std::path::Path::new(path)
        .strip_prefix(guarded.directory.path())
        .unwrap();
    let folder = std::path::Path::new(guarded.directory.path().file_name().unwrap());
    let elsewhere = |folder: &std::path::Path| json!(std::path::Path::new("/old").join(folder).join(within));
    assert_eq!(guarded.submit("mallory", files(&elsewhere(folder))).await.0, 403);
    assert_eq!(
        guarded.submit("alice", files(&elsewhere("other".as_ref()))).await.0,
        403
    );
    assert_eq!(guarded.submit("alice", files(&elsewhere(folder))).await.0, 200);
    let records = spec_of(&guarded.served).await;
    assert!(!records.contains("/old/"), "{records}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_of_this_machine_is_read_or_written() {
    let guarded = Guarded::new().await;
    let inputs = guarded.directory.path().join("inputs");
    for path in [
        "/etc/shadow".to_owned(),
        "input:".to_owned(),
        "input:../../etc/shadow".to_owned(),
        format!("{}/../../etc/shadow", inputs.display()),
        format!("{}/x/.owner", inputs.display()),
    ] {
        let (status, said) = guarded.submit("alice", files(&json!(path))).await;
        assert_eq!(status, 403, "{path}: {said}");
        let (status, _) = guarded
            .submit("alice", json!({"exec_options": {"stdin": {"file": path}}}))
            .await;
        assert_eq!(status, 403, "{path}");
    }
    for name in ["", ".", "..", "../x", "a/b", ".owner", "a\nb"] {
        let part = json!({"version": 1, "name": name, "base64": "eA=="});
        assert_eq!(guarded.post("alice", "inputs", part).await.0, 400, "{name}");
    }
    assert!(guarded.kept().is_empty());
    let garbage = json!({"version": 1, "name": "x", "base64": "?"});
    assert_eq!(guarded.post("alice", "inputs", garbage).await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_for_jobs_of_whoever_gave_them() {
    let guarded = Guarded::new().await;
    let secrets = |id: &str| json!({"version": 1, "id": id, "password": "hush", "environment": {"TOKEN": "hush"}});
    let field = "transport";
    let named = |id: &str| json!({field: {"secrets": id}});
    assert_eq!(guarded.submit("alice", named("7c1e")).await.0, 403);
    assert_eq!(guarded.post("alice", "secrets", secrets("7c1e")).await.0, 200);
    // Neither used nor replaced by somebody who has seen the id.
    assert_eq!(guarded.submit("mallory", named("7c1e")).await.0, 403);
    assert_eq!(guarded.post("mallory", "secrets", secrets("7c1e")).await.0, 403);
    assert_eq!(guarded.submit("alice", named("7c1e")).await.0, 200);
    assert_eq!(guarded.post("mallory", "secrets", secrets("7c1e")).await.0, 403);
    assert_eq!(guarded.post("alice", "secrets", secrets("7c1e")).await.0, 200);
    assert_eq!(*guarded.given.0.lock().unwrap(), ["7c1e", "7c1e"]);
    for more in [json!({"passphrase": "hush"}), json!({"agent": "/run/agent"})] {
        let mut secrets = json!({"version": 1, "id": "other"});
        secrets
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let (status, said) = guarded.post("alice", "secrets", secrets).await;
        assert!(status == 403 && !said.to_string().contains("hush"), "{said}");
    }
    let records = spec_of(&guarded.served).await;
    assert!(records.contains("7c1e") && !records.contains("hush"), "{records}");
    for (setting, status) in [
        ("connect_timeout", 200),
        ("user", 403),
        ("identity", 403),
        ("option", 403),
        ("ssh_config", 403),
    ] {
        assert_eq!(
            guarded.submit("alice", json!({field: {setting: "5"}})).await.0,
            status,
            "{setting}"
        );
    }
}
