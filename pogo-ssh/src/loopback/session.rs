//! The server side of one connection.

use std::collections::HashMap;
use std::sync::Arc;

use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, Response, Session as Connection, VerifiedPublicKey};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use super::fault::Fault;
use super::gauge::Handshake;
use super::host::LoopbackHost;
use super::shared::FleetShared;
use super::shell::ServerExecution;

/// One connection to a host.
pub(super) struct ServerSession {
    host: Arc<LoopbackHost>,
    shared: Arc<FleetShared>,
    /// Notified to close the connection.
    break_link: Arc<Notify>,
    /// Counted until the login succeeds.
    handshake: Arc<Handshake>,
    /// Channels without a command so far.
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl ServerSession {
    pub(super) fn new(
        host: Arc<LoopbackHost>,
        shared: Arc<FleetShared>,
        break_link: Arc<Notify>,
        handshake: Arc<Handshake>,
    ) -> Self {
        Self {
            handshake,
            host,
            shared,
            break_link,
            channels: HashMap::new(),
        }
    }

    fn judge(&self, method: MethodKind, is_right: bool) -> Auth {
        self.host.count_login();
        let fault = self.host.fault();
        let methods = login_methods(fault);
        if is_right && methods.contains(&method) && fault != Some(Fault::RefuseLogin) {
            return Auth::Accept;
        }
        // The library's default would no longer offer the method just tried.
        Auth::Reject {
            proceed_with_methods: Some(methods),
            partial_success: false,
        }
    }

    fn is_password(&self, text: &[u8]) -> bool {
        text == self.shared.password.expose_secret().as_bytes()
    }
}

impl Handler for ServerSession {
    type Error = russh::Error;

    async fn auth_succeeded(&mut self, _connection: &mut Connection) -> Result<(), russh::Error> {
        self.handshake.end();
        Ok(())
    }

    async fn auth_publickey(&mut self, _user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(self.judge(
            MethodKind::PublicKey,
            key.public_key.key_data() == self.shared.client_key.key_data(),
        ))
    }

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, russh::Error> {
        Ok(self.judge(MethodKind::Password, self.is_password(password.as_bytes())))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        answers: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        Ok(match answers {
            None => Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            },
            Some(mut answers) => {
                let is_right = answers.next().is_some_and(|answer| self.is_password(&answer));
                self.judge(MethodKind::KeyboardInteractive, is_right)
            }
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _connection: &mut Connection,
    ) -> Result<(), russh::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        line: &[u8],
        connection: &mut Connection,
    ) -> Result<(), russh::Error> {
        let Some(channel) = self.channels.remove(&id) else {
            return connection.channel_failure(id);
        };
        connection.channel_success(id)?;
        let execution = ServerExecution {
            host: Arc::clone(&self.host),
            shared: Arc::clone(&self.shared),
            break_link: Arc::clone(&self.break_link),
            handle: connection.handle(),
            line: String::from_utf8_lossy(line).into_owned(),
        };
        // The command outlives the connection, as with a real server.
        tokio::spawn(execution.run(channel));
        Ok(())
    }
}

/// The login methods of a host.
pub(super) fn login_methods(fault: Option<Fault>) -> MethodSet {
    let methods: &[MethodKind] = match fault {
        Some(Fault::AsksForPassword) => &[MethodKind::KeyboardInteractive],
        _ => &[MethodKind::PublicKey, MethodKind::Password],
    };
    MethodSet::from(methods)
}
