//! `pogo token`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_store::Store;
use pogo_web::{NewToken, TokenEntry, TokenFile, TokenFileError, TokenGrant};
use serde_json::json;

use crate::cli::{
    PlanFormat, StoreChoice, TokenArgs, TokenCommand, TokenCreateArgs, TokenListArgs, TokenRevokeArgs, TokenStore,
};
use crate::exit::{CliError, Exit};
use crate::report::{self, moment};
use crate::service::Place;
use crate::store::default_dir;

/// The tokens of a store.
pub(crate) fn tokens_of(store: &Path) -> TokenFile {
    TokenFile::at(store.join("tokens.json"))
}

pub(crate) fn token(args: &TokenArgs) -> Result<Exit, CliError> {
    match &args.command {
        TokenCommand::Create(args) => create(args),
        TokenCommand::List(args) => list(args),
        TokenCommand::Revoke(args) => revoke(args),
    }
}

fn open(at: &TokenStore) -> Result<TokenFile, CliError> {
    let path = match &at.store {
        Some(StoreChoice::Dir(path)) => path.clone(),
        Some(StoreChoice::None) | None => default_dir()?,
        // Each machine has the tokens of those who ask it.
        Some(StoreChoice::At(_) | StoreChoice::Server(_) | StoreChoice::Invalid(_)) => return remote(at),
    };
    // Whoever may not have the store may not let others in.
    let store = Store::open_existing(path).map_err(crate::store::refused)?;
    Ok(tokens_of(store.path()))
}

/// The tokens of this machine for a store that is elsewhere.
fn remote(at: &TokenStore) -> Result<TokenFile, CliError> {
    let place = Place::of(at.store.as_ref(), None)?.ok_or_else(|| CliError::broken("there is no store"))?;
    place.prepare()?;
    Ok(tokens_of(place.local()))
}

fn create(args: &TokenCreateArgs) -> Result<Exit, CliError> {
    let tokens = open(&args.at)?;
    let now = SystemClock.now();
    let mut token = NewToken::new(args.name.as_str());
    token.note = args.note.as_deref().map(Into::into);
    token.expires = args.lifetime.0.map(|time| now + time);
    if !args.may.is_empty() {
        let mut grant = TokenGrant::new(args.may.iter().copied()).namespaces(args.namespace.iter().cloned());
        grant.targets.clone_from(&args.targets);
        check_grant(&grant)?;
        token.grant = Some(grant);
    }
    // A file that cannot be made leaves no token that nobody has.
    let mut file = args.output.as_deref().map(new_file).transpose()?;
    let (secret, entry) = tokens.create(token).map_err(refused)?;
    match &mut file {
        Some(file) => writeln!(file, "{}", secret.expose()).map_err(CliError::broken)?,
        None => report::print(&format!("{}\n", secret.expose()))?,
    }
    report::remark(&format!(
        "this is shown once; token {} is for {}{}, and may do {}; `pogo token revoke {}` ends it",
        entry.id,
        entry.name,
        until(&entry, now),
        match &entry.grant {
            Some(grant) => format!("at most: {grant}"),
            None => format!("what the grants of the server say of {}", entry.name),
        },
        entry.id
    ));
    Ok(Exit::Succeeded)
}

/// What would be granted to nobody is a slip.
fn check_grant(grant: &TokenGrant) -> Result<(), CliError> {
    let of_namespace = grant.may.iter().find(|verb| verb.is_of_namespace());
    match of_namespace.filter(|_| grant.targets.is_some()) {
        Some(verb) => Err(CliError::usage(format!(
            "`{verb}` is about a whole namespace, and cannot be limited with --targets; leave one of them out"
        ))),
        None => Ok(()),
    }
}

fn new_file(path: &Path) -> Result<std::fs::File, CliError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
}

fn until(entry: &TokenEntry, now: Timestamp) -> String {
    match entry.expires {
        Some(at) if entry.is_expired(now) => format!(", expired {}", moment(at, now)),
        Some(at) => format!(", until {}", moment(at, now)),
        None => ", without an end".to_owned(),
    }
}

fn list(args: &TokenListArgs) -> Result<Exit, CliError> {
    let entries = open(&args.at)?.list().map_err(refused)?;
    let now = SystemClock.now();
    if args.format == PlanFormat::Json {
        let rows: Vec<_> = entries
            .iter()
            .map(|it| {
                json!({
                    "id": it.id, "as": it.name, "note": it.note, "created": it.created, "expires": it.expires,
                    "expired": it.is_expired(now), "grant": it.grant,
                })
            })
            .collect();
        report::print_json(&json!({ "tokens": rows }))?;
        return Ok(Exit::Succeeded);
    }
    if entries.is_empty() {
        report::print("there are no tokens; `pogo token create --as NAME` makes one\n")?;
    }
    for entry in &entries {
        let note = entry.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let grant = entry
            .grant
            .as_ref()
            .map(|grant| format!(", at most: {grant}"))
            .unwrap_or_default();
        let line = format!("{} {}{note}{}{grant}", entry.id, entry.name, until(entry, now));
        report::print(&format!("{}\n", report::visible_lines(&line)))?;
    }
    Ok(Exit::Succeeded)
}

fn revoke(args: &TokenRevokeArgs) -> Result<Exit, CliError> {
    let revoked = open(&args.at)?.revoke(&args.token).map_err(refused)?;
    report::print(&format!(
        "token {} of {} is refused from now on\n",
        revoked.id, revoked.name
    ))?;
    Ok(Exit::Succeeded)
}

fn refused(error: TokenFileError) -> CliError {
    match error {
        TokenFileError::Io { .. } | TokenFileError::Damaged { .. } => CliError::broken(error),
        error => CliError::usage(error),
    }
}
