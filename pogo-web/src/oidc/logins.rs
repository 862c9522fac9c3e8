//! Logins by providers.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use openidconnect::{PostLogoutRedirectUrl, RedirectUrl};
use pogo_api::wire::{LoggedOut, LoginChoice};
use pogo_core::scheduler::Answer;
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use super::attempt::{LoginAttempts, NewLoginAttempt, RejectedLogin, TIME};
use super::callback::Callback;
use super::cookie::{ATTEMPT, SESSION};
use super::exchange::{KnownProvider, LoginError, Person};
use super::http::Http;
use super::pages::{problem, problem_of_begin};
use super::provider::{InvalidProvider, OidcProvider, safe_address};
use super::sessions::{SessionLimits, Sessions};
use super::words::{denied, no_attempt};
use crate::browser_login::BrowserLogin;
use crate::cross_origin::says_its_origin;
use crate::json::document;
use crate::{AuthError, Authenticator, Identity};

/// How many are let in at once: each asks a provider.
const AT_ONCE: usize = 16;
/// The most characters of where somebody goes on.
const MOST_TO: usize = 2_000;

/// Lets people log in with their browsers, by OIDC providers: the authorization code flow with PKCE. Who has logged in
/// has a session, in a cookie that no script and no other server sees.
///
/// It is given to the router by [`logins`](crate::RouterStateBuilder::logins), and is an authenticator as well, to be
/// asked with others by [`AnyOf`](crate::AnyOf). What changes something by a session has to say which page it is from,
/// as all browsers do: see `SameSite`, `Sec-Fetch-Site` and `Origin`.
///
/// Sessions are in memory alone, and end with the process. Whoever logs out is led to log out at the provider too, if
/// that has a page for it.
#[derive(Clone)]
pub struct OidcLogins(Arc<Shared>);

struct Shared {
    known_providers: Vec<KnownProvider>,
    url: String,
    is_secure: bool,
    http: Http,
    attempts: LoginAttempts,
    sessions: Sessions,
    permits: Semaphore,
    log: Box<dyn Fn(&str) + Send + Sync>,
}

impl OidcLogins {
    /// Logins by these providers, for browsers that reach the router at this address: of its root, as people type it,
    /// such as `https://pogo.example.com` or `https://tools.example.com/pogo`. Providers send people back to
    /// `login/NAME/callback` below it, and have to know that address.
    ///
    /// # Errors
    /// The address is neither at `https:` nor on this machine, two providers have one name, or HTTPS cannot be used
    /// here.
    pub fn new(
        url: &str,
        providers: impl IntoIterator<Item = OidcProvider>,
        limits: SessionLimits,
    ) -> Result<Self, InvalidProvider> {
        let base = safe_address("the address of this server", url)?;
        let url = base.as_str().trim_end_matches('/').to_owned();
        let mut known_providers: Vec<KnownProvider> = vec![];
        for provider in providers {
            if known_providers.iter().any(|known| known.provider.name == provider.name) {
                return Err(InvalidProvider::new(format!(
                    "two logins are called `{}`",
                    provider.name
                )));
            }
            let redirect = RedirectUrl::new(format!("{url}/login/{}/callback", provider.name));
            let redirect = redirect.map_err(|error| InvalidProvider::new(error.to_string()))?;
            let home = PostLogoutRedirectUrl::new(format!("{url}/page/"));
            let home = home.map_err(|error| InvalidProvider::new(error.to_string()))?;
            known_providers.push(KnownProvider::new(provider, redirect, home));
        }
        let none = |_| InvalidProvider::new("this machine has no source of random numbers");
        Ok(Self(Arc::new(Shared {
            known_providers,
            url,
            is_secure: base.scheme() == "https",
            http: Http::new().map_err(|error| InvalidProvider::new(error.to_string()))?,
            attempts: LoginAttempts::new().map_err(none)?,
            sessions: Sessions::new(limits),
            permits: Semaphore::new(AT_ONCE),
            log: Box::new(|_| {}),
        })))
    }

