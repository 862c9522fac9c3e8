//! What the configuration says of a session, of this machine's end of the connection, and of commands to ask.

use std::fs;
use std::process::Command as Process;
use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_ssh::{Agent, SshTransportBuilder};

use crate::agent::RealAgent;
use crate::attempt::{Report, TestAttempt};
use crate::client_config::settings;
use crate::openssh::{self, OpenSsh};

const HOST: &str = "\
Host *
 HostName 127.0.0.1
 Port @PORT@
 IdentityFile @DIR@/client_ed25519
 UserKnownHostsFile @DIR@/known_hosts
";

fn configured(server: &OpenSsh, lines: &str) -> SshTransportBuilder {
    settings(server, &format!("{lines}\n{HOST}"))
}

fn attempt(name: &str, command: &str) -> TestAttempt {
    TestAttempt::to(name, Connection::default(), RemoteCommand::shell(command))
}

async fn run(settings: SshTransportBuilder, command: &str) -> Report {
    attempt("web1", command).run(&settings.build().unwrap()).await
}

/// Whether there is a server; what is said otherwise.
fn server(test: &str, lines: &str) -> Option<OpenSsh> {
    openssh::is_there(test).then(|| OpenSsh::start_with(lines))
}

#[tokio::test]
async fn a_command_decides_about_each_host_and_runs_once_for_all_where_it_is_the_same() {
    let test = "a_command_decides_about_each_host_and_runs_once_for_all_where_it_is_the_same";
    let Some(server) = server(test, "") else {
        return;
    };
    let directory = server.directory.path().display();
    let lines = format!(
        "Match exec \"echo >>{directory}/all\"\n ConnectTimeout 60\n\
         Match exec \"echo %n >>{directory}/each; test %n = web1\"\n User {}\nHost *\n User nobody-of-this-name\n",
        String::from_utf8(Process::new("id").arg("-un").output().unwrap().stdout)
            .unwrap()
            .trim()
    );
    let transport = configured(&server, &lines).build().unwrap();
    let (one, other) = tokio::join!(
        attempt("web1", "true").run(&transport),
        attempt("web2", "true").run(&transport)
    );
    one.assert_succeeded();
    other.assert_failed(FailureKind::Authentication);
    let lines = |name: &str| fs::read_to_string(server.path(name)).unwrap();
    let each = lines("each");
    let mut each: Vec<&str> = each.lines().collect();
    each.sort_unstable();
    assert_eq!(each, ["web1", "web2"]);
}

