//! What a provider says of itself: where to log in, where codes are exchanged, and its keys.

use std::time::Duration;

use openidconnect::{IssuerUrl, ProviderMetadataWithLogout};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::http::Http;
use super::provider::{OidcProvider, safe_address};

/// After this time it is asked again: keys may have been withdrawn.
const FRESH: Duration = Duration::from_secs(300);
/// Whoever sends tokens with made-up keys does not make this server ask more often.
const ASKED_AT_MOST: Duration = Duration::from_secs(10);

/// What a provider has said of itself last.
#[derive(Default)]
pub(super) struct Metadata(Mutex<MetadataState>);

#[derive(Default)]
struct MetadataState {
    said: Option<(Instant, ProviderMetadataWithLogout)>,
    failed: Option<(Instant, String)>,
    /// When it was asked for keys that it did not have.
    renewed: Option<Instant>,
}

impl Metadata {
    /// What it says of itself; asked again where that is old.
    pub(super) async fn get(&self, provider: &OidcProvider, http: &Http) -> Result<ProviderMetadataWithLogout, String> {
        // One asks at a time, and the others have its answer.
        let mut known = self.0.lock().await;
        match known.said.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            Some((_, metadata)) => Ok(metadata.clone()),
            None => known.ask(provider, http).await,
        }
    }

    /// What it says of itself now, asked where a key is missing: it may have new ones.
    pub(super) async fn refreshed(
        &self,
        provider: &OidcProvider,
        http: &Http,
    ) -> Result<ProviderMetadataWithLogout, String> {
        let mut known = self.0.lock().await;
        // Beside the five minutes: a key that is missing is worth asking at once, but not as often
        // as anybody sends a token.
        let just_now = known.renewed.is_some_and(|at| at.elapsed() < ASKED_AT_MOST);
        match known.said.as_ref().filter(|_| just_now) {
            Some((_, metadata)) => Ok(metadata.clone()),
            None => {
                known.renewed = Some(Instant::now());
                known.ask(provider, http).await
            }
        }
    }
}

impl MetadataState {
    async fn ask(&mut self, provider: &OidcProvider, http: &Http) -> Result<ProviderMetadataWithLogout, String> {
        // Many who wait for one that is away do not each wait for it in turn.
        if let Some((_, reason)) = self.failed.as_ref().filter(|(at, _)| at.elapsed() < ASKED_AT_MOST) {
            return Err(reason.clone());
        }
        let asked = discover(provider, http).await;
        match &asked {
            Ok(metadata) => (self.said, self.failed) = (Some((Instant::now(), metadata.clone())), None),
            Err(reason) => self.failed = Some((Instant::now(), reason.clone())),
        }
        asked
    }
}

async fn discover(provider: &OidcProvider, http: &Http) -> Result<ProviderMetadataWithLogout, String> {
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| error.to_string())?;
    let discovered = ProviderMetadataWithLogout::discover_async(issuer, http).await;
    // The library has compared the issuer that it names with the one of the settings, as the
    // standard has it.
    let metadata = discovered.map_err(|error| chain(&error))?;
    let token = metadata.token_endpoint().ok_or("it says nowhere to exchange a code")?;
    let logout = metadata.additional_metadata().end_session_endpoint.as_ref();
    let named = [
        ("the page to log in at", metadata.authorization_endpoint().url()),
        ("the address at which codes are exchanged", token.url()),
        ("the address of its keys", metadata.jwks_uri().url()),
    ];
    let logout = logout.map(|url| ("the page to log out at", url.url()));
    for (what, url) in named.into_iter().chain(logout) {
        // Those may have a query.
        let mut bare = url.clone();
        bare.set_query(None);
        // The issuer was checked in the settings, but it may name any address of its own: a secret
        // would go there in plain text.
        safe_address(what, bare.as_str()).map_err(|error| error.to_string())?;
    }
    Ok(metadata)
}

/// An error with all its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
