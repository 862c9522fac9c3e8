//! Giving a dispatcher its fleet and policy, with tag resolvers and without.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{Dispatcher, Handle, OrderError, ResolverError, Resolvers, TagResolver};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::journal::{Journal, MemoryJournal, Seq};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Answer, Command as OrderCommand, JobId, Order, RequestId};

use super::shop::{Counting, fleet_and_policy};

/// Knows one role, whose hosts a test may change.
#[derive(Default)]
struct Roles {
    hosts: Mutex<Vec<HostName>>,
}

impl Roles {
    fn set(&self, hosts: &[&str]) {
        *self.hosts.lock().unwrap() = hosts.iter().map(|host| host.parse().unwrap()).collect();
    }
}

#[async_trait]
impl TagResolver for Roles {
    async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        match queries.iter().find(|query| *query != "db") {
            Some(other) => Err(ResolverError::Refused {
                args: other.clone(),
                message: "no such role".to_owned(),
            }),
            None => Ok(queries.iter().map(|_| self.hosts.lock().unwrap().clone()).collect()),
        }
    }
}

fn on(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"))
}

fn web() -> Arc<Fleet> {
    Arc::new(Fleet::builder().tagged("web", "web[1-3]").build().unwrap())
}

/// Steers a dispatcher that asks these roles, and says which hosts ran and how many records were written.
fn steer<F: Future<Output = ()>>(roles: &Arc<Roles>, steer: impl FnOnce(Handle, MemoryJournal) -> F) -> Vec<String> {
    block_on(async {
        let (transport, journal) = (Arc::<Counting>::default(), MemoryJournal::new());
        let resolvers = Resolvers::new().with("role", Arc::clone(roles) as _);
        let builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
        let resolvers = resolvers.lifetime(std::time::Duration::ZERO);
        let (dispatcher, handle) = builder.resolvers(resolvers).build().await.unwrap();
        let (ended, ()) = futures::join!(dispatcher.run(), steer(handle, journal));
        ended.unwrap();
        transport.ran()
    })
}

async fn records(journal: &MemoryJournal) -> usize {
    journal.read(Seq::default()).await.unwrap().records.len()
}

#[test]
fn a_request_to_configure_what_is_in_force_undoes_nothing_when_it_is_given_again() {
    steer(&Arc::default(), async |handle, _| {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(Arc::clone(&fleet), Arc::clone(&policy)).await.unwrap();
        let again = Order::Configure {
            fleet: Arc::clone(&fleet),
            policy,
        };
        let request = OrderCommand::new(again).as_request(RequestId::new("7c1e0f9a").unwrap());
        assert_eq!(handle.execute(request.clone()).await, Ok(Answer::Unchanged));
        handle.configure(web(), Arc::default()).await.unwrap();
        assert_eq!(
            handle.execute(request).await,
            Ok(Answer::Unchanged),
            "its answer was lost"
        );
        let in_force = handle.query(|scheduler| scheduler.configured_fleet().cloned()).await;
        assert_eq!(in_force, Ok(Some(web())));
    });
}

#[test]
fn an_equal_fleet_and_policy_are_not_written_again() {
    steer(&Arc::default(), async |handle, journal| {
        let (fleet, policy) = fleet_and_policy();
        assert!(
            handle.configure(Arc::default(), Arc::default()).await.unwrap().written,
            "the very first"
        );
        assert!(!handle.configure(Arc::default(), Arc::default()).await.unwrap().written);
        let diff = handle.configure(Arc::clone(&fleet), Arc::clone(&policy)).await.unwrap();
        assert_eq!((diff.fleet.added.len(), diff.policy_changed), (fleet.len(), true));
        let before = records(&journal).await;
        let equal = (Fleet::clone(&fleet), Policy::clone(&policy));
        let diff = handle.configure(Arc::new(equal.0), Arc::new(equal.1)).await.unwrap();
        assert_eq!(diff.to_string(), "nothing has changed\n");
        assert_eq!(records(&journal).await, before);
    });
}

