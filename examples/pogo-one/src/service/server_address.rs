//! Servers that are asked in place of a store of this account.

use std::fmt;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pogo_api::{Client, ClientError};
use rustix::fs::{Access, access};

use super::client_error::client_error;
use crate::exit::CliError;

/// Where the socket of a shared server is, and where programs look for it.
pub(crate) const SHARED_SOCKET: &str = "/run/pogo/pogo.sock";

/// How long nobody may answer where there are several: one of them is to take over.
const TAKEOVER: Duration = Duration::from_secs(120);

/// A server that somebody else runs. Displays as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerAddress {
    /// On a socket of this machine: whoever may open it is known by their account.
    Socket(PathBuf),
    /// At an address, for whoever has a token; or at one of several, with a comma between them.
    Url(String),
}

impl ServerAddress {
    /// The socket of the shared service of this machine, if there is one.
    pub(crate) fn shared() -> Option<PathBuf> {
        let named = std::env::var_os("POGO_SOCKET").filter(|path| !path.is_empty());
        let path = named.map_or_else(|| PathBuf::from(SHARED_SOCKET), PathBuf::from);
        let is_socket = fs::metadata(&path).is_ok_and(|found| found.file_type().is_socket());
        is_socket.then_some(path)
    }

    /// The shared service, if there is one and this account may ask it.
    pub(crate) fn of_this_machine() -> Option<Self> {
        let path = Self::shared()?;
        access(&path, Access::READ_OK | Access::WRITE_OK).ok()?;
        Some(Self::Socket(path))
    }

    /// Whoever asks it, with the token of `POGO_TOKEN` or of the file that `POGO_TOKEN_FILE` names.
    pub(super) fn client(&self) -> Result<Client, CliError> {
        let url = match self {
            Self::Socket(path) => return Ok(Client::unix(path)),
            Self::Url(url) => url,
        };
        #[cfg(not(feature = "tls"))]
        if url.split(',').any(|url| url.trim().starts_with("https:")) {
            return Err(CliError::usage(format!(
                "this program was built without TLS, and cannot ask {url}; {} can",
                crate::cli::INSTALL
            )));
        }
        let wrong = |error: ClientError| match error {
            ClientError::Unsupported { message } => CliError::Usage(message),
            error => client_error(error),
        };
        let urls: Vec<&str> = url.split(',').map(str::trim).collect();
        let mut client = Client::at_any(&urls).map_err(wrong)?;
        if urls.len() > 1 {
            client = client.reconnect_for(TAKEOVER);
        }
        if let Some(token) = token()? {
            client = client.token(token);
        }
        #[cfg(feature = "tls")]
        if let Some(path) = named("POGO_SERVER_CA") {
            let authorities = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            client = client.trusting(&authorities).map_err(wrong)?;
        }
        Ok(client)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

fn named(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable)?;
    (!value.is_empty()).then(|| value.into())
}

/// No token is an argument: those of every process are read by everybody on this machine.
fn token() -> Result<Option<String>, CliError> {
    if let Ok(token) = std::env::var("POGO_TOKEN")
        && !token.is_empty()
    {
        return Ok(Some(token));
    }
    let Some(path) = named("POGO_TOKEN_FILE") else {
        return Ok(None);
    };
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    Ok(Some(text.trim().to_owned()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("{}: {error}", path.display()))
}
