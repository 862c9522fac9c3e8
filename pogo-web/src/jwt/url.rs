//! Keys from the service of an issuer.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url, redirect};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;

use super::{JwksError, JwksSource};

/// Keys at an address, fetched over HTTPS with the authorities that the operating system trusts, or those that are
/// given. They are asked for again every five minutes.
#[derive(Debug, Clone)]
pub struct JwksUrl {
    url: Url,
    client: Client,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of it.
const MOST_BYTES: usize = 1 << 20;

impl JwksUrl {
    /// The keys at this address, which has to be `https:`: whoever could change them on their way could let in anybody.
    ///
    /// # Errors
    /// It is no such address, or HTTPS cannot be used here.
    pub fn at(url: &str) -> Result<Self, JwksError> {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(failed)?;
        let config = builder.with_platform_verifier().map_err(failed)?.with_no_client_auth();
        Self::with_tls(url, config)
    }

    /// As [`at`](Self::at), with other authorities.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn with_tls(url: &str, config: ClientConfig) -> Result<Self, JwksError> {
        let url = Url::parse(url).map_err(failed)?;
        if url.scheme() != "https" {
            let message = format!(
                "the keys are at `{}:`, where others could change them; they have to be at `https:`",
                url.scheme()
            );
            return Err(JwksError::new(message));
        }
        let client = Client::builder()
            .tls_backend_preconfigured(config)
            .https_only(true)
            .timeout(PATIENCE)
            // Another address is another issuer's to name.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("pogo-web/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(failed)?;
        Ok(Self { url, client })
    }
}

fn failed(error: impl std::fmt::Display) -> JwksError {
    JwksError::new(error.to_string())
}

#[async_trait]
impl JwksSource for JwksUrl {
    async fn fetch(&self) -> Result<String, JwksError> {
        let mut answer = self.client.get(self.url.clone()).send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(JwksError::new(format!("{} answers {}", self.url, answer.status())));
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&part);
            // Counted while it comes: the length that is announced need not be true.
            if bytes.len() > MOST_BYTES {
                return Err(JwksError::new(format!("{} has more than {MOST_BYTES} bytes", self.url)));
            }
        }
        String::from_utf8(bytes).map_err(failed)
    }
}
