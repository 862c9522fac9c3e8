//! Verifies host keys under a policy.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use pogo_ssh_config::FileVersion;
use russh::keys::{Algorithm, Certificate, PublicKey, PublicKeyOrCertificate};

use super::append::LockedFile;
use super::certificate::{self, CertificateFault};
use super::known_hosts::{FileError, KeyVerdict, KnownHosts, hashed, lookup_name};
use super::refusal::{HostKeyRefusal, fingerprint};
use crate::algorithms::family;
use crate::first_contacts::FirstContacts;
use crate::host_key_policy::HostKeyPolicy;
use crate::target::Target;

/// The known host keys, and the policy for unknown ones.
#[derive(Debug)]
pub(crate) struct Verifier {
    policy: HostKeyPolicy,
    files: Vec<PathBuf>,
    known: RwLock<KnownKeys>,
    contacts: FirstContacts,
}

#[derive(Debug)]
struct KnownKeys {
    hosts: KnownHosts,
    /// Of each file, when it was read.
    versions: Vec<FileVersion>,
    /// Length of the first file when it was last read; a different length means that others have appended to it.
    first_len: u64,
}

impl KnownKeys {
    fn is_current(&self, files: &[PathBuf]) -> bool {
        files
            .iter()
            .map(|file| FileVersion::of(file))
            .eq(self.versions.iter().copied())
    }

    /// Adds lines that were appended to the first file, which has this length since.
    fn learn(&mut self, file: &Path, lines: &[String], len: u64) {
        lines.iter().for_each(|line| self.hosts.add_last_line(file, line));
        self.first_len = len;
        let version = FileVersion::of(file);
        // Otherwise another program has appended more, without the lock.
        if version.length() == Some(len)
            && let Some(first) = self.versions.first_mut()
        {
            *first = version;
        }
    }
}

impl Verifier {
    /// Reads the files. When new hosts are accepted, the first need not exist yet; otherwise each must.
    pub(crate) fn new(policy: HostKeyPolicy, files: Vec<PathBuf>) -> Result<Self, FileError> {
        let known = match policy {
            HostKeyPolicy::Insecure => KnownKeys {
                hosts: KnownHosts::default(),
                versions: Vec::new(),
                first_len: 0,
            },
            HostKeyPolicy::Strict | HostKeyPolicy::AcceptNew => read_all(policy, &files)?,
        };
        Ok(Self {
            policy,
            files,
            known: RwLock::new(known),
            contacts: FirstContacts::default(),
        })
    }

    /// Reads the files again if one of them is another by now: a key was removed, added or revoked.
    pub(crate) fn refresh(&self) -> Result<(), FileError> {
        if self.policy == HostKeyPolicy::Insecure || self.known().is_current(&self.files) {
            return Ok(());
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if !known.is_current(&self.files) {
            *known = read_all(self.policy, &self.files)?;
        }
        Ok(())
    }

    /// Collects hosts without a known key here.
    pub(crate) fn telling(mut self, contacts: &FirstContacts) -> Self {
        self.contacts = contacts.clone();
        self
    }

    /// Warnings about the configuration: skipped lines, disabled checks.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.known().hosts.warnings().to_vec();
        if self.policy == HostKeyPolicy::Insecure {
            warnings.push("host keys are not checked (insecure): anybody on the network can pose as a host".to_owned());
        }
        warnings
    }

    /// Host key algorithms in the order of the offer: those of the host's known keys first.
    pub(crate) fn preferred(&self, target: &Target) -> Vec<Algorithm> {
        let all = &target.algorithms.host_keys.plain;
        let known = self.known().hosts.algorithms(&target.key_name, target.port);
        let is_known = |algorithm: &&Algorithm| known.contains(&family(algorithm));
        // A host that has several keys shows the one that is asked for first, and a new one would
        // be a refusal.
        let first = all.iter().filter(is_known);
        first
            .chain(all.iter().filter(|algorithm| !is_known(algorithm)))
            .cloned()
            .collect()
    }

