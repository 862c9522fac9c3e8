//! Sessions, made anew where they end.

use std::fmt;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;
use zookeeper_client::{Client, Error, SessionState};

use super::address_settings::LoginScheme;
use super::error::RequestError;
use super::{ZookeeperAddress, ZookeeperError};
use crate::remote::{Failed, FailedStage};

/// After a connection broke, another is asked so soon.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// A session that is closed is waited for so long; the ensemble notices its end by itself.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// A session after the other.
pub(super) struct Sessions {
    address: ZookeeperAddress,
    client: Mutex<Option<Client>>,
}

impl Sessions {
    pub(super) fn new(address: ZookeeperAddress) -> Self {
        Self {
            address,
            client: Mutex::default(),
        }
    }

    /// One that has begun.
    pub(super) fn of(address: ZookeeperAddress, client: Client) -> Self {
        Self {
            address,
            client: Mutex::new(Some(client)),
        }
    }

    /// The session that there is, or a new one.
    pub(super) async fn client(&self) -> Result<Client, Failed> {
        let mut current = self.client.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !is_over(client.state())) {
            return Ok(client.clone());
        }
        *current = None;
        let client = connect(&self.address).await.map_err(before)?;
        Ok(current.insert(client).clone())
    }

    /// Asks until there is an answer. It must be harmless to be asked twice: where a connection breaks, the first
    /// request may have been carried out, or may be still.
    ///
    /// What was answered and cannot be read is an answer too: asking again for three session timeouts would put a late
    /// answer in the place of the reason.
    pub(super) async fn ask<T, E: Into<RequestError>>(
        &self,
        request: impl AsyncFn(&Client) -> Result<T, E>,
    ) -> Result<T, Failed> {
        let (begin, most) = (Instant::now(), answer_within(&self.address));
        let mut may_be_done = false;
        loop {
            let rest = most.saturating_sub(begin.elapsed());
            let asked = async {
                let client = self.client().await.map_err(|failed| (failed, false))?;
                request(&client).await.map_err(|error| {
                    let error = error.into();
                    let is_throttled = error == RequestError::Ensemble(Error::Throttled);
                    let may_be_asked_again = !error.is_final() || is_throttled;
                    (Failed::from(error), may_be_asked_again)
                })
            };
            let (mut failed, is_again) = match timeout(rest, asked).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failed)) => failed,
                Err(_) => (late(), false),
            };
            may_be_done |= !failed.did_nothing();
            if !is_again || begin.elapsed() >= most {
                // An earlier try may be under way yet, so a refusal of this one is no word on the request.
                if may_be_done {
                    failed.stage = FailedStage::Late;
                }
                return Err(failed);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Ends the session, which removes what is there as long as it lasts.
    pub(super) async fn close(&self) {
        let Some(client) = self.client.lock().await.take() else {
            return;
        };
        // Taken before the client is dropped, which is what begins the end of its session.
        let mut states = client.state_watcher();
        drop(client);
        let closed = async { while !is_over(states.changed().await) {} };
        let _ = timeout(CLOSE_WITHIN, closed).await;
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sessions").field(&self.address).finish()
    }
}

pub(super) fn is_over(state: SessionState) -> bool {
    matches!(
        state,
        SessionState::Expired | SessionState::AuthFailed | SessionState::Closed
    )
}

/// Nobody has answered in time.
fn late() -> Failed {
    Failed {
        message: "the ensemble has not answered in time; it answers when most of its servers are up".to_owned(),
        stage: FailedStage::Late,
    }
}

/// A session that could not be begun.
pub(super) fn before(error: ZookeeperError) -> Failed {
    Failed::before(match error {
        ZookeeperError::Unavailable { message, .. } => message,
        other => other.to_string(),
    })
}

/// How long an answer is waited for: while a leader is elected, and until a session has ended and another begun. By
/// asking again it is found out whether the request was carried out.
pub(super) fn answer_within(address: &ZookeeperAddress) -> Duration {
    (address.session_timeout * 3).max(Duration::from_secs(2))
}

/// Begins a session.
pub(super) async fn connect(address: &ZookeeperAddress) -> Result<Client, ZookeeperError> {
    let unavailable = |failed: Failed| ZookeeperError::Unavailable {
        store: address.to_string(),
        message: format!("{}{}", failed.message, address.login_cure()),
    };
    let mut connector = Client::connector().with_session_timeout(address.session_timeout);
    if let Some(login) = address.login()? {
        connector = match login.scheme {
            LoginScheme::Digest => {
                let digest = SecretString::from(format!("{}:{}", login.user, login.password.expose_secret()));
                connector.with_auth("digest", digest.expose_secret().as_bytes())
            }
            #[cfg(feature = "zookeeper-sasl")]
            LoginScheme::Sasl => {
                let password = login.password.expose_secret().to_owned();
                connector.with_sasl(zookeeper_client::SaslOptions::digest_md5(login.user, password))
            }
        };
    }
    let servers = format!("{}{}", address.servers.join(","), address.root);
    let connecting = async {
        #[cfg(feature = "zookeeper-tls")]
        if let Some(files) = &address.tls {
            let options = super::tls::options(files).map_err(Failed::before)?;
            return connector
                .with_tls(options)
                .secure_connect(&servers)
                .await
                .map_err(Failed::from);
        }
        connector.connect(&servers).await.map_err(Failed::from)
    };
    match timeout(answer_within(address), connecting).await {
        Ok(connected) => connected.map_err(unavailable),
        Err(_) => Err(unavailable(late())),
    }
}
