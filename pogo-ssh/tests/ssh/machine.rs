//! A machine that restarts: a network namespace with a server of its own, which goes away and comes back, and a boot
//! id.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use pogo_core::fleet::Connection;
use pogo_ssh::SshTransportBuilder;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;

use crate::network::Network;
use crate::openssh::{self, OpenSsh};

/// The machine; gone when dropped.
pub(crate) struct Machine {
    server: Option<OpenSsh>,
    network: Network,
    /// What its own programs write to, and its boot id.
    lab: TempDir,
}

/// Stands in for the programs that restart a machine: asks whoever plays the hardware, and returns or stays.
const POWER: &str = "#!/bin/sh\necho \"${0##*/} $*\" >'LAB/power'\n";

impl Machine {
    /// A machine at an address that no other test uses. `None`, and a word on standard error, where this process may
    /// not make one.
    pub(crate) fn start(test: &str, number: u8) -> Option<Self> {
        if !openssh::is_there(test) {
            return None;
        }
        let network = Network::lay(test, number)?;
        let lab = tempfile::tempdir().unwrap();
        fs::create_dir(lab.path().join("bin")).unwrap();
        for program in ["systemctl", "shutdown", "reboot"] {
            let path = lab.path().join("bin").join(program);
            fs::write(&path, POWER.replace("LAB", &lab.path().display().to_string())).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let made = Command::new("mkfifo").arg(lab.path().join("power")).status();
        assert!(made.unwrap().success());
        let mut machine = Self {
            server: None,
            network,
            lab,
        };
        machine.set_boot_id("first");
        let server = OpenSsh::start_at(&machine.network.there(), &machine.inside(), "");
        machine.server = Some(server);
        Some(machine)
    }

    /// A command line that runs the rest of it on the machine.
    fn inside(&self) -> Vec<String> {
        let mount = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
        let boot_id = self.lab.path().join("boot_id").display().to_string();
        let elsewhere = self.network.elsewhere().map(str::to_owned);
        let shell = ["sh", "-c", mount].map(str::to_owned);
        elsewhere.into_iter().chain(shell).chain([boot_id]).collect()
    }

    fn server(&self) -> &OpenSsh {
        self.server.as_ref().unwrap()
    }

    /// Where its programs are.
    pub(crate) fn search_path(&self) -> String {
        format!("{}/bin:/usr/bin:/bin", self.lab.path().display())
    }

    /// What the kernel says from now on; it stays one file, which is mounted.
    pub(crate) fn set_boot_id(&self, id: &str) {
        fs::write(self.lab.path().join("boot_id"), format!("{id}\n")).unwrap();
    }

    /// Waits until a program on the machine asks for a restart. Gives the program's words.
    pub(crate) async fn asked(&self) -> String {
        // Opened for writing too, it does not end before the first writer has come. A thread that waits for one would
        // outlive a test that fails.
        let power = pipe::OpenOptions::new()
            .read_write(true)
            .open_receiver(self.lab.path().join("power"));
        let mut line = String::new();
        BufReader::new(power.unwrap()).read_line(&mut line).await.unwrap();
        line.trim().to_owned()
    }

    /// Goes away: what serves connections ends, and new ones are refused.
    pub(crate) fn go_down(&mut self) {
        self.server.as_mut().unwrap().stop();
    }

    /// Comes back in another boot.
    pub(crate) fn come_back(&mut self, boot_id: &str) {
        self.set_boot_id(boot_id);
        // What ran in the boot before holds nothing any more.
        let _ = fs::remove_dir_all(self.path("locks"));
        self.server.as_mut().unwrap().start_again();
    }

    pub(crate) fn drop_packets(&self) {
        self.network.drop_packets();
    }

    pub(crate) fn pass_packets(&self) {
        self.network.pass_packets();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.server().path(name)
    }

    /// Is installed anew while it is away.
    pub(crate) fn change_host_key(&self) {
        for name in ["host_ed25519", "host_ed25519.pub"] {
            fs::remove_file(self.path(name)).unwrap();
        }
        openssh::generate_key(self.server().directory.path(), "host_ed25519", "ed25519");
    }

    /// Waits until somebody has logged in once more.
    pub(crate) async fn next_login(&self) {
        self.server().logged("Accepted ").await;
    }

    /// Waits until a login was refused.
    pub(crate) async fn next_refusal(&self) {
        self.server().logged("Connection closed by authenticating user").await;
    }

    pub(crate) fn transport(&self) -> SshTransportBuilder {
        self.server().transport()
    }

    pub(crate) fn connection(&self) -> Connection {
        self.server().connection()
    }
}
