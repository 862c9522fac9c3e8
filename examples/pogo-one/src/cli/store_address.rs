//! The address of a store that is no directory of this machine.

use std::ffi::OsString;
use std::fmt;

#[cfg(feature = "postgres")]
use pogo_store::postgres::PostgresAddress;
#[cfg(feature = "zookeeper")]
use pogo_store::zookeeper::{OutputLocation, ZookeeperAddress};

/// A store that several machines have, in whatever keeps it. Displays without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreAddress {
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresAddress>),
    #[cfg(feature = "zookeeper")]
    Zookeeper(Box<ZookeeperAddress>),
}

/// What an address begins with, and the feature that has such stores.
const KINDS: &[(&str, &str)] = &[
    ("postgres:", "PostgreSQL"),
    ("postgresql:", "PostgreSQL"),
    ("zookeeper:", "ZooKeeper"),
];

impl StoreAddress {
    /// Whether a text is meant as such an address, and as no path.
    pub(crate) fn is_meant_by(text: &str) -> bool {
        KINDS.iter().any(|(scheme, _)| text.starts_with(scheme))
    }

    /// Reads an address; what is wrong with it is said without its secrets.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        #[cfg(feature = "postgres")]
        if PostgresAddress::is_meant_by(text) {
            return text
                .parse()
                .map(|address| Self::Postgres(Box::new(address)))
                .map_err(|error| {
                    let error: pogo_store::postgres::PostgresError = error;
                    error.to_string()
                });
        }
        #[cfg(feature = "zookeeper")]
        if ZookeeperAddress::is_meant_by(text) {
            return text
                .parse()
                .map(|address| Self::Zookeeper(Box::new(address)))
                .map_err(|error| {
                    let error: pogo_store::zookeeper::ZookeeperError = error;
                    error.to_string()
                });
        }
        let kind = KINDS.iter().find(|(scheme, _)| text.starts_with(scheme));
        let kind = kind.map_or("that place", |(_, kind)| kind);
        Err(format!(
            "this program was built without stores in {kind}; {} has them",
            super::source::INSTALL
        ))
    }

    /// What distinguishes it from other stores: whoever logs in there, and how, does not.
    pub(crate) fn identity(&self) -> String {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(ref address) => address.identity(),
            #[cfg(feature = "zookeeper")]
            Self::Zookeeper(ref address) => address.identity(),
        }
    }

    fn name(&self) -> String {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(ref address) => address.to_string(),
            #[cfg(feature = "zookeeper")]
            Self::Zookeeper(ref address) => address.to_string(),
        }
    }

    /// Whether it has a secret in it.
    pub(crate) fn has_secret(&self) -> bool {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(ref address) => address.has_password(),
            #[cfg(feature = "zookeeper")]
            Self::Zookeeper(ref address) => address.has_password(),
        }
    }

    /// The variables by which another process of this program has it, with what it takes to log in there.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(ref address) => {
                // libpq's own, which the driver reads as well.
                let of_driver = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG"));
                let own = [("POGO_STORE".into(), address.expose().into())];
                of_driver.chain(own).collect()
            }
            #[cfg(feature = "zookeeper")]
            Self::Zookeeper(ref address) => {
                let own = [("POGO_STORE".into(), address.expose().into())];
                // The login for objects, and where they are; whom to trust, and the way there.
                let is_needed = address.output().is_some_and(OutputLocation::needs_environment);
                let of_objects = std::env::vars_os().filter(|(name, _)| {
                    let name = name.to_string_lossy();
                    let is_proxy = ["https_proxy", "no_proxy"]
                        .iter()
                        .any(|proxy| name.eq_ignore_ascii_case(proxy));
                    is_needed && (is_proxy || name.starts_with("AWS_") || name.starts_with("SSL_CERT_"))
                });
                of_objects.chain(own).collect()
            }
        }
    }

    /// Whether a secret of it stands on the command line of this process, where everybody on this machine can read it.
    pub(crate) fn is_exposed(&self) -> bool {
        let is_secret = |word: OsString| {
            let word = word.to_string_lossy();
            let text = word.strip_prefix("--store=").unwrap_or(&word);
            Self::is_meant_by(text) && Self::parse(text).is_ok_and(|address| address.has_secret())
        };
        self.has_secret() && std::env::args_os().any(is_secret)
    }
}

impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
