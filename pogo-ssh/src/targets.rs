//! Resolves hosts to targets with their jump hosts.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::fleet::{Host, HostName};
use pogo_core::plan::RemoteCommand;

use crate::account::expand_home;
use crate::algorithms::{Algorithms, EmptyOffer};
use crate::config::SshTransportBuilder;
use crate::match_commands::MatchCommands;
use crate::notes::ConfigNotes;
use crate::resolved_settings::{InsecureHostKeys, ResolvedSettings, TargetRequest};
use crate::target::Target;
use pogo_ssh_config::{AlgorithmLists, ClientConfigError, Hop, HostQuery, HostSettings, jump_hosts};

/// The setting that names the host's own key file.
const IDENTITY: &str = "identity";
/// The setting that names the host in known_hosts files.
const HOST_KEY_ALIAS: &str = "host_key_alias";
/// The setting that names the jump hosts.
const PROXY_JUMP: &str = "proxy_jump";

/// The most jump hosts on the way to a host.
const MOST_JUMP_HOSTS: usize = 8;

/// Why a host's target could not be resolved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    /// A configuration of OpenSSH's client cannot be read, or has what cannot be followed.
    #[error("ssh_config: {0}")]
    Config(#[from] ClientConfigError),
    /// After its lists are applied, no algorithm of a kind is left to offer.
    #[error("ssh_config: {0}")]
    Offer(#[from] EmptyOffer),
    /// A jump host is not written as one.
    #[error("`{0}` is no value for proxy_jump; write [user@]host[:port], several with commas, or none")]
    Jump(String),
    /// The port of the host is zero.
    #[error("0 is no port to connect to; give one from 1 to 65535")]
    Port,
    /// A jump host is reached through itself, or through too many.
    #[error("the way to {0} leads through itself, or through more than {MOST_JUMP_HOSTS} hosts")]
    Loop(String),
    /// The file turns off checks of host keys, and the transport was not set to follow that.
    #[error(transparent)]
    Insecure(#[from] InsecureHostKeys),
}

/// Resolves hosts to targets.
#[derive(Debug)]
pub(crate) struct Targets {
    config: SshTransportBuilder,
    user: String,
    /// Offers, shared by hosts with the same lists.
    algorithms: Mutex<HashMap<AlgorithmLists, Arc<Algorithms>>>,
    notes: ConfigNotes,
    commands: MatchCommands,
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

    /// Takes the remarks on the configuration that were not shown yet.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        self.notes.take()
    }

    /// Resolves the target of a host for this command. May wait for commands of `Match exec`.
    pub(crate) async fn of(&self, host: &Host, command: &RemoteCommand) -> Result<Target, TargetError> {
        let connection = &host.connection;
        let port = connection.port.or(self.config.port);
        if port == Some(0) {
            return Err(TargetError::Port);
        }
        let jump = match connection.vars.get(PROXY_JUMP) {
            Some(text) => Some(jump_hosts(text).ok_or_else(|| TargetError::Jump(text.clone()))?),
            None => self.config.connect.jump.clone(),
        };
        let mut query = HostQuery::new(host.name.as_str()).command(command.to_string());
        query.host_name = connection.address.clone();
        query.port = port;
        query.user = connection.user.clone().or_else(|| self.config.user.clone());
        query.jump = jump;
        let request = TargetRequest {
            query,
            identity: connection.vars.get(IDENTITY).map(|path| expand_home(Path::new(path))),
            alias: connection.vars.get(HOST_KEY_ALIAS).cloned(),
        };
        self.target(&host.name, &request, &mut Vec::new()).await
    }

    /// `behind`: the hosts behind this one, to detect loops.
    async fn target(
        &self,
        host: &HostName,
        request: &TargetRequest,
        behind: &mut Vec<String>,
    ) -> Result<Target, TargetError> {
        let client = match &self.config.connect.client_config {
            Some(config) => Some(self.commands.settings(config, &request.query).await?),
            None => None,
        };
        client.iter().for_each(|settings| self.notes.note(settings));
        let settings = ResolvedSettings {
            config: &self.config,
            client: client.as_ref(),
            request,
        };
        let mut target = settings.target(host, &self.user, self.algorithms(client.as_ref())?)?;
        // By login, not by name: `ssh -J root@h user@h` and the like, through one machine, are legal
        // and occur.
        let login = format!("{}@{}:{}", target.user, target.name, target.port);
        if behind.contains(&login) || behind.len() > MOST_JUMP_HOSTS {
            return Err(TargetError::Loop(target.to_string()));
        }
        behind.push(login);
        // A jump host may be behind another one.
        target.via = Box::pin(self.jump_target(host, settings.jump(), behind))
            .await?
            .map(Arc::new);
        behind.pop();
        Ok(target)
    }

    /// The target of the last hop, which is reached through the others; `None` without hops.
    async fn jump_target(
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
        // The first hop is connected to as its own settings say, the others through the one before them.
        query.jump = (!before.is_empty()).then(|| before.to_vec());
        query.forwards_only = true;
        let request = TargetRequest {
            query,
            ..TargetRequest::default()
        };
        self.target(host, &request, behind).await.map(Some)
    }

    fn algorithms(&self, settings: Option<&HostSettings>) -> Result<Arc<Algorithms>, EmptyOffer> {
        let Some(settings) = settings.filter(|settings| settings.algorithms != AlgorithmLists::default()) else {
            return Ok(Algorithms::usual());
        };
        // Targets are kept for each host, and one offer is some kilobytes of names: ten thousand
        // hosts share a few.
        let mut known = self.algorithms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(algorithms) = known.get(&settings.algorithms) {
            return Ok(Arc::clone(algorithms));
        }
        let algorithms = Arc::new(Algorithms::of(&settings.algorithms)?);
        known.insert(settings.algorithms.clone(), Arc::clone(&algorithms));
        Ok(algorithms)
    }
}
