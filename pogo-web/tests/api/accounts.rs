//! Who is let in, by the account of whoever connects. What needs another account runs as root, as in `.ci/run`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use pogo_core::plan::{ExecOptions, JobSpec, RemoteCommand, Stdin};
use pogo_core::scheduler::{Command, Order};
use pogo_web::PeerAccounts;

use crate::raw::{parts, request};
use crate::served::{Served, Setup};

const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Sends a request as another account: that of one thread, which the system asks for.
fn as_nobody(path: &Path, text: &str) -> std::io::Result<String> {
    let (path, text) = (path.to_owned(), text.to_owned());
    let thread = thread::spawn(move || {
        rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(NOBODY))?;
        let mut stream = UnixStream::connect(path)?;
        stream.write_all(text.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    thread.join().unwrap()
}

fn open_to_all(served: &Served) {
    let directory = served.path.parent().unwrap();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&served.path, fs::Permissions::from_mode(0o666)).unwrap();
}

async fn serve(accounts: PeerAccounts) -> Served {
    let authenticator = Arc::new(accounts);
    Setup {
        authenticator,
        ..Setup::default()
    }
    .serve()
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_of_the_process_is_the_actor_and_may_name_files() {
    let served = serve(PeerAccounts::personal()).await;
    served.configure().await;
    let mut options = ExecOptions::new();
    options.stdin = Stdin::File("/dev/null".to_owned());
    let spec = JobSpec::new("web3".parse().unwrap(), RemoteCommand::shell("cat")).exec_options(options);
    let job = served.namespace().submit(spec).await.unwrap();
    let details = served.namespace().job(job).await.unwrap();
    let actor = details.summary.submitted_by.unwrap();
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert_eq!(actor.host.as_deref(), Some(machine.as_str()));
    assert_eq!(
        (actor.name.as_ref(), actor.peer.as_ref()),
        (details.summary.user.as_str(), None)
    );
    if is_root() {
        assert_eq!(actor.name.as_ref(), "root");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_cannot_open_a_personal_socket() {
    if !is_root() {
        return;
    }
    let served = serve(PeerAccounts::personal()).await;
    let error = as_nobody(&served.path, &request("GET", "/v1", "")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_that_opens_a_personal_socket_all_the_same_is_refused() {
    if !is_root() {
        return;
    }
    let served = serve(PeerAccounts::personal()).await;
    open_to_all(&served);
    for (method, path, body) in [
        ("GET", "/v1", ""),
        ("GET", "/v1/namespaces/default/jobs", ""),
        (
            "POST",
            "/v1/namespaces/default/orders",
            r#"{"order":{"thaw":{"hosts":"*"}}}"#,
        ),
    ] {
        let path_of = served.path.clone();
        let text = request(method, path, body);
        let answer = tokio::task::spawn_blocking(move || as_nobody(&path_of, &text))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(parts(&answer).0, 403, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_on_a_shared_socket_is_known_and_names_no_files() {
    if !is_root() {
        return;
    }
    let served = serve(PeerAccounts::shared()).await;
    served.configure().await;
    open_to_all(&served);
    let send = async |body: String| {
        let (path, text) = (
            served.path.clone(),
            request("POST", "/v1/namespaces/default/orders", &body),
        );
        tokio::task::spawn_blocking(move || as_nobody(&path, &text))
            .await
            .unwrap()
            .unwrap()
    };
    let submit = |stdin: Stdin| {
        let mut options = ExecOptions::new();
        options.stdin = stdin;
        let spec = JobSpec::new("web3".parse().unwrap(), RemoteCommand::shell("cat")).exec_options(options);
        serde_json::to_string(&Command::new(Order::submit(spec))).unwrap()
    };
    assert_eq!(parts(&send(submit(Stdin::File("/etc/shadow".to_owned()))).await).0, 403);
    assert_eq!(parts(&send(submit(Stdin::Empty)).await).0, 200);
    let details = served
        .namespace()
        .job(pogo_core::scheduler::JobId::new(1))
        .await
        .unwrap();
    assert_eq!(details.summary.submitted_by.unwrap().name.as_ref(), "nobody");
}
