//! Where an ensemble is, how to log in there, and which part of its tree is the store's.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use form_urlencoded::Serializer;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::address_settings::{AddressSettings, LoginScheme, TlsFiles, invalid};
use super::{OutputLocation, ZookeeperError};

/// The address of a store in ZooKeeper: `zookeeper://zk1.example.com,zk2.example.com,zk3.example.com/pogo`.
///
/// Servers are separated by commas and have port 2181 unless they name another. The path is that of the store; nothing
/// outside of it is read or written. A user before an `@` logs in by the scheme `digest`, or by SASL, and what the
/// store writes is then for this user alone. Settings follow a `?`:
///
/// | setting | meaning |
/// | --- | --- |
/// | `password_file=PATH` | a file that has the password alone, if it is not in the address |
/// | `login=sasl` | log in by SASL (DIGEST-MD5) as a user of the ensemble's JAAS configuration; needs the feature `zookeeper-sasl`. What was written by a login of the other kind is another user's |
/// | `session_timeout=SECONDS` | how long an owner may be silent before it is taken over from; 5 unless said otherwise, and within the limits of the ensemble |
/// | `output=PATH` | a directory of this machine for what hosts write, if whoever opens the store goes by it |
/// | `output=s3://BUCKET/PATH` | a bucket for it, which all machines read; the login comes from the environment (`objects::ObjectLocation`). Needs the feature `object-store`, as `output=file:///PATH` does, for a directory that all machines have |
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
    login: LoginScheme,
    output: Option<OutputLocation>,
    pub(super) session_timeout: Duration,
    pub(super) tls: Option<TlsFiles>,
}

/// Who logs in.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) scheme: LoginScheme,
}

const PORT: u16 = 2181;

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

    /// Where what hosts write is kept, if it says so.
    pub fn output(&self) -> Option<&OutputLocation> {
        self.output.as_ref()
    }

    /// All of it, for the environment of another process. It may have a password.
    pub fn expose(&self) -> String {
        let mut settings = Serializer::new(String::new());
        if let Some(output) = &self.output {
            settings.append_pair("output", &output.text());
        }
        #[cfg(feature = "zookeeper-sasl")]
        if self.login == LoginScheme::Sasl {
            settings.append_pair("login", "sasl");
        }
        let mut add = |key, path: &PathBuf| _ = settings.append_pair(key, &path.to_string_lossy());
        if let Some(file) = &self.password_file {
            add("password_file", file);
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

    /// What a session says of itself; the file of the password is read for each.
    pub(super) fn login(&self) -> Result<Option<Login>, ZookeeperError> {
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
        Ok(Some(Login {
            user: user.clone(),
            password: password.expose_secret().trim().to_owned().into(),
            scheme: self.login,
        }))
    }

    /// What to see to as well, where nobody answers: by SASL, an ensemble ends the connection of whom it does not
    /// know.
    pub(super) fn login_cure(&self) -> &'static str {
        match self.login {
            LoginScheme::Digest => "",
            #[cfg(feature = "zookeeper-sasl")]
            LoginScheme::Sasl => ", and see the user and its password, about which it says nothing by SASL",
        }
    }

    /// Whether what is written is for whoever logs in alone.
    pub(super) fn is_private(&self) -> bool {
        self.user.is_some() || self.tls.as_ref().is_some_and(|tls| tls.identity.is_some())
    }
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
        let settings = AddressSettings::parse(query)?;
        if settings.login != LoginScheme::Digest && user.is_none() {
            return Err(invalid(
                "who logs in stands before the servers, as in `zookeeper://pogo@zk1/pogo`",
            ));
        }
        Ok(Self {
            name: format!("zookeeper://{}{root}", servers.join(",")),
            base: base.into(),
            servers,
            root,
            user,
            password,
            password_file: settings.password_file.clone(),
            login: settings.login,
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

    use super::{LoginScheme, OutputLocation, ZookeeperAddress};

    #[test]
    fn an_address_shows_no_secret_and_keeps_its_settings() {
        let text = "zookeeper://me:p%40ss:word@zk1,[::1]:2182,zk-3.example.com:2183/teams/pogo";
        let text = format!("{text}?session_timeout=2.5&output=%2Fa%20b");
        let address: ZookeeperAddress = text.parse().unwrap();
        let name = "zookeeper://zk1:2181,[::1]:2182,zk-3.example.com:2183/teams/pogo";
        assert_eq!(address.to_string(), name);
        assert_eq!(format!("{address:?}"), format!("ZookeeperAddress({name:?})"));
        let login = address.login().unwrap().unwrap();
        assert_eq!((&*login.user, login.password.expose_secret()), ("me", "p@ss:word"));
        assert_eq!(login.scheme, LoginScheme::Digest);
        assert_eq!(address.session_timeout, Duration::from_millis(2_500));
        assert_eq!(address.output(), Some(&OutputLocation::Directory("/a b".into())));
        assert!(address.has_password() && address.is_private());
        assert_eq!(address.expose().parse::<ZookeeperAddress>().unwrap(), address);
        let without: ZookeeperAddress = "zookeeper://zk1/pogo/".parse().unwrap();
        assert!(!without.has_password() && !without.is_private());
        assert_eq!(without.root, "/pogo");
    }

    #[cfg(feature = "object-store")]
    #[test]
    fn a_place_for_objects_is_kept_with_the_address() {
        let text = "zookeeper://zk1/pogo?output=s3%3A%2F%2Flogs%2Fpogo";
        let address: ZookeeperAddress = text.parse().unwrap();
        let output = address.output().unwrap();
        assert!(output.needs_environment() && !matches!(output, OutputLocation::Directory(_)));
        assert_eq!(address.expose().parse::<ZookeeperAddress>().unwrap(), address);
        assert_eq!(address, "zookeeper://zk1/pogo?output=s3://logs/pogo".parse().unwrap());
        let refused = "zookeeper://zk1/pogo?output=s3://me:pw@logs"
            .parse::<ZookeeperAddress>()
            .unwrap_err();
        assert!(refused.to_string().contains("AWS_ACCESS_KEY_ID"), "{refused}");
    }

    #[cfg(feature = "zookeeper-sasl")]
    #[test]
    fn a_login_by_sasl_is_kept_with_the_address() {
        let address: ZookeeperAddress = "zookeeper://me:pw@zk1/pogo?login=sasl".parse().unwrap();
        assert_eq!(address.login().unwrap().unwrap().scheme, LoginScheme::Sasl);
        let again: ZookeeperAddress = address.expose().parse().unwrap();
        assert_eq!(again, address);
        assert!(again.is_private());
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
            "zookeeper://me:secret@zk1/pogo?login=secret",
            "zookeeper://zk1/pogo?login=sasl",
            "zookeeper://me:secret@zk1/pogo?output=s3%3A%2F%2Fme%3Asecret%40bucket%2Fpogo",
            "zookeeper://me:secret@zk1/pogo?output=gs%3A%2F%2Fsecret",
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
