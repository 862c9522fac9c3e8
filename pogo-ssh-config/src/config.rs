//! OpenSSH's client configuration as a whole.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::answer::settings;
use super::error::ClientConfigError;
use super::exec::{ExecAnswers, run_match_exec};
use super::file::{ConfigFile, ConfigFileReader};
use super::local::LocalAccount;
use super::lookup::HostLookup;
use super::options::CollectedOptions;
use super::settings::{HostQuery, HostSettings};
use super::tokens::host_name;

/// The configuration of OpenSSH's client (`ssh_config`): read once, asked for each host.
///
/// Its answers are those of `ssh -G`. What it holds, this library does not follow, and must not be left out is refused by
/// name once it applies to a host, with file and line; [notes](HostSettings::notes) tell what is left out.
///
/// ```no_run
/// use pogo_ssh_config::{ClientConfig, HostQuery};
///
/// let config = ClientConfig::usual()?;
/// let settings = config.settings(&HostQuery::new("web1"))?;
/// println!("web1 is reached at {}", settings.host_name);
/// # Ok::<(), pogo_ssh_config::ClientConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    local: LocalAccount,
    /// Options that come before all files.
    options: ConfigFile,
    /// These options, as they were given.
    given: Vec<String>,
    /// Each with whether it is the user's own.
    files: Vec<(ConfigFile, bool)>,
    /// The one file, where it is not the usual ones.
    only: Option<PathBuf>,
}

const SYSTEM: &str = "/etc/ssh";

impl ClientConfig {
    /// Reads `~/.ssh/config`, if it is there and nobody else may write to it, and `/etc/ssh/ssh_config`, if it is
    /// there.
    pub fn usual() -> Result<Self, ClientConfigError> {
        let local = LocalAccount::find()?;
        let users = local.home.join(".ssh");
        let mut files = Vec::new();
        for (base, name, is_users) in [
            (users.as_path(), "config", true),
            (Path::new(SYSTEM), "ssh_config", false),
        ] {
            let reader = ConfigFileReader {
                local: &local,
                base,
                is_users,
            };
            match reader.read(&base.join(name), is_users) {
                Ok(file) => files.push((file, is_users)),
                Err(ClientConfigError::Unreadable { path, source })
                    if source.kind() == std::io::ErrorKind::NotFound && path == base.join(name) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            local,
            options: ConfigFile { lines: Vec::new() },
            given: Vec::new(),
            files,
            only: None,
        })
    }

    /// Reads no file, as `ssh -F none` does.
    pub fn none() -> Result<Self, ClientConfigError> {
        Ok(Self {
            local: LocalAccount::find()?,
            options: ConfigFile { lines: Vec::new() },
            given: Vec::new(),
            files: Vec::new(),
            only: Some("none".into()),
        })
    }

