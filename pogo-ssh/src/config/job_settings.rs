//! The settings that a job brings along, as names and texts.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use pogo_core::plan::TransportSettings;
use pogo_ssh_config::{ClientConfig, ClientConfigError, Hop};

use super::{Agent, SshTransportBuilder};
use crate::host_key_policy::HostKeyPolicy;

/// Why the settings of a job cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobSettingsError {
    /// There is no such setting.
    #[error("pogo-ssh has no setting `{name}`; it has {}", SshTransportBuilder::JOB_SETTINGS.join(", "))]
    UnknownName {
        /// Its name.
        name: String,
    },
    /// A value is invalid.
    #[error("`{value}` is no value of the setting `{name}`: {expected}")]
    InvalidValue {
        /// The setting's name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is valid.
        expected: String,
    },
    /// OpenSSH's configuration, or an option of it.
    #[error(transparent)]
    ClientConfig(#[from] ClientConfigError),
}

impl SshTransportBuilder {
    /// The names that [`job_settings`](Self::job_settings) knows.
    pub const JOB_SETTINGS: [&str; 14] = [
        "agent",
        "connect_retries",
        "connect_timeout",
        "handshake_rate",
        "host_keys",
        "identity",
        "jump",
        "known_hosts",
        "option",
        "port",
        "secrets",
        "ssh_config",
        "transport",
        "user",
    ];

    /// Sets what a job's [settings](TransportSettings) name, over what is set already. Paths are those of this machine,
    /// where a leading `~/` is the home directory of this process.
    ///
    /// | name | value | as |
    /// | --- | --- | --- |
    /// | `user`, `port` | a name; a number from 1 to 65535 | [`user`](Self::user), [`port`](Self::port) |
    /// | `identity`, several | a key file | [`identity`](Self::identity) |
    /// | `agent` | the path of its socket, or `none` | [`agent`](Self::agent) |
    /// | `known_hosts`, several | a file | [`known_hosts`](Self::known_hosts) |
    /// | `host_keys` | `strict`, `accept-new` or `insecure` | [`host_keys`](Self::host_keys) |
    /// | `ssh_config` | a file of OpenSSH's client configuration, `usual` for the user's and the machine's, or `none` | [`client_config`](Self::client_config) |
    /// | `option`, several | `KEY=VALUE`, which comes before that file | [`ClientConfig::option`] |
    /// | `jump`, several | `[user@]host[:port]`, in order | [`jump`](Self::jump) |
    /// | `connect_timeout` | seconds: `10`, `0.5` | [`connect_timeout`](Self::connect_timeout) |
    /// | `connect_retries` | a number | [`connect_retries`](Self::connect_retries) |
    /// | `handshake_rate` | connections per second | [`handshake_rate`](Self::handshake_rate) |
    /// | `secrets` | an id | [`SshTransports::secrets`](crate::SshTransports::secrets) has them |
    /// | `transport` | `builtin`, or `ssh` for the program | which of the two [`SshTransports`](crate::SshTransports) makes |
    ///
    /// ```
    /// use pogo_core::plan::TransportSettings;
    /// use pogo_ssh::SshTransport;
    ///
    /// let settings = TransportSettings::new().set("user", "deploy").set("host_keys", "accept-new");
    /// let builder = SshTransport::builder().job_settings(&settings)?;
    ///
    /// let error = SshTransport::builder().job_settings(&settings.set("port", "ssh")).unwrap_err();
    /// assert_eq!(error.to_string(), "`ssh` is no value of the setting `port`: write a number from 1 to 65535");
    /// # Ok::<(), pogo_ssh::JobSettingsError>(())
    /// ```
    ///
    /// # Errors
    /// A name or a value is unknown, or OpenSSH's configuration cannot be read.
    pub fn job_settings(mut self, settings: &TransportSettings) -> Result<Self, JobSettingsError> {
        if let Some(name) = settings.names().find(|name| !Self::JOB_SETTINGS.contains(name)) {
            return Err(JobSettingsError::UnknownName { name: name.to_owned() });
        }
        // First: what the job says itself comes before what its configuration says.
        self = client_config(self, settings)?;
        if let Some(user) = settings.value("user") {
            self = self.user(user);
        }
        if let Some(port) = parsed(settings, "port", "write a number from 1 to 65535", valid_port)? {
            self = self.port(port);
        }
        if !settings.values("identity").is_empty() {
            self.identities = Some(settings.values("identity").iter().map(PathBuf::from).collect());
        }
        if let Some(agent) = settings.value("agent") {
            self = self.agent(match agent {
                "none" => Agent::Off,
                socket => Agent::Socket(socket.into()),
            });
        }
        if !settings.values("known_hosts").is_empty() {
            self = self.known_hosts(settings.values("known_hosts"));
        }
        let policies = "write strict, accept-new or insecure";
        if let Some(policy) = parsed(settings, "host_keys", policies, host_keys)? {
            self = self.host_keys(policy);
        }
        if !settings.values("jump").is_empty() {
            self = self.jump(jump(settings)?);
        }
        if let Some(limit) = parsed(settings, "connect_timeout", "write seconds, as in 10 or 0.5", seconds)? {
            self = self.connect_timeout(limit);
        }
        if let Some(retries) = parsed(settings, "connect_retries", "write a whole number", number)? {
            self = self.connect_retries(retries);
        }
        let rate = parsed(settings, "handshake_rate", "write connections per second", number)?;
        if rate.is_some() {
            self = self.handshake_rate(rate);
        }
        Ok(self)
    }
}

