//! `SendEnv *` and a host that takes everything: a variable that is secret leaves over standard input alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pogo_core::dispatcher::Transport;
use pogo_core::fleet::Connection;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_ssh::{ClientConfig, JobInputs, SshTransportBuilder};

use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh};

/// A variable that this process has from cargo, and another: their values stand for those that a program takes from its
/// own environment.
const SECRET: &str = "CARGO_PKG_NAME";
const OPEN: &str = "CARGO_PKG_VERSION";

const CONFIG: &str = "\
Host gate web1
  HostName 127.0.0.1
  Port @PORT@
Host web1
  @PROXY@
Host *
  SendEnv *
  IdentityFile @DIR@/client_ed25519
  UserKnownHostsFile @DIR@/known_hosts
";

/// A server that takes every variable. Its hooks, and what connects through it, write those that they were sent to
/// files.
fn server() -> OpenSsh {
    let server = OpenSsh::start_with("AcceptEnv *");
    let at = server.directory.path().display().to_string();
    let tell = |file: &str| format!("echo \"${{{SECRET}-none}} ${{{OPEN}-none}}\" > {at}/{file}");
    let connect = format!("exec 3<>/dev/tcp/127.0.0.1/{}; cat <&3 & cat >&3", server.port);
    fs::write(server.path("gate.sh"), format!("{}\n{connect}\n", tell("gate"))).unwrap();
    fs::create_dir(server.path("hooks")).unwrap();
    let hook = server.path("hooks/10-tell");
    fs::write(&hook, format!("#!/bin/sh\n{}\n", tell("session"))).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    server
}

fn settings(server: &OpenSsh, proxy: &str) -> SshTransportBuilder {
    let at = server.directory.path().display().to_string();
    let text = CONFIG.replace("@PROXY@", proxy).replace("@DIR@", &at);
    fs::write(server.path("config"), text.replace("@PORT@", &server.port.to_string())).unwrap();
    let config = ClientConfig::of_file(server.path("config")).unwrap();
    server.transport().client_config(config)
}

/// A transport, and how it is given the inputs of a job.
type Runs<'a> = (&'a dyn Transport, &'a dyn Fn(JobInputs));

/// Runs a command that gets the secret, and gives what arrived in this file beside it.
async fn sent(server: &OpenSsh, (transport, provide): Runs<'_>, secret: &[&str], file: &str) -> String {
    let exec_options = secret.iter().copied().fold(ExecOptions::new(), ExecOptions::secret_env);
    provide(
        JobInputs::read(&exec_options)
            .unwrap()
            .secret(SECRET, "hush".to_owned().into()),
    );
    let hooks = server.path("hooks").display().to_string();
    let line = format!("printf %s \"${{{SECRET}-}}\"");
    let attempt =
        TestAttempt::to("web1", Connection::default(), RemoteCommand::shell(line)).with_hooks(&hooks, "/nowhere");
    let report = attempt.exec_options(exec_options).run(transport).await;
    report.assert_succeeded();
    if !secret.is_empty() {
        assert_eq!(report.stdout, "hush");
    }
    fs::read_to_string(server.path(file)).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_secret_variable_is_not_sent_to_the_host() {
    if !openssh::is_there("a_secret_variable_is_not_sent_to_the_host") {
        return;
    }
    let server = server();
    let transport = settings(&server, "").build().unwrap();
    let provide = |inputs| transport.provide(inputs);
    let run: Runs<'_> = (&transport, &provide);
    let (name, version) = (std::env::var(SECRET).unwrap(), std::env::var(OPEN).unwrap());
    assert_eq!(sent(&server, run, &[], "session").await, format!("{name} {version}"));
    assert_eq!(
        sent(&server, run, &[SECRET], "session").await,
        format!("none {version}")
    );
}

#[tokio::test]
async fn a_secret_variable_is_not_passed_to_what_the_program_starts() {
    if !openssh::is_there("a_secret_variable_is_not_passed_to_what_the_program_starts") {
        return;
    }
    let server = server();
    let at = server.directory.path().display().to_string();
    let proxy = format!("ProxyCommand ssh -F {at}/config gate bash {at}/gate.sh");
    let transport = settings(&server, &proxy).build_program().unwrap();
    let provide = |inputs| transport.provide(inputs);
    let run: Runs<'_> = (&transport, &provide);
    let (name, version) = (std::env::var(SECRET).unwrap(), std::env::var(OPEN).unwrap());
    assert_eq!(sent(&server, run, &[], "gate").await, format!("{name} {version}"));
    assert_eq!(sent(&server, run, &[SECRET], "gate").await, format!("none {version}"));
    // The sessions behind it are sent nothing at all.
    assert_eq!(sent(&server, run, &[SECRET], "session").await, "none none");
}