    /// Reads this file and nothing else, as `ssh -F` does.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, ClientConfigError> {
        let local = LocalAccount::find()?;
        let base = local.home.join(".ssh");
        let reader = ConfigFileReader {
            local: &local,
            base: &base,
            is_users: true,
        };
        let file = reader.read(path.as_ref(), false)?;
        Ok(Self {
            options: ConfigFile { lines: Vec::new() },
            given: Vec::new(),
            files: vec![(file, true)],
            only: Some(path.as_ref().to_owned()),
            local,
        })
    }

    /// Adds an option, as `ssh -o` takes it: `ConnectTimeout=5`, or with a space in place of the `=`. The first value of
    /// a setting counts, so options come before what files say, and earlier ones before later ones.
    ///
    /// ```
    /// use pogo_ssh_config::{ClientConfig, HostQuery};
    ///
    /// let config = ClientConfig::none()?.option("Port=2222")?.option("Port 22")?;
    /// assert_eq!(config.settings(&HostQuery::new("web1"))?.port, Some(2222));
    /// assert!(ClientConfig::none()?.option("Prot=22").is_err());
    /// # Ok::<(), pogo_ssh_config::ClientConfigError>(())
    /// ```
    pub fn option(mut self, option: impl AsRef<str>) -> Result<Self, ClientConfigError> {
        let option = option.as_ref();
        let base = self.local.home.join(".ssh");
        let reader = ConfigFileReader {
            local: &self.local,
            base: &base,
            is_users: true,
        };
        self.options.lines.push(reader.option(option)?);
        self.given.push(option.to_owned());
        Ok(self)
    }

    /// The options, as they were given.
    pub fn given_options(&self) -> &[String] {
        &self.given
    }

    /// The file it was read from; `None` for the usual ones.
    pub fn file(&self) -> Option<&Path> {
        self.only.as_deref()
    }

    /// What it says about a host. Blocks where it runs a command to find out (`Match exec`).
    pub fn settings(&self, query: &HostQuery) -> Result<HostSettings, ClientConfigError> {
        let mut answers = ExecAnswers::new();
        loop {
            match self.lookup(query, &answers)? {
                Lookup::Settings(settings) => return Ok(*settings),
                Lookup::Exec(command) => {
                    let holds = run_match_exec(&command)?;
                    answers.insert(command, holds);
                }
            }
        }
    }

    /// What it says about a host, given what commands of `Match exec` have answered, or the next command whose answer is needed. For
    /// programs that must not block.
    pub fn lookup(&self, query: &HostQuery, answers: &ExecAnswers) -> Result<Lookup, ClientConfigError> {
        let mut options = CollectedOptions {
            user: query.user.clone(),
            // As it stands: a scoped IPv6 address holds a `%`.
            host_name: query.host_name.as_ref().map(|name| name.replace('%', "%%")),
            port: query.port,
            ..CollectedOptions::default()
        };
        if let Some(jump) = &query.jump {
            options.proxy_jump = Some(jump.clone());
        }
        let mut reading = HostLookup {
            local: &self.local,
            query,
            answers,
            host: &query.host,
            is_final: false,
            options: &mut options,
            wants_final: false,
            asks: None,
        };
        let read = self.read(&mut reading);
        let (wants_final, asks) = (reading.wants_final, reading.asks.take());
        if let Some(command) = asks {
            return Ok(Lookup::Exec(command));
        }
        read?;
        let named = match &options.host_name {
            Some(name) => host_name(name, &query.host).map_err(|problem| ClientConfigError::Line {
                place: format!("HostName of {}", query.host),
                problem,
            })?,
            None => query.host.clone(),
        };
        let host = address(&named).unwrap_or_else(|| named.to_lowercase());
        options.host_name = options.host_name.is_some().then(|| named.clone());
        if wants_final {
            options.host_name = Some(host.clone());
            let mut reading = HostLookup {
                local: &self.local,
                query,
                answers,
                host: &host,
                is_final: true,
                options: &mut options,
                wants_final: false,
                asks: None,
            };
            let read = self.read(&mut reading);
            if let Some(command) = reading.asks.take() {
                return Ok(Lookup::Exec(command));
            }
            read?;
        }
        let settings = settings(&self.local, &options, &query.host, host)?;
        Ok(Lookup::Settings(Box::new(settings)))
    }

    fn read(&self, reading: &mut HostLookup<'_>) -> Result<(), ClientConfigError> {
        reading.read(&self.options, true)?;
        let mut files = self.files.iter();
        files.try_for_each(|(file, is_users)| reading.read(file, *is_users))
    }
}

/// The next step of looking up a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The answer.
    Settings(Box<HostSettings>),
    /// Whether this command succeeds has to be known first.
    Exec(String),
}

/// An address in its usual form; one that needs a scope, or has one, as it is.
fn address(host: &str) -> Option<String> {
    let (number, has_scope) = match host.split_once('%') {
        Some((number, _)) => (number, true),
        None => (host, false),
    };
    let address: IpAddr = number.parse().ok()?;
    let needs_scope = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    Some(match has_scope || needs_scope {
        true => host.to_owned(),
        false => address.to_string(),
    })
}
