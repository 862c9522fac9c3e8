//! A web server that answers one connection after another as a test has ordered.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// How a connection is answered.
pub(crate) enum Reply {
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// Nothing, until the other side gives up.
    Hang,
    /// This head, and then zeros until the other side gives up.
    Flood(String),
}

/// A status, headers and a body, with the body's length.
pub(crate) fn reply(status: &str, headers: &[&str], body: &str) -> Reply {
    let headers: String = headers
        .iter()
        .filter(|header| !header.is_empty())
        .map(|header| format!("{header}\r\n"))
        .collect();
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    Reply::Bytes(text.into_bytes())
}

/// Answers as given, then listens no more.
pub(crate) struct Server {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

/// Both directions of a connection, encrypted or not.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Server {
    pub(crate) fn new(replies: Vec<Reply>) -> Self {
        Self::wrapped(replies, |stream| Box::new(stream))
    }

    pub(crate) fn wrapped(replies: Vec<Reply>, wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let thread = thread::spawn(move || {
            for reply in replies {
                let Ok((stream, _)) = listener.accept() else { return };
                serve(&mut *wrap(stream), reply, &seen);
            }
        });
        Self {
            address,
            requests,
            thread,
        }
    }

    /// Everything that was asked, when every reply was given.
    pub(crate) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap();
        let requests = self.requests.lock().unwrap();
        requests.clone()
    }
}

fn serve(stream: &mut dyn Stream, reply: Reply, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut byte = [0];
    // Who doesn't trust the certificate asks nothing.
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        request.push(byte[0]);
    }
    if request.is_empty() {
        return;
    }
    seen.lock().unwrap().push(String::from_utf8(request).unwrap());
    // The other side may be gone already, which is what some tests are about.
    match reply {
        Reply::Bytes(bytes) => _ = stream.write_all(&bytes).and_then(|()| stream.flush()),
        Reply::Hang => while stream.read(&mut byte).is_ok_and(|read| read > 0) {},
        Reply::Flood(head) => {
            let _ = stream.write_all(head.as_bytes());
            while stream.write_all(&[b' '; 65_536]).is_ok() {}
        }
    }
}
