//! What a source was made with, and the copy that all of its clones share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;

use super::copy::Copy;
use super::secret::Secret;
use crate::table::{Format, Mapping};

#[derive(Clone)]
pub(super) struct HttpSettings {
    pub(super) url: SecretString,
    pub(super) format: Format,
    pub(super) mapping: Mapping,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) trusted: Option<PathBuf>,
    pub(super) timeout: Duration,
    pub(super) retries: u32,
    pub(super) retry_delay: Duration,
    pub(super) copy: Option<PathBuf>,
    pub(super) max_copy_age: Option<Duration>,
    pub(super) max_shrink: u8,
    // Shared by clones: each reading runs on a clone that is gone afterwards.
    pub(super) memory: Arc<Mutex<Option<Copy>>>,
}

impl HttpSettings {
    /// Default percentage of hosts that may be missing.
    pub(super) const MAX_SHRINK: u8 = 20;

    pub(super) fn new(url: SecretString, mapping: Mapping) -> Self {
        Self {
            url,
            format: Format::Json,
            mapping,
            headers: Vec::new(),
            trusted: None,
            timeout: Duration::from_secs(10),
            retries: 2,
            retry_delay: Duration::from_millis(500),
            copy: None,
            max_copy_age: None,
            max_shrink: Self::MAX_SHRINK,
            memory: Arc::default(),
        }
    }
}
