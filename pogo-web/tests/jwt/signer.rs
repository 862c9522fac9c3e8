//! Who signs, by another library than the one that checks.

use std::process::Command;

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A key that was made a moment ago.
pub(crate) struct Signer {
    key: Key,
    pub(crate) algorithm: &'static str,
    id: &'static str,
}

impl Signer {
    pub(crate) fn ec(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        let key = Key::Ec(EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).unwrap());
        Self {
            key,
            algorithm: "ES256",
            id,
        }
    }

    pub(crate) fn ed(id: &'static str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Key::Ed(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap());
        Self {
            key,
            algorithm: "EdDSA",
            id,
        }
    }

    pub(crate) fn rsa(id: &'static str) -> Self {
        let args = [
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-outform",
            "DER",
        ];
        let made = Command::new("openssl").args(args).output().unwrap();
        // Some releases write the key alone, and others say of which kind it is.
        let key = RsaKeyPair::from_pkcs8(&made.stdout).or_else(|_| RsaKeyPair::from_der(&made.stdout));
        let key = Key::Rsa(Box::new(key.unwrap()));
        Self {
            key,
            algorithm: "RS256",
            id,
        }
    }

    pub(crate) fn jwk(&self) -> Value {
        let (id, alg) = (self.id, self.algorithm);
        match &self.key {
            Key::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "alg": alg, "use": "sig", "x": b64(x), "y": b64(y)})
            }
            Key::Ed(key) => json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(key.public_key().as_ref())}),
            Key::Rsa(key) => {
                let parts: PublicKeyComponents<Vec<u8>> = key.public().into();
                json!({"kty": "RSA", "kid": id, "alg": alg, "use": "sig", "n": b64(&parts.n), "e": b64(&parts.e)})
            }
        }
    }

    fn signature(&self, message: &str, padding: &'static dyn RsaEncoding) -> Vec<u8> {
        let (random, message) = (SystemRandom::new(), message.as_bytes());
        match &self.key {
            Key::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(message).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token with this head, signed as it says.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!(
            "{}.{}",
            b64(header.to_string().as_bytes()),
            b64(claims.to_string().as_bytes())
        );
        let padding: &'static dyn RsaEncoding = match header["alg"].as_str() {
            Some("PS256") => &RSA_PSS_SHA256,
            _ => &RSA_PKCS1_SHA256,
        };
        format!("{message}.{}", b64(&self.signature(&message, padding)))
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"alg": self.algorithm, "typ": "JWT", "kid": self.id}), claims)
    }
}

/// A token that is signed with a shared secret.
pub(crate) fn sign_shared((id, bits, secret): (&str, u32, &[u8]), claims: &Value) -> String {
    let header = json!({"alg": format!("HS{bits}"), "kid": id});
    let message = format!(
        "{}.{}",
        b64(header.to_string().as_bytes()),
        b64(claims.to_string().as_bytes())
    );
    let how = match bits {
        256 => hmac::HMAC_SHA256,
        384 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    format!(
        "{message}.{}",
        b64(hmac::sign(&hmac::Key::new(how, secret), message.as_bytes()).as_ref())
    )
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
