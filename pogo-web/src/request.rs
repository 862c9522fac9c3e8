//! What every handler is given.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use pogo_api::wire::{NamespaceName, ProblemKind};
use pogo_core::dispatcher::Handle;

use crate::access::Access;
use crate::closing::Closing;
use crate::history::History;
use crate::parameters::{Parameters, parse};
use crate::refusal::Refusal;
use crate::roles::{Role, RolesNow, Standby, known, past, served};
use crate::state::RouterShared;
use crate::{RouterState, ServedNamespace};

/// A request that was let in: what all handlers take.
pub(crate) struct Request {
    state: RouterState,
    namespaces: RolesNow,
    /// Who asks, and what they may do.
    pub(crate) access: Access,
    segments: Vec<(String, String)>,
    pub(crate) parameters: Parameters,
    /// What a browser that reconnects has last seen.
    pub(crate) last_event_id: Option<String>,
    pub(crate) closing: Option<Closing>,
}

impl Request {
    pub(crate) fn shared(&self) -> &RouterShared {
        self.state.shared()
    }

    /// How many streams and waits are open.
    pub(crate) fn streams(&self) -> usize {
        self.state.activity().streams
    }

    /// A segment of the path.
    pub(crate) fn segment<T: std::str::FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T, Refusal> {
        let found = self.segments.iter().find(|(found, _)| found == name);
        parse(name, found.map_or("", |(_, value)| value))
    }

    /// The history of the namespace that the path names, and what knows it now, if that is here.
    pub(crate) fn past(&self) -> Result<(Option<Handle>, Option<Arc<History>>), Refusal> {
        past(&self.namespaces, &self.segment("namespace")?)
    }

    /// The namespaces of the server, as they were when the request came.
    pub(crate) fn namespaces(&self) -> &RolesNow {
        &self.namespaces
    }

    /// The namespace that the path names, to be asked.
    pub(crate) fn namespace(&self) -> Result<&ServedNamespace, Refusal> {
        known(&self.namespaces, &self.segment("namespace")?)
    }

    /// What this server is to the namespace that the path names, if that is no dispatcher.
    pub(crate) fn standby(&self) -> Option<&Standby> {
        match self.namespaces.get(&self.segment::<NamespaceName>("namespace").ok()?) {
            Some(Role::StandsBy(standby)) => Some(standby),
            _ => None,
        }
    }

    /// The namespace that the path names, if its dispatcher is here: for whoever wants more than to ask.
    pub(crate) fn dispatched(&self) -> Result<&ServedNamespace, Refusal> {
        served(&self.namespaces, &self.segment("namespace")?)
    }
}

impl FromRequestParts<RouterState> for Request {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &RouterState) -> Result<Self, Refusal> {
        // Only the door of a route puts it there, so a handler behind none answers nobody.
        let access = parts.extensions.get::<Access>().cloned().ok_or_else(|| {
            Refusal::new(
                ProblemKind::Internal,
                "nobody has checked who may come here; this is a defect of the server",
            )
        })?;
        let segments = RawPathParams::from_request_parts(parts, state).await;
        let segments = segments.map_err(|error| Refusal::new(ProblemKind::InvalidParameter, error.body_text()))?;
        let last_event_id = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        Ok(Self {
            state: state.clone(),
            // Once for a request: a namespace that is lost or taken over in the middle must not be
            // two things in one answer.
            namespaces: state.shared().namespaces.now(),
            access,
            segments: segments
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            parameters: Parameters::parse(parts.uri.query()),
            last_event_id: last_event_id.map(str::to_owned),
            closing: parts.extensions.get::<Closing>().cloned(),
        })
    }
}
