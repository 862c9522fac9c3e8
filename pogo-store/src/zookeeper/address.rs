//! Where an ensemble is, how to log in there, and which part of its tree is the store's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use form_urlencoded::{Serializer, parse};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::ZookeeperError;

/// The address of a store in ZooKeeper: `zookeeper://zk1.example.com,zk2.example.com,zk3.example.com/pogo`.
///
/// Servers are separated by commas and have port 2181 unless they name another. The path is that of the store; nothing
/// outside of it is read or written. A user before an `@` logs in by the scheme `digest`, and what the store writes is
/// then for this user alone. Settings follow a `?`:
///
/// | setting | meaning |
/// | --- | --- |
/// | `password_file=PATH` | a file that has the password alone, if it is not in the address |
/// | `session_timeout=SECONDS` | how long an owner may be silent before it is taken over from; 5 unless said otherwise, and within the limits of the ensemble |
/// | `output=PATH` | a directory of this machine for what hosts write, if whoever opens the store goes by it |
/// | `tls_ca=PATH` | speak TLS, and trust the certificates in this file (PEM); needs the feature `zookeeper-tls` |
/// | `tls_cert=PATH`, `tls_key=PATH` | log in by a certificate (PEM) |
///
/// It prints itself without user, password and settings.
///
/// ```
/// use pogo_store::zookeeper::ZookeeperAddress;
///
/// let address: ZookeeperAddress = "zookeeper://pogo:secret@zk1,zk2:2182,zk3/pogo?session_timeout=4".parse()?;
/// assert_eq!(address.to_string(), "zookeeper://zk1:2181,zk2:2182,zk3:2181/pogo");
/// assert!(address.has_password());
/// # Ok::<(), pogo_store::zookeeper::ZookeeperError>(())
/// ```
#[derive(Clone)]
pub struct ZookeeperAddress {
    name: String,
    /// As it was written, without its query.
    base: SecretString,
    pub(super) servers: Vec<String>,
    pub(super) root: String,
    user: Option<String>,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
    output: Option<PathBuf>,
    pub(super) session_timeout: Duration,
    pub(super) tls: Option<TlsFiles>,
}

/// Files of certificates, which are read for each connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsFiles {
    pub(super) ca: PathBuf,
    /// Certificate and key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

const PORT: u16 = 2181;
const SETTINGS: &str = "`password_file`, `session_timeout`, `output`, `tls_ca`, `tls_cert`, `tls_key`";

impl ZookeeperAddress {
    /// How long an owner may be silent, unless the address says otherwise.
    pub const SESSION_TIMEOUT: Duration = Duration::from_secs(5);

    /// Whether a text is meant as such an address.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with("zookeeper:")
    }

    /// Whether it has a password in it, which belongs on no command line.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// The directory for what hosts write, if it names one.
    pub fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// All of it, for the environment of another process. It may have a password.
    pub fn expose(&self) -> String {
        let mut settings = Serializer::new(String::new());
        let mut add = |key, path: &PathBuf| _ = settings.append_pair(key, &path.to_string_lossy());
        if let Some(file) = &self.password_file {
            add("password_file", file);
        }
        if let Some(directory) = &self.output {
            add("output", directory);
        }
        if let Some(tls) = &self.tls {
            add("tls_ca", &tls.ca);
            if let Some((cert, key)) = &tls.identity {
                add("tls_cert", cert);
                add("tls_key", key);
            }
        }
        settings.append_pair("session_timeout", &self.session_timeout.as_secs_f64().to_string());
        format!("{}?{}", self.base.expose_secret(), settings.finish())
    }

    /// What distinguishes the store from others: its servers, in whatever order, and its path, whoever logs in there
    /// and however.
    pub fn identity(&self) -> String {
        // Sorted, since two people may write the same ensemble in another order.
        let mut servers = self.servers.clone();
        servers.sort();
        format!("zookeeper {} {}", servers.join(","), self.root)
    }

    /// What a session says of itself by the scheme `digest`; the file of the password is read for each.
    pub(super) fn login(&self) -> Result<Option<SecretString>, ZookeeperError> {
        let Some(user) = &self.user else { return Ok(None) };
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => password.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).map(SecretString::from);
                text.map_err(|error| invalid(format!("{}: {error}", file.display())))?
            }
            (None, None) => {
                return Err(invalid(format!(
                    "there is no password for `{user}`; put it into a file and add `?password_file=PATH`"
                )));
            }
        };
        Ok(Some(format!("{user}:{}", password.expose_secret().trim()).into()))
    }

    /// Whether what is written is for whoever logs in alone.
    pub(super) fn is_private(&self) -> bool {
        self.user.is_some() || self.tls.as_ref().is_some_and(|tls| tls.identity.is_some())
    }
}

