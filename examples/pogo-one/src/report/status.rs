//! Status lines of a job, fitted to the terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use pogo_core::Timestamp;

use super::group::Group;
use super::progress::{JobProgress, Steering};
use super::region::TerminalSize;
use super::span::span;
use super::visible::visible;
use super::width::{cut, padded, width};

/// The status lines of a job at a moment.
pub(super) struct StatusLines<'a> {
    pub(super) progress: &'a JobProgress,
    pub(super) now: Timestamp,
    /// How long it will take from now on, if that is known.
    pub(super) left: Option<Duration>,
    /// What keys do, if any do something.
    pub(super) keys: Option<&'a str>,
}

impl StatusLines<'_> {
    /// The lines, none as wide as the terminal, and at most half as many as it has.
    pub(super) fn lines(&self, size: TerminalSize) -> Vec<String> {
        let Some(total) = &self.progress.total else {
            return vec![];
        };
        let (columns, rows) = (size.columns.saturating_sub(1), (size.rows / 2).max(1));
        // On a small terminal they are in the help.
        let keys = self.keys.filter(|_| rows > 4);
        let rows = rows - usize::from(keys.is_some());
        let limits = limits(&self.progress.groups);
        // One line is for what runs, one for all hosts, and one for limits that have none.
        let room = rows.saturating_sub(2);
        let most = match limits.len() > room {
            true => room.saturating_sub(1),
            false => room,
        };
        let shown = active(&limits, most);
        let counts = shown.iter().map(|group| counts(group));
        let counts: Vec<String> = counts.chain([self.total(total)]).collect();
        let names = shown.iter().map(|group| width(&visible(&group.name)));
        let widest = counts.iter().map(|counts| width(counts));
        let layout = LineLayout::new(columns, names.max().unwrap_or(0), widest.max().unwrap_or(0));
        let groups = shown.iter().copied().chain([total]);
        let mut lines: Vec<String> = groups
            .zip(&counts)
            .map(|(group, counts)| layout.line(group, counts))
            .collect();
        let last = lines.pop();
        let hidden = limits.len() - shown.len();
        if hidden > 0 && rows > 2 {
            lines.push(cut(&format!("and {hidden} more limits"), columns));
        }
        if rows > 1 {
            lines.push(self.running(columns));
        }
        lines.extend(last);
        lines.extend(keys.map(|keys| cut(keys, columns)));
        lines
    }

    fn total(&self, total: &Group) -> String {
        let slow = self.progress.slow_now();
        let stopping = self.progress.stopped.is_some() && total.running > 0;
        let held = match () {
            () if stopping => Some("stopping"),
            () if !self.progress.blocked_by.is_empty() => Some("blocked"),
            () if self.progress.steering == Steering::Paused => Some("paused"),
            () => None,
        };
        let mut parts: Vec<String> = held.map(str::to_owned).into_iter().collect();
        parts.push(counts(total));
        parts.extend((slow > 0).then(|| format!("{slow} slow")));
        let elapsed = whole(self.now - self.progress.began);
        parts.push(match self.left {
            Some(left) if total.running + total.waiting > 0 && held.is_none() => {
                format!("{elapsed}, ~{} left", rough(left))
            }
            _ => elapsed,
        });
        parts.join(", ")
    }

    /// Which hosts run, and for how long.
    fn running(&self, columns: usize) -> String {
        let mut line = "running:".to_owned();
        let all = self.progress.total.as_ref().map_or(0, |total| total.running);
        let mut named = 0;
        for (host, since) in self.progress.running() {
            let slow = if self.progress.slow.contains(host) { " slow" } else { "" };
            let time = whole(self.now.max(since) - since);
            let next = format!(" {}{slow} {time}", visible(host.as_str()));
            let more = format!(", and {} more", all - named - 1);
            let end = if named + 1 < all { width(&more) } else { 0 };
            if named > 0 && width(&line) + width(&next) + 1 + end > columns {
                break;
            }
            line.push_str(if named > 0 { "," } else { "" });
            line.push_str(&next);
            named += 1;
        }
        match all - named.min(all) {
            _ if all == 0 => line.push_str(" none"),
            0 => {}
            more => line.push_str(&format!(", and {more} more")),
        }
        cut(&line, columns)
    }
}

/// How lines are divided.
struct LineLayout {
    columns: usize,
    name: usize,
    bar: usize,
}

impl LineLayout {
    /// Columns of a bar: the widest that leaves room for the counts, in steps, so that it does not move with every
    /// digit.
    const BARS: [usize; 5] = [30, 24, 18, 12, 6];
    /// Columns of how many hosts are done, of how many.
    const COUNT: usize = 9;

    fn new(columns: usize, names: usize, counts: usize) -> Self {
        let name = names.max("all hosts".len()).min(columns / 3);
        let room = columns.saturating_sub(name + Self::COUNT + counts + 3);
        let bar = Self::BARS.into_iter().find(|&bar| bar <= room).unwrap_or(0);
        Self { columns, name, bar }
    }

