//! A user with a password, known to the real sudo and the real PAM, and to nobody outside the test's own server.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pogo_core::plan::{ExecOptions, RemoteCommand as Line, RunAs};
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_ssh::{SshTransport, SshTransportBuilder};

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh};

const NAME: &str = "pogo-tester";
pub(crate) const ID: u32 = 61_234;
pub(crate) const PASSWORD: &str = "correct horse";

/// Lays the files over those of the system, and a directory of its own over `/var/tmp`, for whatever is run after it
/// and for nobody else.
const OVERLAY: &str = r#"for file in passwd shadow sudoers; do mount --bind "$0/$file" "/etc/$file" || exit; done
mount --bind "$0/var-tmp" /var/tmp || exit; exec "$@""#;

/// The machine's files of accounts, with the user added.
fn write_account_files(files: &Path, home: &Path) {
    let hash = Command::new("openssl")
        .args(["passwd", "-6", PASSWORD])
        .output()
        .unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    let write = |name: &str, line: String, mode: u32| {
        let before = fs::read_to_string(Path::new("/etc").join(name)).unwrap();
        let path = files.join(name);
        fs::write(&path, before + &line).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    write(
        "passwd",
        format!("{NAME}:x:{ID}:{ID}::{}:/bin/sh\n", home.display()),
        0o644,
    );
    write("shadow", format!("{NAME}:{}:19000:0:99999:7:::\n", hash.trim()), 0o600);
    write(
        "sudoers",
        format!("Defaults logfile={}/sudo.log\n{NAME} ALL=(ALL) ALL\n", files.display()),
        0o440,
    );
}

/// A server on a machine where the user exists; the user's sudo asks for the password.
pub(crate) struct Account {
    server: OpenSsh,
    files: tempfile::TempDir,
}

impl Account {
    /// `None`, and a word on standard error, where this process may not make one.
    pub(crate) fn open(test: &str, configuration: &str) -> Option<Self> {
        let can = rustix::process::geteuid().is_root()
            && ["sudo", "unshare", "openssl"].iter().all(|program| knows(program))
            && Command::new("unshare")
                .args(["-m", "true"])
                .status()
                .is_ok_and(|status| status.success());
        if !can {
            eprintln!("LEFT OUT: {test} needs root, sudo, unshare and openssl");
            return None;
        }
        if !openssh::is_there(test) {
            return None;
        }
        let files = tempfile::tempdir().unwrap();
        let home = files.path().join("home");
        write_account_files(files.path(), &home);
        fs::create_dir(&home).unwrap();
        chown(&home, Some(ID), Some(ID)).unwrap();
        let var_tmp = files.path().join("var-tmp");
        fs::create_dir(&var_tmp).unwrap();
        fs::set_permissions(&var_tmp, fs::Permissions::from_mode(0o1777)).unwrap();
        let at = files.path().display().to_string();
        let server = OpenSsh::start_at("127.0.0.1", &["unshare", "-m", "sh", "-c", OVERLAY, &at], configuration);
        // Read by sshd as the user.
        for open in [files.path(), server.directory.path()] {
            fs::set_permissions(open, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Some(Self { server, files })
    }

    pub(crate) fn server(&self) -> &OpenSsh {
        &self.server
    }

    pub(crate) fn transport(&self) -> SshTransportBuilder {
        self.server.transport().user(NAME)
    }

    /// What the user finds there, and no other server's does.
    pub(crate) fn var_tmp(&self) -> PathBuf {
        self.files.path().join("var-tmp")
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.files.path().join("home")
    }

    /// Once, in some hundreds of runs, the real sudo did not end although its command had: that is in doubt, rightly,
    /// and not what is asked here. The list of processes is then printed past the test's own output, and it is asked
    /// again.
    pub(crate) async fn run(&self, config: SshTransportBuilder, exec_options: ExecOptions, line: &str) -> Report {
        self.run_on(&config.build().unwrap(), exec_options, line).await
    }

    pub(crate) async fn run_on(&self, transport: &SshTransport, exec_options: ExecOptions, line: &str) -> Report {
        let attempt = TestAttempt::to("web1", self.server.connection(), Line::shell(line));
        let attempt = attempt.exec_options(exec_options).within(Duration::from_secs(30));
        let report = attempt.clone().run(transport).await;
        if !matches!(report.outcome, Outcome::InDoubt { .. }) {
            return report;
        }
        let columns = "pid,ppid,pgid,stat,wchan:24,etimes,args";
        let all = Command::new("ps").args(["-eo", columns]).output().unwrap();
        let all = String::from_utf8_lossy(&all.stdout);
        let report = format!("{report:?}\n{all}");
        io::stderr().write_all(report.as_bytes()).unwrap();
        // What has not ended keeps its own lock, which is there since the user cannot write to the server's directory.
        let locks = self.var_tmp().join(format!("pogo-{ID}"));
        let _ = fs::rename(&locks, locks.with_extension("in-doubt"));
        attempt.run(transport).await
    }

    /// What sudo has logged.
    pub(crate) fn sudo_log(&self) -> String {
        fs::read_to_string(self.files.path().join("sudo.log")).unwrap()
    }
}

fn knows(program: &str) -> bool {
    let asked = Command::new("sh")
        .args(["-c", "command -v \"$0\" >/dev/null", program])
        .status();
    asked.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn the_real_sudo_gets_its_password() {
    let Some(account) = Account::open("the_real_sudo_gets_its_password", "") else {
        return;
    };
    for pty in [false, true] {
        let exec_options = ExecOptions::new().run_as(RunAs::User("nobody".to_owned())).pty(pty);
        let right = account.transport().sudo_password(PASSWORD.to_owned().into());
        let report = account.run(right, exec_options.clone(), "id -un").await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "nobody\n", "{report:#?}");
        let wrong = account.transport().sudo_password("battery staple".to_owned().into());
        let report = account.run(wrong, exec_options, "id -un").await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("sudo"), "{message}");
        assert!(!format!("{report:?}").contains("battery staple"), "{report:?}");
    }
}

#[tokio::test]
async fn a_login_through_pam_takes_the_password() {
    let settings = "UsePAM yes\nKbdInteractiveAuthentication yes\nPubkeyAuthentication no";
    let Some(account) = Account::open("a_login_through_pam_takes_the_password", settings) else {
        return;
    };
    let right = account.transport().password(PASSWORD.to_owned().into());
    let report = account.run(right, ExecOptions::default(), "id -un").await;
    report.assert_succeeded();
    assert_eq!(report.stdout, format!("{NAME}\n"));
    let wrong = account.transport().password("battery staple".to_owned().into());
    let report = account.run(wrong, ExecOptions::default(), "id -un").await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert!(message.contains("tried") && !message.contains("battery"), "{message}");
}
