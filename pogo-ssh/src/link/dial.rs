//! From a name to an open TCP connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use crate::ssh_config::AddressFamily;
use crate::target::Target;

/// Resolves the target's name and tries its addresses in turn, until one accepts or the time is up.
///
/// Each address gets an equal part of the time left, so that one that never answers leaves time for the others.
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
        match timeout_at(Instant::now() + share, open(*address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failures.push(format!("{address}: {}", plain(&error))),
            Err(_) => failures.push(format!("{address}: no answer within {:.1} s", share.as_secs_f64())),
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

fn is_of(address: SocketAddr, family: AddressFamily) -> bool {
    match family {
        AddressFamily::Any => true,
        AddressFamily::Inet => address.is_ipv4(),
        AddressFamily::Inet6 => address.is_ipv6(),
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Requests are small and each is waited for.
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn share_of(time: Duration, parts: usize) -> Duration {
    time / u32::try_from(parts).unwrap_or(u32::MAX).max(1)
}

/// The error without its number.
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
}