    fn line(&self, group: &Group, counts: &str) -> String {
        let name = padded(&visible(&group.name), self.name);
        let count = format!("{:>4}/{:<4}", group.done(), group.hosts);
        let bar = match self.bar {
            0 => String::new(),
            columns => bar(group, columns) + " ",
        };
        cut(format!("{name} {bar}{count} {counts}").trim_end(), self.columns)
    }
}

/// A bar that is full when nothing is left. Cancelled hosts are not drawn as done.
fn bar(group: &Group, columns: usize) -> String {
    let share = |hosts: u32| {
        let done = u64::from(hosts) * columns as u64 / u64::from(group.hosts.max(1));
        usize::try_from(done).unwrap_or(columns).min(columns)
    };
    let done = share(group.done());
    let begun = share(group.done() + group.running).max(done);
    ["━".repeat(done), "╌".repeat(begun - done), "─".repeat(columns - begun)].concat()
}

/// Limits that count hosts of the job; of several with one name the lowest.
fn limits(groups: &[Group]) -> Vec<&Group> {
    let slots = |group: &Group| group.limit.map_or(u32::MAX, |(_, slots)| slots);
    let mut lowest: BTreeMap<&str, (u32, usize)> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate().filter(|(_, group)| group.hosts > 0) {
        let this = (slots(group), at);
        let known = lowest.entry(&group.name).or_insert(this);
        *known = this.min(*known);
    }
    let mut order: Vec<usize> = lowest.into_values().map(|(_, at)| at).collect();
    order.sort_unstable();
    order.iter().filter_map(|&at| groups.get(at)).collect()
}

/// The limits that matter most now, in their own order: those that hold hosts back, then those under which something
/// runs, then those that are not begun, and last those that are over.
fn active<'a>(limits: &[&'a Group], most: usize) -> Vec<&'a Group> {
    let rank = |group: &Group| match () {
        () if group.is_full() => 0,
        () if group.running > 0 => 1,
        () if group.waiting > 0 => 2,
        () => 3,
    };
    let mut order: Vec<usize> = (0..limits.len()).collect();
    order.sort_by_key(|&at| limits.get(at).map(|group| rank(group)));
    order.truncate(most);
    order.sort_unstable();
    order.iter().filter_map(|&at| limits.get(at).copied()).collect()
}

fn counts(group: &Group) -> String {
    let slots = group.limit.map(|(_, slots)| format!(" of {slots}")).unwrap_or_default();
    let over = group.waiting + group.running == 0;
    let mut counts = match over {
        true => "over".to_owned(),
        false => format!("{} running{slots}", group.running),
    };
    for (count, word) in [
        (group.bad - group.in_doubt, "failed"),
        (group.in_doubt, "in doubt"),
        (group.cancelled, "cancelled"),
    ] {
        if count > 0 {
            counts.push_str(&format!(", {count} {word}"));
        }
    }
    counts
}

/// An estimate is not worth seconds when it is of many minutes.
fn rough(time: Duration) -> String {
    match time.as_secs() {
        600..3_600 => format!("{}m", time.as_secs() / 60),
        _ => whole(time),
    }
}

