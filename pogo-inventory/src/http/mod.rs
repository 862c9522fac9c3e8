//! A web service that answers with hosts.

mod answer;
mod copy;
mod fetch;
mod freshness;
mod pages;
mod read;
mod retry;
mod secret;
mod shrink;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};
use secrecy::SecretString;

use self::copy::Copy;
use self::secret::Secret;
use crate::blocking::{block_on, spawn_blocking};
use crate::table::{Format, Mapping};

/// A web service that answers with hosts as JSON, JSON lines or CSV: an asset database, a catalogue, a cloud.
///
/// - **Users and passwords** in the address are sent (`Authorization: Basic`); together with a header `Authorization` they are refused.
/// - **Secrets** go into headers, given as they are or read from a file each time. They are never shown, and
///   never follow to another server: redirects are followed on the same scheme, host and port only. Messages name
///   the address without its user, password and query.
/// - **HTTPS** trusts the certificates that the operating system trusts, or those of [`trust`](Self::trust).
/// - **Time**: each attempt has a limit (10 seconds unless said otherwise). When the service is down (not reached, cut
///   off, too slow, or status 408, 429 or 5xx) it is asked again, twice unless said otherwise, after a delay
///   that doubles, varies by half, and is no shorter than `Retry-After` asks for (up to a minute).
/// - **Size**: an answer is limited to 64 MiB.
/// - **Pages**: an answer that says that there are more hosts (`Link: rel="next"`, `X-Next-Page`, and the usual fields beside the
///   rows) is refused: a part of a fleet is no fleet.
/// - **Caching**: an answer is not asked for again while its `Cache-Control: max-age` lasts; after that, with
///   its `ETag` or `Last-Modified`, so that the service may say that nothing changed.
/// - **The last good copy** is kept in memory, and on disk with [`copy`](Self::copy), unless the service says `no-store`.
///   It is used, with a warning that tells its age, when the service is down. Other errors are errors.
/// - **Shrinking**: an answer that lacks more than a fifth of the last good copy's hosts is refused, and one with which the fleet or
///   a group is down to less than four fifths of the size that was confirmed; see [`max_shrink`](Self::max_shrink).
///
/// ```no_run
/// use pogo_inventory::{HttpSource, table::Mapping};
///
/// let source = HttpSource::new("https://assets.example.com/hosts", Mapping::default())
///     .header_from_file("Authorization", "/run/secrets/assets")
///     .copy("/var/lib/pogo/assets.json");
/// let hosts = source.read()?;
/// for warning in &hosts.warnings {
///     eprintln!("{warning}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HttpSource {
    url: SecretString,
    format: Format,
    mapping: Mapping,
    headers: Vec<(String, Secret)>,
    trusted: Option<PathBuf>,
    timeout: Duration,
    retries: u32,
    retry_delay: Duration,
    copy: Option<PathBuf>,
    max_copy_age: Option<Duration>,
    max_shrink: u8,
    memory: Arc<Mutex<Option<Copy>>>,
}

impl HttpSource {
    /// The percentage of hosts that may be missing, unless said otherwise.
    const MAX_SHRINK: u8 = 20;

    /// The service at this address, and what the fields of its answer mean.
    pub fn new(url: impl Into<String>, mapping: Mapping) -> Self {
        Self {
            url: SecretString::from(url.into()),
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

    /// Reads answers in this format.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Sends a header such as `Authorization`. Its value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.headers.push((name.into(), Secret::Given(value)));
        self
    }

    /// Sends a header whose value is in a file, without the white space around it; the file is read afresh each time.
    pub fn header_from_file(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.headers.push((name.into(), Secret::File(path.into())));
        self
    }

    /// Trusts the certificates (and authorities) of this PEM file in place of the operating system's.
    pub fn trust(mut self, path: impl Into<PathBuf>) -> Self {
        self.trusted = Some(path.into());
        self
    }

    /// Sets the time limit of each attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks so many times more when the service is down, first after about this delay.
    pub fn retries(mut self, retries: u32, delay: Duration) -> Self {
        self.retries = retries;
        self.retry_delay = delay;
        self
    }

    /// Keeps the last good answer in this file, readable for its owner alone.
    pub fn copy(mut self, path: impl Into<PathBuf>) -> Self {
        self.copy = Some(path.into());
        self
    }

    /// Refuses a copy older than this. By default, there is no such limit.
    pub fn max_copy_age(mut self, age: Duration) -> Self {
        self.max_copy_age = Some(age);
        self
    }

    /// Lets up to this percentage of the last good copy's hosts be missing from an answer. Default 20;
    /// 100 accepts every answer.
    ///
    /// The number of hosts, and the number of members of each group, must not go down by more than that from the largest
    /// number since they were confirmed, in however many steps; one member of a group may always go, if others stay. An answer
    /// that is taken under a higher percentage than the copy was kept under confirms the new numbers.
    pub fn max_shrink(mut self, percent: u8) -> Self {
        self.max_shrink = percent.min(100);
        self
    }

    /// Asks the service, and waits for it on this thread.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when it is down and there is no copy; [`InventoryError::Invalid`] when it refuses, when
    /// its answer is invalid, or when too many hosts would be gone.
    pub fn read(&self) -> Result<Listing, InventoryError> {
        block_on(read::read(self))
    }
}

#[async_trait]
impl Inventory for HttpSource {
    fn name(&self) -> String {
        secret::shown(&self.url)
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let source = self.clone();
        spawn_blocking(move || source.read()).await
    }
}

impl fmt::Debug for HttpSource {
    /// Without the headers, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSource")
            .field("url", &secret::shown(&self.url))
            .field("format", &self.format)
            .field("mapping", &self.mapping)
            .field("copy", &self.copy)
            .finish_non_exhaustive()
    }
}
