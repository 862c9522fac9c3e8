//! TLS: who is served, certificates that are renewed, handshakes that are not completed.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pogo_web::tcp::{ServeOptions, TcpListener};
use pogo_web::tls::{CertificateFiles, serve};
use pogo_web::{RouterState, router};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::served::{Alice, private_directory};

/// A server, and the files of its certificate.
struct Encrypted {
    address: SocketAddr,
    files: TempDir,
    warnings: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// A certificate that is its own issuer, and its key.
fn issue() -> (String, String) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (issued.cert.pem(), issued.signing_key.serialize_pem())
}

/// As programs that renew certificates do.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

impl Encrypted {
    async fn new(options: ServeOptions) -> Self {
        let files = private_directory();
        let (certificate, key) = issue();
        replace(&files.path().join("server.pem"), &certificate);
        replace(&files.path().join("server.key"), &key);
        let warnings = Arc::new(Mutex::new(vec![]));
        let said = Arc::clone(&warnings);
        let certificate = CertificateFiles::open(files.path().join("server.pem"), files.path().join("server.key"));
        let certificate = certificate
            .unwrap()
            .on_warning(move |warning| said.lock().unwrap().push(warning.to_owned()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = RouterState::builder(Arc::new(Alice)).server("pogo 0.0.0").build();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(listener, certificate.unwrap(), router(state), options, async {
            drop(stopped.await)
        });
        let serving = tokio::spawn(serving);
        Self {
            address,
            files,
            warnings,
            serving,
            stop,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// What a client is answered that trusts this issuer alone; nothing, if it is not served.
    async fn ask(&self, issuer: &str) -> Option<String> {
        let trusted = self.path("trusted.pem");
        fs::write(&trusted, issuer).unwrap();
        let url = format!("https://localhost:{}/v1", self.address.port());
        let resolved = format!("localhost:{}:127.0.0.1", self.address.port());
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--noproxy", "*", "--resolve", &resolved, "--cacert"])
            .arg(trusted);
        let output = curl.arg(url).output().await.unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap())
    }

    async fn is_served_as(&self, issuer: &str) -> bool {
        let answer = self.ask(issuer).await;
        answer.is_some_and(|answer| answer.contains("pogo 0.0.0"))
    }

    fn certificate(&self) -> String {
        fs::read_to_string(self.path("server.pem")).unwrap()
    }

    fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_trusts_the_issuer_is_served_and_nobody_in_the_clear() {
    let server = Encrypted::new(ServeOptions::new()).await;
    assert!(server.is_served_as(&server.certificate()).await);
    assert!(!server.is_served_as(&issue().0).await);
    let plain = format!("http://{}/v1", server.address);
    let output = Command::new("curl")
        .args(["--silent", "--noproxy", "*", &plain])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(server.take_warnings(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_served_from_the_next_connection_on() {
    let server = Encrypted::new(ServeOptions::new()).await;
    let before = server.certificate();
    let (certificate, key) = issue();
    replace(&server.path("server.key"), &key);
    // Between the two, what belongs together is served on.
    assert!(server.is_served_as(&before).await);
    assert_eq!(server.take_warnings().len(), 1);
    replace(&server.path("server.pem"), &certificate);
    assert!(server.is_served_as(&certificate).await);
    assert!(!server.is_served_as(&before).await);
    assert_eq!(server.take_warnings(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_served_is_said_once_and_the_certificate_of_before_goes_on() {
    let server = Encrypted::new(ServeOptions::new()).await;
    let before = server.certificate();
    for (file, text, said) in [
        ("server.pem", "nothing\n", "no certificate in PEM"),
        (
            "server.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "its end is missing",
        ),
        ("server.pem", issue().0.as_str(), "of no use with the certificate"),
        ("server.key", "nothing\n", "no private key in PEM"),
    ] {
        let kept = fs::read_to_string(server.path(file)).unwrap();
        replace(&server.path(file), text);
        assert!(server.is_served_as(&before).await, "{text}");
        assert!(server.is_served_as(&before).await, "{text}");
        let warnings = server.take_warnings();
        assert!(
            matches!(&warnings[..], [one] if one.contains(said) && one.contains("served on")),
            "{warnings:?}"
        );
        replace(&server.path(file), &kept);
    }
    // A file that is gone for a moment is no change.
    let kept = fs::read_to_string(server.path("server.key")).unwrap();
    fs::remove_file(server.path("server.key")).unwrap();
    assert!(server.is_served_as(&before).await);
    replace(&server.path("server.key"), &kept);
    assert!(server.is_served_as(&before).await);
    assert_eq!(server.take_warnings(), Vec::<String>::new());
}

#[test]
fn a_server_does_not_begin_with_files_that_are_wrong() {
    let files = private_directory();
    let (certificate, key) = (files.path().join("server.pem"), files.path().join("server.key"));
    let refused = |said: &str| {
        let error = CertificateFiles::open(&certificate, &key).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    };
    refused("server.pem");
    fs::write(&certificate, issue().0).unwrap();
    refused("server.key");
    fs::write(&key, issue().1).unwrap();
    refused("of no use with the certificate");
    let of_key = fs::read_to_string(&key).unwrap();
    fs::write(&certificate, of_key).unwrap();
    refused("no certificate in PEM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_that_are_not_completed_keep_nobody_out_and_are_ended() {
    let options = ServeOptions::new()
        .header_time(Duration::from_millis(200))
        .connections(4);
    let server = Encrypted::new(options).await;
    let mut silent = vec![];
    for _ in 0..8 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // All connections that are served at once are taken by them, for as long as a handshake may take.
    assert!(server.is_served_as(&server.certificate()).await);
    for stream in &mut silent {
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_waits_for_no_handshake() {
    let forever = Duration::from_secs(100_000);
    let server = Encrypted::new(ServeOptions::new().header_time(forever).close_time(forever)).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    // It is let in after the one before.
    assert!(server.is_served_as(&server.certificate()).await);
    server.stop.send(()).unwrap();
    server.serving.await.unwrap();
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap(), 0);
}
