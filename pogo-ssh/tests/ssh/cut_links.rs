//! Links to a real server that are cut anywhere in the dialogue, and clients that stand still in the middle of it.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome};
use pogo_ssh::{HostKeyPolicy, SshTransport, SshTransportBuilder};

use crate::attempt::{Report, TestAttempt};
use crate::detached::{detached, runs};
use crate::host_lock::never_began;
use crate::openssh::{self, OpenSsh};
use crate::proxy::{Cut, Pieces, Proxy, Toward};

/// A server, and how it is reached.
struct Site {
    server: OpenSsh,
    transport: Arc<dyn Transport>,
    /// Past the proxy.
    direct: SshTransport,
    exec_options: fn(u64) -> ExecOptions,
}

const PLAIN: fn(u64) -> ExecOptions = |_| ExecOptions::new();
const DETACHED: fn(u64) -> ExecOptions = |number| detached(&format!("k{number}"));

fn builtin(settings: SshTransportBuilder) -> Arc<dyn Transport> {
    Arc::new(settings.build().unwrap())
}

fn program(settings: SshTransportBuilder) -> Arc<dyn Transport> {
    Arc::new(settings.build_program().unwrap())
}

/// How a transport is built, and the options of an attempt with this number.
pub(crate) type Kind = (fn(SshTransportBuilder) -> Arc<dyn Transport>, fn(u64) -> ExecOptions);

pub(crate) const KINDS: [Kind; 3] = [(builtin, PLAIN), (builtin, DETACHED), (program, PLAIN)];

impl Site {
    fn start((build, exec_options): Kind, begin_timeout: Duration) -> Self {
        let server = OpenSsh::start();
        let kept = server.path("kept").display().to_string();
        let settings = server.transport().detached_directory(kept).begin_timeout(begin_timeout);
        // Keys are known for the server's own port.
        let transport = build(settings.clone().host_keys(HostKeyPolicy::Insecure));
        Self {
            direct: settings.build().unwrap(),
            server,
            transport,
            exec_options,
        }
    }

    fn ran(&self, number: u64) -> String {
        self.server.path(&format!("ran{number}")).display().to_string()
    }

    fn attempt(&self, proxy: &Proxy, number: u64) -> TestAttempt {
        let line = RemoteCommand::shell(format!("echo ran >>'{}'; exit 3", self.ran(number)));
        let attempt = TestAttempt::to("web1", proxy.connection(), line);
        attempt.exec_options((self.exec_options)(number)).numbered(number)
    }

    /// Runs an attempt over a link that is cut there.
    async fn run(&self, number: u64, cut: Option<Cut>) -> (Report, Arc<Pieces>) {
        let proxy = Arc::new(Proxy::to(self.server.port).await);
        let seen = Arc::new(Pieces::default());
        let attempt = self.attempt(&proxy, number);
        let serving = tokio::spawn(proxy.serve(cut, Arc::clone(&seen)));
        let report = attempt.run(&*self.transport).await;
        serving.abort();
        (report, seen)
    }

    /// What the host says of it in the end, and keeps to.
    async fn truth(&self, number: u64) -> Outcome {
        let asked = TestAttempt::to("web1", self.server.connection(), RemoteCommand::shell("echo ran again"));
        asked.numbered(number).resumed().run(&self.direct).await.outcome
    }

    /// Whether an attempt ran; what is said of it must be true.
    async fn assert_told_truly(&self, (number, cut): (u64, Cut), report: &Report) -> bool {
        let truth = self.truth(number).await;
        let ran = runs(self.ran(number));
        let context = format!("cut at {cut:?}, ran {ran} times, {truth:?}: {report:#?}");
        let ended = |outcome: &Outcome| match outcome {
            Outcome::Failed(failure) => failure.kind == FailureKind::Command { status: 3 },
            _ => false,
        };
        let began = match &truth {
            Outcome::NeverBegan { .. } => false,
            // What supervised it wrote to a link that was gone, and ended with it.
            Outcome::InDoubt { .. } => {
                assert!(matches!(report.outcome, Outcome::InDoubt { .. }), "{context}");
                assert!(ran <= 1 && !report.asked.is_empty(), "{context}");
                return true;
            }
            truth => {
                assert!(ended(truth), "{context}");
                true
            }
        };
        assert_eq!(ran, usize::from(began), "{context}");
        assert!(!began || !report.asked.is_empty(), "without permission: {context}");
        match &report.outcome {
            Outcome::NeverBegan { .. } => assert!(!began, "{context}"),
            Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable => assert!(!began, "{context}"),
            Outcome::InDoubt { .. } => assert!(!report.asked.is_empty(), "{context}"),
            outcome => assert!(ended(outcome) && began, "{context}"),
        }
        began
    }

