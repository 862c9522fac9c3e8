//! One request, held against the grants.

use std::sync::Arc;

use pogo_api::wire::{NamespaceName, ProblemKind};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::{HoldOwner, JobSpec};
use pogo_core::scheduler::{Actor, Command, JobId, Order};
use serde::Deserialize;

use super::facts::JobFacts;
use super::order_needs::{Need, needs};
use super::{Grants, HostScope, Uncovered, Verb};
use crate::refusal::Refusal;
use crate::{Identity, ServedNamespace};

/// Somebody who asks, and what they may do. It is an extension of each request that was let in.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) identity: Identity,
    /// What is asked for has to be allowed by each of these.
    layers: Vec<Arc<Grants>>,
    namespace: Option<NamespaceName>,
}

/// A command as it was sent, which nobody has held against the grants yet. Only [`Access::permit`] opens it.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct GivenCommand(Command);

impl GivenCommand {
    /// Whether it changes what others are held against.
    pub(crate) fn changes_fleet(&self) -> bool {
        matches!(self.0.order, Order::Configure { .. })
    }
}

impl Access {
    /// Who asks, in a namespace if one is named, under these grants; without any everybody who is known may do
    /// everything.
    pub(super) fn new(identity: Identity, grants: Option<Arc<Grants>>, namespace: Option<NamespaceName>) -> Self {
        let scope = identity.scope.clone();
        // The scope stays: an owner's token for one purpose is for that purpose.
        let grants = grants.filter(|_| !identity.is_owner);
        let layers = match (grants, scope) {
            // The owner gave the scope, and nobody has written grants besides.
            (Some(grants), Some(scope)) if grants.trusts_scopes() => vec![scope],
            (grants, scope) => grants.into_iter().chain(scope).collect(),
        };
        Self {
            identity,
            layers,
            namespace,
        }
    }

    /// Whether this is allowed in a namespace, or in any, on some hosts at least.
    pub(crate) fn may(&self, verb: Verb, namespace: Option<&str>) -> bool {
        let mut layers = self.layers.iter();
        layers.all(|grants| grants.allow(&self.identity, verb, namespace))
    }

    /// Whether anything at all is allowed in a namespace.
    pub(crate) fn knows(&self, namespace: &str) -> bool {
        Verb::ALL.iter().any(|&verb| self.may(verb, Some(namespace)))
    }

    fn name(&self) -> &str {
        self.namespace.as_ref().map_or("", NamespaceName::as_str)
    }

    /// Refuses what no grant allows in the namespace of the request.
    pub(super) fn check(&self, verb: Verb) -> Result<(), Refusal> {
        match self.may(verb, Some(self.name())) {
            true => Ok(()),
            false => Err(self.refused(verb)),
        }
    }

    /// Refuses whoever may give no order at all in the namespace of the request.
    pub(super) fn check_any_order(&self) -> Result<(), Refusal> {
        let ordering = [Verb::Run, Verb::SteerOwn, Verb::Admin];
        match ordering.iter().any(|&verb| self.may(verb, Some(self.name()))) {
            true => Ok(()),
            false => Err(self.refused(Verb::Run)),
        }
    }

    /// Refuses who may not read what the hosts of a job write, or those of every job.
    pub(crate) async fn check_output(&self, namespace: &ServedNamespace, job: Option<JobId>) -> Result<(), Refusal> {
        self.check(Verb::ViewOutput)?;
        match job {
            _ if self.is_unlimited(Verb::ViewOutput) => Ok(()),
            Some(job) => self.check_job(&JobFacts::of(namespace, job).await?, Verb::ViewOutput, None),
            None => {
                let said = format_args!(
                    "`{}` may read the output of some jobs only; name one with `job`",
                    self.identity.actor
                );
                Err(Refusal::new(ProblemKind::NotAllowed, said))
            }
        }
    }

    /// Whether a check of an order of this sender depends on the fleet, so that the fleet must not change between the
    /// check and the order.
    pub(crate) fn depends_on_fleet(&self) -> bool {
        let unlimited = |&verb: &Verb| !self.may(verb, Some(self.name())) || self.is_unlimited(verb);
        ![Verb::Run, Verb::SteerOwn, Verb::SteerAll].iter().all(unlimited)
    }

    /// The command, if all that it needs is allowed.
    pub(crate) async fn permit(&self, namespace: &ServedNamespace, given: GivenCommand) -> Result<Command, Refusal> {
        let GivenCommand(command) = given;
        if !self.layers.is_empty() {
            for need in needs(&command.order) {
                self.check_need(namespace, &need).await?;
            }
        }
        Ok(command)
    }

    async fn check_need(&self, namespace: &ServedNamespace, need: &Need<'_>) -> Result<(), Refusal> {
        match need {
            Need::Namespace(verb) => match self.is_unlimited(*verb) {
                true => Ok(()),
                false => Err(self.refused(*verb)),
            },
            Need::Run(spec) => {
                self.check(Verb::Run)?;
                let fleet = fleet_of(namespace).await?;
                let hosts = self.targets(&fleet, spec)?;
                self.check_hosts(Verb::Run, &fleet, &hosts, Some(spec))
            }
            Need::Job(job) => self.check_steering(namespace, *job, None).await,
            Need::JobHosts(job, hosts) => self.check_steering(namespace, *job, Some(hosts)).await,
            Need::RunAnything(job) => {
                let facts = JobFacts::of(namespace, *job).await?;
                self.check_hosts(Verb::Run, &facts.fleet, &facts.hosts, None)
            }
            Need::HoldName(owner) => match is_own(owner, &self.identity.actor) || self.is_unlimited(Verb::Admin) {
                true => Ok(()),
                false => Err(self.not_own_name(owner)),
            },
            Need::Hosts(hosts) => {
                self.check(Verb::SteerAll)?;
                let fleet = fleet_of(namespace).await?;
                self.check_hosts(Verb::SteerAll, &fleet, hosts, None)
            }
        }
    }

