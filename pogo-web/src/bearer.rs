//! Bearer tokens in requests.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::AuthError;

/// The token of `Authorization: Bearer …`.
///
/// # Errors
/// There is none, or there are several headers, of which nobody could tell which counts.
pub(crate) fn bearer(request: &Parts) -> Result<&str, AuthError> {
    let mut given = request.headers.get_all(AUTHORIZATION).iter();
    let token = match (given.next(), given.next()) {
        (Some(given), None) => given.to_str().ok().and_then(|given| {
            let (scheme, token) = given.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        }),
        _ => None,
    };
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        AuthError::unauthenticated(
            "a token is needed: `Authorization: Bearer TOKEN`; whoever runs the server makes one: `pogo token create`",
        )
    })
}