    /// Calls this with what goes wrong and who logs in, for the log of the server: answers to logins say less.
    #[must_use]
    pub fn on_event(self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(mut shared) => {
                shared.log = Box::new(log);
                Self(Arc::new(shared))
            }
            // Shared already, so somebody may be logging in: it is left as it is rather than
            // changed under them.
            Err(shared) => Self(shared),
        }
    }

    /// Asks each provider what it says of itself.
    ///
    /// # Errors
    /// One cannot be asked, or says what it must not.
    pub async fn check(&self) -> Result<(), InvalidProvider> {
        for known in &self.0.known_providers {
            let request = known.login_request(&self.0.http).await;
            request.map_err(|error| InvalidProvider::new(format!("{}: {}", known.provider.issuer, error.reason())))?;
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Option<&KnownProvider> {
        self.0
            .known_providers
            .iter()
            .find(|known| *known.provider.name == *name)
    }

    async fn start(&self, known: &KnownProvider, to: &str) -> Result<Response, LoginError> {
        let shared = &*self.0;
        let request = known.login_request(&shared.http).await?;
        let begun = shared.attempts.begin(NewLoginAttempt {
            state: &request.state,
            nonce: &request.nonce,
            verifier: &request.verifier,
            provider: &known.provider.name,
            to: within_page(to),
        });
        let sealed = begun.map_err(|_| LoginError::Provider("there are no random numbers".to_owned()))?;
        let cookie = ATTEMPT.give(&sealed, TIME.as_secs(), shared.is_secure);
        Ok(redirect(request.url.as_str(), cookie))
    }

    /// Lets in whoever comes back, or says why not in a page.
    async fn let_in(&self, known: &KnownProvider, request: &Parts) -> Response {
        let shared = &*self.0;
        let name = &*known.provider.name;
        let Callback {
            state,
            code,
            error,
            iss,
        } = Callback::from_query(request.uri.query());
        let cookie = ATTEMPT.of(&request.headers, shared.is_secure);
        // Before anything else that came back is looked at: until here it may be an address that
        // somebody was made to follow.
        let attempt = match shared.attempts.finish(cookie, &state, name) {
            Ok(attempt) => attempt,
            Err(none) => {
                self.say(format_args!("a login by {name} came back that is none: {none:?}"));
                return no_attempt(none, &shared.url);
            }
        };
        // One provider must not send back what was begun with another.
        if iss.is_some_and(|iss| iss != known.provider.issuer) {
            self.say(format_args!("a login by {name} came back from another issuer"));
            return no_attempt(RejectedLogin::AnotherState, &shared.url);
        }
        let Some(code) = code.filter(|_| error.is_none()) else {
            self.say(format_args!(
                "a login by {name} failed there: {}",
                error.as_deref().unwrap_or("no code")
            ));
            return denied(error.as_deref());
        };
        // Refused rather than kept waiting: a code lives shortly, and would be too old at the end
        // of a queue.
        let Ok(_permit) = shared.permits.try_acquire() else {
            let said = "Too many people log in at this moment.";
            return problem(StatusCode::SERVICE_UNAVAILABLE, said, "Log in again in a minute.");
        };
        let to = attempt.to.clone();
        match known.person(&shared.http, attempt, code).await {
            Ok(person) => self.begin_session(person, known, &to),
            Err(error) => {
                self.say(format_args!("a login by {name} failed: {}", error.reason()));
                let (status, said, cure) = error.answer(&known.provider.title);
                problem(status, &said, cure)
            }
        }
    }

    fn begin_session(&self, person: Person, known: &KnownProvider, to: &str) -> Response {
        let (sessions, is_secure) = (&self.0.sessions, self.0.is_secure);
        let who = person.identity.actor.to_string();
        let Ok(session) = sessions.begin(person, &known.provider.title) else {
            let said = "There are no random numbers for a session.";
            return problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                said,
                "Tell whoever runs this server.",
            );
        };
        self.say(format_args!("{who} has logged in"));
        let cookie = SESSION.give(&session, sessions.limits.lifetime.as_secs(), is_secure);
        // Relative: a proxy may have put this server below a path that it does not know.
        let mut response = redirect(&format!("../../page/{to}"), cookie);
        if let Some(gone) = ATTEMPT.take_away(is_secure) {
            response.headers_mut().append(SET_COOKIE, gone);
        }
        response
    }

    fn say(&self, what: std::fmt::Arguments<'_>) {
        (self.0.log)(&what.to_string());
    }
}

