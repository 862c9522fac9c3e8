//! The least that a report has to touch where many jobs report in turn.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pogo_core::scheduler::{Event, Outcome};

use super::neighbours::{HOSTS, driver_of_small_jobs, rack_of};

/// A line of a cache of its own: one job, one host, or one bucket.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Counter {
    running: u32,
    done: u32,
}

/// One task, and where what counts it is found.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Task {
    job: u32,
    rack: u32,
    colo: u32,
    running: bool,
}

/// A record for each job, task, host and bucket, and nothing that decides.
struct BareJobs {
    tasks: Vec<Task>,
    jobs: Vec<Counter>,
    hosts: Vec<Counter>,
    racks: Vec<Counter>,
    colos: [Counter; 3],
    ready: VecDeque<u32>,
}

impl BareJobs {
    fn new(jobs: u32) -> Self {
        let hosts = jobs * HOSTS;
        let task = |host: u32| Task {
            job: host / HOSTS,
            rack: rack_of(host),
            colo: host % 3,
            running: false,
        };
        Self {
            tasks: (0..hosts).map(task).collect(),
            jobs: vec![Counter::default(); jobs as usize],
            hosts: vec![Counter::default(); hosts as usize],
            racks: vec![Counter::default(); hosts as usize],
            colos: [Counter::default(); 3],
            ready: VecDeque::new(),
        }
    }

    fn start(&mut self, host: u32) {
        let task = &mut self.tasks[host as usize];
        task.running = true;
        let Task { job, rack, colo, .. } = *task;
        self.jobs[job as usize].running += 1;
        self.hosts[host as usize].running += 1;
        self.racks[rack as usize].running += 1;
        self.colos[colo as usize].running += 1;
        self.ready.push_back(host);
    }

    /// Ends the task that began first, and starts what starts then. Never inlined, so that a profiler finds it.
    #[inline(never)]
    fn report(&mut self, starts: &[u32]) {
        let Some(host) = self.ready.pop_front() else { return };
        let task = &mut self.tasks[host as usize];
        task.running = false;
        let Task { job, rack, colo, .. } = *task;
        for counter in [
            &mut self.jobs[job as usize],
            &mut self.hosts[host as usize],
            &mut self.racks[rack as usize],
            &mut self.colos[colo as usize],
        ] {
            counter.running -= 1;
            counter.done += 1;
        }
        starts.iter().for_each(|&host| self.start(host));
    }
}

/// What a report costs of so many small jobs, in the order in which a scheduler lets them start.
pub fn bare_jobs(jobs: u32) -> Vec<Duration> {
    let mut starts = starts_of_small_jobs(jobs).into_iter();
    let mut bare = BareJobs::new(jobs);
    starts.next().into_iter().flatten().for_each(|host| bare.start(host));
    let starts: Vec<Vec<u32>> = starts.collect();
    let reports = starts.chunks(HOSTS as usize).map(|reports| {
        let report = |starts: &Vec<u32>| {
            let begin = Instant::now();
            bare.report(starts);
            begin.elapsed()
        };
        reports.iter().map(report).sum::<Duration>() / HOSTS
    });
    reports.collect()
}

/// The hosts that start when all jobs are submitted, and after each report.
fn starts_of_small_jobs(jobs: u32) -> Vec<Vec<u32>> {
    let mut driver = driver_of_small_jobs(jobs);
    let submitted: Vec<Event> = (0..jobs).flat_map(|job| driver.submit_small(job)).collect();
    let reports = std::iter::from_fn(|| driver.report(Outcome::Succeeded));
    std::iter::once(submitted)
        .chain(reports)
        .map(|events| started(&events))
        .collect()
}

fn started(events: &[Event]) -> Vec<u32> {
    let started = events.iter().filter(|event| event.started().is_some());
    let number = |event: &Event| event.host()?.as_str().strip_prefix('h')?.parse().ok();
    started.filter_map(number).collect()
}