#[tokio::test]
async fn a_command_that_does_not_end_ends_with_the_attempt() {
    let Some(server) = server("a_command_that_does_not_end_ends_with_the_attempt", "") else {
        return;
    };
    let lines = format!(
        "Match exec \"echo $$ >{}/pid; exec sleep 1000\"\n User x",
        server.directory.path().display()
    );
    let transport = configured(&server, &lines).build().unwrap();
    let mut limit = Duration::from_secs(2);
    let process = loop {
        let report = attempt("web1", "true").within(limit).run(&transport).await;
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
        let process = fs::read_to_string(server.path("pid")).unwrap_or_default();
        if let Ok(process) = process.trim().parse() {
            break rustix::process::Pid::from_raw(process).unwrap();
        }
        // It had not begun yet.
        limit *= 4;
        assert!(limit < Duration::from_secs(600), "{report:?}");
    };
    // It is killed, and collected by whoever runs the runtime.
    while rustix::process::test_kill_process(process).is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_environment_of_the_configuration_reaches_the_command_as_far_as_the_server_takes_it() {
    let test = "the_environment_of_the_configuration_reaches_the_command_as_far_as_the_server_takes_it";
    let Some(server) = server(test, "AcceptEnv POGO_TEST_* CARGO_PKG_NAME") else {
        return;
    };
    let lines = "SetEnv POGO_TEST_A=\"it's a\" POGO_TEST_B=b OTHER=x\nSetEnv POGO_TEST_C=late\nSendEnv CARGO_PKG_N*\n";
    let command = "echo \"$POGO_TEST_A,$POGO_TEST_B,$POGO_TEST_C,$OTHER,$CARGO_PKG_NAME\"";
    let report = run(configured(&server, lines), command).await;
    assert_eq!(report.stdout, "it's a,b,,,pogo-ssh\n", "{report:?}");
    // What the job says comes first.
    let exec_options = ExecOptions::new().env("POGO_TEST_B", "of the job");
    let transport = configured(&server, lines).build().unwrap();
    let report = attempt("web1", command)
        .exec_options(exec_options)
        .run(&transport)
        .await;
    assert_eq!(report.stdout, "it's a,of the job,,,pogo-ssh\n", "{report:?}");
}

/// The addresses of an interface, between the words of `ip`.
fn addresses_of(interface: &str) -> String {
    let listed = Process::new("ip")
        .args(["-o", "-4", "addr", "show", interface])
        .output();
    listed.map_or("inet 127.0.0.1/8".to_owned(), |listed| {
        String::from_utf8(listed.stdout).unwrap()
    })
}

#[tokio::test]
async fn a_connection_comes_from_the_address_that_the_configuration_says() {
    let test = "a_connection_comes_from_the_address_that_the_configuration_says";
    let Some(server) = server(test, "") else {
        return;
    };
    let from = "echo ${SSH_CONNECTION%% *}";
    for (lines, wanted) in [
        ("BindAddress 127.0.0.9", "127.0.0.9\n"),
        (
            "BindInterface nowhere\nBindAddress 127.0.0.8\nTCPKeepAlive no",
            "127.0.0.8\n",
        ),
    ] {
        let report = run(configured(&server, lines), from).await;
        assert_eq!(report.stdout, wanted, "{report:?}");
    }
    // Others may have given addresses to the interface, which come before that of the loop.
    let report = run(configured(&server, "BindInterface lo"), from).await;
    let address = report.stdout.trim();
    assert!(addresses_of("lo").contains(&format!("inet {address}/")), "{report:?}");
    for (lines, part) in [
        ("BindAddress 192.0.2.1", "cannot connect from 192.0.2.1"),
        ("BindInterface nowhere", "nowhere has no address to connect from"),
    ] {
        let message = run(configured(&server, lines), from)
            .await
            .assert_failed(FailureKind::Unreachable);
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn a_host_may_use_the_agent_where_the_configuration_says_so() {
    let (Some(server), Some(agent)) = (
        server("a_host_may_use_the_agent_where_the_configuration_says_so", ""),
        RealAgent::start(),
    ) else {
        return;
    };
    agent.add(&server.path("client_ed25519"));
    let key = server.public_key("client_ed25519");
    let key = key.split(' ').nth(1).unwrap();
    let socket = agent.socket();
    let named = format!("ForwardAgent {}", socket.display());
    let command = "ssh-add -L 2>&1; ssh-add -l >/dev/null 2>&1 && echo twice";
    let with = |lines: &str| configured(&server, lines).agent(Agent::Socket(socket.clone()));
    for settings in [
        with("ForwardAgent yes"),
        with(&format!("Match host web1\n{named}")),
        configured(&server, &named).agent(Agent::Environment),
    ] {
        let report = run(settings, command).await;
        assert!(
            report.stdout.contains(key) && report.stdout.ends_with("twice\n"),
            "{report:?}"
        );
    }
    for settings in [
        with(""),
        with("ForwardAgent no"),
        configured(&server, "ForwardAgent yes"),
    ] {
        let report = run(settings, "echo \"<$SSH_AUTH_SOCK>\"").await;
        assert_eq!(report.stdout, "<>\n", "{report:?}");
    }
}

#[tokio::test]
async fn a_new_key_is_recorded_under_a_hashed_name_where_the_configuration_says_so() {
    let test = "a_new_key_is_recorded_under_a_hashed_name_where_the_configuration_says_so";
    let Some(server) = server(test, "") else {
        return;
    };
    let file = server.path("known_hosts");
    fs::write(&file, "").unwrap();
    let lines = "HashKnownHosts yes\nStrictHostKeyChecking accept-new";
    run(configured(&server, lines), "true").await.assert_succeeded();
    let recorded = fs::read_to_string(&file).unwrap();
    assert!(
        recorded.starts_with("|1|") && recorded.lines().count() == 1,
        "{recorded}"
    );
    // Both find it again, and nothing is added.
    run(configured(&server, lines), "true").await.assert_succeeded();
    run(configured(&server, "StrictHostKeyChecking yes"), "true")
        .await
        .assert_succeeded();
    assert_eq!(fs::read_to_string(&file).unwrap(), recorded);
    let found = Process::new("ssh-keygen")
        .arg("-F")
        .arg(server.listed())
        .arg("-f")
        .arg(&file)
        .output()
        .unwrap();
    assert!(found.status.success(), "{found:?}");
    let ssh = Process::new("ssh")
        .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-F"])
        .arg(server.path("config"))
        .args(["web1", "true"])
        .status();
    assert!(ssh.unwrap().success());
}

#[tokio::test]
async fn keys_are_agreed_on_again_as_often_as_the_configuration_says() {
    let Some(server) = server(
        "keys_are_agreed_on_again_as_often_as_the_configuration_says",
        "LogLevel DEBUG1",
    ) else {
        return;
    };
    let command = "head -c 300000 /dev/zero | tr '\\0' x";
    let report = run(configured(&server, "RekeyLimit 64K"), command).await;
    report.assert_succeeded();
    assert_eq!(report.stdout.len(), 300_000);
    server.assert_logged("rekey", 2);
}

#[tokio::test]
async fn a_certificate_in_a_file_of_its_own_logs_in() {
    let Some(server) = server("a_certificate_in_a_file_of_its_own_logs_in", "TrustedUserCAKeys none") else {
        return;
    };
    let at = server.directory.path();
    openssh::generate_key(at, "ca", "ed25519");
    let user = String::from_utf8(Process::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let signed = Process::new("ssh-keygen")
        .args(["-q", "-s", "ca", "-I", "test", "-n", user.trim(), "client_ed25519.pub"])
        .current_dir(at)
        .status();
    assert!(signed.unwrap().success());
    fs::rename(at.join("client_ed25519-cert.pub"), at.join("elsewhere.pub")).unwrap();
    fs::write(
        at.join("authorized_keys"),
        format!("cert-authority {}", server.public_key("ca")),
    )
    .unwrap();
    run(configured(&server, ""), "true")
        .await
        .assert_failed(FailureKind::Authentication);
    let lines = "Host web1\n CertificateFile @DIR@/nowhere\n CertificateFile @DIR@/elsewhere.pub";
    run(configured(&server, lines), "true").await.assert_succeeded();
}
