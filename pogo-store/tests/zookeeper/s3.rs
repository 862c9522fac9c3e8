//! An S3-compatible service, and a relay in front of it that can be cut off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pogo_store::objects::ObjectStorage;

/// Of the user of objects.
pub(crate) const SECRET: &str = "t0p-s3cret-k3y";
const BUCKET: &str = "pogo-logs";

/// Ends the server when nobody holds its standard input any more.
const SERVER: &str = r#""$@" >/dev/null 2>&1 & echo $!; read -r _; kill -KILL $!; wait"#;

/// The service, which has nothing when it begins.
pub(crate) struct S3 {
    process: Child,
    pub(crate) port: u16,
}

/// The program, where the environment that tests are run in has it.
fn program() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let own = own
        .map(|folder| folder.join("target/moto/bin/moto_server"))
        .find(|program| program.exists());
    let in_path = std::env::var_os("PATH").and_then(|path| {
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join("moto_server"));
        programs.find(|program| program.exists())
    });
    let program = own.or(in_path);
    let required = std::env::var_os("POGO_REQUIRE_S3").is_some();
    assert!(
        program.is_some() || !required,
        "moto_server is not there: `.ci/run` makes target/moto"
    );
    program
}

impl S3 {
    /// `None` where there is no such service, unless it has to be. It looks at nobody's login.
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::start_with(test, &[])
    }

    /// A service that refuses logins that it does not know.
    pub(crate) fn start_strict(test: &str) -> Option<Self> {
        // Making the bucket is the last thing that anybody may do.
        Self::start_with(test, &[("INITIAL_NO_AUTH_ACTION_COUNT", "1")])
    }

    fn start_with(test: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("LEFT OUT: {test} needs moto_server");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut process = Command::new("sh")
            .args(["-c", SERVER, "sh"])
            .arg(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "moto_server has ended");
            thread::sleep(Duration::from_millis(20));
        }
        let made = ask(
            port,
            &format!("PUT /{BUCKET} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"),
        );
        assert!(made.contains(" 200 "), "{made}");
        Some(Self { process, port })
    }

    pub(crate) fn storage(&self) -> ObjectStorage {
        storage(self.port)
    }

    /// A relay in front of it.
    pub(crate) fn relay(&self) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let (accepting, server) = (relay.clone(), self.port);
        // It ends with the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                let relay = accepting.clone();
                thread::spawn(move || relay.serve(client.unwrap(), server));
            }
        });
        relay
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A bucket at this port, and the variables by which it is used.
pub(crate) fn variables(port: u16) -> Vec<(String, String)> {
    let endpoint = format!("http://127.0.0.1:{port}");
    let all = [
        ("AWS_ACCESS_KEY_ID", "pogo"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The location, without what it takes to log in there.
pub(crate) fn location(path: &str) -> String {
    format!("s3://{BUCKET}/{path}")
}

pub(crate) fn storage(port: u16) -> ObjectStorage {
    ObjectStorage::open_with(&location("some/where").parse().unwrap(), variables(port)).unwrap()
}

fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

/// Passes on what comes, until it is cut off.
#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) port: u16,
    state: Arc<Mutex<RelayState>>,
}

#[derive(Default)]
struct RelayState {
    is_cut: bool,
    /// Connections that send an object break after so many bytes.
    breaks_after: Option<usize>,
    broken: usize,
}

impl Relay {
    /// Takes no connection until it is mended.
    pub(crate) fn cut(&self) {
        self.state.lock().unwrap().is_cut = true;
    }

    pub(crate) fn mend(&self) {
        *self.state.lock().unwrap() = RelayState::default();
    }

    /// Breaks each upload after so many bytes.
    pub(crate) fn break_uploads(&self, after: usize) {
        self.state.lock().unwrap().breaks_after = Some(after);
    }

    /// How many were broken.
    pub(crate) fn broken(&self) -> usize {
        self.state.lock().unwrap().broken
    }

    fn serve(&self, mut client: TcpStream, server: u16) {
        if self.state.lock().unwrap().is_cut {
            return;
        }
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)) else {
            return;
        };
        let (mut answers, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut answers, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        let (mut buffer, mut passed, mut is_upload) = (vec![0; 16 << 10], 0, false);
        while let Ok(count) = client.read(&mut buffer) {
            let mut bytes = &buffer[..count];
            is_upload |= bytes.starts_with(b"PUT ");
            let mut state = self.state.lock().unwrap();
            let most = state.breaks_after.filter(|_| is_upload).unwrap_or(usize::MAX);
            let breaks = passed + bytes.len() > most;
            if breaks {
                bytes = &bytes[..most - passed];
                state.broken += 1;
            }
            let ends = state.is_cut || breaks || count == 0;
            drop(state);
            passed += bytes.len();
            if server.write_all(bytes).is_err() || ends {
                break;
            }
        }
        for end in [client, server] {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
