//! Whoever stands still between a host's `ready` and its own `go`, for as long as the host's clock says: that is a file
//! of the test's, so that a minute passes at once.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, NeverBegan};

use crate::attempt::TestAttempt;
use crate::cut_links::{KINDS, Kind};
use crate::detached::runs;
use crate::host_lock::never_began;
use crate::openssh::{self, OpenSsh};

/// Lays a file over the host's clock, for whatever is run after it and for nobody else.
const OVERLAY: &str = r#"mount --bind "$0" /proc/uptime && exec "$@""#;

/// A server of the default settings, on a host with such a clock.
struct Site {
    server: OpenSsh,
    clock: tempfile::NamedTempFile,
    transport: Arc<dyn Transport>,
    exec_options: fn(u64) -> ExecOptions,
}

impl Site {
    /// `None`, and a word on standard error, where this process may not make one.
    fn start(test: &str, (build, exec_options): Kind) -> Option<Self> {
        let can = rustix::process::geteuid().is_root()
            && Command::new("unshare")
                .args(["-m", "true"])
                .status()
                .is_ok_and(|status| status.success());
        if !can {
            eprintln!("LEFT OUT: {test} needs root and unshare");
            return None;
        }
        if !openssh::is_there(test) {
            return None;
        }
        let clock = tempfile::NamedTempFile::new().unwrap();
        let at = clock.path().display().to_string();
        let server = OpenSsh::start_at("127.0.0.1", &["unshare", "-m", "sh", "-c", OVERLAY, &at], "");
        let kept = server.path("kept").display().to_string();
        Some(Self {
            transport: build(server.transport().detached_directory(kept)),
            server,
            clock,
            exec_options,
        })
    }

    fn set_clock(&self, uptime: u64) {
        fs::write(self.clock.path(), format!("{uptime}.00 0.00\n")).unwrap();
    }

    /// Whether an attempt begins that hears that it may when so much time has passed on its host.
    async fn begins_after(&self, number: u64, seconds: u64) -> bool {
        let ran = self.server.path(&format!("ran{number}")).display().to_string();
        let line = RemoteCommand::shell(format!("echo ran >>'{ran}'; exit 3"));
        let attempt = TestAttempt::to("web1", self.server.connection(), line);
        let attempt = attempt.exec_options((self.exec_options)(number)).numbered(number);
        self.set_clock(1_000);
        let (mut running, _side) = attempt.left_waiting().start();
        let asked = running.asked();
        let going = async {
            let request = asked.await;
            self.set_clock(1_000 + seconds);
            request.answer(Ok(()));
        };
        let (report, ()) = tokio::join!(running.finish(&*self.transport), going);
        let began = runs(&ran) == 1;
        match began {
            true => _ = report.assert_failed(FailureKind::Command { status: 3 }),
            false => _ = never_began(&report, NeverBegan::Expired),
        }
        began
    }
}

#[tokio::test]
async fn a_dispatcher_that_stood_still_for_more_than_thirty_seconds_begins_nothing() {
    let test = "a_dispatcher_that_stood_still_for_more_than_thirty_seconds_begins_nothing";
    for kind in KINDS {
        let Some(site) = Site::start(test, kind) else { return };
        for (number, (seconds, begins)) in (17..).zip([(30, true), (31, false), (60, false)]) {
            assert_eq!(site.begins_after(number, seconds).await, begins, "{seconds} s");
        }
    }
}