fn invalid(message: impl Into<String>) -> ZookeeperError {
    ZookeeperError::InvalidAddress {
        message: message.into(),
    }
}

/// What follows the `?`.
#[derive(Default)]
struct Settings {
    password_file: Option<PathBuf>,
    output: Option<PathBuf>,
    session_timeout: Option<Duration>,
    tls_ca: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

impl Settings {
    fn parse(query: &str) -> Result<Self, ZookeeperError> {
        let mut settings = Self::default();
        for (key, value) in parse(query.as_bytes()) {
            let path = || Some(PathBuf::from(&*value));
            match &*key {
                "password_file" => settings.password_file = path(),
                "output" => settings.output = path(),
                "session_timeout" => settings.session_timeout = Some(seconds(&value)?),
                "tls_ca" => settings.tls_ca = path(),
                "tls_cert" => settings.tls_cert = path(),
                "tls_key" => settings.tls_key = path(),
                _ => {
                    let key = key.escape_debug();
                    return Err(invalid(format!("`{key}` is no setting of it; there are {SETTINGS}")));
                }
            }
        }
        Ok(settings)
    }

    fn tls(self) -> Result<Option<TlsFiles>, ZookeeperError> {
        let identity = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return Err(invalid("`tls_cert` and `tls_key` belong together")),
        };
        match (self.tls_ca, identity) {
            (Some(_), _) if !cfg!(feature = "zookeeper-tls") => Err(invalid(
                "this program is built without TLS for ZooKeeper (feature `zookeeper-tls`)",
            )),
            (Some(ca), identity) => Ok(Some(TlsFiles { ca, identity })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(invalid("a certificate needs `tls_ca`, whom to trust")),
        }
    }
}

/// Seconds, of which a session may have from a fifth of one to an hour.
fn seconds(text: &str) -> Result<Duration, ZookeeperError> {
    let seconds: Option<f64> = text.parse().ok().filter(|seconds| (0.2..=3_600.0).contains(seconds));
    let seconds = seconds.ok_or_else(|| invalid("`session_timeout` is a number of seconds, from 0.2 to 3600"))?;
    Ok(Duration::from_secs_f64(seconds))
}

/// A server with its port.
fn server(text: &str) -> Result<String, ZookeeperError> {
    let wrong = || invalid("a server is named as in `zk1.example.com:2181` or `[2001:db8::1]:2181`");
    let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, rest))) => {
            host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            (
                format!("[{host}]"),
                rest.strip_prefix(':').or((rest.is_empty()).then_some("")),
            )
        }
        Some(None) => return Err(wrong()),
        None => {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            let is_known = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
            let is_host = !host.is_empty() && host.len() <= 253 && host.chars().all(is_known);
            (host.to_owned(), is_host.then_some(port))
        }
    };
    let port = match port.ok_or_else(wrong)? {
        "" => PORT,
        port => port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?,
    };
    Ok(format!("{host}:{port}"))
}

/// The path of the store.
fn root(path: &str) -> Result<String, ZookeeperError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    let is_known = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    let is_name = |name: &&str| !matches!(*name, "" | "." | "..") && name.chars().all(is_known);
    if !segments.iter().all(is_name) || path == "zookeeper" || path.starts_with("zookeeper/") {
        return Err(invalid(
            "a path for the store follows the servers, of letters, digits, `-`, `_` and `.`, as in `/pogo`",
        ));
    }
    Ok(format!("/{path}"))
}

/// User and password of `USER:PASSWORD`.
fn user(login: &str) -> Result<(String, Option<SecretString>), ZookeeperError> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(|text| text.into_owned())
            .map_err(|_| invalid("its user or password is no text"))
    };
    let (user, password) = login
        .split_once(':')
        .map_or((login, None), |(user, password)| (user, Some(password)));
    let user = decoded(user)?;
    if user.is_empty() || user.contains(':') {
        return Err(invalid("a user has a name, and no `:` in it"));
    }
    Ok((user, password.map(decoded).transpose()?.map(SecretString::from)))
}

impl FromStr for ZookeeperAddress {
    type Err = ZookeeperError;

