//! Resolves the settings of one host: its own, then the transport's, then OpenSSH's configuration, then defaults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::HostName;

use crate::account::{expand_home, usual_known_hosts_files};
use crate::algorithms::Algorithms;
use crate::config::{LONGEST, SshTransportBuilder};
use crate::host_key_policy::HostKeyPolicy;
use crate::session_options::session_options;
use crate::target::{Keys, SessionOptions, SocketOptions, Target};
use pogo_ssh_config::{Hop, HostQuery, HostSettings, StrictHostKeyChecking};

/// The own settings of a host or a hop.
#[derive(Debug, Default)]
pub(crate) struct TargetRequest {
    pub(crate) query: HostQuery,
    pub(crate) identity: Option<PathBuf>,
    pub(crate) alias: Option<String>,
}

/// All sources of settings for one host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResolvedSettings<'a> {
    pub(crate) config: &'a SshTransportBuilder,
    /// OpenSSH's configuration for this host, if it is used.
    pub(crate) client: Option<&'a HostSettings>,
    pub(crate) request: &'a TargetRequest,
}

/// The configuration disables host key checking, which needs the builder's consent too.
#[derive(Debug, thiserror::Error)]
#[error("ssh_config says `StrictHostKeyChecking no`, which is followed only when asked for here as well (insecure)")]
pub(crate) struct InsecureHostKeys;

impl<'a> ResolvedSettings<'a> {
    /// The target, without its jump hosts. `host` is the fleet's host, also for a hop.
    pub(crate) fn target(
        &self,
        host: &HostName,
        default_user: &str,
        algorithms: Arc<Algorithms>,
    ) -> Result<Target, InsecureHostKeys> {
        let Self { client, request, .. } = *self;
        let query = &request.query;
        let address = match client {
            Some(settings) => settings.host_name.clone(),
            None => query.host_name.clone().unwrap_or_else(|| query.host.clone()),
        };
        let alias = request.alias.clone().or_else(|| client?.host_key_alias.clone());
        let user = query.user.clone().or_else(|| client?.user.clone());
        Ok(Target {
            name: query.host.as_str().into(),
            // Messages and first contacts are reported under a fleet's host. A jump host may
            // have a name that no fleet allows.
            host: HostName::new(&query.host).unwrap_or_else(|_| host.clone()),
            port: query.port.or_else(|| client?.port).unwrap_or(22),
            user: user.unwrap_or_else(|| default_user.to_owned()),
            family: client.map(|settings| settings.address_family).unwrap_or_default(),
            // OpenSSH looks names up in lower case, and writes them so.
            key_name: alias.as_ref().unwrap_or(&address).to_lowercase(),
            socket: self.socket_options(),
            trust: self.trust()?,
            keys: self.keys(),
            algorithms,
            rekey_limit: client.map(|settings| settings.rekey_limit).unwrap_or_default(),
            hash_known_hosts: client.is_some_and(|settings| settings.hash_known_hosts == Some(true)),
            checks_address: client.is_some_and(|settings| settings.check_host_ip == Some(true)),
            // An alias says that the key is to be looked up, as in OpenSSH, even at a loopback
            // address (a tunnel).
            trusts_localhost: alias.is_none() && client.is_some_and(|settings| settings.trusts_localhost),
            // A jump host runs no session; agent forwarding to it would expose the agent for
            // nothing.
            session: match query.forwards_only {
                true => SessionOptions::default(),
                false => session_options(client, self.config.agent.as_ref()),
            },
            connect_timeout: self.connect_timeout(),
            retries: self.retries(),
            keepalive: self.keepalive(),
            keepalive_max: self.keepalive_max(),
            via: None,
            address,
        })
    }

