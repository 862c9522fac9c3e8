//! A relay in front of the ensemble that loses, keeps and repeats requests, and can be cut off.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use pogo_store::zookeeper::ZookeeperAddress;

use crate::ensemble::{Ensemble, PASSWORD};

/// The number of a request of several operations.
const MULTI: i32 = 14;
/// What an append has in it.
const APPENDS: &[u8] = b"/commits/";

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

/// What is done with the next append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It arrives, and its answer does not; nor does its connection last.
    LoseAnswer,
    /// Its connection breaks before it arrives.
    LoseRequest,
    /// It stays on its way.
    Keep,
    /// It arrives twice.
    Repeat,
}

#[derive(Default)]
struct State {
    next: Option<Fault>,
    /// Requests whose answers are lost, by connection and number.
    unanswered: BTreeSet<(u64, i32)>,
    /// What is kept: a request, and where it goes.
    kept: Option<(Vec<u8>, Option<TcpStream>)>,
    is_cut: bool,
    number: u64,
    connections: Vec<TcpStream>,
}

impl Proxy {
    pub(crate) fn start(ensemble: &Ensemble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let (relay, servers) = (proxy.clone(), ensemble.ports().to_vec());
        // It ends with the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                relay.accept(client.unwrap(), &servers);
            }
        });
        proxy
    }

    /// A store behind it.
    pub(crate) fn address(&self, path: &str, session_timeout: f64) -> ZookeeperAddress {
        let port = self.port;
        let address = format!("zookeeper://pogo:{PASSWORD}@127.0.0.1:{port}/{path}?session_timeout={session_timeout}");
        address.parse().unwrap()
    }

    pub(crate) fn next_append(&self, fault: Fault) {
        self.state.0.lock().unwrap().next = Some(fault);
    }

    /// Whether the fault is still to come.
    pub(crate) fn is_armed(&self) -> bool {
        self.state.0.lock().unwrap().next.is_some()
    }

    /// Waits until an append is kept.
    pub(crate) fn wait_until_kept(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        drop(changed.wait_while(state, |state| state.kept.is_none()).unwrap());
    }

    /// Lets go of the append that is kept.
    pub(crate) fn release(&self) {
        let (request, to) = self.state.0.lock().unwrap().kept.take().unwrap();
        to.unwrap().write_all(&request).unwrap();
    }

    /// Breaks all connections, and takes no others until it is mended.
    pub(crate) fn cut(&self) {
        let mut state = self.state.0.lock().unwrap();
        state.is_cut = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.state.0.lock().unwrap().is_cut = false;
    }

    fn accept(&self, client: TcpStream, servers: &[u16]) {
        let mut state = self.state.0.lock().unwrap();
        if state.is_cut {
            return;
        }
        let server = servers
            .iter()
            .find_map(|port| TcpStream::connect(("127.0.0.1", *port)).ok());
        let Some(server) = server else { return };
        state.number += 1;
        let number = state.number;
        state
            .connections
            .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        drop(state);
        let (from_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (up, down) = (self.clone(), self.clone());
        thread::spawn(move || relay(from_client, &server, |packet| up.request(number, packet, &server)));
        thread::spawn(move || relay(from_server, &client, |packet| down.answer(number, packet)));
    }

    /// How often a request is passed on; its connection breaks where that is not said.
    fn request(&self, connection: u64, packet: &[u8], server: &TcpStream) -> Option<usize> {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap();
        let is_append = int(packet, 8) == Some(MULTI) && packet.windows(APPENDS.len()).any(|part| part == APPENDS);
        let Some(fault) = is_append.then(|| state.next.take()).flatten() else {
            return Some(1);
        };
        match fault {
            Fault::LoseRequest => None,
            Fault::Repeat => Some(2),
            Fault::LoseAnswer => {
                state.unanswered.insert((connection, int(packet, 4).unwrap()));
                Some(1)
            }
            Fault::Keep => {
                state.kept = Some((packet.to_vec(), server.try_clone().ok()));
                changed.notify_all();
                Some(0)
            }
        }
    }

    fn answer(&self, connection: u64, packet: &[u8]) -> Option<usize> {
        let mut state = self.state.0.lock().unwrap();
        let number = int(packet, 4).unwrap_or_default();
        (!state.unanswered.remove(&(connection, number))).then_some(1)
    }
}

/// A number in a packet, which begins with its length.
fn int(packet: &[u8], at: usize) -> Option<i32> {
    let bytes = packet.get(at..at + 4)?;
    Some(i32::from_be_bytes(bytes.try_into().unwrap()))
}

fn relay(mut from: TcpStream, mut to: &TcpStream, mut times: impl FnMut(&[u8]) -> Option<usize>) {
    while let Some(packet) = packet(&mut from) {
        let Some(times) = times(&packet) else { break };
        if to.write_all(&packet.repeat(times)).is_err() {
            break;
        }
    }
    for end in [&from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

/// A packet with its length.
fn packet(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).ok()?;
    let length = usize::try_from(int(&packet, 0)?).ok()?;
    packet.resize(4 + length, 0);
    from.read_exact(&mut packet[4..]).ok()?;
    Some(packet)
}
