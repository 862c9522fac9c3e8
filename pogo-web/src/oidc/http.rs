//! Requests to a provider.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, Request, redirect};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of it.
const MOST_BYTES: usize = 1 << 20;

/// Asks providers over HTTPS, and those on this machine without.
#[derive(Debug, Clone)]
pub(super) struct Http(Client);

/// A request that was not answered. It says nothing of what was sent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HttpError(String);

fn failed(error: impl std::fmt::Display) -> HttpError {
    HttpError(error.to_string())
}

/// As a type of its own: of a closure nobody could tell that it may move between threads.
impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Http {
    pub(super) fn new() -> Result<Self, HttpError> {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(failed)?;
        // The system's trust, and no list of our own: providers within a company have certificates
        // of that company.
        let config = builder.with_platform_verifier().map_err(failed)?.with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(config)
            .timeout(PATIENCE)
            // A code and a secret go where the provider has said, and nowhere else.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("pogo-web/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(failed)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = Request::try_from(request).map_err(failed)?;
        // An address may have more in it than its host.
        let answer = self.0.execute(request).await;
        let mut answer = answer.map_err(|error| failed(error.without_url()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut bytes = Vec::new();
        // In parts, so that a provider gone wrong fills no memory: what it says of its own length
        // need not be true.
        while let Some(part) = answer.chunk().await.map_err(|error| failed(error.without_url()))? {
            bytes.extend_from_slice(&part);
            if bytes.len() > MOST_BYTES {
                return Err(HttpError(format!("the answer has more than {MOST_BYTES} bytes")));
            }
        }
        let mut response = HttpResponse::new(bytes);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}
