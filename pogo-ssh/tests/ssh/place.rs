//! Where a case runs: on a loopback host, or on OpenSSH.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_ssh::SshTransportBuilder;
use pogo_ssh::loopback::LoopbackFleet;

use crate::attempt::{Report, TestAttempt};
use crate::openssh::OpenSsh;

/// A host, and a transport that may log in to it.
pub(crate) struct Place {
    pub(crate) transport: SshTransportBuilder,
    pub(crate) connection: Connection,
    /// For the case's own files.
    pub(crate) directory: PathBuf,
    server: Server,
}

enum Server {
    Loopback(Box<LoopbackFleet>),
    #[expect(dead_code, reason = "kept for as long as the place is")]
    OpenSsh(Box<OpenSsh>),
}

impl Place {
    pub(crate) async fn loopback() -> Self {
        let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
        Self {
            transport: fleet.transport(),
            connection: fleet.connection("web1").unwrap(),
            directory: fleet.directory().to_owned(),
            server: Server::Loopback(Box::new(fleet)),
        }
    }

    pub(crate) fn openssh() -> Self {
        let server = OpenSsh::start();
        Self {
            transport: server.transport(),
            connection: server.connection(),
            directory: server.directory.path().to_owned(),
            server: Server::OpenSsh(Box::new(server)),
        }
    }

    pub(crate) fn attempt(&self, command: RemoteCommand) -> TestAttempt {
        TestAttempt::to("web1", self.connection.clone(), command)
    }

    pub(crate) async fn run(&self, command: RemoteCommand) -> Report {
        let transport = self.transport.clone().build().unwrap();
        self.attempt(command).run(&transport).await
    }

    /// Cuts all links, where the place can.
    pub(crate) fn cut_connections(&self) -> Option<impl Fn() + '_> {
        match &self.server {
            Server::Loopback(fleet) => Some(|| fleet.host("web1").unwrap().cut_connections()),
            Server::OpenSsh(_) => None,
        }
    }

    /// A line for the shell.
    pub(crate) async fn sh(&self, line: &str) -> Report {
        self.run(RemoteCommand::shell(line)).await
    }

    /// Puts a file where the host finds it.
    pub(crate) fn file(&self, path: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    pub(crate) fn path(&self, path: &str) -> String {
        self.directory.join(path).display().to_string()
    }
}

/// Makes two tests of each case: one on a loopback host, one on OpenSSH's server.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($place:ident: Place) $body:block)*) => {
        $($(#[$attribute])* async fn $name($place: $crate::place::Place) $body)*
        mod loopback {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::place::Place::loopback().await).await;
            })*
        }
        mod openssh {
            $(#[tokio::test]
            async fn $name() {
                if $crate::openssh::is_there(concat!(module_path!(), "::", stringify!($name))) {
                    super::$name($crate::place::Place::openssh()).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;
