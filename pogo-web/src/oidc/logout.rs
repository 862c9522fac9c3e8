//! Logging out at the provider too: "RP-Initiated Logout" of OpenID Connect.

use openidconnect::core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, IdToken, LogoutRequest, PostLogoutRedirectUrl, ProviderMetadataWithLogout};
use secrecy::SecretString;

use super::claims::OtherClaims;
use super::exchange::KnownProvider;

/// The most characters of such an address. Longer ones are refused by servers and by proxies in front of them.
const MOST: usize = 6_000;

/// A token that says who has logged in.
pub(super) type IdTokenOfPerson =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

impl KnownProvider {
    /// Where a browser goes to end the session that it has there; `None` where the provider has no such page.
    ///
    /// The token is in it, by which the provider knows whose session ends and need not ask. So it is a secret, and goes
    /// to that browser alone.
    pub(super) fn end_session(
        &self,
        metadata: &ProviderMetadataWithLogout,
        token: &IdTokenOfPerson,
        home: &PostLogoutRedirectUrl,
    ) -> Option<SecretString> {
        let page = metadata.additional_metadata().end_session_endpoint.clone();
        let page = page.filter(|_| !self.provider.keeps_session)?;
        let request = || {
            LogoutRequest::from(page.clone())
                .set_client_id(ClientId::new(self.provider.client.clone()))
                .set_post_logout_redirect_uri(home.clone())
        };
        let whole = request().set_id_token_hint(token).http_get_url();
        // A token with many groups: the provider asks whom it logs out.
        let url = if whole.as_str().len() > MOST {
            request().http_get_url()
        } else {
            whole
        };
        Some(String::from(url).into())
    }
}
