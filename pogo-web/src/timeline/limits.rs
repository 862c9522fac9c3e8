//! How full each limit was over time.

use std::collections::{BTreeMap, HashSet};

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::BucketId;
use pogo_core::policy::Rule;
use pogo_core::scheduler::{BucketView, HolderReason, Scheduler};

/// The most steps that are kept of all limits together; of more, the older half is dropped.
const STEPS: usize = 2_000_000;

/// The courses of all limits that there were.
#[derive(Debug, Default)]
pub(super) struct LimitCourses {
    courses: Vec<LimitCourse>,
    /// The course of each bucket of the policy in force.
    of_bucket: Vec<usize>,
    /// Courses by group and rule, and by number for duplicates: a limit keeps its course when the policy changes.
    known: BTreeMap<(String, &'static str, usize), usize>,
    /// Hosts that are unavailable for no other reason than that they are marked down or held.
    kept_out: HashSet<HostName>,
    steps: usize,
}

/// How full one limit was.
#[derive(Debug)]
pub(super) struct LimitCourse {
    pub(super) group: String,
    pub(super) rule: Rule,
    /// How many of its slots are taken by hosts that are kept out.
    pub(super) kept_out: u32,
    pub(super) steps: Vec<LimitStep>,
}

/// What is true from a moment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct LimitStep {
    pub(super) at: Timestamp,
    pub(super) running: u32,
    pub(super) unavailable: u32,
    pub(super) slots: u32,
    /// Of those that are unavailable, hosts that are marked down or held.
    pub(super) kept_out: u32,
}

impl LimitCourses {
    /// Takes on the limits of the policy in force.
    pub(super) fn configured(&mut self, at: Timestamp, scheduler: &Scheduler) {
        let mut seen: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
        self.of_bucket.clear();
        for bucket in scheduler.rules().buckets() {
            let nth = seen.entry((&bucket.group, bucket.rule.key())).or_default();
            let key = (bucket.group.clone(), bucket.rule.key(), *nth);
            *nth += 1;
            let course = *self.known.entry(key).or_insert(self.courses.len());
            if course == self.courses.len() {
                self.courses.push(LimitCourse {
                    group: bucket.group.clone(),
                    rule: bucket.rule,
                    kept_out: 0,
                    steps: vec![],
                });
            }
            if let Some(course) = self.courses.get_mut(course) {
                (course.rule, course.kept_out) = (bucket.rule, 0);
            }
            self.of_bucket.push(course);
        }
        self.kept_out.clear();
        let fleet = scheduler.fleet();
        for host in fleet.ids() {
            self.keep_out(fleet.name(host), scheduler);
        }
        for bucket in scheduler.buckets() {
            self.note(at, bucket);
        }
    }

    /// Processes the result of a host.
    pub(super) fn host(&mut self, at: Timestamp, host: &HostName, scheduler: &Scheduler) {
        self.keep_out(host, scheduler);
        for bucket in buckets_of(host, scheduler)
            .iter()
            .filter_map(|&bucket| scheduler.bucket(bucket))
        {
            self.note(at, bucket);
        }
    }

    /// Counts a host that is kept out, or is no longer.
    fn keep_out(&mut self, host: &HostName, scheduler: &Scheduler) {
        let is_kept = matches!(
            scheduler.holder_reason(host),
            Some(HolderReason::Down | HolderReason::Held { .. })
        );
        if is_kept == self.kept_out.contains(host) {
            return;
        }
        match is_kept {
            true => _ = self.kept_out.insert(host.clone()),
            false => _ = self.kept_out.remove(host),
        }
        for bucket in buckets_of(host, scheduler) {
            let course = self.of_bucket.get(bucket.index()).copied();
            // A limit on what runs is not held by hosts that do not.
            if let Some(course) = course.and_then(|course| self.courses.get_mut(course))
                && course.rule.counts_unavailable()
            {
                course.kept_out = match is_kept {
                    true => course.kept_out.saturating_add(1),
                    false => course.kept_out.saturating_sub(1),
                };
            }
        }
    }

    fn note(&mut self, at: Timestamp, bucket: BucketView<'_>) {
        let course = self.of_bucket.get(bucket.id().index()).copied();
        let Some(course) = course.and_then(|course| self.courses.get_mut(course)) else {
            return;
        };
        let step = LimitStep {
            at,
            running: bucket.running(),
            unavailable: bucket.unavailable(),
            slots: bucket.bucket().slots,
            kept_out: course.kept_out,
        };
        match course.steps.last_mut() {
            // Records of one moment belong to one decision: what was true between them nobody could
            // have seen.
            Some(last) if last.at == at => *last = step,
            _ => {
                course.steps.push(step);
                self.steps += 1;
            }
        }
        if self.steps > STEPS {
            self.forget();
        }
    }

    fn forget(&mut self) {
        for course in &mut self.courses {
            // Half of each, so that this happens once in a million steps, and no chart loses its
            // present.
            course.steps.drain(..course.steps.len() / 2);
        }
        self.steps = self.courses.iter().map(|course| course.steps.len()).sum();
    }

    /// The course of a limit, by its number in the policy in force.
    pub(super) fn number(&self, limit: u32) -> Option<usize> {
        self.of_bucket.get(limit as usize).copied()
    }

    /// The number in the policy in force of a limit with this course, if it has the limit still.
    pub(super) fn limit(&self, course: usize) -> Option<u32> {
        let at = self.of_bucket.iter().position(|of| *of == course)?;
        u32::try_from(at).ok()
    }

    pub(super) fn course(&self, number: usize) -> Option<&LimitCourse> {
        self.courses.get(number)
    }
}

fn buckets_of<'s>(host: &HostName, scheduler: &'s Scheduler) -> &'s [BucketId] {
    let host = scheduler.fleet().id(host.as_str());
    host.map(|host| scheduler.rules().buckets_of(host)).unwrap_or_default()
}
