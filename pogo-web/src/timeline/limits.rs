//! How full each limit was over time.

use std::collections::BTreeMap;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::BucketId;
use pogo_core::policy::Rule;
use pogo_core::scheduler::{BucketView, Scheduler};

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
    steps: usize,
}

/// How full one limit was.
#[derive(Debug)]
pub(super) struct LimitCourse {
    pub(super) group: String,
    pub(super) rule: Rule,
    pub(super) steps: Vec<LimitStep>,
}

/// What is true from a moment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct LimitStep {
    pub(super) at: Timestamp,
    pub(super) running: u32,
    pub(super) unavailable: u32,
    pub(super) slots: u32,
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
                    steps: vec![],
                });
            }
            if let Some(course) = self.courses.get_mut(course) {
                course.rule = bucket.rule;
            }
            self.of_bucket.push(course);
        }
        for bucket in scheduler.buckets() {
            self.note(at, bucket);
        }
    }

    /// Processes the result of a host.
    pub(super) fn host(&mut self, at: Timestamp, host: &HostName, scheduler: &Scheduler) {
        let host = scheduler.fleet().id(host.as_str());
        let buckets: &[BucketId] = host.map(|host| scheduler.rules().buckets_of(host)).unwrap_or_default();
        for bucket in buckets.iter().filter_map(|&bucket| scheduler.bucket(bucket)) {
            self.note(at, bucket);
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

    pub(super) fn course(&self, number: usize) -> Option<&LimitCourse> {
        self.courses.get(number)
    }
}
