use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;

use super::{ResolverError, ResolverFailureReason, ResolverQueries, Resolvers, ResolversError, TagResolver};
use crate::Timestamp;
use crate::dispatcher::Clock;
use crate::fleet::{Fleet, FleetBuilder, HostName, Selector};
use crate::policy::{Constraint, Origin, Policy, Rule, Sequence};

/// A clock that only moves when a test moves it; deadlines ahead never come.
#[derive(Default)]
struct ManualClock(AtomicU64);

impl ManualClock {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        if deadline > self.now() {
            pending::<()>().await;
        }
    }
}

/// Answers `x` with `x1`, and remembers its calls.
#[derive(Default)]
struct Ones(Mutex<Vec<Vec<String>>>);

#[async_trait]
impl TagResolver for Ones {
    async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        self.0.lock().unwrap().push(queries.to_vec());
        let one = |args: &String| vec![format!("{args}1").parse().unwrap()];
        Ok(queries.iter().map(one).collect())
    }
}

/// Always answers the same.
struct Says(Result<Vec<Vec<HostName>>, ResolverError>);

#[async_trait]
impl TagResolver for Says {
    async fn resolve(&self, _: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        self.0.clone()
    }
}

struct Never;

#[async_trait]
impl TagResolver for Never {
    async fn resolve(&self, _: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        pending().await
    }
}

fn selector(text: &str) -> Selector {
    text.parse().unwrap()
}

fn ask(resolvers: &Resolvers, text: &str) -> Result<Fleet, ResolversError> {
    let queries = ResolverQueries::default().and(&selector(text));
    Ok(block_on(resolvers.answer(&queries, FleetBuilder::default()))?
        .build()
        .unwrap())
}

fn why(resolver: impl TagResolver + 'static, text: &str) -> Vec<String> {
    let error = ask(&Resolvers::new().with("db", Arc::new(resolver)), text).unwrap_err();
    error.failures.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_that_a_policy_and_targets_ask_is_one_call() {
    let ones = Arc::new(Ones::default());
    let resolvers = Resolvers::new().with("db", Arc::clone(&ones) as Arc<dyn TagResolver>);
    let policy = Policy::new()
        .sequence(Sequence::new("s", [selector("$db(a)"), selector("!$db(b)")]).scoped(selector("$db(c)")))
        .constraint(
            Constraint::new(selector("$db(d)"), Rule::MaxParallel("1".parse().unwrap())).within(selector("$db(a)")),
        );
    let queries = ResolverQueries::of(&policy).and(&selector("$db(e) & $db(b)"));
    let fleet = block_on(resolvers.answer(&queries, FleetBuilder::default())).unwrap();
    let fleet = fleet.build().unwrap();
    assert_eq!(*ones.0.lock().unwrap(), [["a", "b", "c", "d", "e"]]);
    for text in ["a", "b", "c", "d", "e"] {
        let hosts = fleet.resolve(&selector(&format!("$db({text})"))).unwrap();
        assert_eq!(hosts.len(), 1, "{text}");
        assert_eq!(fleet.name(hosts[0]).as_str(), format!("{text}1"));
    }
}

#[test]
fn answers_live_for_the_lifetime_and_no_longer() {
    let (ones, clock) = (Arc::new(Ones::default()), Arc::new(ManualClock::default()));
    let resolvers = Resolvers::new()
        .with("db", Arc::clone(&ones) as Arc<dyn TagResolver>)
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .lifetime(Duration::from_secs(60));
    ask(&resolvers, "$db(a)").unwrap();
    clock.pass(59);
    // Only what is new is asked.
    ask(&resolvers, "$db(a), $db(b)").unwrap();
    assert_eq!(*ones.0.lock().unwrap(), [["a"], ["b"]]);
    clock.pass(1);
    ask(&resolvers, "$db(a), $db(b)").unwrap();
    assert_eq!(*ones.0.lock().unwrap(), [["a"], ["b"], ["a"]]);
}

#[test]
fn an_answer_is_not_used_when_the_lifetime_is_zero() {
    let ones = Arc::new(Ones::default());
    let resolvers = Resolvers::new()
        .with("db", Arc::clone(&ones) as Arc<dyn TagResolver>)
        .lifetime(Duration::ZERO);
    ask(&resolvers, "$db(a)").unwrap();
    ask(&resolvers, "$db(a)").unwrap();
    assert_eq!(ones.0.lock().unwrap().len(), 2);
}

#[test]
fn a_resolver_that_takes_too_long_is_given_up() {
    let clock = Arc::new(ManualClock::default());
    let resolvers = Resolvers::new()
        .with("db", Arc::new(Never))
        .clock(clock)
        .time_limit(Duration::ZERO);
    let error = ask(&resolvers, "$db(a)").unwrap_err();
    assert!(
        matches!(error.failures[0].reason, ResolverFailureReason::TimedOut { .. }),
        "{error}"
    );
}

#[test]
fn failures_name_their_queries_and_the_cure() {
    let down = Says(Err(ResolverError::Unavailable {
        message: "connection refused".into(),
    }));
    let said = why(down, "$db(a), $db(b)");
    assert_eq!(said.len(), 2);
    assert!(
        said[1].starts_with("`$db(b)` has no answer") && said[1].contains("connection refused"),
        "{}",
        said[1]
    );
    let refused = Says(Err(ResolverError::Refused {
        args: "b".into(),
        message: "no role b".into(),
    }));
    let said = why(refused, "$db(a), $db(b)");
    assert_eq!(said, ["`$db(b)` has no answer: the tag resolver refuses it: no role b"]);
    let said = why(Says(Ok(vec![])), "$db(a)");
    assert!(said[0].contains("0 answers to 1 queries"), "{}", said[0]);
    let said = why(Never, "$dbb(a)");
    assert!(said[0].contains("did you mean `$db`"), "{}", said[0]);
}

#[test]
fn a_failure_says_where_the_query_is_written() {
    let origin = Origin::new("pogo.yaml", 3, 5);
    let constraint = Constraint::new(selector("$db(a)"), Rule::MaxParallel("1".parse().unwrap())).at(origin);
    let policy = Policy::new().constraint(constraint);
    let queries = ResolverQueries::default().and(&selector("$db(a)"));
    assert_eq!(queries.iter().next().unwrap().origin, None);
    let answered = block_on(Resolvers::new().answer(&ResolverQueries::of(&policy), FleetBuilder::default()));
    let said = answered.unwrap_err().to_string();
    assert!(said.starts_with("pogo.yaml:3:5: `$db(a)` has no answer"), "{said}");
}

#[test]
fn one_resolver_that_fails_fails_the_call_and_others_are_remembered() {
    let ones = Arc::new(Ones::default());
    let down = Says(Err(ResolverError::Unavailable { message: "x".into() }));
    let resolvers = Resolvers::new()
        .with("one", Arc::clone(&ones) as Arc<dyn TagResolver>)
        .with("two", Arc::new(down));
    for _ in 0..2 {
        let error = ask(&resolvers, "$one(a), $two(b)").unwrap_err();
        assert_eq!(error.failures.len(), 1);
    }
    assert_eq!(ones.0.lock().unwrap().len(), 1);
}
