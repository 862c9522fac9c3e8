//! A relay in front of the server that loses answers, and can be cut off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use pogo_store::postgres::PostgresAddress;

use crate::server::PASSWORD;

/// What the server says once it has carried out an append.
const APPENDED: &[u8] = b"INSERT 0 1";

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The next answer that says that something was inserted is lost, and its connection with it.
    loses_answer: bool,
    is_cut: bool,
    connections: Vec<TcpStream>,
}

impl Proxy {
    pub(crate) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let relay = proxy.clone();
        // It ends with the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                relay.accept(client.unwrap(), server);
            }
        });
        proxy
    }

    /// A store behind it, by a password.
    pub(crate) fn address(&self, schema: &str) -> PostgresAddress {
        let url = format!(
            "postgres://pogo:{PASSWORD}@127.0.0.1:{}/pogo?schema={schema}",
            self.port
        );
        url.parse().unwrap()
    }

    pub(crate) fn lose_next_answer(&self) {
        self.state.lock().unwrap().loses_answer = true;
    }

    /// Whether an answer is still to be lost.
    pub(crate) fn is_armed(&self) -> bool {
        self.state.lock().unwrap().loses_answer
    }

    /// Breaks all connections, and takes no others until it is mended.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }

    fn accept(&self, client: TcpStream, server: u16) {
        let mut state = self.state.lock().unwrap();
        if state.is_cut {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
            return;
        };
        state
            .connections
            .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        drop(state);
        let (from_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (up, down) = (self.clone(), self.clone());
        thread::spawn(move || up.relay(from_client, server, false));
        thread::spawn(move || down.relay(from_server, client, true));
    }

    fn relay(&self, mut from: TcpStream, mut to: TcpStream, is_answer: bool) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let piece = &bytes[..read];
            if is_answer && self.loses(piece) {
                break;
            }
            if to.write_all(piece).is_err() {
                break;
            }
        }
        for end in [from, to] {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Whether this answer is the one that is lost.
    fn loses(&self, piece: &[u8]) -> bool {
        let mut state = self.state.lock().unwrap();
        let is_it = state.loses_answer && piece.windows(APPENDED.len()).any(|window| window == APPENDED);
        state.loses_answer &= !is_it;
        is_it
    }
}
