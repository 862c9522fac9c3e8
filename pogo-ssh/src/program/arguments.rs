//! Arguments of the `ssh` program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pogo_core::fleet::Host;

use crate::config::{Agent, SshTransportBuilder};
use crate::host_key_policy::HostKeyPolicy;
use pogo_ssh_config::Hop;

/// Arguments that are the same for every host.
#[derive(Debug, Clone, Default)]
pub(super) struct Arguments {
    common: Vec<OsString>,
    user: Option<String>,
    port: Option<u16>,
}

/// A setting that the program does not support.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    /// A password is set, which the program would ask for at a terminal: it takes none as an option.
    #[error(
        "a {0} cannot be given to the ssh program; use an agent, a key file or Kerberos, or the built-in transport"
    )]
    Secret(&'static str),
    /// A file name has what cannot be quoted in a configuration, or would be expanded there.
    #[error("`{0}` cannot be part of a file name given to the ssh program; rename it")]
    Name(String),
    /// A jump host is not written as one.
    #[error("`{0}` is no value for proxy_jump; write [user@]host[:port], several with commas, or none")]
    Jump(String),
}

impl Arguments {
    pub(super) fn new(config: &SshTransportBuilder) -> Result<Self, ArgumentError> {
        if config.password.is_some() {
            return Err(ArgumentError::Secret("password"));
        }
        let mut arguments = Self {
            common: Vec::new(),
            user: config.user.clone(),
            port: config.port,
        };
        arguments.add_configuration(config);
        // There is nobody to answer prompts, and only the command is wanted, whatever the configuration says.
        for option in [
            "BatchMode=yes",
            "ClearAllForwardings=yes",
            "ControlPersist=no",
            "EscapeChar=none",
            "LogLevel=ERROR",
            // How the program says that it has logged in.
            "PermitLocalCommand=yes",
            "LocalCommand=echo ready",
            "RemoteCommand=none",
            "RequestTTY=no",
        ] {
            arguments.option(option);
        }
        arguments.add_trust(config)?;
        arguments.add_keys(config)?;
        arguments.add_times(config);
        // The first value counts: the options above override the files.
        let given = config
            .connect
            .client_config
            .iter()
            .flat_map(|client| client.given_options());
        given.for_each(|option| arguments.option(option));
        Ok(arguments)
    }

    fn option(&mut self, option: impl Into<OsString>) {
        self.common.extend(["-o".into(), option.into()]);
    }

    fn add_configuration(&mut self, config: &SshTransportBuilder) {
        let file = match &config.connect.client_config {
            None => Some(OsString::from("none")),
            Some(client) => client.file().map(|file| file.as_os_str().to_owned()),
        };
        self.common
            .extend(file.into_iter().flat_map(|file| ["-F".into(), file]));
        if let Some(hops) = &config.connect.jump {
            self.option(format!("ProxyJump={}", jump(hops)));
        }
        if let Some(retries) = config.connect.connect_retries {
            self.option(format!("ConnectionAttempts={}", retries.saturating_add(1)));
        }
    }

    fn add_trust(&mut self, config: &SshTransportBuilder) -> Result<(), ArgumentError> {
        // Without a setting the configuration decides, but `ask` cannot work here.
        match config.host_keys {
            Some(HostKeyPolicy::Strict) => self.option("StrictHostKeyChecking=yes"),
            Some(HostKeyPolicy::AcceptNew) => self.option("StrictHostKeyChecking=accept-new"),
            Some(HostKeyPolicy::Insecure) => {
                self.option("StrictHostKeyChecking=no");
                self.option("UserKnownHostsFile=/dev/null");
                self.option("GlobalKnownHostsFile=/dev/null");
                return Ok(());
            }
            None if config.connect.client_config.is_none() => self.option("StrictHostKeyChecking=yes"),
            None => {}
        }
        if let Some(files) = &config.known_hosts {
            let files: Vec<String> = files.iter().map(|file| file_name(file)).collect::<Result<_, _>>()?;
            self.option(format!("UserKnownHostsFile={}", files.join(" ")));
            self.option("GlobalKnownHostsFile=/dev/null");
        }
        Ok(())
    }

    fn add_keys(&mut self, config: &SshTransportBuilder) -> Result<(), ArgumentError> {
        match config.identities.as_deref() {
            None => {}
            Some([]) => self.option("IdentityFile=none"),
            Some(files) => {
                for file in files {
                    self.option(format!("IdentityFile={}", file_name(file)?));
                }
            }
        }
        match &config.agent {
            None | Some(Agent::Environment) => {}
            Some(Agent::Socket(path)) => self.option(format!("IdentityAgent={}", file_name(path)?)),
            Some(Agent::Off) => self.option("IdentityAgent=none"),
        }
        if let Some(only) = config.identities_only {
            self.option(format!("IdentitiesOnly={}", if only { "yes" } else { "no" }));
        }
        Ok(())
    }

    fn add_times(&mut self, config: &SshTransportBuilder) {
        if let Some(timeout) = config.connect_timeout {
            // In whole seconds, and 0 would mean no limit.
            self.option(format!("ConnectTimeout={}", timeout.as_secs().max(1)));
        }
        match config.keepalive {
            Some(interval) => {
                let seconds = interval.map_or(0, |interval| interval.as_secs().max(1));
                self.option(format!("ServerAliveInterval={seconds}"));
            }
            None if config.connect.client_config.is_none() => self.option("ServerAliveInterval=15"),
            None => {}
        }
    }

