//! Selects the verifier for a host: most share one, some have their own known_hosts files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::known_hosts::FileError;
use super::verifier::Verifier;
use crate::first_contacts::FirstContacts;
use crate::host_key_policy::HostKeyPolicy;
use crate::target::Target;
use pogo_ssh_config::FileVersion;

type Wanted = (HostKeyPolicy, Vec<PathBuf>);

/// A verifier, or why there is none while the files have these versions.
#[derive(Debug)]
enum FoundVerifier {
    /// Kept until one of its files changes.
    Usable(Arc<Verifier>),
    /// Why, kept until one of these files changes.
    Unusable(String, Vec<FileVersion>),
}

/// The verifiers, each with its files as they are now.
#[derive(Debug)]
pub(crate) struct Trust {
    /// For all hosts without their own files.
    shared: Option<Arc<Verifier>>,
    of_files: Mutex<HashMap<Wanted, FoundVerifier>>,
    contacts: FirstContacts,
}

impl Trust {
    pub(crate) fn new(shared: Option<Verifier>, contacts: &FirstContacts) -> Self {
        Self {
            shared: shared.map(|shared| Arc::new(shared.telling(contacts))),
            of_files: Mutex::default(),
            contacts: contacts.clone(),
        }
    }

    /// Warnings about the configuration.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.shared.as_ref().map(|shared| shared.warnings()).unwrap_or_default()
    }

    /// The verifier for a host, or why it cannot be trusted.
    pub(crate) fn of(&self, target: &Target) -> Result<Arc<Verifier>, String> {
        let Some(wanted) = &target.trust else {
            let none = || format!("no known_hosts file is named for {target}");
            let shared = self.shared.as_ref().ok_or_else(none)?;
            return refreshed(shared);
        };
        // Held while the files are read, and errors are kept: thousands of hosts that name
        // the same files arrive together.
        let mut of_files = self.of_files.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = || wanted.1.iter().map(|file| FileVersion::of(file)).collect::<Vec<_>>();
        match of_files.get(wanted) {
            Some(FoundVerifier::Usable(verifier)) => return refreshed(verifier),
            Some(FoundVerifier::Unusable(error, of_then)) if *of_then == versions() => return Err(error.clone()),
            Some(FoundVerifier::Unusable(..)) | None => {}
        }
        // Taken before the files are read: a change in between is seen the next time.
        let versions = versions();
        let read = read(wanted, &self.contacts);
        let found = match read.clone() {
            Ok(verifier) => FoundVerifier::Usable(verifier),
            Err(error) => FoundVerifier::Unusable(error, versions),
        };
        of_files.insert(wanted.clone(), found);
        read
    }
}

fn refreshed(verifier: &Arc<Verifier>) -> Result<Arc<Verifier>, String> {
    verifier.refresh().map_err(|error| unreadable(&error))?;
    Ok(Arc::clone(verifier))
}

fn unreadable(error: &FileError) -> String {
    let (path, source) = (error.path.display(), &error.source);
    format!("cannot read the known_hosts file {path}: {source}")
}

fn read((policy, files): &Wanted, contacts: &FirstContacts) -> Result<Arc<Verifier>, String> {
    if files.is_empty() && *policy == HostKeyPolicy::Strict {
        return Err(
            "none of the known_hosts files that ssh_config names is there; create one, or accept new hosts \
             (accept-new)"
                .to_owned(),
        );
    }
    let verifier = Verifier::new(*policy, files.clone());
    verifier
        .map(|verifier| Arc::new(verifier.telling(contacts)))
        .map_err(|error| unreadable(&error))
}
