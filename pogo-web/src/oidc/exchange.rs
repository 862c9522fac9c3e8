//! The way to a provider, and back: where to log in, and who came back.

use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::attempt::LoginAttempt;
use super::claims::{OidcClient, all_of, signed_by};
use super::http::Http;
use super::metadata::{Metadata, chain};
use super::provider::OidcProvider;
use crate::jwt::person;
use crate::{AuthError, Identity};

/// The client of one provider, with what that has said of itself.
pub(super) struct KnownProvider {
    pub(super) provider: OidcProvider,
    redirect: RedirectUrl,
    /// Where browsers come back to that have logged out there.
    home: PostLogoutRedirectUrl,
    metadata: Metadata,
}

/// Somebody who has logged in.
pub(super) struct Person {
    pub(super) identity: Identity,
    /// Where their browser logs out there, if it can.
    pub(super) end_session: Option<SecretString>,
}

/// Where a browser is sent to log in, and what it has to come back with.
pub(super) struct LoginRequest {
    pub(super) url: Url,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Why nobody is logged in.
#[derive(Debug)]
pub(super) enum LoginError {
    /// The provider cannot be asked, or says what it must not.
    Provider(String),
    /// The code is none, or was exchanged before.
    Code(String),
    /// The token is not one for this login.
    Token(String),
    /// The token is right, and whoever it names is not let in.
    Person(AuthError),
}

impl KnownProvider {
    pub(super) fn new(provider: OidcProvider, redirect: RedirectUrl, home: PostLogoutRedirectUrl) -> Self {
        Self {
            provider,
            redirect,
            home,
            metadata: Metadata::default(),
        }
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> OidcClient {
        let provider = &self.provider;
        // Most take both; some take the secret in the body alone.
        let methods = metadata.token_endpoint_auth_methods_supported();
        let has = |method: &CoreClientAuthMethod| methods.is_none_or(|methods| methods.contains(method));
        let in_body = methods.is_some() && !has(&CoreClientAuthMethod::ClientSecretBasic);
        let secret = provider.secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let client = OidcClient::from_provider_metadata(metadata, ClientId::new(provider.client.clone()), secret);
        let client = client.set_redirect_uri(self.redirect.clone());
        match in_body {
            true => client.set_auth_type(AuthType::RequestBody),
            false => client,
        }
    }

    /// A new login: each has its own state, nonce and verifier.
    pub(super) async fn login_request(&self, http: &Http) -> Result<LoginRequest, LoginError> {
        let metadata = self.metadata.get(&self.provider, http).await;
        let client = self.client(metadata.map_err(LoginError::Provider)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        // `openid` is added by the library itself.
        let scopes = self.provider.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(LoginRequest {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Who came back with this code.
    pub(super) async fn person(&self, http: &Http, attempt: LoginAttempt, code: String) -> Result<Person, LoginError> {
        let metadata = self.metadata.get(&self.provider, http).await;
        let metadata = metadata.map_err(LoginError::Provider)?;
        let client = self.client(metadata.clone());
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|error| LoginError::Provider(error.to_string()))?;
        // Without it a code that somebody has seen in a log or in a history could be exchanged by
        // them.
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier));
        let answer = request.request_async(http).await;
        let answer = answer.map_err(|error| match error {
            // Without what it has sent: a token is in it.
            RequestTokenError::Parse(error, _) => LoginError::Token(error.inner().to_string()),
            error => LoginError::Code(chain(&error)),
        })?;
        let token = answer.id_token();
        let token = token.ok_or_else(|| LoginError::Token("it has sent no ID token".to_owned()))?;
        let nonce = Nonce::new(attempt.nonce);
        let algorithms = || self.provider.algorithms.iter().copied().map(signed_by);
        let checked = token.claims(&client.id_token_verifier().set_allowed_algs(algorithms()), &nonce);
        let claims = match checked {
            Ok(claims) => all_of(claims),
            // Providers change their keys without a word: the one of this token may be newer than
            // what was read of them.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let metadata = self.metadata.refreshed(&self.provider, http).await;
                let client = self.client(metadata.map_err(LoginError::Provider)?);
                let verifier = client.id_token_verifier().set_allowed_algs(algorithms());
                let checked = token.claims(&verifier, &nonce);
                all_of(checked.map_err(|error| LoginError::Token(chain(&error)))?)
            }
            Err(error) => return Err(LoginError::Token(chain(&error))),
        };
        let claims = claims.ok_or_else(|| LoginError::Token("its claims are no map".to_owned()))?;
        let identity = person(&claims, &self.provider.person).map_err(LoginError::Person)?;
        let end_session = self.end_session(&metadata, token, &self.home);
        Ok(Person { identity, end_session })
    }
}