    /// The arguments of a master connection that listens on this socket.
    pub(super) fn master(&self, host: &Host, socket: &Path) -> Result<Vec<OsString>, ArgumentError> {
        let connection = &host.connection;
        let mut line: Vec<OsString> = vec!["-M".into(), "-N".into(), "-T".into(), "-S".into(), socket.into()];
        if let Some(user) = connection.user.as_ref().or(self.user.as_ref()) {
            line.extend(["-l".into(), user.into()]);
        }
        if let Some(port) = connection.port.or(self.port) {
            line.extend(["-p".into(), port.to_string().into()]);
        }
        let mut option = |text: String| line.extend(["-o".into(), text.into()]);
        if let Some(address) = &connection.address {
            // A percent sign begins a token in this option, and a zone of an IPv6 address has one.
            option(format!("HostName={}", address.replace('%', "%%")));
        }
        for (name, value) in &connection.vars {
            match name.as_str() {
                "identity" => option(format!("IdentityFile={}", file_name(Path::new(value))?)),
                "host_key_alias" => option(format!("HostKeyAlias={}", word(value)?)),
                "proxy_jump" => {
                    let hops = pogo_ssh_config::jump_hosts(value).ok_or_else(|| ArgumentError::Jump(value.clone()))?;
                    option(format!("ProxyJump={}", jump(&hops)));
                }
                _ => {}
            }
        }
        // The first value counts, so the host's own options come before the common ones.
        line.extend(self.common.iter().cloned());
        // Behind `--`, since a host's name may begin with a dash.
        line.extend(["--".into(), host.name.as_str().into()]);
        Ok(line)
    }
}

/// The arguments that run a line over the master connection of this socket. Without the master, the program
/// must not connect by itself.
pub(super) fn session(socket: &Path, pty: bool, line: &str) -> Vec<OsString> {
    let options = [
        "ProxyCommand=exit 1",
        "ControlMaster=no",
        "EscapeChar=none",
        "LogLevel=ERROR",
        "BatchMode=yes",
    ];
    let mut words: Vec<OsString> = vec!["-F".into(), "none".into(), "-S".into(), socket.into()];
    words.extend(options.into_iter().flat_map(|option| ["-o".into(), option.into()]));
    words.push(if pty { "-tt" } else { "-T" }.into());
    // Any name will do: the socket decides which host it is, and the name must not be looked up.
    words.extend(["--".into(), "pogo".into(), line.into()]);
    words
}

fn jump(hops: &[Hop]) -> String {
    match hops {
        [] => "none".to_owned(),
        hops => hops.iter().map(Hop::to_string).collect::<Vec<_>>().join(","),
    }
}

/// Quotes a file name for a configuration line.
fn file_name(path: &Path) -> Result<String, ArgumentError> {
    let path: PathBuf = crate::account::expand_home(path);
    word(&path.to_string_lossy())
}

fn word(text: &str) -> Result<String, ArgumentError> {
    if text.is_empty() || text.contains(['"', '\\', '\n', '\r', '\0', '\u{fffd}']) || text.contains("${") {
        return Err(ArgumentError::Name(text.to_owned()));
    }
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pogo_ssh_config::ClientConfig;

    fn line(config: &SshTransportBuilder, host: &Host) -> String {
        let line = Arguments::new(config).unwrap().master(host, Path::new("/s")).unwrap();
        line.iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_the_host_says_comes_before_what_is_said_for_all() {
        let mut host = Host::new("web1".parse().unwrap());
        host.connection.port = Some(2200);
        host.connection.vars.insert("proxy_jump".to_owned(), "none".to_owned());
        let config = SshTransportBuilder::default()
            .port(22)
            .user("joe")
            .jump(["gate".parse().unwrap()]);
        let line = line(&config, &host);
        assert!(
            line.starts_with("-M -N -T -S /s -l joe -p 2200 -o ProxyJump=none -F none"),
            "{line}"
        );
        assert!(line.find("ProxyJump=none").unwrap() < line.find("ProxyJump=gate").unwrap());
        assert!(line.ends_with(" -- web1"), "{line}");
    }

    #[test]
    fn options_come_behind_what_is_set_and_before_what_files_say() {
        let client = ClientConfig::none().unwrap().option("Port=2222").unwrap();
        let client = client.option("BatchMode no").unwrap();
        let config = SshTransportBuilder::default().client_config(client).port(22);
        let line = line(&config, &Host::new("web1".parse().unwrap()));
        assert!(line.contains("-p 22 -F none"), "{line}");
        assert!(line.ends_with("-o Port=2222 -o BatchMode no -- web1"), "{line}");
        assert!(line.find("BatchMode=yes").unwrap() < line.find("BatchMode no").unwrap());
    }

    #[test]
    fn host_keys_are_checked_unless_somebody_says_otherwise() {
        let host = Host::new("web1".parse().unwrap());
        assert!(line(&SshTransportBuilder::default(), &host).contains("StrictHostKeyChecking=yes"));
        let config = SshTransportBuilder::default().known_hosts(["/a b/%h"]);
        assert!(line(&config, &host).contains("UserKnownHostsFile=\"/a b/%%h\""));
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let password = SshTransportBuilder::default().password("x".to_owned().into());
        assert!(matches!(
            Arguments::new(&password),
            Err(ArgumentError::Secret("password"))
        ));
        for name in ["/a\"b", "/a\\b", "/a\nb", "/${HOME}"] {
            let config = SshTransportBuilder::default().identity(name);
            assert!(matches!(Arguments::new(&config), Err(ArgumentError::Name(_))), "{name}");
        }
    }
}
