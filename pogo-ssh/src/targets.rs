//! From hosts to targets: what the host says, then the transport's settings, then OpenSSH's configuration, then defaults.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_core::fleet::{Host, HostName};
use pogo_core::plan::Command;

use crate::account::{expand_home, usual_known_hosts_files};
use crate::algorithms::{Algorithms, EmptyOffer};
use crate::config::{LONGEST, SshTransportBuilder};
use crate::host_key_policy::HostKeyPolicy;
use crate::match_commands::MatchCommands;
use crate::notes::ConfigNotes;
use crate::session_options::session_options;
use crate::target::{Keys, SessionOptions, SocketOptions, Target};
use pogo_ssh_config::{
    AlgorithmLists, ClientConfigError, Hop, HostQuery, HostSettings, StrictHostKeyChecking, jump_hosts,
};

/// The setting that names the host's own key file.
const IDENTITY: &str = "identity";
/// The setting that names the host in known_hosts files.
const HOST_KEY_ALIAS: &str = "host_key_alias";
/// The setting that names the hosts on the way.
const PROXY_JUMP: &str = "proxy_jump";

/// No way to a host is longer.
const LONGEST_WAY: usize = 8;

/// Why nobody can tell how to reach a host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("ssh_config: {0}")]
    Config(#[from] ClientConfigError),
    #[error("ssh_config: {0}")]
    Offer(#[from] EmptyOffer),
    #[error("`{0}` is no value for proxy_jump; write [user@]host[:port], several with commas, or none")]
    Jump(String),
    #[error("0 is no port to connect to; give one from 1 to 65535")]
    Port,
    #[error("the way to {0} leads through itself, or through more than {LONGEST_WAY} hosts")]
    Loop(String),
    #[error(
        "ssh_config says `StrictHostKeyChecking no`, which is followed only when asked for here as well (insecure)"
    )]
    Insecure,
}

/// Makes targets of hosts.
#[derive(Debug)]
pub(crate) struct Targets {
    config: SshTransportBuilder,
    user: String,
    /// What hosts with the same lists share.
    algorithms: Mutex<HashMap<AlgorithmLists, Arc<Algorithms>>>,
    notes: ConfigNotes,
    commands: MatchCommands,
}

/// What one host, or one hop, asks for itself.
#[derive(Debug, Default)]
struct TargetRequest {
    query: HostQuery,
    identity: Option<PathBuf>,
    alias: Option<String>,
}

impl Targets {
    pub(crate) fn new(config: &SshTransportBuilder, default_user: &str) -> Self {
        Self {
            config: config.clone(),
            user: default_user.to_owned(),
            algorithms: Mutex::default(),
            notes: ConfigNotes::default(),
            commands: MatchCommands::default(),
        }
    }

