//! The transport through the `ssh` program.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Fence, Reporter, Transport};
use pogo_core::scheduler::{FailureCause, FailureKind, FenceAnswer, Outcome, Phase};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::arguments::Arguments;
use super::asking::ask;
use super::context::ProgramContext;
use super::master::{Master, command};
use super::session::execute;
use crate::classify::{classify, in_later_session, not_started};
use crate::config::SshTransportBuilder;
use crate::exec::{NotStarted, Session, StopSignal, check_attempt};
use crate::fencing::{HostAnswer, fence};
use crate::input::{JobInputs, SharedInputs};
use crate::link::{ConnectError, RateLimiter, TooFewFiles, room_for_connections};
use crate::output::Output;
use crate::setup::SetupError;
use crate::transport::SshTransport;

/// File descriptors that one attempt needs: the pipes of both runs of the program.
const FILES_EACH: usize = 8;

/// Runs attempts through OpenSSH's `ssh` program: for what [`SshTransport`](crate::SshTransport) does not support, such
/// as keys on a FIDO token, Kerberos, `ProxyCommand`, and any other setting of OpenSSH's.
///
/// Each attempt is one run of the program that connects and logs in, and one more for each session over that connection
/// (`ControlMaster`), so that a failure before the command began is distinguished from a doubt. It costs some 20 ms of
/// processor time for each host, against 1 to 2 of the built-in transport.
///
/// Host keys are verified, nobody is asked for anything, nothing is forwarded; uploads
/// are refused. A command that ends with 128 and the number of a signal counts as ended by that signal (its name on
/// Linux), as in a shell's convention. Built by [`SshTransportBuilder::build_program`].
#[derive(Debug)]
pub struct ProgramTransport {
    program: PathBuf,
    arguments: Arguments,
    config: SshTransportBuilder,
    /// Directory of the master connections' sockets.
    directory: TempDir,
    connections: Arc<Semaphore>,
    handshakes: Semaphore,
    rate: RateLimiter,
    counter: AtomicU64,
    inputs: Arc<SharedInputs>,
}

impl SshTransportBuilder {
    /// Builds a transport that runs the `ssh` program instead of the built-in client. Connects to nothing.
    ///
    /// The program reads the [client configuration](Self::client_config) by itself, all of it, if one is set; none
    /// otherwise. Passwords are not supported.
    ///
    /// ```no_run
    /// use pogo_ssh::{ClientConfig, SshTransport};
    ///
    /// let transport = SshTransport::builder().client_config(ClientConfig::usual()?).build_program()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_program(self) -> Result<ProgramTransport, SetupError> {
        ProgramTransport::set_up(self, Arc::default())
    }
}

impl ProgramTransport {
    pub(crate) fn set_up(config: SshTransportBuilder, inputs: Arc<SharedInputs>) -> Result<Self, SetupError> {
        let refused = |message: String| SetupError::Program { message };
        let arguments = Arguments::new(&config).map_err(|error| refused(error.to_string()))?;
        let room = room_for_connections().map_err(|TooFewFiles { limit }| SetupError::OpenFiles { limit })?;
        let room = (room / FILES_EACH).max(1);
        let directory = tempfile::Builder::new().prefix("pogo-").tempdir();
        let directory = directory.map_err(|error| refused(format!("no directory for the sockets of ssh: {error}")))?;
        Ok(Self {
            program: PathBuf::from("ssh"),
            arguments,
            connections: Arc::new(Semaphore::new(
                config.max_connections.map_or(room, |most| most.min(room)),
            )),
            handshakes: Semaphore::new(config.max_handshakes),
            rate: RateLimiter::new(config.connect.handshake_rate),
            config,
            directory,
            counter: AtomicU64::new(0),
            inputs,
        })
    }

    /// Supplies the inputs of the next job with these options; otherwise they are read when the job's first attempt
    /// begins.
    pub fn provide(&self, inputs: JobInputs) {
        self.inputs.provide(inputs);
    }

    fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    async fn connect(&self, attempt: &Attempt) -> Result<Master, ConnectError> {
        let unreachable = |message: String| ConnectError::new(FailureKind::Unreachable, message);
        let closing = || unreachable("the transport is closing".to_owned());
        let socket = self.directory.path().join(self.number().to_string());
        let words = self
            .arguments
            .master(&attempt.host, &socket)
            .map_err(|error| ConnectError::new(FailureKind::Refused, error.to_string()))?;
        // The slot is taken before the turn of a handshake: in the other order attempts that
        // wait for a free connection would hold all turns.
        let slot = Arc::clone(&self.connections)
            .acquire_owned()
            .await
            .map_err(|_| closing())?;
        let _turn = self.handshakes.acquire().await.map_err(|_| closing())?;
        self.rate.wait().await;
        let host = attempt.host.name.as_str();
        let command = command(&self.program, words, &attempt.exec_options.secret_environment);
        let connecting = Master::connect(command, socket, slot, host);
        // The program's own limit covers connecting, not logging in.
        let most = self.config.connect_timeout.unwrap_or(Duration::from_secs(60)) + Duration::from_secs(1);
        let connected = timeout(most, connecting).await;
        let connected =
            connected.unwrap_or_else(|_| Err(unreachable(format!("cannot connect to {host}: no login in time"))));
        // Counted for the summary's one line on new hosts. Changed keys are not among them: those stay a failure of
        // each host.
        if let Err(error) = &connected
            && error.cause == Some(FailureCause::UnknownHostKey)
        {
            self.config.first_contacts.refuse(&attempt.host.name);
        }
        connected
    }

    async fn ask_host(&self, attempt: &Attempt) -> Result<HostAnswer, String> {
        let master = self.connect(attempt).await.map_err(|error| error.message)?;
        let secret = &attempt.exec_options.secret_environment;
        let answer = ask((&self.program, &master, secret), &self.config.gate, attempt).await;
        master.close().await;
        answer
    }

    async fn run_sessions(&self, sessions: &[Session], inputs: &JobInputs, context: &ProgramContext<'_>) -> Outcome {
        let mut output = Output::new(context.report.clone(), self.config.output_limit);
        let mut outcome = Outcome::Succeeded;
        for (at, session) in sessions.iter().enumerate() {
            let input = inputs.for_command(session.runs_command());
            let (phase, report) = execute(context, session, &input, &mut output).await;
            let report = if at == 0 { report } else { in_later_session(report) };
            if let ControlFlow::Break(ended) = classify(phase, report) {
                outcome = ended;
                break;
            }
        }
        output.finish(context.stop.wait()).await;
        outcome
    }
}

#[async_trait]
impl Transport for ProgramTransport {
    fn capabilities(&self) -> Capabilities {
        SshTransport::CAPABILITIES
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let refused = |what: &str| Outcome::failed(FailureKind::Refused, what);
        let stop = StopSignal::new(report.clone(), attempt.time_limit, self.config.stop_grace);
        // Refused rather than run without: the same job would otherwise mean less through this
        // transport.
        if attempt.exec_options.detached.is_some() {
            return refused("the transport through the ssh program runs nothing detached; use the built-in one");
        }
        if attempt.exec_options.reboot.is_some() {
            return refused("the transport through the ssh program waits for no restart; use the built-in one");
        }
        if !attempt.exec_options.files.is_empty() {
            return refused("the transport through the ssh program sends no files; use the built-in one");
        }
        if let Err(error) = check_attempt(&attempt) {
            return refused(&error.to_string());
        }
        let sessions = Session::all_of(&attempt, None, Some(&self.config.gate));
        // Before connecting, since a missing password or file fails every host in the same way.
        let inputs = tokio::select! {
            biased;
            reason = stop.wait() => return not_started(Phase::Connect, NotStarted::Stopped(reason)),
            inputs = self.inputs.of(&attempt.exec_options) => match inputs {
                Ok(inputs) => inputs,
                Err(error) => return refused(&error.to_string()),
            },
        };
        if let Some(reason) = inputs.refusal(&attempt.exec_options) {
            return refused(&reason);
        }
        report.phase(Phase::Connect);
        let master = tokio::select! {
            biased;
            reason = stop.wait() => return not_started(Phase::Connect, NotStarted::Stopped(reason)),
            connected = self.connect(&attempt) => match connected {
                Ok(master) => master,
                Err(error) => return error.into(),
            },
        };
        let context = ProgramContext {
            program: &self.program,
            master: &master,
            secret: &attempt.exec_options.secret_environment,
            stop: &stop,
            report: &report,
        };
        let outcome = self.run_sessions(&sessions, &inputs, &context).await;
        master.close().await;
        outcome
    }

    /// Asks the host's record. Hosts with a forced command cannot be asked.
    async fn fence(&self, asked: Fence) -> FenceAnswer {
        let attempt = &asked.attempt;
        fence(attempt, &self.config.gate, Box::pin(self.ask_host(attempt))).await
    }
}
