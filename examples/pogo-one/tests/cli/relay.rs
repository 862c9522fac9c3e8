//! Passes connections on: machines of a test's network reach what listens on loopback alone.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

/// Passes on what comes to this address, until the test ends; the port there.
pub(super) fn relay(at: Ipv4Addr, to: u16) -> u16 {
    relay_at((at, 0), to)
}

/// As [`relay`], at this port.
pub(super) fn relay_at(at: (Ipv4Addr, u16), to: u16) -> u16 {
    let listener = TcpListener::bind(at).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            // A server that is gone ends the connection, as it does without a relay.
            if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) {
                pass(client.try_clone(), server.try_clone());
                pass(Ok(server), Ok(client));
            }
        }
    });
    port
}

fn pass(from: io::Result<TcpStream>, to: io::Result<TcpStream>) {
    let (Ok(mut from), Ok(mut to)) = (from, to) else { return };
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    });
}