    /// Remarks on the configuration that nobody has been told yet.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        self.notes.take()
    }

    /// How to reach a host to run this there. May wait for commands of the configuration.
    pub(crate) async fn of(&self, host: &Host, command: &Command) -> Result<Target, TargetError> {
        let connection = &host.connection;
        let port = connection.port.or(self.config.port);
        if port == Some(0) {
            return Err(TargetError::Port);
        }
        let jump = match connection.vars.get(PROXY_JUMP) {
            Some(text) => Some(jump_hosts(text).ok_or_else(|| TargetError::Jump(text.clone()))?),
            None => self.config.connect.jump.clone(),
        };
        let mut query = HostQuery::new(host.name.as_str()).command(match command {
            Command::Shell(line) => line.clone(),
            Command::Argv(words) => words.join(" "),
        });
        query.host_name = connection.address.clone();
        query.port = port;
        query.user = connection.user.clone().or_else(|| self.config.user.clone());
        query.jump = jump;
        let asked = TargetRequest {
            query,
            identity: connection.vars.get(IDENTITY).map(|path| expand_home(Path::new(path))),
            alias: connection.vars.get(HOST_KEY_ALIAS).cloned(),
        };
        self.target(&host.name, &asked, &mut Vec::new()).await
    }

    /// `behind`: the hosts that are reached through this one.
    async fn target(
        &self,
        host: &HostName,
        asked: &TargetRequest,
        behind: &mut Vec<String>,
    ) -> Result<Target, TargetError> {
        let settings = match &self.config.connect.client_config {
            Some(config) => Some(self.commands.settings(config, &asked.query).await?),
            None => None,
        };
        let said = settings.as_ref();
        said.into_iter().for_each(|settings| self.notes.note(settings));
        let query = &asked.query;
        let address = match said {
            Some(settings) => settings.host_name.clone(),
            None => query.host_name.clone().unwrap_or_else(|| query.host.clone()),
        };
        let alias = asked.alias.clone().or_else(|| said?.host_key_alias.clone());
        let jump = match said {
            Some(settings) => settings.jump.clone(),
            None => query.jump.clone().unwrap_or_default(),
        };
        let mut target = Target {
            name: query.host.as_str().into(),
            host: HostName::new(&query.host).unwrap_or_else(|_| host.clone()),
            port: query.port.or_else(|| said?.port).unwrap_or(22),
            user: query
                .user
                .clone()
                .or_else(|| said?.user.clone())
                .unwrap_or_else(|| self.user.clone()),
            family: said.map(|settings| settings.address_family).unwrap_or_default(),
            key_name: alias.as_ref().unwrap_or(&address).to_lowercase(),
            socket: socket_options(said),
            trust: self.trust(said)?,
            keys: self.keys(asked, said),
            algorithms: self.algorithms(said)?,
            rekey_limit: said.map(|settings| settings.rekey_limit).unwrap_or_default(),
            hash_known_hosts: said.and_then(|settings| settings.hash_known_hosts).unwrap_or(false),
            checks_address: said.and_then(|settings| settings.check_host_ip).unwrap_or(false),
            trusts_localhost: alias.is_none() && said.is_some_and(|settings| settings.trusts_localhost),
            session: match query.forwards_only {
                true => SessionOptions::default(),
                false => session_options(said, self.config.agent.as_ref()),
            },
            connect_timeout: self.connect_timeout(said),
            retries: self.retries(said),
            keepalive: self.keepalive(said),
            keepalive_max: said
                .and_then(|settings| settings.server_alive_count_max)
                .map_or(3, |count| usize::try_from(count).unwrap_or(3)),
            via: None,
            address,
        };
        let place = format!("{}@{}:{}", target.user, target.name, target.port);
        if behind.contains(&place) || behind.len() > LONGEST_WAY {
            return Err(TargetError::Loop(target.to_string()));
        }
        behind.push(place);
        // The way to a jump host may lead through another.
        target.via = Box::pin(self.way(host, &jump, behind)).await?.map(Arc::new);
        behind.pop();
        Ok(target)
    }

    /// The last of the hops, behind those before it.
    async fn way(
        &self,
        host: &HostName,
        hops: &[Hop],
        behind: &mut Vec<String>,
    ) -> Result<Option<Target>, TargetError> {
        let Some((last, before)) = hops.split_last() else {
            return Ok(None);
        };
        let mut query = HostQuery::new(last.host.as_str());
        query.port = last.port;
        query.user = last.user.clone();
        // The first is reached as any host is; the others behind the one before them.
        query.jump = (!before.is_empty()).then(|| before.to_vec());
        query.forwards_only = true;
        let asked = TargetRequest {
            query,
            ..TargetRequest::default()
        };
        self.target(host, &asked, behind).await.map(Some)
    }

    fn trust(&self, said: Option<&HostSettings>) -> Result<Option<(HostKeyPolicy, Vec<PathBuf>)>, TargetError> {
        let Some(settings) = said else {
            return Ok(None);
        };
        let policy = match (self.config.host_keys, settings.strict_host_key_checking) {
            (Some(policy), _) => policy,
            (None, Some(StrictHostKeyChecking::AcceptNew)) => HostKeyPolicy::AcceptNew,
            (None, Some(StrictHostKeyChecking::No)) => return Err(TargetError::Insecure),
            (None, _) => HostKeyPolicy::Strict,
        };
        if let Some(files) = &self.config.known_hosts {
            return Ok(Some((policy, files.iter().map(|file| expand_home(file)).collect())));
        }
        let (usual_user, usual_global) = usual_known_hosts_files();
        let user = settings.user_known_hosts.clone().unwrap_or(usual_user);
        let global = settings.global_known_hosts.clone().unwrap_or(usual_global);
        // New keys are written to a file of the user's only.
        let policy = match (policy, user.is_empty()) {
            (HostKeyPolicy::AcceptNew, true) => HostKeyPolicy::Strict,
            (policy, _) => policy,
        };
        let takes_new = policy == HostKeyPolicy::AcceptNew;
        let all = user.into_iter().chain(global).enumerate();
        // As OpenSSH does: a file that is not there holds no keys.
        let kept = all.filter(|(position, file)| file.exists() || (takes_new && *position == 0));
        Ok(Some((policy, kept.map(|(_, file)| file).collect())))
    }

    fn algorithms(&self, said: Option<&HostSettings>) -> Result<Arc<Algorithms>, EmptyOffer> {
        let Some(settings) = said.filter(|settings| settings.algorithms != AlgorithmLists::default()) else {
            return Ok(Algorithms::usual());
        };
        let mut known = self.algorithms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(algorithms) = known.get(&settings.algorithms) {
            return Ok(Arc::clone(algorithms));
        }
        let algorithms = Arc::new(Algorithms::of(&settings.algorithms)?);
        known.insert(settings.algorithms.clone(), Arc::clone(&algorithms));
        Ok(algorithms)
    }

    fn keys(&self, asked: &TargetRequest, said: Option<&HostSettings>) -> Keys {
        let named = said.and_then(|settings| settings.identity_files.clone());
        let files = asked.identity.clone().into_iter();
        Keys {
            usual: self.config.identities.is_some() || named.is_none(),
            files: files.chain(named.unwrap_or_default()).collect(),
            certificates: said
                .map(|settings| settings.certificate_files.clone())
                .unwrap_or_default(),
            only: self
                .config
                .identities_only
                .or_else(|| said?.identities_only)
                .unwrap_or(false),
            agent: said
                .filter(|_| self.config.agent.is_none())
                .and_then(|settings| settings.identity_agent.clone()),
            methods: said.map_or([true; 3], |settings| {
                [settings.public_keys, settings.passwords, settings.questions]
            }),
        }
    }

    fn connect_timeout(&self, said: Option<&HostSettings>) -> Duration {
        let theirs = || said?.connect_timeout.filter(|timeout| !timeout.is_zero());
        let timeout = self.config.connect_timeout.or_else(theirs);
        timeout.unwrap_or(Duration::from_secs(10)).min(LONGEST)
    }

    fn retries(&self, said: Option<&HostSettings>) -> u32 {
        let theirs = || said?.connection_attempts.map(|attempts| attempts.saturating_sub(1));
        self.config.connect.connect_retries.or_else(theirs).unwrap_or(0)
    }

    fn keepalive(&self, said: Option<&HostSettings>) -> Option<Duration> {
        let theirs = || {
            said?
                .server_alive_interval
                .map(|time| (!time.is_zero()).then_some(time))
        };
        let keepalive = self.config.keepalive.or_else(theirs);
        keepalive
            .unwrap_or(Some(Duration::from_secs(15)))
            .map(|time| time.min(LONGEST))
    }
}

fn socket_options(said: Option<&HostSettings>) -> SocketOptions {
    SocketOptions {
        bind_address: said.and_then(|settings| settings.bind_address.clone()),
        bind_interface: said.and_then(|settings| settings.bind_interface.clone()),
        keep_alive: said.and_then(|settings| settings.tcp_keep_alive).unwrap_or(true),
    }
}
