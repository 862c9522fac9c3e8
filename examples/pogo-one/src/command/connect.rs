//! Builds the SSH transport of the arguments.

use std::path::Path;
use std::sync::Arc;

use pogo_ssh::{Agent, ClientConfig, HostKeyPolicy, HostQuery, SshTransportBuilder, StrictHostKeyChecking};
use secrecy::SecretString;

use crate::ask::{CliPrompter, TerminalPrompter};
use crate::cli::{HostKeys, SshArgs, TransportArg};
use crate::exit::CliError;

pub(super) fn settings(args: &SshArgs, terminal: &Arc<TerminalPrompter>) -> Result<SshTransportBuilder, CliError> {
    if args.transport == TransportArg::Ssh && (args.passphrase_file.is_some() || args.askpass.is_some()) {
        return Err(CliError::usage(
            "--passphrase-file and --askpass are for the built-in transport; give the ssh program an ssh-agent",
        ));
    }
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
    config = args.identity.iter().fold(config, SshTransportBuilder::identity);
    if !args.known_hosts.is_empty() {
        config = config.known_hosts(&args.known_hosts);
    }
    if let Some(timeout) = args.connect_timeout {
        config = config.connect_timeout(timeout);
    }
    if args.no_agent {
        config = config.agent(Agent::Off);
    }
    if let Some(password) = password(args, terminal)? {
        config = config.password(password);
    }
    let passphrase = args.passphrase_file.as_deref().map(|path| secret(path, "passphrase"));
    let answers = CliPrompter::new(passphrase.transpose()?, args.askpass.clone(), Arc::clone(terminal));
    Ok(config.prompter(answers))
}

/// Asks on the terminal, without echo.
pub(super) fn ask(prompt: &str, terminal: &TerminalPrompter) -> Result<SecretString, CliError> {
    // ^C must not end the program before the terminal is restored.
    let interrupts = tokio::signal::unix::SignalKind::interrupt();
    let _listening = tokio::signal::unix::signal(interrupts).map_err(CliError::broken)?;
    let asked = terminal.ask(prompt, false);
    asked.map_err(|error| CliError::usage(format!("cannot ask for a password: {error}")))
}

/// The transport's settings.
fn way(args: &SshArgs) -> Result<SshTransportBuilder, CliError> {
    let mut config = SshTransportBuilder::default().handshake_rate(args.handshake_rate);
    let client = match &args.ssh_config {
        None => Some(ClientConfig::usual()),
        Some(path) if path.as_os_str() == "none" => (!args.ssh_option.is_empty()).then(ClientConfig::none),
        Some(path) => Some(ClientConfig::of_file(path)),
    };
    if let Some(client) = client.transpose().map_err(CliError::usage)? {
        let mut options = args.ssh_option.iter();
        config = config.client_config(
            options
                .try_fold(client, ClientConfig::option)
                .map_err(CliError::usage)?,
        );
    }
    if accepts_any_key(&args.ssh_option)? {
        config = config.host_keys(HostKeyPolicy::Insecure);
    }
    if !args.jump.is_empty() {
        config = config.jump(args.jump.iter().cloned());
    }
    if let Some(retries) = args.connect_retries {
        config = config.connect_retries(retries);
    }
    Ok(config)
}

/// Whether an option disables host key checking, which a configuration file may not do: it would be unnoticed.
fn accepts_any_key(options: &[String]) -> Result<bool, CliError> {
    if options.is_empty() {
        return Ok(false);
    }
    let empty = ClientConfig::none().map_err(CliError::usage)?;
    let options = options.iter().try_fold(empty, ClientConfig::option);
    let asked = options.and_then(|options| options.settings(&HostQuery::new("any")));
    // Refused settings are reported for each host, with their position.
    Ok(asked.is_ok_and(|asked| asked.strict_host_key_checking == Some(StrictHostKeyChecking::No)))
}

fn password(args: &SshArgs, terminal: &TerminalPrompter) -> Result<Option<SecretString>, CliError> {
    if args.ask_password {
        return ask("password: ", terminal).map(Some);
    }
    args.password_file
        .as_deref()
        .map(|path| secret(path, "password"))
        .transpose()
}

/// The first line of a file.
fn secret(path: &Path, what: &str) -> Result<SecretString, CliError> {
    let unreadable = |error| CliError::usage(format!("cannot read the {what} file {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(CliError::usage(format!(
            "the first line of {} is empty; write the {what} there",
            path.display()
        )));
    }
    Ok(line.to_owned().into())
}
