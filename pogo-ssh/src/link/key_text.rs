//! Parses private keys in every format that `ssh` reads.

use russh::keys::{self, PrivateKey, PublicKey};

use super::pem::{EncryptedPem, PemError};

/// Why a text is not a usable private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyTextError {
    /// It needs a passphrase.
    Encrypted,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// It is something else, which the message names.
    Malformed(String),
}

const OPENSSH: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const PKCS8_ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Parses a private key.
pub(super) fn private_key(text: &str, passphrase: Option<&str>) -> Result<PrivateKey, KeyTextError> {
    if let Some(what) = something_else(text) {
        return Err(KeyTextError::Malformed(what.to_owned()));
    }
    if let Some(pem) = EncryptedPem::parse(text).map_err(malformed)? {
        let passphrase = passphrase.ok_or(KeyTextError::Encrypted)?;
        let plain = pem.decrypt(passphrase).map_err(|error| match error {
            PemError::WrongPassphrase => KeyTextError::WrongPassphrase,
            error => malformed(error),
        })?;
        // Data decrypted with a wrong passphrase may by chance have valid padding.
        return keys::decode_secret_key(&plain, None).map_err(|_| KeyTextError::WrongPassphrase);
    }
    let encrypted = is_encrypted(text);
    match (encrypted, passphrase) {
        (true, None) => Err(KeyTextError::Encrypted),
        // A passphrase for an unencrypted key is ignored.
        (false, _) => keys::decode_secret_key(text, None).map_err(malformed),
        (true, passphrase) => match keys::decode_secret_key(text, passphrase) {
            Ok(key) => Ok(key),
            // russh 0.65 gives both as errors whose types it does not export, so only the words tell an unknown cipher
            // from a wrong passphrase.
            Err(error) if error.to_string().contains("unsupported") => Err(malformed(error)),
            Err(_) => Err(KeyTextError::WrongPassphrase),
        },
    }
}

/// The public key of a private key, if its format contains it unencrypted.
pub(super) fn public_half(text: &str) -> Option<PublicKey> {
    let key = PrivateKey::from_openssh(text.trim_start()).ok()?;
    Some(key.public_key().clone())
}

fn malformed(error: impl std::fmt::Display) -> KeyTextError {
    KeyTextError::Malformed(error.to_string())
}

fn is_encrypted(text: &str) -> bool {
    let begins = |marker: &str| text.lines().any(|line| line.trim_end() == marker);
    if begins(OPENSSH) {
        return PrivateKey::from_openssh(text.trim_start()).is_ok_and(|key| key.is_encrypted());
    }
    let ppk = text.starts_with("PuTTY-User-Key-File-")
        && text
            .lines()
            .any(|line| line.starts_with("Encryption: ") && line != "Encryption: none");
    begins(PKCS8_ENCRYPTED) || ppk
}

/// Describes files that are mistaken for private keys, and keys of obsolete types.
fn something_else(text: &str) -> Option<&'static str> {
    let begins = |marker: &str| text.lines().any(|line| line.starts_with(marker));
    let first = text.split_whitespace().next().unwrap_or_default();
    if text.trim().is_empty() {
        Some("it is empty")
    } else if first.ends_with("-cert-v01@openssh.com") {
        // Before public keys, since names of certificates begin like those of keys.
        Some("it is a certificate; name the private key that it belongs to")
    } else if is_public_algorithm(first)
        || begins("---- BEGIN SSH2 PUBLIC KEY")
        || begins("-----BEGIN PUBLIC KEY")
        || begins("-----BEGIN RSA PUBLIC KEY")
    {
        Some("it is a public key; name the file of the private one (without .pub)")
    } else if begins("-----BEGIN CERTIFICATE") && !begins("-----BEGIN PRIVATE KEY") {
        Some("it is an X.509 certificate, which is no key for SSH")
    } else if begins("-----BEGIN DSA PRIVATE KEY") {
        Some("it is a DSA key, which is too weak; make another (ssh-keygen -t ed25519)")
    } else if begins("SSH PRIVATE KEY FILE FORMAT 1") {
        Some("it is a key for SSH 1; make another (ssh-keygen -t ed25519)")
    } else if begins("-----BEGIN PGP") {
        Some("it is a key for PGP; gpg-agent with enable-ssh-support offers it to SSH")
    } else if !begins("-----BEGIN ") && !begins("PuTTY-User-Key-File-") {
        Some("it holds no key in any format of OpenSSH or OpenSSL")
    } else {
        None
    }
}

fn is_public_algorithm(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(|start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    // An Ed25519 key, encrypted with the passphrase `secret` by `openssl pkcs8 -topk8 -v1 PBE-MD5-DES`.
    const PBES1: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MFcwGwYJKoZIhvcNAQUDMA4ECAZR6vImJg0iAgIIAAQ4Nik2BEKofKrKOFuXJ3g2\n\
        JD4lQ1Ywp/3YXm48sn3cHB8S0aI839EeMy5CtlpKmLHrsDiCwdZuH60=\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";

    /// Its words are russh's: where this fails after an update of russh, [`private_key`] has to look for others.
    #[test]
    fn a_cipher_that_is_not_known_is_not_taken_for_a_wrong_passphrase() {
        let putty = |rest: &str| format!("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {rest}\n");
        for text in [
            PBES1,
            &putty("aes128-ctr"),
            &putty("aes256-cbc\nKey-Derivation: scrypt"),
        ] {
            let Err(KeyTextError::Malformed(reason)) = private_key(text, Some("secret")) else {
                panic!("{text}");
            };
            assert!(reason.contains("unsupported"), "{reason}");
        }
    }
}
