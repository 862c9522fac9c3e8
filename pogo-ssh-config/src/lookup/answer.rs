//! Converts collected options into the settings of a host.

use std::path::PathBuf;
use std::time::Duration;

use super::tokens::Tokens;
use crate::error::ClientConfigError;
use crate::lines::options::{CollectedOptions, NamedFile, UnsupportedOption};
use crate::local::LocalAccount;
use crate::value::environment::Environment;
use crate::value::jump::Hop;
use crate::value::settings::{HostSettings, IdentityAgent, RekeyLimit};

/// The settings of the host with this name.
pub(crate) fn settings(
    local: &LocalAccount,
    options: &CollectedOptions,
    original: &str,
    host: String,
) -> Result<HostSettings, ClientConfigError> {
    // First, so that the message names the setting that is in the way and not a consequence of it.
    refuse_unsupported(options)?;
    let alias = options.host_key_alias.as_ref().map(|alias| alias.to_lowercase());
    let tokens = Tokens {
        local,
        original,
        host: &host,
        port: options.port.unwrap_or(22),
        user: options.user.as_deref().unwrap_or(&local.user),
        alias: alias.as_deref(),
        jump: options.jump_host(),
    };
    gather(options, &tokens).map_err(|problem| ClientConfigError::Line {
        position: format!("configuration of {original}"),
        problem,
    })
}

fn gather(options: &CollectedOptions, tokens: &Tokens<'_>) -> Result<HostSettings, String> {
    let paths =
        |texts: &[String]| -> Result<Vec<PathBuf>, String> { texts.iter().map(|text| tokens.path(text)).collect() };
    let identity_files = named(&options.identity_files).as_deref().map(paths).transpose()?;
    let identity_agent = options.identity_agent.as_deref().map(|text| agent(text, tokens));
    Ok(HostSettings {
        identity_files,
        certificate_files: paths(&named(&options.certificate_files).unwrap_or_default())?,
        identity_agent: identity_agent.transpose()?,
        forward_agent: forwarded(options, tokens)?,
        user_known_hosts: files_or_none(&options.user_known_hosts, paths)?,
        // OpenSSH expands no tokens in these.
        global_known_hosts: files_or_none(&options.global_known_hosts, plain)?,
        host_key_alias: tokens.alias.map(str::to_owned),
        jump: jump(options, tokens)?,
        ..without_tokens(options, tokens.host)
    })
}

/// All settings without tokens.
fn without_tokens(options: &CollectedOptions, host: &str) -> HostSettings {
    let count = |number: Option<i64>| number.map(|number| u32::try_from(number).unwrap_or(1).max(1));
    let time = |time: Option<u64>| time.map(Duration::from_secs);
    HostSettings {
        host_name: host.to_owned(),
        user: options.user.clone(),
        port: options.port,
        host_key_alias: None,
        identity_files: None,
        certificate_files: Vec::new(),
        identities_only: options.identities_only,
        identity_agent: None,
        forward_agent: None,
        user_known_hosts: None,
        global_known_hosts: None,
        hash_known_hosts: options.hash_known_hosts,
        check_host_ip: options.check_host_ip,
        trusts_localhost: options.trusts_localhost.unwrap_or(false),
        strict_host_key_checking: options.strict,
        jump: Vec::new(),
        connect_timeout: time(options.connect_timeout),
        connection_attempts: count(options.connection_attempts),
        server_alive_interval: time(options.server_alive_interval),
        server_alive_count_max: count(options.server_alive_count_max),
        tcp_keep_alive: options.tcp_keep_alive,
        rekey_limit: RekeyLimit {
            bytes: options.rekey_limit.filter(|bytes| *bytes > 0),
            interval: time(options.rekey_interval.filter(|seconds| *seconds > 0)),
        },
        bind_address: options.bind_address.clone(),
        bind_interface: options.bind_interface.clone(),
        environment: Environment::of(&options.send_env, &options.set_env),
        address_family: options.address_family.unwrap_or_default(),
        public_keys: allows(options, "publickey", options.public_keys),
        passwords: allows(options, "password", options.passwords),
        questions: allows(options, "keyboard-interactive", options.questions),
        algorithms: options.algorithms.clone(),
        notes: notes(options),
    }
}

