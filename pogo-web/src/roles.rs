//! What a server is for each of its namespaces.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use pogo_api::wire::{NamespaceName, Problem, ProblemKind};

use crate::ServedNamespace;
use crate::refusal::Refusal;

/// What a server is for a namespace.
#[derive(Debug, Clone)]
pub(crate) enum Role {
    /// Its dispatcher is in this process.
    Serves(ServedNamespace),
    /// Another process owns it, of this name and address.
    StandsBy(Arc<str>),
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

/// The namespace of this name, if its dispatcher is here.
pub(crate) fn served<'a>(roles: &'a RolesNow, name: &NamespaceName) -> Result<&'a ServedNamespace, Refusal> {
    match roles.get(name) {
        Some(Role::Serves(served)) => Ok(served),
        Some(Role::StandsBy(owner)) => {
            let detail = format_args!(
                "this server does not dispatch `{name}`: {owner} does; ask there, or wait until this one takes over"
            );
            Err(Problem::new(ProblemKind::Standby, detail).into())
        }
        None => {
            let detail = format_args!("there is no namespace `{name}` here; /v1/namespaces lists those that there are");
            Err(Problem::new(ProblemKind::UnknownNamespace, detail)
                .parameter("namespace")
                .into())
        }
    }
}
