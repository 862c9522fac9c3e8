//! The API on a socket that the members of a group may open.

use std::sync::Arc;

use pogo_web::unix::{Access, ServeOptions, Socket, serve};
use pogo_web::{Limits, PeerAccounts, RouterState, SharedGrants, router};

use super::Place;
use super::group_socket::GroupSocket;
use super::log::ServiceLog;
use super::program_name::program_name;
use super::role::{Role, Serving};
use crate::exit::CliError;

/// Listens for the members of the group, each of whom is known by their account.
pub(super) fn start(
    at: &GroupSocket,
    place: &Place,
    role: &Role,
    grants: SharedGrants,
) -> Result<(RouterState, Serving), CliError> {
    let socket = Socket::bind(&at.path, Access::Group(at.group)).map_err(CliError::usage)?;
    let builder = RouterState::builder(Arc::new(PeerAccounts::shared()))
        .grants(grants)
        .server(program_name())
        .request_log(Arc::new(ServiceLog))
        .limits(Limits::new());
    let state = role.of(builder, place.namespace()).build();
    let answers = router(state.clone());
    let serving = Serving::spawn(|stopped| serve(socket, answers, ServeOptions::new(), stopped.wait()));
    Ok((state, serving))
}