/// Which transport a job asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TransportKind {
    /// This crate speaks SSH itself.
    #[default]
    Builtin,
    /// Each attempt runs the program `ssh`.
    Program,
}

impl TransportKind {
    pub(crate) fn of(settings: &TransportSettings) -> Result<Self, JobSettingsError> {
        let kind = parsed(settings, "transport", "write builtin, or ssh for the program", |text| {
            Some(match text {
                "builtin" => Self::Builtin,
                "ssh" => Self::Program,
                _ => return None,
            })
        });
        Ok(kind?.unwrap_or_default())
    }
}

fn client_config(
    mut builder: SshTransportBuilder,
    settings: &TransportSettings,
) -> Result<SshTransportBuilder, ClientConfigError> {
    let options = settings.values("option");
    let config = match settings.value("ssh_config") {
        Some("usual") => ClientConfig::usual()?,
        // Options need a configuration to stand in, also where no file is read.
        Some("none") | None if !options.is_empty() => ClientConfig::none()?,
        Some("none") => {
            builder.connect.client_config = None;
            return Ok(builder);
        }
        None => return Ok(builder),
        Some(path) => ClientConfig::of_file(path)?,
    };
    let config = options.iter().try_fold(config, ClientConfig::option)?;
    Ok(builder.client_config(config))
}

