//! What a router answers from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pogo_api::wire::NamespaceName;
use tokio::sync::Semaphore;

use crate::browser_login::BrowserLogin;
use crate::rate::Rates;
use crate::request_log::{RequestIds, RequestLog};
use crate::roles::{Role, Roles, Standby};
use crate::{Authenticator, Limits, ServedNamespace, SharedGrants};

/// What a router answers from: namespaces, and who may ask. Cheap to clone.
#[derive(Clone)]
pub struct RouterState(Arc<RouterShared>);

pub(crate) struct RouterShared {
    pub(crate) server: String,
    pub(crate) namespaces: Roles,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    /// Who may do what; without any, whoever is known may do everything.
    pub(crate) grants: Option<SharedGrants>,
    pub(crate) limits: Limits,
    /// By what people log in with their browsers.
    pub(crate) logins: Option<Arc<dyn BrowserLogin>>,
    /// A permit for each stream that may be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// How often each name asks.
    pub(crate) rates: Rates,
    /// How many requests have come.
    pub(crate) requests: AtomicU64,
    pub(crate) request_ids: RequestIds,
    pub(crate) request_log: Option<Arc<dyn RequestLog>>,
    /// A permit for each KiB of bodies that may be received.
    pub(crate) bodies: Semaphore,
    /// Plans that are made at once.
    pub(crate) plans: Semaphore,
}

/// Who asks a router, and follows what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// How many streams and waits are open.
    pub streams: usize,
    /// How many requests have come so far from whoever is known.
    pub requests: u64,
}

impl RouterState {
    /// Builds the state of a router whose askers are told apart by this authenticator.
    pub fn builder(authenticator: Arc<dyn Authenticator>) -> RouterStateBuilder {
        RouterStateBuilder {
            server: concat!("pogo-web ", env!("CARGO_PKG_VERSION")).to_owned(),
            namespaces: BTreeMap::new(),
            authenticator,
            grants: None,
            limits: Limits::default(),
            logins: None,
            request_log: None,
        }
    }

    /// Who asks and follows: for a server that ends when nobody does.
    pub fn activity(&self) -> Activity {
        let most = self.0.limits.streams.min(Semaphore::MAX_PERMITS);
        Activity {
            streams: most.saturating_sub(self.0.streams.available_permits()),
            // It is only counted: nothing else is ordered by it.
            requests: self.0.requests.load(Ordering::Relaxed),
        }
    }

    /// Serves a namespace from now on, whose dispatcher has just taken over.
    pub fn serve(&self, name: NamespaceName, namespace: ServedNamespace) {
        self.0.namespaces.set(name, Role::Serves(namespace));
    }

    /// Refuses what is asked of a namespace from now on, with the name and the address of whoever owns it. Streams that
    /// are open end with the dispatcher that they are of.
    pub fn stand_by(&self, name: NamespaceName, standby: Standby) {
        self.0.namespaces.set(name, Role::StandsBy(standby));
    }

    pub(crate) fn shared(&self) -> &RouterShared {
        &self.0
    }
}

impl fmt::Debug for RouterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterState")
            .field("server", &self.0.server)
            .field("namespaces", &self.0.namespaces)
            .finish_non_exhaustive()
    }
}

/// Builds a [`RouterState`].
pub struct RouterStateBuilder {
    server: String,
    namespaces: BTreeMap<NamespaceName, Role>,
    authenticator: Arc<dyn Authenticator>,
    grants: Option<SharedGrants>,
    limits: Limits,
    logins: Option<Arc<dyn BrowserLogin>>,
    request_log: Option<Arc<dyn RequestLog>>,
}

impl RouterStateBuilder {
    /// Adds a namespace, or replaces the one of this name.
    #[must_use]
    pub fn namespace(mut self, name: NamespaceName, namespace: ServedNamespace) -> Self {
        self.namespaces.insert(name, Role::Serves(namespace));
        self
    }

    /// Adds a namespace that another process owns: whoever asks for it is refused with the name and the address of that
    /// one, until this server [serves it](RouterState::serve).
    #[must_use]
    pub fn standby(mut self, name: NamespaceName, standby: Standby) -> Self {
        self.namespaces.insert(name, Role::StandsBy(standby));
        self
    }

    /// Sets the program and its version, as `/v1` answers them. Default: this crate's.
    #[must_use]
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = server.into();
        self
    }

    /// Sets who may do what. By default whoever the authenticator knows may do everything.
    #[must_use]
    pub fn grants(mut self, grants: impl Into<SharedGrants>) -> Self {
        self.grants = Some(grants.into());
        self
    }

    /// Sets what is taken at once.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets people log in with their browsers. Who has logged in is known by these logins as an authenticator: give
    /// them to the [builder](RouterState::builder) as well, with others by [`AnyOf`](crate::AnyOf).
    #[cfg(feature = "oidc")]
    #[must_use]
    pub fn logins(mut self, logins: crate::OidcLogins) -> Self {
        self.logins = Some(Arc::new(logins));
        self
    }

    /// Gives a log of all requests. By default none is kept.
    #[must_use]
    pub fn request_log(mut self, log: Arc<dyn RequestLog>) -> Self {
        self.request_log = Some(log);
        self
    }

    /// The state.
    pub fn build(self) -> RouterState {
        let limits = self.limits;
        // In KiB, since permits are taken as a number of 32 bits; and never fewer than a single
        // body may need.
        let kib = limits.bodies.max(limits.body).div_ceil(1024);
        RouterState(Arc::new(RouterShared {
            server: self.server,
            namespaces: Roles::new(self.namespaces),
            authenticator: self.authenticator,
            grants: self.grants,
            streams: Arc::new(Semaphore::new(limits.streams.min(Semaphore::MAX_PERMITS))),
            rates: Rates::new(limits.rate, limits.rate_time),
            requests: AtomicU64::new(0),
            request_ids: RequestIds::new(),
            request_log: self.request_log,
            logins: self.logins,
            bodies: Semaphore::new(kib.min(Semaphore::MAX_PERMITS)),
            plans: Semaphore::new(1),
            limits,
        }))
    }
}

impl fmt::Debug for RouterStateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterStateBuilder")
            .field("server", &self.server)
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}
