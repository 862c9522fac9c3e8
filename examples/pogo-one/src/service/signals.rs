//! The signals by which a dispatcher is asked to end, or to hand over.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::CliError;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignalRequest {
    /// To end, by this signal.
    End(&'static str),
    /// To let another dispatcher take over.
    StepDown,
}

/// The signals that a dispatcher hears. That of a closed terminal ends none.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    step_down: Signal,
    _hang_up: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, CliError> {
        let listen = |kind| signal(kind).map_err(CliError::broken);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            step_down: listen(SignalKind::user_defined1())?,
            _hang_up: listen(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> SignalRequest {
        tokio::select! {
            _ = self.interrupt.recv() => SignalRequest::End("SIGINT"),
            _ = self.terminate.recv() => SignalRequest::End("SIGTERM"),
            _ = self.step_down.recv() => SignalRequest::StepDown,
        }
    }

    /// The next that asks to end.
    pub(super) async fn end(&mut self) -> &'static str {
        loop {
            if let SignalRequest::End(name) = self.next().await {
                return name;
            }
        }
    }
}
