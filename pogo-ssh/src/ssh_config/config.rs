//! OpenSSH's client configuration as a whole.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::ClientConfigError;
use super::file::{File, Reader};
use super::local::Local;
use super::options::{Options, Other};
use super::reading::Reading;
use super::settings::{HostQuery, HostSettings, IdentityAgent};
use super::tokens::{Tokens, host_name};

/// The configuration of OpenSSH's client (`ssh_config`): read once, asked for each host.
///
/// Its answers are those of `ssh -G`. What it holds and this library does not follow is refused by name once it applies
/// to a host, with file and line; settings that change nothing about running a command are passed over.
///
/// ```no_run
/// use pogo_ssh::{ClientConfig, HostQuery};
///
/// let config = ClientConfig::usual()?;
/// let settings = config.settings(&HostQuery::new("web1"))?;
/// println!("web1 is reached at {}", settings.host_name);
/// # Ok::<(), pogo_ssh::ClientConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    local: Local,
    /// Each with whether it is the user's own.
    files: Vec<(File, bool)>,
    /// The one file, where it is not the usual ones.
    only: Option<PathBuf>,
}

const SYSTEM: &str = "/etc/ssh";

impl ClientConfig {
    /// Reads `~/.ssh/config`, if it is there and nobody else may write to it, and `/etc/ssh/ssh_config`, if it is
    /// there.
    pub fn usual() -> Result<Self, ClientConfigError> {
        let local = Local::find()?;
        let users = local.home.join(".ssh");
        let mut files = Vec::new();
        for (base, name, is_users) in [
            (users.as_path(), "config", true),
            (Path::new(SYSTEM), "ssh_config", false),
        ] {
            let reader = Reader {
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
            files,
            only: None,
        })
    }

    /// Reads this file and nothing else, as `ssh -F` does.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, ClientConfigError> {
        let local = Local::find()?;
        let base = local.home.join(".ssh");
        let reader = Reader {
            local: &local,
            base: &base,
            is_users: true,
        };
        let file = reader.read(path.as_ref(), false)?;
        Ok(Self {
            files: vec![(file, true)],
            only: Some(path.as_ref().to_owned()),
            local,
        })
    }

    /// The file it was read from; `None` for the usual ones.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.only.as_deref()
    }

    /// What it says about a host.
    pub fn settings(&self, query: &HostQuery) -> Result<HostSettings, ClientConfigError> {
        let mut options = Options {
            user: query.user.clone(),
            // As it stands: a scoped IPv6 address holds a `%`.
            host_name: query.host_name.as_ref().map(|name| name.replace('%', "%%")),
            port: query.port,
            ..Options::default()
        };
        if let Some(jump) = &query.jump {
            options.proxy_jump = Some(jump.clone());
        }
        let wants_final = self.read(&mut options, &query.host, &query.host, false)?;
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
            self.read(&mut options, &query.host, &host, true)?;
        }
        self.answer(options, &query.host, host)
    }

    /// Whether a second reading is asked for.
    fn read(
        &self,
        options: &mut Options,
        original: &str,
        host: &str,
        is_final: bool,
    ) -> Result<bool, ClientConfigError> {
        let mut reading = Reading {
            local: &self.local,
            original,
            host,
            is_final,
            options,
            wants_final: false,
        };
        for (file, is_users) in &self.files {
            reading.read(file, *is_users)?;
        }
        Ok(reading.wants_final)
    }

    fn answer(&self, options: Options, original: &str, host: String) -> Result<HostSettings, ClientConfigError> {
        refuse_unsupported(&options)?;
        let alias = options.host_key_alias.as_ref().map(|alias| alias.to_lowercase());
        let tokens = Tokens {
            local: &self.local,
            original,
            host: &host,
            port: options.port.unwrap_or(22),
            user: options.user.as_deref().unwrap_or(&self.local.user),
            alias: alias.as_deref(),
        };
        let of_host = |problem: String| ClientConfigError::Line {
            place: format!("configuration of {original}"),
            problem,
        };
        let paths = |texts: &[String]| {
            texts
                .iter()
                .map(|text| tokens.path(text))
                .collect::<Result<Vec<_>, _>>()
        };
        let named = options.identity_files.iter().map(|(file, _)| file);
        let is_file = |file: &&String| !file.eq_ignore_ascii_case("none");
        let identities: Option<Vec<String>> =
            (!options.identity_files.is_empty()).then(|| named.filter(is_file).cloned().collect());
        let mut jump = options.proxy_jump.clone().unwrap_or_default();
        for hop in &mut jump {
            hop.host = tokens.hop(&hop.host).map_err(of_host)?;
            hop.user = hop
                .user
                .as_deref()
                .map(|user| tokens.hop(user))
                .transpose()
                .map_err(of_host)?;
        }
        let allows = |method: &str, flag: Option<bool>| {
            let preferred = options.preferred.as_deref();
            flag.unwrap_or(true) && preferred.is_none_or(|list| list.split(',').any(|one| one.trim() == method))
        };
        let count = |number: Option<i64>| number.map(|number| u32::try_from(number).unwrap_or(1).max(1));
        let time = |time: Option<u64>| time.map(Duration::from_secs);
        Ok(HostSettings {
            identity_files: identities.as_deref().map(paths).transpose().map_err(of_host)?,
            identity_agent: agent(&options, &tokens).map_err(of_host)?,
            user_known_hosts: files_or_none(&options.user_known_hosts, paths).map_err(of_host)?,
            global_known_hosts: files_or_none(&options.global_known_hosts, plain).map_err(of_host)?,
            public_keys: allows("publickey", options.public_keys),
            passwords: allows("password", options.passwords),
            questions: allows("keyboard-interactive", options.questions),
            connect_timeout: time(options.connect_timeout),
            connection_attempts: count(options.connection_attempts),
            server_alive_interval: time(options.server_alive_interval),
            server_alive_count_max: count(options.server_alive_count_max),
            address_family: options.address_family.unwrap_or_default(),
            strict_host_key_checking: options.strict,
            identities_only: options.identities_only,
            user: options.user.clone(),
            port: options.port,
            host_key_alias: alias.clone(),
            algorithms: options.algorithms.clone(),
            notes: notes(&options),
            jump,
            host_name: host.clone(),
        })
    }
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

