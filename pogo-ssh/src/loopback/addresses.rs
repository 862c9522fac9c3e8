//! A loopback address for each host.

use std::net::Ipv4Addr;

/// How many hosts a fleet can have.
pub(super) const MAX_HOSTS: usize = 250 * 250;

/// The address of the host at this position, from 127.1.0.1 on, without the first and last of each block of 256.
pub(super) fn address_of(position: usize) -> Option<Ipv4Addr> {
    let block = u8::try_from(position / 250).ok().filter(|block| *block < 250)?;
    let within = u8::try_from(position % 250 + 1).ok()?;
    Some(Ipv4Addr::new(127, 1, block, within))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_host_has_an_address_of_its_own() {
        let addresses: BTreeSet<Ipv4Addr> = (0..MAX_HOSTS).filter_map(address_of).collect();
        assert_eq!(addresses.len(), MAX_HOSTS);
        assert!(addresses.iter().all(|address| address.is_loopback()));
        assert_eq!(address_of(MAX_HOSTS), None);
    }
}
