//! Whether a server still answers, while something is waited for that may take its time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::Client;
use super::connection::{Sent, send};
use super::endpoint::Endpoint;
use crate::wire::{Problem, ProblemKind};

/// After how long without a word a server is asked whether it lives, and how long that may take.
const ASKED_AFTER: Duration = Duration::from_secs(4);

/// What a server answers when it is asked whether it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    /// It takes orders.
    Ready,
    /// It answers what can be asked.
    StandsBy,
    /// It has a namespace, and cannot take orders.
    CannotTakeOrders,
}

impl Client {
    /// Resolves once this server is dead, where there are others: one that is stopped or cut off still has its
    /// connections, and says nothing.
    pub(super) async fn until_dead(&self, at: usize) {
        while self.is_alive(at).await.is_some() {}
    }

    /// Resolves once this server is dead, or can take no order while another one does. Notes when it was heard last.
    pub(super) async fn until_elsewhere(&self, at: usize, heard: &Mutex<Instant>) {
        while let Some(readiness) = self.is_alive(at).await {
            *heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            if readiness == Readiness::CannotTakeOrders && self.is_another_ready(at).await {
                return;
            }
        }
    }

    /// What a server answers after a while; `None` if it is dead.
    async fn is_alive(&self, at: usize) -> Option<Readiness> {
        if !self.servers.are_several() {
            // With one server there is nobody to turn to: a slow answer from it is better than
            // none.
            return std::future::pending().await;
        }
        sleep(ASKED_AFTER).await;
        readiness_of(self.servers.nth(at)).await
    }

    async fn is_another_ready(&self, at: usize) -> bool {
        let others: Vec<Endpoint> = self.servers.but(at).cloned().collect();
        for other in others {
            if readiness_of(&other).await == Some(Readiness::Ready) {
                return true;
            }
        }
        false
    }
}

/// How a server is; `None` if it does not say.
async fn readiness_of(endpoint: &Endpoint) -> Option<Readiness> {
    let sent = Sent {
        method: Method::GET,
        path: "/readyz".to_owned(),
        body: Bytes::new(),
        accept: "application/json",
        if_match: None,
    };
    let asked = async {
        let (response, _connection) = send(endpoint, sent).await.ok()?;
        let status = response.status();
        // What answers at this address may be anything, and is read while something else waits.
        let body = Limited::new(response.into_body(), 1 << 16).collect().await.ok()?;
        Some((status, body.to_bytes()))
    };
    // A process that is stopped (SIGSTOP, a debugger) still accepts connections: the kernel does
    // that for it. Only an answer shows life.
    let (status, body) = timeout(ASKED_AFTER, asked).await.ok()??;
    if status == StatusCode::OK {
        return Some(Readiness::Ready);
    }
    let problem = serde_json::from_slice::<Problem>(&body).ok()?;
    Some(match problem.kind {
        ProblemKind::Standby => Readiness::StandsBy,
        _ => Readiness::CannotTakeOrders,
    })
}
