//! Algorithms by which tokens may be signed.

use std::fmt;
use std::str::FromStr;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};

macro_rules! algorithms {
    ($( $(#[$meta:meta])* $name:ident $text:literal; )*) => {
        /// An algorithm by which a token may be signed: with a private key, so that who checks cannot sign. Neither
        /// `none` nor those with a shared secret are among them, so nothing makes a secret of a key that everybody
        /// knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum JwtAlgorithm {
            $( $(#[$meta])* $name, )*
        }

        impl JwtAlgorithm {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name, as tokens have it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The algorithm of this name in a token; `None` for one that is never allowed.
            pub(super) fn of(algorithm: Algorithm) -> Option<Self> {
                match algorithm {
                    $(Algorithm::$name => Some(Self::$name),)*
                    _ => None,
                }
            }

            pub(super) fn library(self) -> Algorithm {
                match self { $(Self::$name => Algorithm::$name),* }
            }
        }
    };
}

algorithms! {
    /// RSA with SHA-256, as PKCS #1 1.5 has it: what most providers use.
    RS256 "RS256";
    /// RSA with SHA-384, as PKCS #1 1.5 has it.
    RS384 "RS384";
    /// RSA with SHA-512, as PKCS #1 1.5 has it.
    RS512 "RS512";
    /// RSA with SHA-256, as PSS has it.
    PS256 "PS256";
    /// RSA with SHA-384, as PSS has it.
    PS384 "PS384";
    /// RSA with SHA-512, as PSS has it.
    PS512 "PS512";
    /// ECDSA over P-256.
    ES256 "ES256";
    /// ECDSA over P-384.
    ES384 "ES384";
    /// Ed25519.
    EdDSA "EdDSA";
}

impl JwtAlgorithm {
    /// Whether a key is of the kind that this takes.
    pub(super) fn takes(self, key: &AlgorithmParameters) -> bool {
        match (self, key) {
            (
                Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512,
                AlgorithmParameters::RSA(_),
            ) => true,
            (Self::ES256, AlgorithmParameters::EllipticCurve(key)) => key.curve == EllipticCurve::P256,
            (Self::ES384, AlgorithmParameters::EllipticCurve(key)) => key.curve == EllipticCurve::P384,
            (Self::EdDSA, AlgorithmParameters::OctetKeyPair(key)) => key.curve == EllipticCurve::Ed25519,
            _ => false,
        }
    }
}

/// Text that names no algorithm that may be allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no algorithm that may be allowed; there are {}", text.escape_debug(), names())]
#[non_exhaustive]
pub struct UnknownAlgorithm {
    /// The text as given.
    pub text: String,
}

fn names() -> String {
    let names: Vec<&str> = JwtAlgorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    names.join(", ")
}

impl FromStr for JwtAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        let found = Self::ALL.iter().find(|algorithm| algorithm.name() == text);
        found.copied().ok_or_else(|| UnknownAlgorithm { text: text.to_owned() })
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
