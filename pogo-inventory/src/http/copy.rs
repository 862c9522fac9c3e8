//! A valid response, as it is stored.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pogo_core::inventory::InventoryError;
use serde::{Deserialize, Serialize};

use super::answer::Body;
use super::freshness::Freshness;
use super::shrink::Sizes;
use crate::file;

/// The version of the stored form.
const VERSION: u32 = 1;

/// A valid response, and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copy {
    pogo_copy: u32,
    /// The address without its secrets, for people who read the file.
    source: String,
    /// A checksum of the whole address, query included, since that selects the hosts.
    address: String,
    /// Milliseconds since the Unix epoch.
    fetched: u64,
    /// Milliseconds since the Unix epoch, until which no new request is needed.
    fresh_until: u64,
    #[serde(default)]
    pub(super) etag: Option<String>,
    #[serde(default)]
    pub(super) last_modified: Option<String>,
    pub(super) body: String,
    /// The sizes that the next response is compared with; in older copies those of the response itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sizes: Option<Sizes>,
    /// The percentage of loss that this response was accepted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_shrink: Option<u8>,
}

/// Read before everything else.
#[derive(Deserialize)]
struct Version {
    pogo_copy: u32,
}

impl Copy {
    pub(super) fn new(source: &str, url: &str, answer: Body, now: SystemTime) -> Self {
        let mut copy = Self {
            pogo_copy: VERSION,
            source: source.to_owned(),
            address: checksum(url),
            fetched: 0,
            fresh_until: 0,
            etag: answer.etag,
            last_modified: answer.last_modified,
            body: answer.text,
            sizes: None,
            max_shrink: None,
        };
        copy.renew(now, answer.freshness);
        copy
    }

    /// Renews it after the response "not modified".
    pub(super) fn renew(&mut self, now: SystemTime, freshness: Freshness) {
        self.fetched = milliseconds(now);
        self.fresh_until = milliseconds(now + freshness.fresh_for);
    }

    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        // A clock that was set back, or was far ahead, must not keep it fresh for ever.
        let longest = u64::try_from(Freshness::MOST.as_millis()).unwrap_or(u64::MAX);
        let until = self.fresh_until.min(self.fetched.saturating_add(longest));
        (self.fetched..until).contains(&milliseconds(now))
    }

    /// Whether its time is in the future, so that its age is unknown.
    pub(super) fn is_from_the_future(&self, now: SystemTime) -> bool {
        self.fetched > milliseconds(now)
    }

    pub(super) fn age(&self, now: SystemTime) -> Duration {
        Duration::from_secs(milliseconds(now).saturating_sub(self.fetched) / 1_000)
    }
}

/// The response that a file has, if it is of this address.
pub(super) fn stored(path: &Path, url: &str) -> Result<Copy, String> {
    let broken = |error: serde_json::Error| format!("is no copy of an answer: {error}");
    let first = |error: InventoryError| {
        error
            .diagnostics()
            .first()
            .map(|first| first.message.clone())
            .unwrap_or_default()
    };
    // The response is an escaped string in it, which is larger than the response itself.
    let text = file::read_text_up_to(path, 3 * file::MAX_BYTES).map_err(first)?;
    let version: Version = serde_json::from_str(&text).map_err(broken)?;
    if version.pogo_copy != VERSION {
        return Err(format!(
            "is a copy in the form {}, but only {VERSION} is known",
            version.pogo_copy
        ));
    }
    let copy: Copy = serde_json::from_str(&text).map_err(broken)?;
    // Two sources that were given one file would each take the other's hosts for its own while a
    // service is down.
    if copy.address != checksum(url) {
        return Err(format!("is a copy of another address, {}", copy.source));
    }
    Ok(copy)
}

/// Replaces the file atomically.
pub(super) fn write(path: &Path, copy: &Copy) -> std::io::Result<()> {
    let folder: PathBuf = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    // In the same folder, since a file can only be renamed within a file system; such files are
    // 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(serde_json::to_string(copy)?.as_bytes())?;
    // Some file systems write the new name before the content: after a crash the last good copy
    // would be empty.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// FNV-1a: distinguishes addresses, and is stable across versions.
fn checksum(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_stays_readable() {
        let text = r#"{"pogo_copy":1,"source":"http://a/","address":"63aa0f7a2fa9e8aa","fetched":1000,"fresh_until":61000,"etag":"\"x\"","last_modified":null,"body":"[\"web1\"]"}"#;
        let copy: Copy = serde_json::from_str(text).unwrap();
        let at = |milliseconds| SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        assert_eq!(copy.body, r#"["web1"]"#);
        assert!(copy.is_fresh(at(60_999)) && !copy.is_fresh(at(61_000)));
        assert!(copy.is_from_the_future(at(999)) && !copy.is_from_the_future(at(1_000)));
        assert!(!copy.is_fresh(at(999)), "it comes from the future");
        assert_eq!(copy.age(at(9_500)), Duration::from_secs(8));
        assert_eq!(serde_json::to_string(&copy).unwrap(), text);
    }

    #[test]
    fn a_copy_with_sizes_stays_readable() {
        let text = r#"{"pogo_copy":1,"source":"http://a/","address":"63aa0f7a2fa9e8aa","fetched":1000,"fresh_until":61000,"etag":null,"last_modified":null,"body":"[]","sizes":{"hosts":10,"groups":{"db":3}},"max_shrink":20}"#;
        let copy: Copy = serde_json::from_str(text).unwrap();
        assert_eq!(copy.sizes.as_ref().map(Sizes::hosts), Some(10));
        assert_eq!(serde_json::to_string(&copy).unwrap(), text);
    }

    #[test]
    fn no_copy_is_fresh_for_ever() {
        let text =
            r#"{"pogo_copy":1,"source":"","address":"","fetched":0,"fresh_until":18446744073709551615,"body":""}"#;
        let copy: Copy = serde_json::from_str(text).unwrap();
        let after = |hours: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(hours * 3_600);
        assert!(copy.is_fresh(after(23)) && !copy.is_fresh(after(25)));
    }

    #[test]
    fn addresses_have_lasting_checksums() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_eq!(checksum("a"), "af63dc4c8601ec8c");
    }
}
