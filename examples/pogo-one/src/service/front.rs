//! What answers for a namespace on this machine: its socket, and what else is listened on.

use std::sync::Arc;

use pogo_api::wire::NamespaceName;
use pogo_web::unix::{Access, ServeOptions, Socket, SocketError};
use pogo_web::{PeerAccounts, RouterState, SharedGrants, router};

use super::config_file::ServiceConfig;
use super::log::ServiceLog;
use super::program_name::program_name;
use super::role::{Role, Serving};
use super::{Place, listen, shared};
use crate::exit::CliError;
use crate::store::NotServed;

/// The socket of a namespace on this machine, of which there is one.
pub(super) struct LocalSocket(Socket);

impl LocalSocket {
    /// Listens, unless another process does. Whoever connects waits until it is served.
    pub(super) fn bind(place: &Place) -> Result<Self, NotServed> {
        place.prepare()?;
        match Socket::bind(place.socket(), Access::Personal) {
            Ok(socket) => Ok(Self(socket)),
            Err(SocketError::InUse { .. }) => Err(NotServed::Held("another process of this machine".to_owned())),
            Err(error) => Err(NotServed::Other(CliError::broken(error))),
        }
    }
}

/// All of it.
pub(super) struct Front {
    name: NamespaceName,
    /// Of whoever connects to the socket of this machine.
    local: RouterState,
    others: Vec<RouterState>,
    serving: Vec<Serving>,
}

impl Front {
    /// Answers on the socket of this machine.
    pub(super) fn local(place: &Place, socket: LocalSocket, role: &Role) -> Self {
        let builder = RouterState::builder(Arc::new(PeerAccounts::personal()))
            .server(program_name())
            .request_log(Arc::new(ServiceLog));
        let local = role.of(builder, place.namespace()).build();
        let answers = router(local.clone());
        let serving =
            Serving::spawn(|stopped| pogo_web::unix::serve(socket.0, answers, ServeOptions::new(), stopped.wait()));
        Self {
            name: place.namespace().clone(),
            local,
            others: vec![],
            serving: vec![serving],
        }
    }

    /// Answers as well on what the configuration of a service names.
    pub(super) async fn listen(
        &mut self,
        place: &Place,
        (config, grants): (&ServiceConfig, &SharedGrants),
        role: &Role,
    ) -> Result<(), CliError> {
        if let Some(socket) = &config.socket {
            let (state, serving) = shared::start(socket, place, role, grants.clone())?;
            self.others.push(state);
            self.serving.push(serving);
        }
        if let Some(address) = config.listen {
            let (state, serving) = listen::start(address, place, role, (config, grants.clone())).await?;
            self.others.push(state);
            self.serving.push(serving);
        }
        Ok(())
    }

    /// What this process is from now on.
    pub(super) fn set(&self, role: &Role) {
        for state in self.others.iter().chain([&self.local]) {
            match role {
                Role::Serves(namespace) => state.serve(self.name.clone(), namespace.clone()),
                Role::StandsBy(standby) => state.stand_by(self.name.clone(), standby.clone()),
            }
        }
    }

    /// Who asks on this machine.
    pub(super) fn state(&self) -> &RouterState {
        &self.local
    }

    /// Ends streams, answers what was received, and leaves the socket to the next.
    pub(super) async fn stop(self) {
        for serving in self.serving {
            serving.stop().await;
        }
    }
}
