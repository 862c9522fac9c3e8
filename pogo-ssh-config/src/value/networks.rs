//! Local networks (`Match localnetwork`) and interface addresses.

use std::net::IpAddr;

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;

/// `10.0.0.0/8`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most)?,
            None => most,
        };
        let network = Self { address, bits };
        // Like OpenSSH, refuse bits beyond the mask.
        (bits_of(address) & !network.mask() == 0).then_some(network)
    }

    fn mask(self) -> u128 {
        // A shift by the full width (`/0`) has no result.
        u128::MAX.checked_shl(128 - self.bits).unwrap_or(0)
    }

    fn contains(self, address: IpAddr) -> bool {
        let differing = bits_of(self.address) ^ bits_of(address);
        self.address.is_ipv4() == address.is_ipv4() && differing & self.mask() == 0
    }
}

/// The bits of an address, most significant first.
fn bits_of(address: IpAddr) -> u128 {
    match address {
        // At the top, so that one mask from the left serves both families.
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Parses a comma-separated list of networks.
pub(crate) fn parse_networks(list: &str) -> Result<Vec<Network>, String> {
    let parse = |text: &str| Network::parse(text).ok_or_else(|| format!("`{text}` is no network; write ADDRESS/BITS"));
    list.split(',').map(parse).collect()
}

/// Whether this machine has an address in one of these comma-separated networks.
pub(crate) fn is_in_one_of(list: &str) -> Result<bool, String> {
    let networks = parse_networks(list)?;
    let is_inside = |address: IpAddr| networks.iter().any(|network| network.contains(address));
    Ok(interface_addresses().any(|(_, address)| is_inside(address)))
}

/// Addresses of all interfaces that are up, each with the interface's name.
pub fn interface_addresses() -> impl Iterator<Item = (String, IpAddr)> {
    let all = getifaddrs().into_iter().flatten();
    let up = all.filter(|interface| interface.flags.contains(InterfaceFlags::IFF_UP));
    up.filter_map(|interface| Some((interface.interface_name.clone(), ip_of(&interface)?)))
}

fn ip_of(interface: &InterfaceAddress) -> Option<IpAddr> {
    let address = interface.address.as_ref()?;
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    v4.or_else(|| Some(IpAddr::V6(address.as_sockaddr_in6()?.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_of_its_bits() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.9.8.7", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "11.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "10.0.0.1", false),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), inside, "{network} {address}");
        }
        for bad in ["10.0.0.1/8", "10.0.0.0/33", "x", "", "10.0.0.0/", "2001:db8::1/32"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn this_machine_is_its_own_neighbour() {
        assert_eq!(is_in_one_of("127.0.0.0/8,::1"), Ok(true));
        assert!(is_in_one_of("127.0.0.0/8,nonsense").is_err());
    }
}
