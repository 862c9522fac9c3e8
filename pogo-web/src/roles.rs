//! What a server is for each of its namespaces.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use pogo_api::wire::{NamespaceName, Problem, ProblemKind, StandbyStatus};
use pogo_core::Timestamp;
use pogo_core::dispatcher::Handle;
use pogo_core::history::JobHistory;

use crate::ServedNamespace;
use crate::history::History;
use crate::refusal::Refusal;

/// What a server is for a namespace.
#[derive(Debug, Clone)]
pub(crate) enum Role {
    /// Its dispatcher is in this process.
    Serves(ServedNamespace),
    /// Another process owns it.
    StandsBy(Standby),
}

/// What a server knows of a namespace that another process owns.
#[derive(Clone)]
pub struct Standby {
    owner: Arc<str>,
    owner_url: Option<Arc<str>>,
    history: Option<Arc<History>>,
    view: Option<Box<ServedNamespace>>,
}

impl Standby {
    /// The owner has this name and address, for people who are sent there.
    pub fn new(owner: impl Into<Arc<str>>) -> Self {
        Self {
            owner: owner.into(),
            owner_url: None,
            history: None,
            view: None,
        }
    }

    /// Says where the owner answers, for programs that are sent there.
    #[must_use]
    pub fn owner_url(mut self, url: impl Into<Arc<str>>) -> Self {
        self.owner_url = Some(url.into());
        self
    }

    /// Gives what follows the journal of the namespace, made of the handle of a
    /// [follower](pogo_core::dispatcher::JournalFollower): whatever can be asked is answered from there, with headers
    /// that say whose namespace it is and how old the answer may be
    /// ([`StandbyStatus`](pogo_api::wire::StandbyStatus)). Orders are refused all the same, and so are streams with
    /// output or questions, which only the dispatcher has.
    #[must_use]
    pub fn view(mut self, view: ServedNamespace) -> Self {
        self.view = Some(Box::new(view));
        self
    }

    /// Gives the store that knows the jobs of the namespace, so that their list and their records are served from
    /// there. By default everything is refused.
    #[must_use]
    pub fn history(mut self, history: Arc<dyn JobHistory>) -> Self {
        self.history = Some(Arc::new(History::new(history)));
        self
    }

    fn refusal(&self, name: &NamespaceName) -> Refusal {
        let owner = &self.owner;
        let detail = format_args!(
            "this server does not dispatch `{name}`: {owner} does; ask there, or wait until this one takes over"
        );
        let problem = Problem::new(ProblemKind::Standby, detail);
        problem
            .owner(&**owner, self.owner_url.as_deref().map(str::to_owned))
            .into()
    }

    /// What it says of itself, where it follows the namespace.
    pub(crate) async fn status(&self) -> Option<StandbyStatus> {
        let followed = self.view.as_ref()?.handle.status().await.ok()?;
        // By the clock of the follower, which no record is later than by much.
        let now = self.view.as_ref()?.handle.now();
        let behind = now - followed.caught_up.unwrap_or(Timestamp::EPOCH);
        let behind = u64::try_from(behind.as_millis()).unwrap_or(u64::MAX);
        let url = self.owner_url.as_deref().map(str::to_owned);
        Some(StandbyStatus::new(&*self.owner, url, behind))
    }
}

impl fmt::Debug for Standby {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standby")
            .field("owner", &self.owner)
            .field("owner_url", &self.owner_url)
            .field("history", &self.history.is_some())
            .field("view", &self.view.is_some())
            .finish()
    }
}

/// The namespaces of a server at a moment.
pub(crate) type RolesNow = Arc<BTreeMap<NamespaceName, Role>>;

/// The namespaces of a server, which may take over one, or hand it over, while it is asked.
#[derive(Default)]
pub(crate) struct Roles(RwLock<RolesNow>);

impl Roles {
    pub(crate) fn new(roles: BTreeMap<NamespaceName, Role>) -> Self {
        Self(RwLock::new(Arc::new(roles)))
    }

    pub(crate) fn now(&self) -> RolesNow {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, name: NamespaceName, role: Role) {
        let mut roles = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever is being answered has what there was.
        Arc::make_mut(&mut roles).insert(name, role);
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

/// The history of a namespace, which whoever stands by may have too, and what knows it now, if that is here.
pub(crate) fn past(roles: &RolesNow, name: &NamespaceName) -> Result<(Option<Handle>, Option<Arc<History>>), Refusal> {
    match roles.get(name) {
        Some(Role::StandsBy(standby)) if standby.view.is_none() && standby.history.is_some() => {
            Ok((None, standby.history.clone()))
        }
        _ => known(roles, name).map(|known| (Some(known.handle.clone()), known.history.clone())),
    }
}

/// The namespace of this name, as its dispatcher knows it or as a server does that follows it.
pub(crate) fn known<'a>(roles: &'a RolesNow, name: &NamespaceName) -> Result<&'a ServedNamespace, Refusal> {
    match roles.get(name) {
        Some(Role::StandsBy(Standby { view: Some(view), .. })) => Ok(view),
        _ => served(roles, name),
    }
}

/// The namespace of this name, if its dispatcher is here.
pub(crate) fn served<'a>(roles: &'a RolesNow, name: &NamespaceName) -> Result<&'a ServedNamespace, Refusal> {
    match roles.get(name) {
        Some(Role::Serves(served)) => Ok(served),
        Some(Role::StandsBy(standby)) => Err(standby.refusal(name)),
        None => {
            let detail = format_args!("there is no namespace `{name}` here; /v1/namespaces lists those that there are");
            Err(Problem::new(ProblemKind::UnknownNamespace, detail)
                .parameter("namespace")
                .into())
        }
    }
}
