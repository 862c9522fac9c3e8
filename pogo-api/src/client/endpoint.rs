//! Where a server is reached, and how.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::ClientError;
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::SocketPath;

/// How long a connection over a network may take.
const CONNECT_TIME: Duration = Duration::from_secs(20);

/// A connection, of whatever kind.
pub(super) trait Transfer: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transfer for T {}

/// Where a server is reached. Displays as people name it.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    /// The path of a socket on this machine.
    Unix(PathBuf),
    /// An address with a port, here or elsewhere.
    Web(Web),
}

/// A server on a port.
#[derive(Debug, Clone)]
pub(super) struct Web {
    /// As it was given.
    url: String,
    host: String,
    port: u16,
    /// In front of each path, where a proxy has it elsewhere.
    prefix: String,
    /// The bearer token that says who asks.
    token: Option<SecretString>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Endpoint {
    pub(super) fn unix(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }

    /// The server at an address.
    pub(super) fn web(url: &str) -> Result<Self, ClientError> {
        let refuse = |message: &str| ClientError::Unsupported {
            message: format!("`{}` {message}", url.escape_debug()),
        };
        let uri: Uri = url
            .parse()
            .map_err(|_| refuse("is no address; give `https://HOST:PORT`"))?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(refuse("is no whole address; give `https://HOST:PORT`"));
        };
        let has_login = uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'));
        if has_login || uri.query().is_some() {
            // It is not repeated: what is too much may be a secret.
            let message = "the address has more than a host, a port and a path; give a token by itself".to_owned();
            return Err(ClientError::Unsupported { message });
        }
        let is_encrypted = match scheme {
            "https" => true,
            // A token over plain HTTP could be read by anybody on the way, so plain HTTP does not
            // leave the machine.
            "http" if is_loopback(host) => false,
            "http" => {
                return Err(refuse(
                    "is not encrypted, and reaches further than this machine; give `https:`",
                ));
            }
            _ => return Err(refuse("is of no kind that is served; give `https://HOST:PORT`")),
        };
        #[cfg(not(feature = "tls"))]
        if is_encrypted {
            return Err(refuse(
                "needs TLS, and this was built without it; build it with the feature `tls`",
            ));
        }
        Ok(Self::Web(Web {
            url: url.trim_end_matches('/').to_owned(),
            // Without brackets for connecting and for the certificate's name; `host` adds them
            // again.
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 }),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            token: None,
            #[cfg(feature = "tls")]
            tls: is_encrypted.then(Tls::of_system).transpose()?,
        }))
    }

    pub(super) fn with_token(mut self, token: SecretString) -> Self {
        // Whoever connects to a socket is known by their account.
        if let Self::Web(web) = &mut self {
            web.token = Some(token);
        }
        self
    }

    #[cfg(feature = "tls")]
    pub(super) fn trusting(mut self, authorities: &[u8]) -> Result<Self, ClientError> {
        if let Self::Web(Web { tls: Some(tls), .. }) = &mut self {
            *tls = Tls::trusting(authorities)?;
        }
        Ok(self)
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Transfer>> {
        match self {
            Self::Unix(path) => {
                let stream = UnixStream::connect(SocketPath::of(path)?.address()).await?;
                Ok(Box::new(stream))
            }
            Self::Web(web) => match timeout(CONNECT_TIME, web.connect()).await {
                Ok(connected) => connected,
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "nobody answers")),
            },
        }
    }

    /// The `Host` of requests.
    pub(super) fn host(&self) -> String {
        match self {
            // HTTP asks for it, and nobody reads it.
            Self::Unix(_) => "localhost".to_owned(),
            Self::Web(Web { host, port, .. }) if host.contains(':') => format!("[{host}]:{port}"),
            Self::Web(Web { host, port, .. }) => format!("{host}:{port}"),
        }
    }

    /// The path at which the server has this one.
    pub(super) fn path(&self, path: String) -> String {
        match self {
            Self::Unix(_) => path,
            Self::Web(web) => format!("{}{path}", web.prefix),
        }
    }

    /// The header `Authorization`, where a token was given.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let Self::Web(Web { token: Some(token), .. }) = self else {
            return None;
        };
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
        // Keeps the token out of the `Debug` text of requests.
        value.set_sensitive(true);
        Some(value)
    }
}

impl Web {
    async fn connect(&self) -> io::Result<Box<dyn Transfer>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Requests are small, and whoever asks waits for each.
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(&self.host, stream).await?));
        }
        Ok(Box::new(stream))
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Web(web) => f.write_str(&web.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_in_the_clear() {
        for url in [
            "http://127.0.0.1:7646",
            "http://[::1]:7646/",
            "http://localhost:7646/pogo/",
        ] {
            assert!(Endpoint::web(url).is_ok(), "{url}");
        }
        for url in [
            "http://pogo.example.com:7646",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "ftp://localhost",
            "localhost:7646",
            "/run/pogo.sock",
            "http://alice:secret@localhost:7646",
            "http://localhost:7646/?token=secret",
        ] {
            let error = Endpoint::web(url).unwrap_err().to_string();
            assert!(error.contains("give "), "{error}");
        }
    }

    #[test]
    fn a_path_of_a_proxy_stands_before_each_path() {
        let endpoint = Endpoint::web("http://localhost:8080/tools/pogo/").unwrap();
        assert_eq!(endpoint.path("/v1".to_owned()), "/tools/pogo/v1");
        assert_eq!(endpoint.host(), "localhost:8080");
        assert_eq!(endpoint.to_string(), "http://localhost:8080/tools/pogo");
    }

    #[test]
    fn a_token_is_sent_and_never_shown() {
        let endpoint = Endpoint::web("http://localhost")
            .unwrap()
            .with_token("hush".to_owned().into());
        assert_eq!(endpoint.authorization().unwrap(), "Bearer hush");
        assert!(!format!("{endpoint:?} {:?}", endpoint.authorization()).contains("hush"));
    }
}
