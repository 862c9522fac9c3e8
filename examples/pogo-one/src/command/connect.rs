//! The SSH transport that the arguments ask for.

use pogo_ssh::{Agent, ClientConfig, HostKeyPolicy, SshConfig};
use secrecy::SecretString;

use crate::cli::{HostKeys, SshArgs};
use crate::exit::Stop;
use crate::report::visible;

pub(super) fn settings(args: &SshArgs) -> Result<SshConfig, Stop> {
    let mut config = way(args)?;
    if let Some(policy) = args.host_keys {
        config = config.host_keys(match policy {
            HostKeys::Strict => HostKeyPolicy::Strict,
            HostKeys::AcceptNew => HostKeyPolicy::AcceptNew,
            HostKeys::Insecure => HostKeyPolicy::Insecure,
        });
    }
    if let Some(user) = &args.user {
        config = config.user(user);
    }
    if let Some(port) = args.port {
        config = config.port(port);
    }
    config = args.identity.iter().fold(config, SshConfig::identity);
    if !args.known_hosts.is_empty() {
        config = config.known_hosts(&args.known_hosts);
    }
    if let Some(timeout) = args.connect_timeout {
        config = config.connect_timeout(timeout);
    }
    if args.no_agent {
        config = config.agent(Agent::Off);
    }
    if let Some(password) = password(args)? {
        config = config.password(password);
    }
    Ok(config)
}

/// Asks on the terminal, without showing what is typed.
pub(super) fn ask(prompt: &str) -> Result<SecretString, Stop> {
    let asked = rpassword::prompt_password(&*visible(prompt));
    asked
        .map(SecretString::from)
        .map_err(|error| Stop::usage(format!("cannot ask for a password: {error}")))
}

/// How hosts are reached.
fn way(args: &SshArgs) -> Result<SshConfig, Stop> {
    let mut config = SshConfig::default().handshake_rate(args.handshake_rate);
    let client = match &args.ssh_config {
        None => Some(ClientConfig::usual()),
        Some(path) if path.as_os_str() == "none" => None,
        Some(path) => Some(ClientConfig::of_file(path)),
    };
    if let Some(client) = client.transpose().map_err(Stop::usage)? {
        config = config.client_config(client);
    }
    if !args.jump.is_empty() {
        config = config.jump(args.jump.iter().cloned());
    }
    if let Some(retries) = args.connect_retries {
        config = config.connect_retries(retries);
    }
    Ok(config)
}

fn password(args: &SshArgs) -> Result<Option<SecretString>, Stop> {
    if args.ask_password {
        return ask("password: ").map(Some);
    }
    let Some(path) = &args.password_file else {
        return Ok(None);
    };
    let unreadable = |error| Stop::usage(format!("cannot read the password file {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Stop::usage(format!(
            "the first line of {} is empty; write the password there",
            path.display()
        )));
    }
    Ok(Some(line.to_owned().into()))
}
