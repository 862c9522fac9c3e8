//! Tokens in a file: made, used, revoked, expired, and attacked.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::Request;
use pogo_core::Timestamp;
use pogo_core::dispatcher::Clock;
use pogo_core::scheduler::Actor;
use pogo_web::{
    AnyOf, AuthError, Authenticator, Grants, Identity, NewToken, TokenFile, TokenFileError, TokenGrant, Tokens, Verb,
};
use tempfile::TempDir;

use crate::served::private_directory;

/// A clock that a test sets.
#[derive(Clone, Default)]
struct SetClock(Arc<AtomicU64>);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending().await
    }
}

struct Kept {
    directory: TempDir,
    clock: SetClock,
}

impl Kept {
    fn new() -> Self {
        Self {
            directory: private_directory(),
            clock: SetClock::default(),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("tokens.json")
    }

    fn tokens(&self) -> TokenFile {
        TokenFile::at(self.path()).clock(Arc::new(self.clock.clone()))
    }

    fn at(&self, time: Duration) {
        self.clock
            .0
            .store(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

async fn ask(authenticator: &dyn Authenticator, token: &str) -> Result<Identity, AuthError> {
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    authenticator.authenticate(&parts).await
}

#[tokio::test]
async fn a_token_is_whom_it_was_made_for_until_it_is_revoked() {
    let kept = Kept::new();
    let (tokens, server) = (kept.tokens(), kept.tokens());
    let (secret, entry) = tokens.create(NewToken::new("alice").note("laptop")).unwrap();
    let identity = ask(&server, secret.expose()).await.unwrap();
    assert_eq!(identity.actor, Arc::new(Actor::new("alice").with_token("laptop")));
    assert!(!identity.is_owner && !identity.local_files && identity.scope.is_none());
    let (other, _) = tokens.create(NewToken::new("bob")).unwrap();
    assert_eq!(&*ask(&server, other.expose()).await.unwrap().actor.name, "bob");
    assert_eq!(tokens.revoke("laptop").unwrap().id, entry.id);
    assert!(ask(&server, secret.expose()).await.is_err());
    ask(&server, other.expose()).await.unwrap();
    assert!(matches!(
        tokens.revoke("laptop"),
        Err(TokenFileError::NoSuchToken { found: 0, .. })
    ));
    // A file that is gone lets nobody in.
    fs::remove_file(kept.path()).unwrap();
    assert!(ask(&server, other.expose()).await.is_err());
}

#[tokio::test]
async fn a_token_ends_at_the_moment_that_was_said() {
    let kept = Kept::new();
    kept.at(Duration::from_secs(10));
    let new = NewToken::new("ci").expires(Timestamp::from_millis(20_000));
    let (secret, entry) = kept.tokens().create(new).unwrap();
    assert_eq!(entry.created, Timestamp::from_millis(10_000));
    let server = kept.tokens();
    kept.at(Duration::from_millis(19_999));
    ask(&server, secret.expose()).await.unwrap();
    kept.at(Duration::from_secs(20));
    let error = ask(&server, secret.expose()).await.unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(!error.to_string().contains(secret.expose()));
}

#[tokio::test]
async fn what_is_not_exactly_a_token_is_none() {
    let kept = Kept::new();
    let tokens = kept.tokens();
    let (secret, entry) = tokens.create(NewToken::new("alice")).unwrap();
    let (other, _) = tokens.create(NewToken::new("bob")).unwrap();
    let token = secret.expose();
    assert_eq!(token.len(), 5 + 16 + 1 + 64);
    let mut last = token.to_owned();
    last.pop();
    let flipped = if token.ends_with('0') { '1' } else { '0' };
    let of_other = format!("pogo_{}_{}", entry.id, other.expose().rsplit('_').next().unwrap());
    for wrong in [
        last.clone(),
        format!("{last}{flipped}"),
        format!("{token}0"),
        format!("{token} "),
        token.to_uppercase(),
        token.replace("pogo_", ""),
        entry.id.clone(),
        of_other,
        format!("pogo_{}_", entry.id),
        String::new(),
        "x".repeat(100_000),
    ] {
        let answer = ask(&tokens, &wrong).await;
        // What stands around a token is not part of it.
        assert_eq!(answer.is_ok(), wrong.trim() == token, "{wrong}");
    }
    // Two of them are none: nobody could tell which counts.
    let request = Request::builder()
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    assert!(tokens.authenticate(&parts).await.is_err());
}

#[tokio::test]
async fn the_file_has_no_token_and_nobody_else_may_open_it() {
    let kept = Kept::new();
    let tokens = kept.tokens();
    let (secret, entry) = tokens.create(NewToken::new("alice")).unwrap();
    let text = fs::read_to_string(kept.path()).unwrap();
    let hidden = secret.expose().rsplit('_').next().unwrap();
    assert!(text.contains(&entry.id) && !text.contains(hidden), "{text}");
    assert!(!format!("{secret:?} {entry:?} {tokens:?}").contains(hidden));
    assert_eq!(fs::metadata(kept.path()).unwrap().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(kept.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(ask(&tokens, secret.expose()).await.is_err(), "{mode:o}");
        assert!(matches!(tokens.list(), Err(TokenFileError::NotPrivate { .. })));
        assert!(matches!(
            tokens.create(NewToken::new("mallory")),
            Err(TokenFileError::NotPrivate { .. })
        ));
    }
    fs::set_permissions(kept.path(), fs::Permissions::from_mode(0o600)).unwrap();
    ask(&tokens, secret.expose()).await.unwrap();
}

#[tokio::test]
async fn a_damaged_file_lets_nobody_in() {
    let kept = Kept::new();
    let tokens = kept.tokens();
    let (secret, _) = tokens.create(NewToken::new("alice")).unwrap();
    let text = fs::read_to_string(kept.path()).unwrap();
    ask(&tokens, secret.expose()).await.unwrap();
    for damaged in [
        &text[..text.len() / 2],
        "",
        "{}",
        &text.replace("\"version\":1", "\"version\":2"),
    ] {
        fs::write(kept.path(), damaged).unwrap();
        let error = ask(&tokens, secret.expose()).await.unwrap_err();
        assert!(!error.to_string().contains(kept.path().to_str().unwrap()), "{error}");
        assert!(
            matches!(tokens.list(), Err(TokenFileError::Damaged { .. })),
            "{damaged}"
        );
        assert!(
            tokens.create(NewToken::new("bob")).is_err(),
            "what cannot be read is not written over"
        );
    }
}

#[tokio::test]
async fn a_token_for_one_purpose_is_for_no_other() {
    let kept = Kept::new();
    let grant = TokenGrant::new([Verb::Run])
        .namespaces(["web*"])
        .targets("$web".parse().unwrap());
    let (secret, entry) = kept.tokens().create(NewToken::new("ci").grant(grant)).unwrap();
    assert_eq!(entry.grant.as_ref().unwrap().to_string(), "run in web* on $web");
    let identity = ask(&kept.tokens(), secret.expose()).await.unwrap();
    let scope: &Grants = identity.scope.as_ref().unwrap();
    assert!(scope.allow(&identity, Verb::Run, Some("web-eu")));
    assert!(!scope.allow(&identity, Verb::Run, Some("db")));
    assert!(!scope.allow(&identity, Verb::View, Some("web-eu")));
}

#[test]
fn names_that_nobody_could_read_in_a_record_are_refused() {
    let kept = Kept::new();
    for name in ["", " ", "ali\nce", "ali\u{202e}ce", &"a".repeat(257)] {
        let refused = kept.tokens().create(NewToken::new(name));
        assert!(matches!(refused, Err(TokenFileError::InvalidName { .. })), "{name:?}");
        assert!(
            kept.tokens().create(NewToken::new("ok").note(name)).is_err(),
            "{name:?}"
        );
    }
    assert!(kept.tokens().list().unwrap().is_empty());
}

#[test]
fn tokens_that_are_made_at_the_same_time_are_all_there() {
    let kept = Kept::new();
    std::thread::scope(|scope| {
        for maker in 0..4 {
            let tokens = kept.tokens();
            scope.spawn(move || {
                for _ in 0..5 {
                    tokens.create(NewToken::new(format!("maker-{maker}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(kept.tokens().list().unwrap().len(), 20);
}

#[tokio::test]
async fn of_several_ways_each_lets_in_whom_it_knows() {
    let kept = Kept::new();
    let (secret, _) = kept.tokens().create(NewToken::new("alice")).unwrap();
    let printed = Tokens::new().identity("printed", Identity::new(Actor::new("owner")).as_owner());
    let ways: [Arc<dyn Authenticator>; 2] = [Arc::new(printed), Arc::new(kept.tokens())];
    let any = AnyOf::new(ways);
    assert!(ask(&any, "printed").await.unwrap().is_owner);
    assert!(!ask(&any, secret.expose()).await.unwrap().is_owner);
    assert!(ask(&any, "other").await.is_err());
    assert!(ask(&AnyOf::new([]), "printed").await.is_err());
}