    /// The certificate algorithms to offer: none without a trusted authority.
    pub(crate) fn certificates(&self, target: &Target) -> Vec<Algorithm> {
        match self.known().hosts.has_authority(&target.key_name, target.port) {
            true => target.algorithms.host_keys.certificates.clone(),
            false => Vec::new(),
        }
    }

    /// Whether verifying may block on the lock of the known_hosts file.
    pub(crate) fn may_wait(&self) -> bool {
        self.policy == HostKeyPolicy::AcceptNew
    }

    /// Verifies the key or certificate of the host at this address; records a new key if the policy says so. May block
    /// on the file's lock.
    pub(crate) fn verify(
        &self,
        target: &Target,
        shown: &PublicKeyOrCertificate,
        address: Option<IpAddr>,
    ) -> Result<(), HostKeyRefusal> {
        let checked = target.algorithms.host_keys.check_key(&shown.public_key());
        checked.map_err(|fault| HostKeyRefusal::weak(target, fault))?;
        let is_own = address.is_some_and(|address| address.is_loopback());
        if self.policy == HostKeyPolicy::Insecure || (target.trusts_localhost && is_own) {
            return Ok(());
        }
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                // As OpenSSH does: loopback addresses are not checked, and a name that is
                // an address is looked up anyway.
                let address = address
                    .filter(|_| target.checks_address && !is_own)
                    .map(|address| address.to_string());
                let address = address.filter(|address| *address != target.key_name);
                let verified = self.verify_key(target, key, address.as_deref());
                if let Err(HostKeyRefusal::Unknown { .. }) = &verified {
                    self.contacts.refuse(&target.host);
                }
                verified
            }
            PublicKeyOrCertificate::Certificate(certificate) => self.verify_certificate(target, certificate),
        }
    }

    fn verify_certificate(&self, target: &Target, certificate: &Certificate) -> Result<(), HostKeyRefusal> {
        let host = || target.to_string();
        let verdict = self
            .known()
            .hosts
            .judge_authority(&target.key_name, target.port, certificate);
        let checked = match verdict {
            KeyVerdict::Revoked(record) => return Err(HostKeyRefusal::Revoked { host: host(), record }),
            KeyVerdict::Trusted => certificate::check(certificate, target, seconds_now()),
            KeyVerdict::Unknown | KeyVerdict::Changed(_) => {
                Err(CertificateFault::Authority(certificate::authority_of(certificate)))
            }
        };
        // As OpenSSH does: the plain key of an invalid certificate may be known.
        let plain_key = PublicKey::from(certificate.public_key().clone());
        checked.or_else(|fault| {
            self.judge(target, &target.key_name, &plain_key)
                .map_err(|_| HostKeyRefusal::Certificate { host: host(), fault })
        })
    }

    /// `address`: the host's address, if that must not be known with another key.
    fn verify_key(&self, target: &Target, key: &PublicKey, address: Option<&str>) -> Result<(), HostKeyRefusal> {
        let by_name = self.judge(target, &target.key_name, key);
        let by_address = address.map_or(Ok(()), |address| self.judge(target, address, key));
        let accepts_new = self.policy == HostKeyPolicy::AcceptNew;
        let names: Vec<&str> = [target.key_name.as_str()].into_iter().chain(address).collect();
        match (by_name, by_address) {
            (Ok(()), Ok(())) => Ok(()),
            // As OpenSSH does: an address that is not known says nothing against a name that is.
            (Ok(()), Err(HostKeyRefusal::Unknown { .. })) if !accepts_new => Ok(()),
            (Err(HostKeyRefusal::Unknown { .. }), Ok(()) | Err(HostKeyRefusal::Unknown { .. }))
            | (Ok(()), Err(HostKeyRefusal::Unknown { .. }))
                if accepts_new =>
            {
                self.record(target, &names, key)
            }
            (Err(refusal), _) | (Ok(()), Err(refusal)) => Err(refusal),
        }
    }

    /// Judges a key under one of the host's names.
    fn judge(&self, target: &Target, name: &str, key: &PublicKey) -> Result<(), HostKeyRefusal> {
        let verdict = self.known().hosts.judge(name, target.port, key);
        // Built only for a refusal: nearly every key is trusted.
        let host = || match name == target.key_name {
            true => target.to_string(),
            false => format!("{name}, the address of {target} (CheckHostIP),"),
        };
        let shown = || fingerprint(key);
        match verdict {
            KeyVerdict::Trusted => Ok(()),
            KeyVerdict::Unknown => Err(HostKeyRefusal::Unknown {
                host: host(),
                algorithm: key.algorithm(),
                shown: shown(),
                file: self.files.first().cloned(),
            }),
            KeyVerdict::Changed(known) => Err(HostKeyRefusal::Changed {
                host: host(),
                algorithm: key.algorithm(),
                shown: shown(),
                known,
            }),
            KeyVerdict::Revoked(record) => Err(HostKeyRefusal::Revoked { host: host(), record }),
        }
    }

    fn record(&self, target: &Target, names: &[&str], key: &PublicKey) -> Result<(), HostKeyRefusal> {
        let Some(file) = self.files.first() else {
            return Err(HostKeyRefusal::NoFile {
                host: target.to_string(),
            });
        };
        let not_recorded = |reason: String| HostKeyRefusal::NotRecorded {
            host: target.to_string(),
            file: file.clone(),
            reason,
        };
        // From here to the append: two processes that meet a new host at once would record two keys
        // of it.
        let locked = LockedFile::open(file).map_err(|error| not_recorded(error.to_string()))?;
        if locked.len() != self.known().first_len {
            self.read_again().map_err(|error| not_recorded(error.to_string()))?;
        }
        // Another process may have recorded a key of this host in the meantime.
        let mut new = Vec::new();
        for name in names {
            match self.judge(target, name, key) {
                Err(HostKeyRefusal::Unknown { .. }) => new.push(*name),
                judgement => judgement?,
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let lines = lines_for(target, &new, key).map_err(not_recorded)?;
        // Whoever looks meanwhile would find another file, and read all of it.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let len = locked
            .append(&lines.join("\n"))
            .map_err(|error| not_recorded(error.to_string()))?;
        known.learn(file, &lines, len);
        // Before the contact is noted: that takes a lock of its own.
        drop(known);
        self.contacts.accept(&target.host);
        Ok(())
    }

    fn read_again(&self) -> Result<(), FileError> {
        let fresh = read_all(self.policy, &self.files)?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn known(&self) -> RwLockReadGuard<'_, KnownKeys> {
        // Poisoning is harmless: the table is replaced or extended in one step.
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_all(policy: HostKeyPolicy, files: &[PathBuf]) -> Result<KnownKeys, FileError> {
    let mut hosts = KnownHosts::default();
    let mut first_len = 0;
    let versions = files.iter().map(|file| FileVersion::of(file)).collect();
    for (position, file) in files.iter().enumerate() {
        match hosts.read(file) {
            Ok(len) if position == 0 => first_len = len,
            Ok(_) => {}
            Err(error)
                if policy == HostKeyPolicy::AcceptNew
                    && position == 0
                    && error.source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(KnownKeys {
        hosts,
        versions,
        first_len,
    })
}

/// One line for all names, or one for each if they are hashed.
fn lines_for(target: &Target, names: &[&str], key: &PublicKey) -> Result<Vec<String>, String> {
    let names: Vec<String> = names.iter().map(|name| lookup_name(name, target.port)).collect();
    // Each of these would end the name in the file, hash it, or let it stand for other hosts.
    if let Some(bad) = names
        .iter()
        .find(|name| name.contains([' ', '\t', '\n', ',', '#', '*', '?', '!', '|']))
    {
        return Err(format!("`{bad}` cannot stand in a known_hosts file"));
    }
    let names = match target.hash_known_hosts {
        true => names.iter().map(|name| hashed(name)).collect::<Option<Vec<_>>>(),
        false => Some(vec![names.join(",")]),
    };
    // Without the comment, which is the host's text.
    let key = PublicKey::from(key.key_data().clone());
    let key = key.to_openssh().map_err(|error| error.to_string())?;
    let names = names.ok_or("this system gives no random numbers")?;
    Ok(names.iter().map(|name| format!("{name} {}", key.trim())).collect())
}

fn seconds_now() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |since_epoch| since_epoch.as_secs())
}
