//! The algorithm offer for one host.

use std::sync::{Arc, LazyLock};

use russh::keys::Algorithm;
use russh::{cipher, kex, mac};

use super::host_keys::HostKeyAlgorithms;
use super::names::{
    CIPHERS, HOST_KEYS, KEX, MACS, MORE_CIPHERS, MORE_KEX, NOT_SPOKEN, SHA1_KEYS, TOKEN_KEYS, WITHOUT_MAC,
    usual_ciphers,
};
use super::user_keys::UserKeyAlgorithms;
use pogo_ssh_config::{AlgorithmList, AlgorithmLists};

/// The algorithms offered to one host.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Algorithms {
    pub(crate) kex: Vec<kex::Name>,
    pub(crate) ciphers: Vec<cipher::Name>,
    pub(crate) macs: Vec<mac::Name>,
    pub(crate) host_keys: HostKeyAlgorithms,
    pub(crate) user_keys: UserKeyAlgorithms,
}

/// A configured list without any supported algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{list} leaves nothing that is spoken here; name some of {}", spoken.join(", "))]
pub(crate) struct EmptyOffer {
    list: String,
    spoken: Vec<&'static str>,
}

/// OpenSSH's lower bound for RSA keys, whatever the configuration says.
const SHORTEST_RSA: u32 = 1024;

impl Algorithms {
    /// The default offer.
    pub(crate) fn usual() -> Arc<Self> {
        // Shared: nearly every host has it, and a target of its own for each of ten thousand would
        // hold a copy.
        static USUAL: LazyLock<Arc<Algorithms>> =
            LazyLock::new(|| Arc::new(OfferedNames::usual().algorithms(SHORTEST_RSA)));
        Arc::clone(&USUAL)
    }

    /// The offer that these lists configure.
    pub(crate) fn of(lists: &AlgorithmLists) -> Result<Self, EmptyOffer> {
        let shortest = lists.required_rsa_size.unwrap_or(SHORTEST_RSA).max(SHORTEST_RSA);
        Ok(OfferedNames::of(lists)?.algorithms(shortest))
    }
}

/// Unknown names in these lists with their positions: typing errors, or names of a later release.
pub(crate) fn unknown_names(lists: &AlgorithmLists) -> Vec<String> {
    let signatures = [HOST_KEYS, TOKEN_KEYS, SHA1_KEYS, NOT_SPOKEN].concat();
    let pairs = [
        (&lists.kex, [KEX, MORE_KEX, NOT_SPOKEN].concat()),
        (&lists.ciphers, [CIPHERS, MORE_CIPHERS, NOT_SPOKEN].concat()),
        (&lists.macs, [MACS, NOT_SPOKEN].concat()),
        (&lists.host_keys, signatures.clone()),
        (&lists.user_keys, signatures.clone()),
        (&lists.authorities, signatures),
    ];
    let named = pairs.iter().filter_map(|(list, known)| Some((list.as_ref()?, known)));
    named
        .filter_map(|(list, known)| {
            let unknown = list.names_besides(known);
            (!unknown.is_empty()).then(|| format!("{list}: {} is not known and left out", unknown.join(", ")))
        })
        .collect()
}

type NameList = Vec<&'static str>;

/// The whole offer by name.
struct OfferedNames {
    kex: NameList,
    ciphers: NameList,
    macs: NameList,
    host_keys: NameList,
    user_keys: NameList,
    authorities: NameList,
}

impl OfferedNames {
    fn usual() -> Self {
        let user_keys = [HOST_KEYS, TOKEN_KEYS].concat();
        Self {
            kex: KEX.to_vec(),
            ciphers: usual_ciphers(),
            macs: MACS.to_vec(),
            host_keys: HOST_KEYS.to_vec(),
            authorities: plain(&user_keys),
            user_keys,
        }
    }

    fn of(lists: &AlgorithmLists) -> Result<Self, EmptyOffer> {
        let usual = Self::usual();
        let user_keys = [HOST_KEYS, TOKEN_KEYS, SHA1_KEYS].concat();
        let authorities = match &lists.authorities {
            None => usual.authorities,
            // An empty list is valid: no certificate is trusted then.
            Some(list) => list.resolve(&usual.authorities, &plain(&user_keys)),
        };
        let ciphers = narrow(&lists.ciphers, &usual.ciphers, &[CIPHERS, MORE_CIPHERS].concat())?;
        let (ciphers, macs) = match narrow(&lists.macs, &usual.macs, MACS) {
            Ok(macs) => (ciphers, macs),
            // No MAC is left: those ciphers remain that need none.
            Err(empty) => (without_mac(&ciphers).ok_or(empty)?, Vec::new()),
        };
        Ok(Self {
            kex: narrow(&lists.kex, &usual.kex, &[KEX, MORE_KEX].concat())?,
            ciphers,
            macs,
            host_keys: narrow(&lists.host_keys, &usual.host_keys, &[HOST_KEYS, SHA1_KEYS].concat())?,
            user_keys: narrow(&lists.user_keys, &usual.user_keys, &user_keys)?,
            authorities,
        })
    }

    fn algorithms(self, shortest_rsa: u32) -> Algorithms {
        let authorities: Arc<[Algorithm]> = self
            .authorities
            .iter()
            .filter_map(|name| Algorithm::new(name).ok())
            .collect();
        let mut kex: Vec<kex::Name> = self
            .kex
            .iter()
            .filter_map(|name| kex::Name::try_from(*name).ok())
            .collect();
        // Not methods: extension markers that a client sends in this list.
        kex.extend([
            kex::EXTENSION_SUPPORT_AS_CLIENT,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
        ]);
        Algorithms {
            kex,
            ciphers: self
                .ciphers
                .iter()
                .filter_map(|name| cipher::Name::try_from(*name).ok())
                .collect(),
            macs: self
                .macs
                .iter()
                .filter_map(|name| mac::Name::try_from(*name).ok())
                .collect(),
            host_keys: HostKeyAlgorithms::new(&self.host_keys, Arc::clone(&authorities), shortest_rsa),
            user_keys: UserKeyAlgorithms::new(self.user_keys, authorities, shortest_rsa),
        }
    }
}

fn narrow(
    list: &Option<AlgorithmList>,
    usual: &[&'static str],
    spoken: &[&'static str],
) -> Result<NameList, EmptyOffer> {
    let Some(list) = list else {
        return Ok(usual.to_vec());
    };
    match list.resolve(usual, spoken) {
        none if none.is_empty() => Err(EmptyOffer {
            list: list.to_string(),
            spoken: spoken.to_vec(),
        }),
        names => Ok(names),
    }
}

/// The ciphers with built-in authentication, if there are any.
fn without_mac(ciphers: &[&'static str]) -> Option<NameList> {
    let names: NameList = ciphers
        .iter()
        .copied()
        .filter(|name| WITHOUT_MAC.contains(name))
        .collect();
    (!names.is_empty()).then_some(names)
}

/// The names that are not certificate algorithms.
fn plain(names: &[&'static str]) -> NameList {
    names
        .iter()
        .copied()
        .filter(|name| !name.contains("-cert-v01@"))
        .collect()
}
