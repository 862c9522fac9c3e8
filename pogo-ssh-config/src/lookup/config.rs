//! OpenSSH's client configuration.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::answer::settings;
use super::exec::{ExecAnswers, run_match_exec};
use super::host_lookup::HostLookup;
use super::private_file::{Writers, option_line, read_file};
use super::tokens::host_name;
use super::walk::walk;
use crate::error::ClientConfigError;
use crate::lines::file::{ConfigFile, FileLine};
use crate::lines::options::CollectedOptions;
use crate::lines::read_files::ReadFiles;
use crate::lines::scope::ConfigScope;
use crate::local::LocalAccount;
use crate::value::settings::{HostQuery, HostSettings};

/// The configuration of OpenSSH's client (`ssh_config`): read once, looked up for each host.
///
/// The results are those of `ssh -G`. Unsupported settings that must not be ignored are refused by
/// name when they apply to a host, with file and line; [notes](HostSettings::notes) list the ignored ones.
///
/// ```no_run
/// use pogo_ssh_config::{ClientConfig, HostQuery};
///
/// let config = ClientConfig::usual()?;
/// let settings = config.settings(&HostQuery::new("web1"))?;
/// println!("connect to {}", settings.host_name);
/// # Ok::<(), pogo_ssh_config::ClientConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    local: LocalAccount,
    /// Options, which come before all files.
    options: ConfigFile,
    /// The options as given.
    given: Vec<String>,
    /// Each file, and whether it is the user's own.
    files: Vec<(ConfigFile, ConfigScope)>,
    /// The single file, if not the default ones.
    only: Option<PathBuf>,
    read_files: ReadFiles,
}

const SYSTEM: &str = "/etc/ssh";

impl ClientConfig {
    /// Reads `~/.ssh/config` and `/etc/ssh/ssh_config`, if they exist. The user's file is an error if others may
    /// write to it.
    pub fn usual() -> Result<Self, ClientConfigError> {
        let local = LocalAccount::find()?;
        let users = local.home.join(".ssh");
        let (mut files, mut read_files) = (Vec::new(), ReadFiles::default());
        for (base, name, scope, writers) in [
            (users.as_path(), "config", ConfigScope::User, Writers::Private),
            (Path::new(SYSTEM), "ssh_config", ConfigScope::System, Writers::Anybody),
        ] {
            let path = base.join(name);
            match read_file(&local, base, &path, scope, writers, &mut read_files) {
                Ok(file) => files.push((file, scope)),
                Err(ClientConfigError::Unreadable { path: gone, source })
                    if source.kind() == ErrorKind::NotFound && gone == path => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            files,
            read_files,
            ..Self::without_files(local, None)
        })
    }

    /// Reads no file, as `ssh -F none` does.
    pub fn none() -> Result<Self, ClientConfigError> {
        Ok(Self::without_files(LocalAccount::find()?, Some("none".into())))
    }

