//! Builds the SSH transport of the arguments.

use std::path::Path;
use std::sync::Arc;

use pogo_core::plan::TransportSettings;
use pogo_ssh::{ClientConfig, HostKeyPolicy, HostQuery, SshTransportBuilder, StrictHostKeyChecking};
use secrecy::SecretString;

use crate::ask::{CliPrompter, TerminalPrompter};
use crate::cli::{HostKeys, SshArgs, TransportArg};
use crate::exit::CliError;

/// The builder of all transports of this program: secrets, and who answers questions. The rest is the job's, and is
/// only checked here: before anybody is asked for a password.
pub(super) fn builder(
    args: &SshArgs,
    settings: &TransportSettings,
    terminal: &Arc<TerminalPrompter>,
) -> Result<SshTransportBuilder, CliError> {
    let checked = SshTransportBuilder::default().job_settings(settings);
    checked.map(drop).map_err(CliError::usage)?;
    if args.transport == TransportArg::Ssh && (args.passphrase_file.is_some() || args.askpass.is_some()) {
        return Err(CliError::usage(
            "--passphrase-file and --askpass are for the built-in transport; give the ssh program an ssh-agent",
        ));
    }
    let mut builder = SshTransportBuilder::default();
    if let Some(password) = password(args, terminal)? {
        builder = builder.password(password);
    }
    let answers = CliPrompter::new(passphrase(args)?, args.askpass.clone(), Arc::clone(terminal));
    Ok(builder.prompter(answers))
}

/// How the job's hosts are connected to, as whom and with which keys.
pub(super) fn job_settings(args: &SshArgs) -> Result<TransportSettings, CliError> {
    let mut settings = TransportSettings::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            settings = std::mem::take(&mut settings).add(name, value);
        }
    };
    set("user", args.user.clone());
    set("port", args.port.map(|port| port.to_string()));
    for path in &args.identity {
        set("identity", Some(absolute(path)?));
    }
    for path in &args.known_hosts {
        set("known_hosts", Some(absolute(path)?));
    }
    set("host_keys", host_keys(args)?.map(|policy| policy.to_string()));
    set(
        "ssh_config",
        Some(match &args.ssh_config {
            None => "usual".to_owned(),
            Some(path) if path.as_os_str() == "none" => "none".to_owned(),
            Some(path) => absolute(path)?,
        }),
    );
    args.ssh_option
        .iter()
        .for_each(|option| set("option", Some(option.clone())));
    args.jump.iter().for_each(|hop| set("jump", Some(hop.to_string())));
    set("handshake_rate", args.handshake_rate.map(|rate| rate.to_string()));
    set(
        "connect_retries",
        args.connect_retries.map(|retries| retries.to_string()),
    );
    set(
        "connect_timeout",
        args.connect_timeout.map(|limit| limit.as_secs_f64().to_string()),
    );
    set("agent", args.no_agent.then(|| "none".to_owned()));
    set(
        "transport",
        (args.transport == TransportArg::Ssh).then(|| "ssh".to_owned()),
    );
    Ok(settings)
}

/// The path as any process reads it. A leading `~/` stays: it is the home directory of whoever connects.
fn absolute(path: &Path) -> Result<String, CliError> {
    let path = match path.starts_with("~") {
        true => path.to_owned(),
        false => std::path::absolute(path)
            .map_err(|error| CliError::usage(format!("cannot use the path {}: {error}", path.display())))?,
    };
    path.into_os_string().into_string().map_err(|path| {
        CliError::usage(format!(
            "the path {} is not UTF-8; rename it, or name a link to it",
            path.to_string_lossy()
        ))
    })
}

fn host_keys(args: &SshArgs) -> Result<Option<HostKeyPolicy>, CliError> {
    Ok(match args.host_keys {
        Some(HostKeys::Strict) => Some(HostKeyPolicy::Strict),
        Some(HostKeys::AcceptNew) => Some(HostKeyPolicy::AcceptNew),
        Some(HostKeys::Insecure) => Some(HostKeyPolicy::Insecure),
        None => accepts_any_key(&args.ssh_option)?.then_some(HostKeyPolicy::Insecure),
    })
}

/// Asks on the terminal, without echo.
pub(super) fn ask(prompt: &str, terminal: &TerminalPrompter) -> Result<SecretString, CliError> {
    // ^C must not end the program before the terminal is restored.
    let interrupts = tokio::signal::unix::SignalKind::interrupt();
    let _listening = tokio::signal::unix::signal(interrupts).map_err(CliError::broken)?;
    let asked = terminal.ask(prompt, false);
    asked.map_err(|error| CliError::usage(format!("cannot ask for a password: {error}")))
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

/// The password to log in with, if there is one: typed, or from a file.
pub(super) fn password(args: &SshArgs, terminal: &TerminalPrompter) -> Result<Option<SecretString>, CliError> {
    if args.ask_password {
        return ask("password: ", terminal).map(Some);
    }
    args.password_file
        .as_deref()
        .map(|path| secret(path, "password"))
        .transpose()
}

/// The passphrase of key files, if a file has it.
pub(super) fn passphrase(args: &SshArgs) -> Result<Option<SecretString>, CliError> {
    let path = args.passphrase_file.as_deref();
    path.map(|path| secret(path, "passphrase")).transpose()
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