/// The value of a setting that takes one.
fn parsed<T>(
    settings: &TransportSettings,
    name: &'static str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, JobSettingsError> {
    let Some(value) = settings.value(name) else {
        return Ok(None);
    };
    match parse(value) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(JobSettingsError::InvalidValue {
            name,
            value: value.to_owned(),
            expected: expected.to_owned(),
        }),
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn valid_port(text: &str) -> Option<u16> {
    number(text).filter(|port| *port != 0)
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(number(text)?).ok()
}

fn host_keys(text: &str) -> Option<HostKeyPolicy> {
    use HostKeyPolicy::{AcceptNew, Insecure, Strict};
    [Strict, AcceptNew, Insecure]
        .into_iter()
        .find(|policy| policy.to_string() == text)
}

fn jump(settings: &TransportSettings) -> Result<Vec<Hop>, JobSettingsError> {
    let hops = settings.values("jump").iter();
    let hops = hops.map(|hop| {
        hop.parse().map_err(|_| JobSettingsError::InvalidValue {
            name: "jump",
            value: hop.clone(),
            expected: "write [user@]host[:port]".to_owned(),
        })
    });
    hops.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder(settings: TransportSettings) -> Result<SshTransportBuilder, JobSettingsError> {
        SshTransportBuilder::default().job_settings(&settings)
    }

    #[test]
    fn every_setting_reaches_the_builder() {
        let settings = TransportSettings::new()
            .set("agent", "/run/agent")
            .set("connect_retries", "2")
            .set("connect_timeout", "0.5")
            .set("handshake_rate", "7")
            .set("host_keys", "accept-new")
            .add("identity", "/k1")
            .add("identity", "/k2")
            .add("jump", "ops@bastion:2222")
            .add("jump", "inner")
            .set("known_hosts", "/known")
            .set("option", "Compression=yes")
            .set("port", "2022")
            .set("secrets", "7c1e")
            .set("ssh_config", "none")
            .set("transport", "ssh")
            .set("user", "deploy");
        let named: Vec<_> = settings.names().collect();
        assert_eq!(named, SshTransportBuilder::JOB_SETTINGS, "the test has all of them");
        let built = builder(settings.clone()).unwrap();
        assert_eq!(built.agent, Some(Agent::Socket("/run/agent".into())));
        assert_eq!(built.connect.connect_retries, Some(2));
        assert_eq!(built.connect_timeout, Some(Duration::from_millis(500)));
        assert_eq!(built.connect.handshake_rate, Some(7));
        assert_eq!(built.host_keys, Some(HostKeyPolicy::AcceptNew));
        assert_eq!(built.identities, Some(vec!["/k1".into(), "/k2".into()]));
        let jump: Vec<String> = built.connect.jump.unwrap().iter().map(Hop::to_string).collect();
        assert_eq!(jump, ["ops@bastion:2222", "inner"]);
        assert_eq!(built.known_hosts, Some(vec!["/known".into()]));
        let options = built.connect.client_config.unwrap().given_options().to_vec();
        assert_eq!(options, ["Compression=yes"]);
        assert_eq!((built.port, built.user.as_deref()), (Some(2022), Some("deploy")));
        assert_eq!(TransportKind::of(&settings).unwrap(), TransportKind::Program);
    }

    #[test]
    fn what_a_job_leaves_open_stays_as_it_was_set() {
        let before = SshTransportBuilder::default()
            .user("deploy")
            .port(2022)
            .agent(Agent::Off);
        let after = before
            .job_settings(&TransportSettings::new().set("port", "22"))
            .unwrap();
        assert_eq!((after.user.as_deref(), after.port), (Some("deploy"), Some(22)));
        assert_eq!(after.agent, Some(Agent::Off));
        assert_eq!(
            TransportKind::of(&TransportSettings::new()).unwrap(),
            TransportKind::Builtin
        );
    }

    #[test]
    fn a_wrong_name_or_value_is_refused_with_what_is_right() {
        let message = |name: &str, value: &str| {
            let settings = TransportSettings::new().set(name, value);
            let kind = TransportKind::of(&settings).map(drop);
            let error = builder(settings).map(drop).and(kind).unwrap_err();
            error.to_string()
        };
        assert!(message("usr", "x").contains("has no setting `usr`; it has agent, connect_retries"));
        for (name, value, cure) in [
            ("port", "0", "from 1 to 65535"),
            ("port", "ssh", "from 1 to 65535"),
            ("host_keys", "Strict", "strict, accept-new or insecure"),
            ("connect_timeout", "10s", "seconds"),
            ("connect_timeout", "-1", "seconds"),
            ("connect_timeout", "NaN", "seconds"),
            ("connect_retries", "-1", "whole number"),
            ("handshake_rate", "fast", "per second"),
            ("jump", "a b", "[user@]host[:port]"),
            ("transport", "telnet", "builtin, or ssh"),
        ] {
            let message = message(name, value);
            assert!(message.contains(name) && message.contains(cure), "{message}");
        }
        // Of OpenSSH's own words, its reader says what is wrong.
        assert!(builder(TransportSettings::new().set("option", "NoSuchOption=1")).is_err());
        assert!(builder(TransportSettings::new().set("ssh_config", "/no/such/file")).is_err());
    }
}