/// Whole seconds: tenths that run by are nothing to read.
fn whole(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        _ => span(Duration::from_secs(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::fleet::Fleet;
    use pogo_core::plan::{JobSpec, RemoteCommand};
    use pogo_core::policy::{Constraint, Policy, Rule};
    use pogo_core::scheduler::{Event, FailureKind, JobEventKind, JobId, Outcome, Record};
    use pogo_core::sim::{Fault, World};
    use proptest::prelude::*;

    use super::*;

    /// A job of so many hosts in each of so many groups, one of which fails.
    fn records(groups: usize, hosts: usize, name: &str) -> Vec<Record> {
        let mut fleet = Fleet::builder();
        for group in 0..groups {
            fleet = fleet.tagged(
                &format!("role.{name}{group:02}"),
                &format!("{name}{group:02}-[1-{hosts}]"),
            );
        }
        let limit = |group| {
            Constraint::new(
                format!("$role.{name}{group:02}").parse().unwrap(),
                Rule::MaxParallel("2".parse().unwrap()),
            )
        };
        let constraints = (0..groups).map(limit);
        let policy = Policy::new().constraints(constraints);
        let failure = Outcome::failed(FailureKind::Command { status: 1 }, "");
        let world = World::new(fleet.build().unwrap(), policy).unwrap();
        let mut world = world
            .inject(&format!("{name}00-1").parse().unwrap(), &Fault::Always(failure))
            .unwrap();
        world
            .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
            .unwrap();
        world.run().records
    }

    /// The lines after so many seconds.
    fn lines(records: &[Record], seconds: u64, (columns, rows): (usize, usize)) -> Vec<String> {
        let mut progress = JobProgress::default();
        let now = Timestamp::from_millis(seconds * 1000);
        records
            .iter()
            .filter(|record| record.at <= now)
            .for_each(|record| _ = progress.note(record));
        let left = Some(Duration::from_secs(130));
        let progress = &progress;
        let keys = None;
        StatusLines {
            progress,
            now,
            left,
            keys,
        }
        .lines(TerminalSize { columns, rows })
    }

    #[test]
    fn a_usual_terminal_shows_limits_what_runs_and_how_long_it_takes() {
        let wanted = "\
$role.web00 ━━━━━╌╌───────────    3/10   1 running of 2, 1 failed
$role.web01 ━━━━━━━╌╌╌────────    4/10   2 running of 2
running: web00-4 0s, web01-5 0s, web01-6 0s
all hosts   ━━━━━━╌╌╌─────────    7/20   3 running, 1 failed, 2s, ~2m 10s left";
        assert_eq!(lines(&records(2, 10, "web"), 2, (80, 24)).join("\n"), wanted);
    }

    #[test]
    fn of_more_limits_than_fit_those_that_hold_back_are_shown() {
        let records = records(40, 3, "web");
        let shown = lines(&records, 1, (80, 24));
        assert_eq!(shown.len(), 12);
        assert_eq!(shown[9], "and 31 more limits");
        // After one second each has one host left, but the first, where a failed host holds a slot.
        assert!(shown[0].starts_with("$role.web00"), "{shown:#?}");
        let most = lines(&records, 1, (200, 50));
        assert_eq!((most.len(), most[22].as_str()), (25, "and 18 more limits"));
    }

    #[test]
    fn limits_that_hold_hosts_back_come_before_those_under_which_something_runs() {
        let group = |name: &str, hosts, waiting, running| {
            let limit = Rule::MaxParallel("2".parse().unwrap());
            let mut group = Group::new(name.to_owned(), Some((limit, 2)));
            (group.hosts, group.waiting, group.running) = (hosts, waiting, running);
            group
        };
        let groups = [
            group("over", 9, 0, 0),
            group("not begun", 9, 9, 0),
            group("running", 9, 0, 1),
            group("full", 9, 3, 2),
        ];
        let groups: Vec<&Group> = groups.iter().collect();
        let shown = |most| {
            active(&groups, most)
                .iter()
                .map(|group| group.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(1), ["full"]);
        assert_eq!(shown(2), ["running", "full"]);
        assert_eq!(shown(3), ["not begun", "running", "full"]);
        assert_eq!(shown(9), ["over", "not begun", "running", "full"]);
    }

    #[test]
    fn a_job_that_is_held_back_says_so_and_not_how_long_it_takes() {
        // The only slot is kept by a host that failed.
        let fleet = Fleet::builder().tagged("web", "web[1-9]").build().unwrap();
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
        let failure = Outcome::failed(FailureKind::Command { status: 1 }, "");
        let world = World::new(fleet, Policy::new().constraint(limit)).unwrap();
        let mut world = world.inject(&"web1".parse().unwrap(), &Fault::Always(failure)).unwrap();
        let job = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        world.submit(job).unwrap();
        let records = world.run().records;
        let last = |records: &[Record]| lines(records, 60, (80, 24)).pop().unwrap();
        let blocked = last(&records);
        assert!(blocked.contains(" blocked, 0 running, 1 failed, "), "{blocked}");
        assert!(!blocked.contains("left"), "{blocked}");
        for (kind, word) in [(JobEventKind::Unblocked, "left"), (JobEventKind::Paused, "paused, ")] {
            let event = Event::of_job(JobId::new(1), JobEventKind::Unblocked);
            let unblocked = Record::new(Timestamp::from_millis(30_000), event);
            let then = Record::new(Timestamp::from_millis(30_000), Event::of_job(JobId::new(1), kind));
            let said = last(&[&records[..], &[unblocked, then]].concat());
            assert!(said.contains(word) && !said.contains("blocked"), "{said}");
        }
    }

    #[test]
    fn what_is_over_is_said_to_be() {
        let shown = lines(&records(1, 2, "db"), 9, (80, 24));
        assert!(shown[0].contains("over, 1 failed"), "{shown:#?}");
        assert_eq!(shown[1], "running: none");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_terminal_is_too_small_and_no_name_too_wide(
            columns in 1_usize..220, rows in 1_usize..60, groups in 1_usize..30, seconds in 0_u64..5,
            name in prop::sample::select(vec!["w", "日本語", "a-very-long-name-of-a-role-that-does-not-fit-anywhere"]),
        ) {
            let shown = lines(&records(groups, 3, name), seconds, (columns, rows));
            prop_assert!(shown.len() <= (rows / 2).max(1), "{:#?}", shown);
            prop_assert!(shown.iter().all(|line| width(line) < columns), "{:#?}", shown);
        }
    }
}
