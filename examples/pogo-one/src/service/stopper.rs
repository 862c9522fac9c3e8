//! What ^C and other signals mean to whoever follows a job that runs elsewhere.

use pogo_api::NamespaceClient;
use pogo_core::scheduler::{JobId, Order};

use crate::ask::TerminalPrompter;
use crate::command::{StopCause, StopSignals};
use crate::report::Screen;

/// What a first and a second ^C order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnInterrupt {
    /// To stop the job, then to end what runs: for whoever submitted it.
    Stop,
    /// Nothing: whoever only watches leaves.
    Leave,
}

/// Waits until whoever follows wants to leave, and gives the orders before that.
pub(super) async fn until_left(
    signals: &mut StopSignals,
    (client, job): (&NamespaceClient, JobId),
    (screen, terminal): (&Screen, Option<&TerminalPrompter>),
    on_interrupt: OnInterrupt,
) {
    let mut interrupts = match on_interrupt {
        OnInterrupt::Stop => 0,
        OnInterrupt::Leave => 2,
    };
    loop {
        let cause = tokio::select! {
            cause = signals.next() => cause,
            () = screen.cannot_write() => StopCause::Unwritable,
        };
        let order = match (cause, interrupts) {
            (StopCause::Interrupt, 0) => {
                screen.say(&format!(
                    "interrupted: starting no more, waiting for what runs (again to end it now; `pogo resume {0}` goes \
                     on)",
                    job.number()
                ));
                Order::Halt { job }.because("interrupted")
            }
            (StopCause::Interrupt, 1) => {
                screen.say("interrupted again: ending what runs (once more to leave)");
                Order::Abort { job }.because("interrupted twice")
            }
            // The end of a terminal is no order.
            _ => return,
        };
        interrupts += 1;
        // A job that has just ended refuses, and its end is what comes next.
        let _ = client.execute(order).await;
        if let Some(terminal) = terminal {
            terminal.stopped();
        }
    }
}
