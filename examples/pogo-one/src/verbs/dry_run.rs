//! What a job would meet, for people.

use std::fmt::Write as _;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::Obstacle;
use pogo_core::sim::DryRun;

use super::slots::text;
use crate::report::{moment, visible};

/// Who holds slots, and which hosts start when. Nothing, where nobody is met.
pub(crate) fn dry_run(tried: &DryRun, now: Timestamp) -> String {
    if tried.is_free() {
        return String::new();
    }
    let mut said = String::from("\nas things are:\n");
    for line in text(&tried.held, now).lines() {
        // Writing to a text cannot fail.
        let _ = writeln!(said, "  {line}");
    }
    let _ = writeln!(said, "starts at once: {}", named(&tried.starts));
    if !tried.later.is_empty() {
        let _ = writeln!(said, "starts later: {}", named(&tried.later));
    }
    if !tried.blocked.is_empty() {
        let _ = writeln!(
            said,
            "blocked, although all that runs succeeds: {}",
            named(&tried.blocked)
        );
    }
    let sentence = |obstacle: &Obstacle| obstacle.blocker.describe(&|at| moment(at, now));
    for obstacle in &tried.blockers {
        let _ = writeln!(said, "  {}", visible(&sentence(obstacle)));
    }
    said
}

/// `2 hosts: web[1-2]`
fn named(hosts: &[HostName]) -> String {
    match hosts.len() {
        0 => "no host".to_owned(),
        1 => format!("1 host: {}", fold(hosts)),
        many => format!("{many} hosts: {}", fold(hosts)),
    }
}