    /// The hosts of a job that is to be run, as far as anybody has to know them.
    fn targets(&self, fleet: &Fleet, spec: &JobSpec) -> Result<Vec<HostName>, Refusal> {
        let mut scopes = self.layers.iter().map(|layer| self.scope(layer, Verb::Run, Some(spec)));
        if scopes.all(|scope| scope == Some(HostScope::All)) {
            // The scheduler says what is wrong with them.
            return Ok(vec![]);
        }
        let hosts = fleet.resolve(&spec.targets).map_err(|error| {
            let said = format_args!(
                "{error}: which hosts these are is not known, and `{}` may run on some only",
                self.identity.actor
            );
            Refusal::new(ProblemKind::NotAllowed, said)
        })?;
        Ok(hosts.into_iter().map(|host| fleet.name(host).clone()).collect())
    }

    async fn check_steering(
        &self,
        namespace: &ServedNamespace,
        job: JobId,
        hosts: Option<&[HostName]>,
    ) -> Result<(), Refusal> {
        if self.is_unlimited(Verb::SteerAll) {
            return Ok(());
        }
        self.check(Verb::SteerOwn)?;
        let facts = JobFacts::of(namespace, job).await?;
        let verb = match facts.user == *self.identity.actor.name {
            true => Verb::SteerOwn,
            false => Verb::SteerAll,
        };
        self.check_job(&facts, verb, hosts)
    }

    fn check_job(&self, facts: &JobFacts, verb: Verb, hosts: Option<&[HostName]>) -> Result<(), Refusal> {
        let hosts = hosts.unwrap_or(&facts.hosts);
        self.check_hosts(verb, &facts.fleet, hosts, facts.spec.as_ref())
    }

    /// Refuses unless each layer allows this on all of these hosts, for a job that is described here.
    fn check_hosts(&self, verb: Verb, fleet: &Fleet, hosts: &[HostName], job: Option<&JobSpec>) -> Result<(), Refusal> {
        for layer in &self.layers {
            let scope = self.scope(layer, verb, job).ok_or_else(|| self.refused_by_kind(verb))?;
            scope
                .check(fleet, hosts)
                .map_err(|outside| self.outside(verb, outside))?;
        }
        Ok(())
    }

    fn scope(&self, layer: &Grants, verb: Verb, job: Option<&JobSpec>) -> Option<HostScope> {
        layer.scope(&self.identity, verb, self.name(), job)
    }

    /// Whether this is allowed on all hosts, whatever the job.
    fn is_unlimited(&self, verb: Verb) -> bool {
        let mut scopes = self.layers.iter().map(|layer| self.scope(layer, verb, None));
        scopes.all(|scope| scope == Some(HostScope::All))
    }

    fn refused(&self, verb: Verb) -> Refusal {
        let (actor, namespace) = (&self.identity.actor, self.name());
        let said = format_args!(
            "`{actor}` has no grant to {verb} in the namespace `{namespace}`; whoever keeps the grants of this server \
             can give one"
        );
        Refusal::new(ProblemKind::NotAllowed, said)
    }

    fn not_own_name(&self, owner: &HoldOwner) -> Refusal {
        let (actor, name) = (&self.identity.actor, &self.identity.actor.name);
        let said = format_args!(
            "`{}` is no name of `{actor}`, who holds hosts as `{name}`, or as `{name}: WHAT FOR`; whoever may change \
             the policy of this namespace may use any name",
            owner.as_str().escape_debug()
        );
        Refusal::new(ProblemKind::NotYourName, said)
    }

    fn refused_by_kind(&self, verb: Verb) -> Refusal {
        let (actor, namespace) = (&self.identity.actor, self.name());
        let said = format_args!(
            "`{actor}` has no grant to {verb} in the namespace `{namespace}` for a job of this kind or of this user; \
             whoever keeps the grants of this server can give one"
        );
        Refusal::new(ProblemKind::NotAllowed, said)
    }

    fn outside(&self, verb: Verb, Uncovered { hosts, of }: Uncovered) -> Refusal {
        let (actor, namespace) = (&self.identity.actor, self.name());
        let said = format_args!(
            "`{actor}` has no grant to {verb} on {hosts} of these {of} hosts in the namespace `{namespace}`; name \
             those that the grants have, or ask whoever keeps them"
        );
        Refusal::new(ProblemKind::NotAllowed, said)
    }
}

/// Whether a name of a hold is that of its actor, alone or with what else there is to say: `alice`, `alice@laptop`,
/// `alice (laptop)`, `alice: CHG-1234`.
fn is_own(owner: &HoldOwner, actor: &Actor) -> bool {
    let rest = owner.as_str().strip_prefix(actor.name.trim());
    rest.is_some_and(|rest| rest.is_empty() || ["@", " (", ": "].iter().any(|begin| rest.starts_with(begin)))
}

async fn fleet_of(namespace: &ServedNamespace) -> Result<Arc<Fleet>, Refusal> {
    Ok(namespace
        .handle
        .query(|scheduler| Arc::clone(scheduler.fleet()))
        .await?)
}
