//! What single keys order of a job that is watched.

use std::time::Duration;

use pogo_api::NamespaceClient;
use pogo_core::scheduler::{JobId, Order};
use tokio::time::Instant;

use crate::ask::Keys;
use crate::report::{Screen, Steering};

/// How soon the key that stops a job has to be pressed again.
const CONFIRM: Duration = Duration::from_secs(5);

/// How often the line that names the keys is brought up to date.
const LOOKED_AT: Duration = Duration::from_millis(200);

/// Gives the orders of keys until somebody wants to leave.
pub(super) async fn until_left(keys: &mut Keys, (client, job): (&NamespaceClient, JobId), screen: &Screen) {
    let mut stops_until: Option<Instant> = None;
    loop {
        stops_until = stops_until.filter(|until| *until > Instant::now());
        let steering = screen.steering();
        screen.show_keys(Some(footer(steering, stops_until.is_some())));
        let key = tokio::select! {
            key = keys.next() => key,
            () = tokio::time::sleep(LOOKED_AT) => continue,
        };
        let order = match (key, steering) {
            ('l' | 'q', _) => return,
            ('p', Steering::Goes) => Order::Pause { job },
            ('r', Steering::Paused | Steering::Stopping) => Order::Resume { job },
            ('s', _) if stops_until.take().is_none() => {
                stops_until = Some(Instant::now() + CONFIRM);
                continue;
            }
            ('s', Steering::Stopping) => Order::Abort { job },
            ('s', _) => Order::Halt { job },
            _ => continue,
        };
        let kind = order.kind();
        match client.execute(order).await {
            Ok(_) => screen.say(&format!("job {} is {}", job.number(), kind.participle())),
            Err(error) => screen.say(&format!(
                "job {} cannot be {}: {error}",
                job.number(),
                kind.participle()
            )),
        }
    }
}

/// The line that names the keys.
fn footer(steering: Steering, stops: bool) -> String {
    let stop = match (steering, stops) {
        (Steering::Stopping, true) => "s again: end what runs now",
        (Steering::Stopping, false) => "s end what runs",
        (_, true) => "s again: start nothing more, let what runs end",
        (_, false) => "s stop",
    };
    let first = match steering {
        Steering::Goes => "p pause",
        Steering::Paused | Steering::Stopping => "r resume",
    };
    format!("keys: {first} · {stop} · l leave, the job goes on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_keys_do_now() {
        assert_eq!(
            footer(Steering::Goes, false),
            "keys: p pause · s stop · l leave, the job goes on"
        );
        let paused = footer(Steering::Paused, true);
        assert_eq!(
            paused,
            "keys: r resume · s again: start nothing more, let what runs end · l leave, the job goes on"
        );
        assert!(footer(Steering::Stopping, false).contains("s end what runs ·"));
    }
}
