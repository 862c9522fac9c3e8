//! Failures of a job by their cause.

use std::collections::BTreeMap;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::TaskState;
use serde::Serialize;

use super::bars::cut;
use super::job::JobCourse;

/// The most causes that are told apart.
const MOST: usize = 20;
/// The most hosts that are listed of one.
const MOST_HOSTS: usize = 1_000;

/// The most characters that name its hosts: enough for a command line.
const FOLDED: usize = 2_000;

/// Hosts that failed, are in doubt, or wait to be tried again, for what reads the same.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Cause {
    state: TaskState,
    /// What was said of the first.
    text: String,
    count: usize,
    /// Hosts in short.
    folded: String,
    /// The hosts, of very many the first.
    hosts: Vec<HostName>,
    since: Timestamp,
    last: Timestamp,
}

/// The causes, the most frequent first; those that go away by themselves come last.
pub(super) fn causes(course: &JobCourse) -> Vec<Cause> {
    let mut found: BTreeMap<(TaskState, String), Cause> = BTreeMap::new();
    let bad = course
        .names
        .iter()
        .zip(&course.hosts)
        .filter(|(_, host)| host.is_bad() || host.is_tried_again());
    for (name, host) in bad {
        let text = host.why.as_deref().unwrap_or("no reason is known");
        let at = host.last_end().unwrap_or(course.submitted);
        let cause = found.entry((host.state, alike(text, name))).or_insert_with(|| Cause {
            state: host.state,
            text: cut(text, 300),
            count: 0,
            folded: String::new(),
            hosts: vec![],
            since: at,
            last: at,
        });
        cause.count += 1;
        (cause.since, cause.last) = (cause.since.min(at), cause.last.max(at));
        if cause.hosts.len() < MOST_HOSTS {
            cause.hosts.push(name.clone());
        }
    }
    let mut causes: Vec<Cause> = found.into_values().collect();
    causes.sort_by_key(|cause| (cause.state == TaskState::Waiting, std::cmp::Reverse(cause.count)));
    causes.truncate(MOST);
    for cause in &mut causes {
        cause.folded = cut(&fold(cause.hosts.iter().map(HostName::as_str)).to_string(), FOLDED);
    }
    causes
}

/// The text without what differs from host to host: its name, and numbers other than exit statuses.
fn alike(text: &str, host: &HostName) -> String {
    let text = text.replace(host.as_str(), "HOST");
    let mut alike = String::with_capacity(text.len());
    let mut words = text.split_inclusive(' ');
    // "command exited with 3" is not "command exited with 4".
    let kind = text.split_inclusive(": ").next().map_or(0, |kind| kind.len());
    let mut at = 0;
    for word in words.by_ref() {
        let is_number = at >= kind && word.contains(|c: char| c.is_ascii_digit());
        alike.push_str(if is_number { "0 " } else { word });
        at += word.len();
    }
    alike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_tried_again_are_told_beside_those_that_failed() {
        use super::super::attempts::AttemptEnd;
        use pogo_core::scheduler::AttemptId;

        let hosts: Vec<HostName> = ["web1", "web2", "web3", "web4"]
            .map(|name| name.parse().unwrap())
            .into();
        let mut course = JobCourse::submitted(Timestamp::EPOCH, &hosts);
        let ends = [
            (AttemptEnd::NeverBegan, Some("busy: another command runs")),
            (AttemptEnd::Failed, Some("command exited with 3")),
            (AttemptEnd::NeverBegan, Some("busy: another command runs")),
            (AttemptEnd::Succeeded, None),
        ];
        for ((host, (end, why)), id) in course.hosts.iter_mut().zip(ends).zip(1..) {
            host.start(Timestamp::EPOCH, AttemptId::new(id), true);
            host.end(Timestamp::from_millis(5), AttemptId::new(id), end, why.map(Into::into));
        }
        let told = |course: &JobCourse| -> Vec<_> {
            let causes = causes(course).into_iter();
            causes.map(|cause| (cause.state, cause.count, cause.folded)).collect()
        };
        let failed = (TaskState::Failed, 1, "web2".to_owned());
        let waiting = (TaskState::Waiting, 2, "web[1,3]".to_owned());
        assert_eq!(told(&course), [failed.clone(), waiting]);
        // What runs again has come to nothing no more.
        course.hosts[0].start(Timestamp::from_millis(9), AttemptId::new(5), true);
        assert_eq!(told(&course), [failed, (TaskState::Waiting, 1, "web3".to_owned())]);
    }

    #[test]
    fn causes_that_differ_in_numbers_alone_are_alike() {
        let web: HostName = "web1".parse().unwrap();
        let db: HostName = "db2".parse().unwrap();
        let same = |one: &str, other: &str| alike(one, &web) == alike(other, &db);
        assert!(same(
            "command exited with 3: web1: pid 17 is alive",
            "command exited with 3: db2: pid 4711 is alive"
        ));
        assert!(!same(
            "command exited with 3: no space",
            "command exited with 4: no space"
        ));
        assert!(!same("unreachable: refused", "unreachable: no route"));
    }
}