/// Whether a login method may be tried.
fn allows(options: &CollectedOptions, method: &str, flag: Option<bool>) -> bool {
    let preferred = options.preferred.as_deref();
    flag.unwrap_or(true) && preferred.is_none_or(|list| list.split(',').any(|one| one.trim() == method))
}

/// The configured files; an empty list for `none`.
fn named(files: &[NamedFile]) -> Option<Vec<String>> {
    let is_file = |file: &&String| !file.eq_ignore_ascii_case("none");
    let named = files.iter().map(|(file, _)| file).filter(is_file).cloned();
    (!files.is_empty()).then(|| named.collect())
}

fn jump(options: &CollectedOptions, tokens: &Tokens<'_>) -> Result<Vec<Hop>, String> {
    let mut jump = options.proxy_jump.clone().unwrap_or_default();
    for hop in &mut jump {
        hop.host = tokens.hop(&hop.host)?;
        hop.user = hop.user.as_deref().map(|user| tokens.hop(user)).transpose()?;
    }
    Ok(jump)
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

fn agent(text: &str, tokens: &Tokens<'_>) -> Result<IdentityAgent, String> {
    match text {
        "none" => Ok(IdentityAgent::None),
        "SSH_AUTH_SOCK" => Ok(IdentityAgent::Environment),
        text => socket(text, tokens),
    }
}

/// A path, or the name of a variable that contains one.
fn socket(text: &str, tokens: &Tokens<'_>) -> Result<IdentityAgent, String> {
    match text.strip_prefix('$').filter(|name| !name.starts_with('{')) {
        Some(name) => Ok(std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map_or(IdentityAgent::None, |path| IdentityAgent::Socket(PathBuf::from(path)))),
        None => Ok(IdentityAgent::Socket(tokens.path(text)?)),
    }
}

/// The agent to forward: the configured one, or the one used for logging in.
fn forwarded(options: &CollectedOptions, tokens: &Tokens<'_>) -> Result<Option<IdentityAgent>, String> {
    if options.forward_agent != Some(true) {
        return Ok(None);
    }
    let forwarded = match (&options.forwarded_socket, &options.identity_agent) {
        (Some(text), _) => socket(text, tokens)?,
        (None, Some(text)) => agent(text, tokens)?,
        (None, None) => IdentityAgent::Environment,
    };
    Ok(Some(forwarded))
}

/// Refuses settings of the host that are unsupported and must not be ignored.
fn refuse_unsupported(options: &CollectedOptions) -> Result<(), ClientConfigError> {
    let refused = options
        .others
        .iter()
        .filter(|(_, other)| other.refused && !other.is_harmless());
    let mut settings: Vec<String> = refused
        .map(|(keyword, other)| format!("{}: `{keyword} {}` is not supported", other.position, other.value))
        .collect();
    if let Some((command, position)) = &options.proxy_command
        && !command.eq_ignore_ascii_case("none")
    {
        settings.push(format!("{position}: `proxycommand {command}` is not supported"));
    }
    match settings.is_empty() {
        true => Ok(()),
        false => Err(ClientConfigError::Unsupported { settings }),
    }
}

/// Remarks on settings of the host that are unsupported and may be ignored.
fn notes(options: &CollectedOptions) -> Vec<String> {
    let noted = options
        .others
        .iter()
        .filter(|(_, other)| !other.refused && !other.is_harmless());
    let note = |(keyword, other): (&String, &UnsupportedOption)| {
        format!("{}: `{keyword} {}` is left out", other.position, other.value)
    };
    noted.map(note).collect()
}
