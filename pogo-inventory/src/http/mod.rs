//! Hosts from a web service.

mod answer;
mod copy;
mod fetch;
mod freshness;
mod last;
mod pages;
mod read;
mod retry;
mod secret;
mod settings;
mod shrink;
mod tls;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};
use secrecy::SecretString;

use self::secret::Secret;
use self::settings::HttpSettings;
use crate::blocking::{block_on, spawn_blocking};
use crate::table::{Format, Mapping};

/// A web service that returns hosts as JSON, JSON lines or CSV: an asset database, a catalogue, a cloud.
///
/// - **Users and passwords** in the address are sent (`Authorization: Basic`); together with a header `Authorization`
///   they are refused.
/// - **Secrets** go into headers, set directly or read from a file for each request. They are never shown, and
///   never sent to another server: redirects are followed on the same scheme, host and port only. Messages name
///   the address without its user, password and query.
/// - **HTTPS** trusts the operating system's certificates, or those of [`trust`](Self::trust).
/// - **Time**: each request has a limit (default: 10 seconds). When the service is down (unreachable, interrupted,
///   too slow, or status 408, 429 or 5xx) it is retried, twice by default, after a delay
///   that doubles, varies by half, and is no shorter than `Retry-After` (up to a minute).
/// - **Size**: a response is limited to 64 MiB.
/// - **Pages**: a response that is one page of several (`Link: rel="next"`, `X-Next-Page`, and the usual fields beside
///   the rows) is refused: a part of a fleet must not be taken for the fleet.
/// - **Caching**: a response is reused while its `Cache-Control: max-age` lasts; after that, it is requested with
///   its `ETag` or `Last-Modified`, so that the service can report that nothing changed.
/// - **The last valid copy** is kept in memory, and on disk with [`copy`](Self::copy), unless the service sends
///   `no-store`. It is used, with a warning that states its age, when the service is down. Other errors are errors.
/// - **Shrinking**: a response without more than a fifth of the last valid copy's hosts is refused, and one with which
///   the fleet or a group falls below four fifths of its confirmed size; see [`max_shrink`](Self::max_shrink).
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
    settings: HttpSettings,
}

impl HttpSource {
    /// An inventory from the service at this address, with a mapping of its fields.
    pub fn new(url: impl Into<String>, mapping: Mapping) -> Self {
        let settings = HttpSettings::new(SecretString::from(url.into()), mapping);
        Self { settings }
    }

    /// Sets the format of responses.
    pub fn format(mut self, format: Format) -> Self {
        self.settings.format = format;
        self
    }

    /// Adds a header such as `Authorization`. Its value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: SecretString) -> Self {
        self.settings.headers.push((name.into(), Secret::Given(value)));
        self
    }

    /// Adds a header whose value is read from a file for each request, without surrounding white space.
    pub fn header_from_file(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.settings.headers.push((name.into(), Secret::File(path.into())));
        self
    }

    /// Trusts the certificates and authorities of this PEM file instead of the operating system's.
    pub fn trust(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.trusted = Some(path.into());
        self
    }

    /// Sets the time limit of each request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets how often a request is retried when the service is down, and the first delay.
    pub fn retries(mut self, retries: u32, delay: Duration) -> Self {
        self.settings.retries = retries;
        self.settings.retry_delay = delay;
        self
    }

    /// Keeps the last valid response in this file, readable for its owner only.
    pub fn copy(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.copy = Some(path.into());
        self
    }

    /// Refuses a copy older than this. Default: no limit.
    pub fn max_copy_age(mut self, age: Duration) -> Self {
        self.settings.max_copy_age = Some(age);
        self
    }

    /// Sets the percentage of the last valid copy's hosts that may be missing from a response. Default 20;
    /// 100 accepts every response.
    ///
    /// The number of hosts, and of members of each group, must not fall by more than that from the largest
    /// number since they were confirmed, in however many steps; one member of a group may always leave, if others stay.
    /// A response that is accepted with a higher percentage than the copy's confirms the new numbers.
    pub fn max_shrink(mut self, percent: u8) -> Self {
        self.settings.max_shrink = percent.min(100);
        self
    }

    /// Requests the hosts. Blocks.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when it is down and there is no copy; [`InventoryError::Invalid`] when it
    /// refuses, when its response is invalid, or when too many hosts are missing.
    pub fn read(&self) -> Result<Listing, InventoryError> {
        block_on(read::read(&self.settings))
    }
}

#[async_trait]
impl Inventory for HttpSource {
    fn name(&self) -> String {
        secret::shown(&self.settings.url)
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let source = self.clone();
        spawn_blocking(move || source.read()).await
    }
}

impl fmt::Debug for HttpSource {
    /// Omits the headers, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSource")
            .field("url", &secret::shown(&self.settings.url))
            .field("format", &self.settings.format)
            .field("mapping", &self.settings.mapping)
            .field("copy", &self.settings.copy)
            .finish_non_exhaustive()
    }
}
