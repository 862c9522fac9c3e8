//! Logins of people in their browsers, as the routes of the router need them.

use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use pogo_api::wire::LoginChoice;

/// Lets people log in with their browsers.
#[async_trait]
pub(crate) trait BrowserLogin: Send + Sync {
    /// By what people can log in.
    fn choices(&self) -> Vec<LoginChoice>;

    /// Leads a browser to where somebody logs in; `None` if there is no such login. `to` is where to go on later.
    async fn begin(&self, name: &str, to: &str) -> Option<Response>;

    /// Whoever comes back from there, with these parameters; `None` if there is no such login.
    async fn finish(&self, name: &str, request: &Parts) -> Option<Response>;

    /// The session of a request: by what its person logged in, and for how many milliseconds it lasts at most.
    fn session(&self, headers: &HeaderMap) -> Option<(String, u64)>;

    /// Ends the session of a request.
    fn end(&self, headers: &HeaderMap) -> Response;
}
