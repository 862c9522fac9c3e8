//! A service of a shop that has pogo's API below `/tools/pogo`, for whoever the shop's own login knows. The page is
//! left out: without the feature `page` there is none.
//!
//! ```sh
//! cargo run -p pogo-web --example own_login
//! curl -H 'Cookie: shop=s-4711' http://127.0.0.1:7649/tools/pogo/v1/namespaces/default/jobs
//! ```

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::request::Parts;
use axum::routing::get;
use pogo_core::dispatcher::{Dispatcher, Handle};
use pogo_core::scheduler::Actor;
use pogo_core::testing::{TestBehavior, TestTransport};
use pogo_web::{AuthError, Authenticator, Identity, RouterState, ServedNamespace, router};

/// The login that the shop has anyhow.
struct ShopLogin;

#[async_trait]
impl Authenticator for ShopLogin {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let cookies = request.headers.get("cookie").and_then(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.unwrap_or_default().split("; ");
        let session = pairs.find_map(|pair| pair.strip_prefix("shop="));
        let name = session
            .and_then(whose)
            .ok_or_else(|| AuthError::unauthenticated("log in to the shop first"))?;
        Ok(Identity::new(Actor::new(name).over("shop")))
    }
}

/// Whose session of the shop this is.
fn whose(session: &str) -> Option<&'static str> {
    (session == "s-4711").then_some("alice")
}

/// The service: what it does besides, and pogo.
pub(crate) fn service(handle: Handle) -> Result<Router, Box<dyn Error>> {
    let state = RouterState::builder(Arc::new(ShopLogin))
        .namespace("default".parse()?, ServedNamespace::new(handle))
        .build();
    let shop = Router::new().route("/", get(async || "the shop"));
    Ok(shop.nest("/tools/pogo", router(state)))
}

#[tokio::main]
#[allow(dead_code, reason = "a test takes the service alone")]
async fn main() -> Result<(), Box<dyn Error>> {
    let transport = TestTransport::new(|_| TestBehavior::Succeed);
    let (dispatcher, handle) = Dispatcher::builder(Arc::new(transport)).build().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7649").await?;
    let serving = axum::serve(listener, service(handle)?);
    tokio::select! {
        ended = dispatcher.run() => ended.map(drop)?,
        served = async { serving.await } => served?,
    }
    Ok(())
}