    /// The jump hosts, in order.
    pub(crate) fn jump(&self) -> &'a [Hop] {
        match self.client {
            Some(settings) => &settings.jump,
            None => self.request.query.jump.as_deref().unwrap_or_default(),
        }
    }

    fn trust(&self) -> Result<Option<(HostKeyPolicy, Vec<PathBuf>)>, InsecureHostKeys> {
        let Some(settings) = self.client else {
            return Ok(None);
        };
        let policy = match (self.config.host_keys, settings.strict_host_key_checking) {
            (Some(policy), _) => policy,
            (None, Some(StrictHostKeyChecking::AcceptNew)) => HostKeyPolicy::AcceptNew,
            (None, Some(StrictHostKeyChecking::No)) => return Err(InsecureHostKeys),
            (None, _) => HostKeyPolicy::Strict,
        };
        if let Some(files) = &self.config.known_hosts {
            return Ok(Some((policy, files.iter().map(|file| expand_home(file)).collect())));
        }
        let (usual_user, usual_global) = usual_known_hosts_files();
        let user = settings.user_known_hosts.clone().unwrap_or(usual_user);
        let global = settings.global_known_hosts.clone().unwrap_or(usual_global);
        // New keys are written to the user's own files only.
        let policy = match (policy, user.is_empty()) {
            (HostKeyPolicy::AcceptNew, true) => HostKeyPolicy::Strict,
            (policy, _) => policy,
        };
        let takes_new = policy == HostKeyPolicy::AcceptNew;
        let all = user.into_iter().chain(global).enumerate();
        // As OpenSSH does: a missing file counts as empty.
        let kept = all.filter(|(position, file)| file.exists() || (takes_new && *position == 0));
        Ok(Some((policy, kept.map(|(_, file)| file).collect())))
    }

    fn keys(&self) -> Keys {
        let named = self.client.and_then(|settings| settings.identity_files.clone());
        let files = self.request.identity.clone().into_iter();
        Keys {
            // OpenSSH: an `IdentityFile` in the configuration replaces the default files. Files
            // named to the transport are still tried.
            usual: self.config.identities.is_some() || named.is_none(),
            files: files.chain(named.unwrap_or_default()).collect(),
            certificates: self
                .client
                .map(|settings| settings.certificate_files.clone())
                .unwrap_or_default(),
            only: self
                .config
                .identities_only
                .or_else(|| self.client?.identities_only)
                .unwrap_or(false),
            agent: self
                .client
                .filter(|_| self.config.agent.is_none())
                .and_then(|settings| settings.identity_agent.clone()),
            methods: self.client.map_or([true; 3], |settings| {
                [settings.public_keys, settings.passwords, settings.questions]
            }),
        }
    }

    fn connect_timeout(&self) -> Duration {
        let theirs = || self.client?.connect_timeout.filter(|timeout| !timeout.is_zero());
        let timeout = self.config.connect_timeout.or_else(theirs);
        // Not OpenSSH's default, the kernel's two minutes: a host that is down would take one of
        // the job's parallel attempts all that time.
        timeout.unwrap_or(Duration::from_secs(10)).min(LONGEST)
    }

    fn retries(&self) -> u32 {
        let theirs = || {
            self.client?
                .connection_attempts
                .map(|attempts| attempts.saturating_sub(1))
        };
        self.config.connect.connect_retries.or_else(theirs).unwrap_or(0)
    }

    fn keepalive(&self) -> Option<Duration> {
        let theirs = || {
            self.client?
                .server_alive_interval
                .map(|time| (!time.is_zero()).then_some(time))
        };
        let keepalive = self.config.keepalive.or_else(theirs);
        keepalive
            .unwrap_or(Some(Duration::from_secs(15)))
            .map(|time| time.min(LONGEST))
    }

    fn socket_options(&self) -> SocketOptions {
        SocketOptions {
            bind_address: self.client.and_then(|settings| settings.bind_address.clone()),
            bind_interface: self.client.and_then(|settings| settings.bind_interface.clone()),
            keep_alive: self.client.and_then(|settings| settings.tcp_keep_alive).unwrap_or(true),
        }
    }

    fn keepalive_max(&self) -> usize {
        let count = self.client.and_then(|settings| settings.server_alive_count_max);
        count.map_or(3, |count| usize::try_from(count).unwrap_or(3))
    }
}
