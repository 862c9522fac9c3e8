//! Encrypted keys in the traditional format of OpenSSL, as `ssh-keygen -m PEM` and `openssl genrsa -traditional` write
//! it.

use aes::{Aes128, Aes192, Aes256};
use base64ct::{Base64, Encoding};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit};
use des::TdesEde3;
use zeroize::Zeroizing;

/// A parsed file.
// Not left to the SSH library: of the ciphers of this format it knows one, and panics at another.
pub(super) struct EncryptedPem {
    /// `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    label: String,
    cipher: Cipher,
    iv: Vec<u8>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

/// Why the key cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PemError {
    /// The header names another cipher than those of `openssl` that OpenSSH writes.
    #[error("it is encrypted with {0}, which is not supported; write it anew: ssh-keygen -p -f FILE")]
    Cipher(String),
    /// The header or the encoding is not what it says.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// What was decrypted is no key.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
}

impl EncryptedPem {
    /// `None` for a text in another format.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, PemError> {
        let mut lines = text.lines().map(str::trim);
        let label = lines.by_ref().find_map(|line| {
            let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
            ["RSA PRIVATE KEY", "EC PRIVATE KEY"].contains(&label).then_some(label)
        });
        let Some(label) = label else {
            return Ok(None);
        };
        let mut info = None;
        let mut body = String::new();
        for line in lines.take_while(|line| !line.starts_with("-----END ")) {
            match line.split_once(':') {
                Some(("DEK-Info", value)) => info = Some(value.trim()),
                Some(_) => {}
                None => body.push_str(line),
            }
        }
        let Some(info) = info else {
            return Ok(None);
        };
        let (name, iv) = info.split_once(',').ok_or(PemError::Damaged("no vector in DEK-Info"))?;
        let cipher = Cipher::named(name).ok_or_else(|| PemError::Cipher(name.to_owned()))?;
        // Checked here: the ciphers take a vector of another length for a defect of their caller.
        let iv = hex(iv.trim()).filter(|iv| iv.len() == cipher.block());
        Ok(Some(Self {
            label: label.to_owned(),
            cipher,
            iv: iv.ok_or(PemError::Damaged("no vector in DEK-Info"))?,
            bytes: Base64::decode_vec(&body).map_err(|_| PemError::Damaged("no base64"))?,
        }))
    }

    /// The key as unencrypted PEM.
    pub(super) fn decrypt(&self, passphrase: &str) -> Result<Zeroizing<String>, PemError> {
        // The salt is the first eight bytes of the initialization vector.
        let salt = self.iv.get(..8).unwrap_or_default();
        let key = derive(passphrase.as_bytes(), salt, self.cipher.key());
        let plain = match self.cipher {
            Cipher::Aes128 => open::<Aes128>(&key, &self.iv, &self.bytes),
            Cipher::Aes192 => open::<Aes192>(&key, &self.iv, &self.bytes),
            Cipher::Aes256 => open::<Aes256>(&key, &self.iv, &self.bytes),
            Cipher::TripleDes => open::<TdesEde3>(&key, &self.iv, &self.bytes),
        };
        let plain = plain.ok_or(PemError::WrongPassphrase)?;
        let body = Zeroizing::new(Base64::encode_string(&plain));
        Ok(Zeroizing::new(format!(
            "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n",
            self.label, *body
        )))
    }
}

impl Cipher {
    fn named(name: &str) -> Option<Self> {
        match name {
            "AES-128-CBC" => Some(Self::Aes128),
            "AES-192-CBC" => Some(Self::Aes192),
            "AES-256-CBC" => Some(Self::Aes256),
            "DES-EDE3-CBC" => Some(Self::TripleDes),
            _ => None,
        }
    }

    fn key(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    fn block(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one round, which the format prescribes.
fn derive(passphrase: &[u8], salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::new());
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        let mut context = md5::Context::new();
        context.consume(&last);
        context.consume(passphrase);
        context.consume(salt);
        last = context.finalize().0.to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn open<C>(key: &[u8], iv: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: BlockCipherDecrypt + KeyInit,
    Decryptor<C>: KeyIvInit + BlockModeDecrypt + InnerIvInit<Inner = C>,
{
    let mut plain = Zeroizing::new(bytes.to_vec());
    let decryptor = Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(high * 16 + low).ok())
        .collect()
}