    fn from_str(text: &str) -> Result<Self, ZookeeperError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let rest = base.strip_prefix("zookeeper://");
        let rest = rest.ok_or_else(|| invalid("it begins with zookeeper://"))?;
        let (login, place) = rest
            .rsplit_once('@')
            .map_or((None, rest), |(login, place)| (Some(login), place));
        let (servers, path) = place.split_once('/').unwrap_or((place, ""));
        let servers = servers.split(',').map(server).collect::<Result<Vec<_>, _>>()?;
        let root = root(path)?;
        let (user, password) = match login.map(user).transpose()? {
            Some((user, password)) => (Some(user), password),
            None => (None, None),
        };
        let settings = Settings::parse(query)?;
        Ok(Self {
            name: format!("zookeeper://{}{root}", servers.join(",")),
            base: base.into(),
            servers,
            root,
            user,
            password,
            password_file: settings.password_file.clone(),
            output: settings.output.clone(),
            session_timeout: settings.session_timeout.unwrap_or(Self::SESSION_TIMEOUT),
            tls: settings.tls()?,
        })
    }
}

impl fmt::Display for ZookeeperAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for ZookeeperAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ZookeeperAddress").field(&self.name).finish()
    }
}

impl PartialEq for ZookeeperAddress {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for ZookeeperAddress {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret;

    use super::ZookeeperAddress;

    #[test]
    fn an_address_shows_no_secret_and_keeps_its_settings() {
        let text = "zookeeper://me:p%40ss:word@zk1,[::1]:2182,zk-3.example.com:2183/teams/pogo";
        let text = format!("{text}?session_timeout=2.5&output=%2Fa%20b");
        let address: ZookeeperAddress = text.parse().unwrap();
        let name = "zookeeper://zk1:2181,[::1]:2182,zk-3.example.com:2183/teams/pogo";
        assert_eq!(address.to_string(), name);
        assert_eq!(format!("{address:?}"), format!("ZookeeperAddress({name:?})"));
        assert_eq!(address.login().unwrap().unwrap().expose_secret(), "me:p@ss:word");
        assert_eq!(address.session_timeout, Duration::from_millis(2_500));
        assert_eq!(address.output(), Some(std::path::Path::new("/a b")));
        assert!(address.has_password() && address.is_private());
        assert_eq!(address.expose().parse::<ZookeeperAddress>().unwrap(), address);
        let without: ZookeeperAddress = "zookeeper://zk1/pogo/".parse().unwrap();
        assert!(!without.has_password() && !without.is_private());
        assert_eq!(without.root, "/pogo");
    }

    #[test]
    fn the_same_store_has_one_identity_whoever_logs_in() {
        let identity = |text: &str| text.parse::<ZookeeperAddress>().unwrap().identity();
        let one = identity("zookeeper://me:secret@zk1,zk2:2182/pogo");
        assert_eq!(
            one,
            identity("zookeeper://you@zk2:2182,zk1:2181/pogo?session_timeout=9")
        );
        for other in [
            "zookeeper://zk1/pogo",
            "zookeeper://zk1,zk2:2182/other",
            "zookeeper://zk1,zk2/pogo",
        ] {
            assert_ne!(one, identity(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_secret() {
        for text in [
            "zk://me:secret@zk1/pogo",
            "zookeeper:me:secret@zk1/pogo",
            "zookeeper://me:secret@zk1",
            "zookeeper://me:secret@zk1/",
            "zookeeper://me:secret@zk1/a//b",
            "zookeeper://me:secret@zk1/zookeeper/pogo",
            "zookeeper://me:secret@/pogo",
            "zookeeper://me:secret@zk1,,zk2/pogo",
            "zookeeper://me:secret@zk1:port/pogo",
            "zookeeper://me:secret@tcp+tls://zk1/pogo",
            "zookeeper://me:secret@zk1/pogo?pasword=secret",
            "zookeeper://me:secret@zk1/pogo?session_timeout=secret",
            "zookeeper://me:secret@zk1/pogo?tls_cert=secret",
            "zookeeper://:secret@zk1/pogo",
        ] {
            let refused = text.parse::<ZookeeperAddress>().unwrap_err().to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn a_user_without_a_password_is_told_where_to_put_it() {
        let address: ZookeeperAddress = "zookeeper://me@zk1/pogo".parse().unwrap();
        let refused = address.login().unwrap_err().to_string();
        assert!(refused.contains("?password_file=PATH"), "{refused}");
    }
}
