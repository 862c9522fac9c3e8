//! The page and the API on a port of this machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pogo_web::axum::Router;
use pogo_web::tcp::{ServeOptions, serve};
use pogo_web::{AnyOf, Authenticator, Identity, Limits, RouterState, SharedGrants, Tokens, router};
use tokio::net::TcpListener;

use super::Place;
use super::config_file::ServiceConfig;
use super::log::ServiceLog;
use super::program_name::program_name;
use super::role::{Role, Serving};
use crate::access::tokens_of;
use crate::actor::account;
use crate::exit::CliError;
use crate::report;

/// One token does not keep the others from being answered: these are what it takes to read the output of a large job.
const REQUESTS: u32 = 20_000;

/// 128 bits from the system, as text.
fn random_token() -> Result<String, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(CliError::broken)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Listens, and prints the address of the page with a token that nobody else has.
pub(super) async fn start(
    address: SocketAddr,
    place: &Place,
    role: &Role,
    (config, grants): (&ServiceConfig, SharedGrants),
) -> Result<(RouterState, Serving), CliError> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        CliError::usage(format!(
            "cannot listen on {address}: {error}; name another port with --listen"
        ))
    })?;
    let address = listener.local_addr().map_err(CliError::broken)?;
    let token = random_token()?;
    let tokens = Tokens::new().identity(
        &token,
        Identity::new(account().with_token("printed at the start")).as_owner(),
    );
    let ways: [Arc<dyn Authenticator>; 2] = [Arc::new(tokens), Arc::new(tokens_of(place.local()))];
    #[cfg(feature = "jwt")]
    let ways = ways.into_iter().chain(super::issuers::authenticator(&config.issuers)?);
    #[cfg(feature = "oidc")]
    let logins = config.browser_logins(Some(address))?;
    // Asked last: what it says is for people, who are asked to log in.
    #[cfg(feature = "oidc")]
    let ways = ways
        .into_iter()
        .chain(logins.clone().map(|logins| Arc::new(logins) as _));
    let builder = RouterState::builder(Arc::new(AnyOf::new(ways)))
        .grants(grants)
        .server(program_name())
        .request_log(Arc::new(ServiceLog))
        .limits(Limits::new().rate(REQUESTS, Duration::from_secs(20)));
    #[cfg(feature = "oidc")]
    let builder = match logins {
        Some(logins) => builder.logins(logins),
        None => builder,
    };
    let state = role.of(builder, place.namespace()).build();
    let answers = router(state.clone());
    let serving = spawn(listener, answers, config)?;
    report::print(&format!("{}/page/#token={token}\n", config.url(address)))?;
    Ok((state, serving))
}

fn spawn(listener: TcpListener, answers: Router, config: &ServiceConfig) -> Result<Serving, CliError> {
    #[cfg(feature = "tls")]
    if let Some(files) = &config.tls {
        let certificate = files.open()?;
        return Ok(Serving::spawn(|stopped| {
            pogo_web::tls::serve(listener, certificate, answers, ServeOptions::new(), stopped.wait())
        }));
    }
    config.check_port()?;
    Ok(Serving::spawn(|stopped| {
        serve(listener, answers, ServeOptions::new(), stopped.wait())
    }))
}