impl std::fmt::Debug for OidcLogins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.known_providers.iter().map(|known| &known.provider.name);
        f.debug_list().entries(names).finish()
    }
}

/// The fragment of the page to come back to, and an empty one for anything else.
fn within_page(to: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\' && byte != b'"';
    // Only what is behind a `#`: a path or an address would lead people from a login they trust to
    // anywhere.
    match to.starts_with("#/") && to.len() <= MOST_TO && to.bytes().all(is_plain) {
        true => to,
        false => "",
    }
}

fn redirect(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut headers = HeaderMap::new();
    // A cached answer would give one person's cookie to the next.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(to) = HeaderValue::from_str(to) {
        headers.insert(LOCATION, to);
    }
    if let Some(cookie) = cookie {
        headers.insert(SET_COOKIE, cookie);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[async_trait]
impl Authenticator for OidcLogins {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let cookie = SESSION.of(&request.headers, self.0.is_secure);
        let Some(cookie) = cookie else {
            return Err(AuthError::unauthenticated("log in, or give a token"));
        };
        let Some(found) = self.0.sessions.find(cookie) else {
            return Err(AuthError::unauthenticated(
                "your login has ended: it was too long ago, or the server was restarted; log in again",
            ));
        };
        // A browser sends the cookie for whoever asks; only what it says of the page tells ours from others.
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        if !reads && !says_its_origin(request) {
            return Err(AuthError::not_allowed(
                "an order by a login has to say which page it is from, as browsers do; programs take a token",
            ));
        }
        Ok(found.identity)
    }
}

#[async_trait]
impl BrowserLogin for OidcLogins {
    fn choices(&self) -> Vec<LoginChoice> {
        let choice = |known: &KnownProvider| LoginChoice::new(&*known.provider.name, &known.provider.title);
        self.0.known_providers.iter().map(choice).collect()
    }

    async fn begin(&self, name: &str, to: &str) -> Option<Response> {
        let known = self.known(name)?;
        let started = self.start(known, to).await;
        Some(started.unwrap_or_else(|error| {
            self.say(format_args!("no login by {name} can begin: {}", error.reason()));
            let (status, said, cure) = error.answer(&known.provider.title);
            problem_of_begin(status, &said, cure)
        }))
    }

    async fn finish(&self, name: &str, request: &Parts) -> Option<Response> {
        let known = self.known(name)?;
        Some(self.let_in(known, request).await)
    }

    fn session(&self, headers: &HeaderMap) -> Option<(String, u64)> {
        let found = self.0.sessions.find(SESSION.of(headers, self.0.is_secure)?)?;
        Some((
            found.provider,
            u64::try_from(found.left.as_millis()).unwrap_or(u64::MAX),
        ))
    }

    fn end(&self, headers: &HeaderMap) -> Response {
        let cookie = SESSION.of(headers, self.0.is_secure);
        let end_session = cookie.and_then(|cookie| self.0.sessions.end(cookie));
        let end_session = end_session.map(|url| url.expose_secret().to_owned());
        let mut response = document(&LoggedOut::new(Answer::Done, end_session)).into_response();
        if let Some(gone) = SESSION.take_away(self.0.is_secure) {
            response.headers_mut().insert(SET_COOKIE, gone);
        }
        response
    }
}
