//! Resolves a name and opens a TCP connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use crate::target::{SocketOptions, Target};
use pogo_ssh_config::{AddressFamily, interface_addresses};

/// Resolves the target's name and tries its addresses in turn, until one accepts or the time is up.
///
/// Each address gets an equal share of the remaining time, so that one that never answers leaves time for the others.
pub(super) async fn dial(target: &Target, deadline: Instant) -> Result<TcpStream, String> {
    let resolving = lookup_host((target.address.as_str(), target.port));
    let addresses: Vec<SocketAddr> = match timeout_at(deadline, resolving).await {
        Ok(Ok(addresses)) => addresses.filter(|address| is_of(*address, target.family)).collect(),
        Ok(Err(error)) => return Err(format!("the name `{}` does not resolve: {error}", target.address)),
        Err(_) => return Err(format!("the name `{}` did not resolve in time", target.address)),
    };
    let mut failures = Vec::new();
    for (position, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = share_of(left, addresses.len() - position);
        match timeout_at(Instant::now() + share, open(*address, &target.socket)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failures.push(of_address(&target.address, *address, &plain(&error))),
            Err(_) => {
                let slow = format!("no answer within {:.1} s", share.as_secs_f64());
                failures.push(of_address(&target.address, *address, &slow));
            }
        }
    }
    if failures.is_empty() {
        return Err(format!(
            "the name `{}` has no address of the kind wanted",
            target.address
        ));
    }
    Err(failures.join(", "))
}

/// What happened at an address. That of a target without a name to resolve stands in front of all messages already.
fn of_address(configured: &str, address: SocketAddr, what: &str) -> String {
    // `fe80::1%eth0` is the address of an interface.
    let (configured, _) = configured.split_once('%').unwrap_or((configured, ""));
    match configured.parse::<IpAddr>() {
        Ok(configured) if address.ip() == configured => what.to_owned(),
        _ => format!("{address}: {what}"),
    }
}

fn is_of(address: SocketAddr, family: AddressFamily) -> bool {
    match family {
        AddressFamily::Any => true,
        AddressFamily::Inet => address.is_ipv4(),
        AddressFamily::Inet6 => address.is_ipv6(),
    }
}

async fn open(address: SocketAddr, options: &SocketOptions) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Before connecting, so that it holds from the first packet on.
    socket.set_keepalive(options.keep_alive)?;
    if let Some(from) = source(address, options).await? {
        let cannot = |error| io::Error::other(format!("cannot connect from {}: {error}", from.ip()));
        socket.bind(from).map_err(cannot)?;
    }
    let stream = socket.connect(address).await?;
    // Requests are small, and the reply to each is awaited.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The local address to connect from (`BindAddress`, `BindInterface`), if one is configured.
async fn source(to: SocketAddr, options: &SocketOptions) -> io::Result<Option<SocketAddr>> {
    let is_of_kind = |address: &IpAddr| address.is_ipv4() == to.is_ipv4();
    let (found, named) = match (&options.bind_address, &options.bind_interface) {
        (None, None) => return Ok(None),
        (Some(name), _) => {
            let mut all = lookup_host((name.as_str(), 0)).await?.map(|address| address.ip());
            (all.find(is_of_kind), name)
        }
        (None, Some(name)) => {
            let of_interface = interface_addresses()
                .filter(|(interface, _)| interface == name)
                .map(|(_, address)| address);
            let all: Vec<IpAddr> = of_interface.filter(is_of_kind).collect();
            let best = all.iter().find(|address| !is_local(address)).or_else(|| all.first());
            (best.copied(), name)
        }
    };
    let none = || io::Error::other(format!("{named} has no address to connect from"));
    found.map(|address| Some(SocketAddr::new(address, 0))).ok_or_else(none)
}

/// Link-local addresses of an interface are used last.
fn is_local(address: &IpAddr) -> bool {
    address.is_loopback() || matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

fn share_of(time: Duration, parts: usize) -> Duration {
    time / u32::try_from(parts).unwrap_or(u32::MAX).max(1)
}

/// The error message without the OS error number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shared_among_the_addresses_left() {
        assert_eq!(share_of(Duration::from_secs(9), 3), Duration::from_secs(3));
        assert_eq!(share_of(Duration::from_secs(9), 1), Duration::from_secs(9));
        assert_eq!(share_of(Duration::from_secs(9), 0), Duration::from_secs(9));
    }

    #[test]
    fn the_address_of_a_failure_is_named_where_the_target_has_a_name() {
        let said = |configured, address: &str| of_address(configured, address.parse().unwrap(), "connection refused");
        assert_eq!(said("127.0.1.2", "127.0.1.2:1"), "connection refused");
        assert_eq!(said("2001:db8:0::1", "[2001:db8::1]:22"), "connection refused");
        assert_eq!(said("fe80::1%eth0", "[fe80::1%2]:22"), "connection refused");
        assert_eq!(said("web1", "10.0.0.1:22"), "10.0.0.1:22: connection refused");
        assert_eq!(said("10.0.1", "10.0.0.1:22"), "10.0.0.1:22: connection refused");
    }
}
