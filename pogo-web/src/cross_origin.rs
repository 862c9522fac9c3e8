//! Orders that a page of somebody else makes a browser give.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method};
use pogo_api::wire::ProblemKind;

use crate::refusal::Refusal;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request says which page it is from, as those of browsers do that change something. What it says is
/// [checked](check) before anybody is known.
#[cfg(feature = "oidc")]
pub(crate) fn says_its_origin(request: &Parts) -> bool {
    request.headers.contains_key(FETCH_SITE) || request.headers.contains_key(ORIGIN)
}

/// Refuses what changes something and comes from a page of another server, whoever the browser is logged in as. What is
/// no browser says neither of these, and has to bring its token itself.
///
/// Browsers say where a request comes from in a header that no script can set; older ones name the origin of the page.
/// Where the first is there it decides, since a proxy in front may have replaced the name of the host.
pub(crate) fn check(request: &Parts) -> Result<(), Refusal> {
    // What only reads is no danger: the page of another server sends it and cannot read the answer.
    if matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let text = |name: &HeaderName| request.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = match (text(&FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let asked = text(&HOST).or_else(|| request.uri.authority().map(axum::http::uri::Authority::as_str));
            host.is_some() && host == asked
        }
        (None, None) => true,
    };
    match is_ours {
        true => Ok(()),
        false => {
            let said = "a page of another server asks for this; open the page of this server, or use a program";
            Err(Refusal::new(ProblemKind::CrossOrigin, said))
        }
    }
}