    /// Cuts the link after each piece that goes either way, and in the middle of it: a part of a packet is no more than
    /// none.
    async fn is_cut_everywhere(&self) {
        let (whole, pieces) = self.run(1, None).await;
        whole.assert_failed(FailureKind::Command { status: 3 });
        let all = |toward, pieces: &Mutex<Vec<u64>>| {
            let pieces = pieces.lock().unwrap().clone();
            pieces.into_iter().map(move |bytes| (toward, bytes))
        };
        let all = all(Toward::Host, &pieces.to_host).chain(all(Toward::Client, &pieces.to_client));
        let (mut began, mut never) = (0, 0);
        for (number, (toward, bytes)) in (2..).zip(all) {
            // The middle of a packet is as far as its beginning.
            let cut = (toward, bytes - number % 2);
            let (report, _) = self.run(number, Some(cut)).await;
            match self.assert_told_truly((number, cut), &report).await {
                true => began += 1,
                false => never += 1,
            }
        }
        assert!(began > 0 && never > 0, "{began} began, {never} never");
    }
}

#[tokio::test]
async fn cut_anywhere_an_attempt_runs_once_with_permission_or_never() {
    if openssh::is_there("cut_anywhere_an_attempt_runs_once_with_permission_or_never") {
        Site::start(KINDS[0], Duration::from_secs(30)).is_cut_everywhere().await;
    }
}

#[tokio::test]
async fn cut_anywhere_a_detached_attempt_runs_once_with_permission_or_never() {
    if openssh::is_there("cut_anywhere_a_detached_attempt_runs_once_with_permission_or_never") {
        Site::start(KINDS[1], Duration::from_secs(30)).is_cut_everywhere().await;
    }
}

#[tokio::test]
async fn cut_anywhere_an_attempt_through_the_program_runs_once_with_permission_or_never() {
    if openssh::is_there("cut_anywhere_an_attempt_through_the_program_runs_once_with_permission_or_never") {
        Site::start(KINDS[2], Duration::from_secs(30)).is_cut_everywhere().await;
    }
}

/// How long hosts wait for the word to go: a minute takes `POGO_BEGIN_TIMEOUT=60`.
fn begin_timeout() -> Duration {
    let seconds = std::env::var("POGO_BEGIN_TIMEOUT")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

impl Site {
    /// An attempt whose word to go is on its way while `still` holds, until the host has given it up.
    async fn stands_still(&self, proxy: &Arc<Proxy>, still: impl Fn(bool)) {
        let serving = tokio::spawn(Arc::clone(proxy).serve(None, Arc::default()));
        let (mut running, _side) = self.attempt(proxy, 1).left_waiting().start();
        let asked = running.asked();
        let going = async {
            let request = asked.await;
            still(true);
            request.answer(Ok(()));
            // The host is free once it has given up.
            for number in 2.. {
                let next = TestAttempt::to("web1", self.server.connection(), RemoteCommand::shell("true"));
                let report = next.numbered(number).run(&self.direct).await;
                if report.outcome == Outcome::Succeeded {
                    break;
                }
                never_began(&report, NeverBegan::Busy);
            }
            still(false);
        };
        let (report, ()) = tokio::join!(running.finish(&*self.transport), going);
        never_began(&report, NeverBegan::Expired);
        assert_eq!((runs(self.ran(1)), report.asked), (0, vec![true]));
        serving.abort();
    }
}

#[tokio::test]
async fn a_word_that_was_held_up_on_the_way_begins_nothing() {
    if !openssh::is_there("a_word_that_was_held_up_on_the_way_begins_nothing") {
        return;
    }
    for kind in KINDS {
        let site = Site::start(kind, begin_timeout());
        let proxy = Arc::new(Proxy::to(site.server.port).await);
        site.stands_still(&proxy, |held| proxy.hold(held)).await;
    }
}

#[tokio::test]
async fn an_ssh_program_that_was_stopped_before_it_said_go_begins_nothing() {
    if !openssh::is_there("an_ssh_program_that_was_stopped_before_it_said_go_begins_nothing") {
        return;
    }
    let site = Site::start(KINDS[2], begin_timeout());
    let proxy = Arc::new(Proxy::to(site.server.port).await);
    let signal = |stop| {
        let programs = openssh::children(std::process::id()).into_iter().filter(|child| {
            let name = fs::read_to_string(format!("/proc/{}/comm", child.as_raw_nonzero()));
            name.is_ok_and(|name| name.trim() == "ssh")
        });
        let programs: Vec<_> = programs.collect();
        assert!(!programs.is_empty());
        let signal = if stop {
            rustix::process::Signal::STOP
        } else {
            rustix::process::Signal::CONT
        };
        for program in programs {
            rustix::process::kill_process(program, signal).unwrap();
        }
    };
    site.stands_still(&proxy, signal).await;
}
