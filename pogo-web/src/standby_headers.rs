//! What answers of a server say that stands by: whose namespace it is, and how old they may be.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use pogo_api::wire::{NamespaceName, StandbyStatus};

use crate::RouterState;
use crate::roles::{Role, Standby};

/// Adds them to what is answered of a namespace that is followed here.
pub(crate) async fn add(State(state): State<RouterState>, request: Request, next: Next) -> Response {
    let standby = standby(&state, request.uri().path());
    let mut response = next.run(request).await;
    // Whoever is refused learns nothing of anybody.
    if let Some(standby) = standby.filter(|_| response.status().is_success())
        && let Some(status) = standby.status().await
    {
        set(
            &mut response,
            StandbyStatus::BEHIND_HEADER,
            &status.behind_ms.to_string(),
        );
        set(&mut response, StandbyStatus::OWNER_HEADER, &status.owner);
        if let Some(url) = &status.owner_url {
            set(&mut response, StandbyStatus::OWNER_URL_HEADER, url);
        }
    }
    response
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    let shown: String = value
        .chars()
        // A header holds ASCII alone, while an owner may be called anything: one that cannot be
        // sent is worse than one with gaps.
        .map(|char| if char.is_ascii_graphic() { char } else { ' ' })
        .collect();
    if let Ok(value) = HeaderValue::from_str(shown.trim()) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn standby(state: &RouterState, path: &str) -> Option<Standby> {
    let (_, rest) = path.split_once("/v1/namespaces/")?;
    let name: NamespaceName = rest.split('/').next()?.parse().ok()?;
    match state.shared().namespaces.now().get(&name)? {
        Role::StandsBy(standby) => Some(standby.clone()),
        Role::Serves(_) => None,
    }
}