#[test]
fn what_a_new_fleet_changes_is_said_in_lines() {
    steer(&Arc::default(), async |handle, _| {
        handle.configure(web(), Arc::default()).await.unwrap();
        let fleet = Fleet::builder().tagged("web", "web[2-4]").host("web2").tag("east");
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
        let policy = Arc::new(Policy::new().constraint(limit));
        let diff = handle
            .configure(Arc::new(fleet.build().unwrap()), policy)
            .await
            .unwrap();
        let lines = "+ 1 host: web4\n- 1 host: web1\n~ 1 host: web2: +$east\nthe policy has changed\n";
        assert_eq!(diff.to_string(), lines);
    });
}

#[test]
fn a_fleet_is_compared_with_the_one_given_last_while_hosts_that_left_it_are_still_known() {
    steer(&Arc::default(), async |handle, journal| {
        handle.configure(web(), Arc::default()).await.unwrap();
        let job = handle.submit(on("$web")).await.unwrap();
        handle.wait(job).await.unwrap();
        let smaller = || Arc::new(Fleet::builder().tagged("web", "web[1-2]").build().unwrap());
        let diff = handle.configure(smaller(), Arc::default()).await.unwrap();
        assert_eq!(diff.to_string(), "- 1 host: web3\n");
        let before = records(&journal).await;
        assert!(!handle.configure(smaller(), Arc::default()).await.unwrap().written);
        assert_eq!(records(&journal).await, before);
    });
}

#[test]
fn a_job_is_submitted_with_what_resolvers_say_of_its_targets() {
    let roles = Arc::<Roles>::default();
    roles.set(&["db1", "web2"]);
    let ran = steer(&roles, async |handle, _| {
        handle.configure(web(), Arc::default()).await.unwrap();
        let job = handle.submit(on("$role(db)")).await.unwrap();
        assert_eq!(handle.wait(job).await.unwrap().tally.succeeded, 2);
    });
    assert_eq!(ran, ["web2", "db1"]);
}

#[test]
fn an_answer_that_is_no_longer_given_is_forgotten() {
    let roles = Arc::<Roles>::default();
    roles.set(&["db1", "db2"]);
    let ran = steer(&roles, async |handle, _| {
        handle.configure(web(), Arc::default()).await.unwrap();
        let job = handle.submit(on("$role(db)")).await.unwrap();
        handle.wait(job).await.unwrap();
        roles.set(&["db3"]);
        let job = handle.submit(on("$role(db)")).await.unwrap();
        assert_eq!(handle.wait(job).await.unwrap().tally.succeeded, 1);
    });
    assert_eq!(ran, ["db1", "db2", "db3"]);
}

#[test]
fn without_an_answer_nothing_is_submitted_and_the_error_names_resolver_and_query() {
    steer(&Arc::default(), async |handle, journal| {
        handle.configure(web(), Arc::default()).await.unwrap();
        let before = records(&journal).await;
        for (targets, said) in [
            (
                "$role(cache)",
                "`$role(cache)` has no answer: the tag resolver refuses it: no such role",
            ),
            (
                "$rule(db)",
                "`$rule(db)` has no answer: there is no tag resolver of this name; did you mean `$role`?",
            ),
        ] {
            let error = handle.submit(on(targets)).await.unwrap_err();
            assert!(matches!(error, OrderError::Resolvers(_)), "{error}");
            assert_eq!(error.to_string(), said);
        }
        // An answer without hosts is refused as a job without targets is, and no fleet is taken for it.
        assert!(matches!(
            handle.submit(on("$role(db)")).await,
            Err(OrderError::Refused(_))
        ));
        assert_eq!(records(&journal).await, before);
        assert_eq!(handle.submit(on("$web")).await, Ok(JobId::new(1)));
    });
}

#[test]
fn a_policy_is_configured_with_what_resolvers_say_and_the_answer_is_asked_for_anew() {
    let roles = Arc::<Roles>::default();
    roles.set(&["web1"]);
    steer(&roles, async |handle, _| {
        let limit = Constraint::new("$role(db)".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
        let policy = Arc::new(Policy::new().constraint(limit));
        handle.configure(web(), Arc::clone(&policy)).await.unwrap();
        assert!(!handle.configure(web(), Arc::clone(&policy)).await.unwrap().written);
        roles.set(&["web2"]);
        let diff = handle.configure(web(), policy).await.unwrap();
        assert!(diff.written && diff.fleet.is_empty() && !diff.policy_changed);
        assert!(diff.to_string().contains("answer of a tag resolver"), "{diff}");
    });
}