    /// Reads this file only, as `ssh -F` does.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, ClientConfigError> {
        let (local, path) = (LocalAccount::find()?, path.as_ref());
        let mut read_files = ReadFiles::default();
        let file = read_file(
            &local,
            &local.home.join(".ssh"),
            path,
            ConfigScope::User,
            Writers::Anybody,
            &mut read_files,
        )?;
        Ok(Self {
            files: vec![(file, ConfigScope::User)],
            read_files,
            ..Self::without_files(local, Some(path.to_owned()))
        })
    }

    fn without_files(local: LocalAccount, only: Option<PathBuf>) -> Self {
        Self {
            local,
            options: ConfigFile::default(),
            given: Vec::new(),
            files: Vec::new(),
            only,
            read_files: ReadFiles::default(),
        }
    }

    /// Whether a file that it was read from is another by now, or an `Include` names one more. It looks at each of
    /// them, and reads none.
    pub fn has_changed(&self) -> bool {
        self.read_files.have_changed()
    }

    /// Adds an option as `ssh -o` does: `ConnectTimeout=5`, or with a space in place of the `=`. The first value of
    /// a setting counts, so options override files, and earlier options later ones.
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
        let mut lines = std::mem::take(&mut self.options).lines;
        lines.push(FileLine {
            line: option_line(option)?,
            included: vec![],
        });
        self.options = ConfigFile::new(lines);
        self.given.push(option.to_owned());
        Ok(self)
    }

    /// The options as given.
    pub fn given_options(&self) -> &[String] {
        &self.given
    }

    /// The file it was read from; `None` for the default files.
    pub fn file(&self) -> Option<&Path> {
        self.only.as_deref()
    }

    /// Looks up a host. Blocks while it runs commands of `Match exec`.
    pub fn settings(&self, query: &HostQuery) -> Result<HostSettings, ClientConfigError> {
        // From the beginning after each command: what it decides changes all lines after it, and
        // commands are few.
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

    /// Looks up a host with these results of `Match exec` commands, or returns the next command whose result is needed.
    /// For programs that must not block.
    pub fn lookup(&self, query: &HostQuery, answers: &ExecAnswers) -> Result<Lookup, ClientConfigError> {
        let mut options = given_by(query);
        let first = self.read(query, answers, &query.host, false, &mut options)?;
        let wants_final = match first {
            PassOutcome::Exec(command) => return Ok(Lookup::Exec(command)),
            PassOutcome::Whole { wants_final } => wants_final,
        };
        let named = match &options.host_name {
            Some(name) => host_name(name, &query.host).map_err(|problem| ClientConfigError::Line {
                position: format!("HostName of {}", query.host),
                problem,
            })?,
            None => query.host.clone(),
        };
        let host = address(&named).unwrap_or_else(|| named.to_lowercase());
        options.host_name = options.host_name.is_some().then_some(named);
        if wants_final {
            // The second pass compares with the address that the first one found, as `ssh` does.
            options.host_name = Some(host.clone());
            if let PassOutcome::Exec(command) = self.read(query, answers, &host, true, &mut options)? {
                return Ok(Lookup::Exec(command));
            }
        }
        let settings = settings(&self.local, &options, &query.host, host)?;
        Ok(Lookup::Settings(Box::new(settings)))
    }

    /// Applies all lines once; `host` is compared with `Host` lines.
    fn read(
        &self,
        query: &HostQuery,
        answers: &ExecAnswers,
        host: &str,
        is_final: bool,
        options: &mut CollectedOptions,
    ) -> Result<PassOutcome, ClientConfigError> {
        let mut lookup = HostLookup {
            local: &self.local,
            query,
            answers,
            host,
            is_final,
            options,
            wants_final: false,
            asks: None,
        };
        let walked = walk(&self.options, ConfigScope::User, &mut lookup).and_then(|()| {
            let mut files = self.files.iter();
            files.try_for_each(|(file, scope)| walk(file, *scope, &mut lookup))
        });
        // An error after a command without a result may not apply.
        match lookup.asks.take() {
            Some(command) => Ok(PassOutcome::Exec(command)),
            None => walked.map(|()| PassOutcome::Whole {
                wants_final: lookup.wants_final,
            }),
        }
    }
}

/// The result of applying all lines once.
enum PassOutcome {
    /// All lines were read; and whether one of them asks for a second pass.
    Whole { wants_final: bool },
    /// This command has no result yet.
    Exec(String),
}

/// The values that come before all lines, as on the command line of `ssh`.
fn given_by(query: &HostQuery) -> CollectedOptions {
    CollectedOptions {
        user: query.user.clone(),
        // Taken literally: a scoped IPv6 address contains a `%`.
        host_name: query.host_name.as_ref().map(|name| name.replace('%', "%%")),
        port: query.port,
        proxy_jump: query.jump.clone(),
        ..CollectedOptions::default()
    }
}

/// The next step of looking up a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The host's settings.
    Settings(Box<HostSettings>),
    /// The result of this command is needed first.
    Exec(String),
}

/// An address in canonical form; one that needs or has a scope is kept as it is.
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