fn plain(texts: &[String]) -> Result<Vec<PathBuf>, String> {
    Ok(texts.iter().map(PathBuf::from).collect())
}

fn files_or_none(
    named: &[String],
    paths: impl Fn(&[String]) -> Result<Vec<PathBuf>, String>,
) -> Result<Option<Vec<PathBuf>>, String> {
    match named {
        [] => Ok(None),
        [only] if only.eq_ignore_ascii_case("none") => Ok(Some(Vec::new())),
        named => paths(named).map(Some),
    }
}

fn agent(options: &Options, tokens: &Tokens<'_>) -> Result<Option<IdentityAgent>, String> {
    Ok(match options.identity_agent.as_deref() {
        None => None,
        Some("none") => Some(IdentityAgent::None),
        Some("SSH_AUTH_SOCK") => Some(IdentityAgent::Environment),
        Some(text) => match text.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            Some(name) => Some(
                std::env::var_os(name).map_or(IdentityAgent::None, |path| IdentityAgent::Socket(PathBuf::from(path))),
            ),
            None => Some(IdentityAgent::Socket(tokens.path(text)?)),
        },
    })
}

/// What applies to the host, is not followed, and must not be left out.
fn refuse_unsupported(options: &Options) -> Result<(), ClientConfigError> {
    let refused = options
        .others
        .iter()
        .filter(|(_, other)| other.refused && !other.is_harmless());
    let mut settings: Vec<String> = refused
        .map(|(keyword, other)| format!("{}: `{keyword} {}` is not supported", other.place, other.value))
        .collect();
    if let Some((command, place)) = &options.proxy_command
        && !command.eq_ignore_ascii_case("none")
    {
        settings.push(format!("{place}: `proxycommand {command}` is not supported"));
    }
    match settings.is_empty() {
        true => Ok(()),
        false => Err(ClientConfigError::Unsupported { settings }),
    }
}

/// What applies to the host, is not followed, and may be left out.
fn notes(options: &Options) -> Vec<String> {
    let noted = options
        .others
        .iter()
        .filter(|(_, other)| !other.refused && !other.is_harmless());
    let note =
        |(keyword, other): (&String, &Other)| format!("{}: `{keyword} {}` is left out", other.place, other.value);
    noted.map(note).collect()
}
