//! What a token says of whoever comes.

use std::sync::Arc;

use pogo_core::fleet::is_invisible;
use pogo_core::scheduler::Actor;
use serde_json::{Map, Value};

use super::JwtIssuer;
use super::person::PersonClaims;
use crate::{AuthError, Identity};

/// The claims of a token whose signature holds.
pub(crate) type Claims = Map<String, Value>;

/// More groups than this are of no use, and of harm to memory.
const MOST_GROUPS: usize = 1_000;

/// Who comes with a token of this issuer.
pub(super) fn identity(claims: &Claims, issuer: &JwtIssuer) -> Result<Identity, AuthError> {
    // The library takes a list of issuers too, of which one has to be right.
    if claims.get("iss").and_then(Value::as_str) != Some(issuer.issuer.as_str()) {
        return Err(refused("the token is of another issuer"));
    }
    person(claims, &issuer.person)
}

/// Who it is that these claims are of, which somebody has checked.
pub(crate) fn person(claims: &Claims, of: &PersonClaims) -> Result<Identity, AuthError> {
    for (claim, value) in &of.required {
        if claims.get(claim).and_then(Value::as_str) != Some(value.as_str()) {
            let said = format!("the claim `{claim}` of the token is not what this server asks for");
            return Err(AuthError::not_allowed(said));
        }
    }
    let name = claims.get(&of.name).and_then(Value::as_str);
    let name = name.and_then(|name| text(&of.name_prefix, name));
    let name = name.ok_or_else(|| {
        let said = format!("the claim `{}` of the token is no name that can be recorded", of.name);
        refused(&said)
    })?;
    let actor = Actor::new(name).with_token(Arc::clone(&of.label));
    Ok(Identity::new(actor).in_groups(groups(claims, of)))
}

/// The groups that a claim names: a list of texts, or one text. Whatever else is in it is no group.
fn groups(claims: &Claims, of: &PersonClaims) -> Vec<Arc<str>> {
    let Some(claim) = of.groups.as_ref().and_then(|claim| claims.get(claim)) else {
        return Vec::new();
    };
    // Some providers send one group as a text.
    let listed = match claim {
        Value::Array(listed) => listed.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts = listed.iter().filter_map(Value::as_str);
    let groups = texts.filter_map(|group| text(&of.groups_prefix, group));
    groups.take(MOST_GROUPS).collect()
}

/// A text of a token as a name of ours, if it can be one.
fn text(prefix: &str, text: &str) -> Option<Arc<str>> {
    let is_seen = !text.trim().is_empty() && !text.chars().any(|c| c.is_control() || is_invisible(c));
    let name = format!("{prefix}{text}");
    (is_seen && name.len() <= Actor::MAX_LEN).then(|| name.into())
}

pub(super) fn refused(said: &str) -> AuthError {
    AuthError::unauthenticated(said)
}
