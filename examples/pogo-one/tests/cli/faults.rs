//! Faults on real processes: three dispatchers on machines of their own, a job over hosts that count, and a client that
//! knows all three. A seed decides when the fault strikes: three of them by default, on few hosts.
//! `POGO_FAULTS=30 POGO_FAULT_HOSTS=300` plays each fault with thirty seeds on 300 hosts.

use std::time::Duration;

use rustix::process::Signal;

use super::cluster::{Cluster, Machine};
use super::kept_store::until;
use super::many_hosts::ManyHosts;
use super::network::{Link, Network};
use super::postgres_server::Postgres;
use super::three_machines::{ThreeMachines, ends_fenced, kill, successor};
#[cfg(feature = "zookeeper")]
use super::zookeeper_ensemble::Ensemble;

/// How long a store in PostgreSQL lets an owner be silent.
const TIMEOUT: Duration = Duration::from_secs(5);

const ALL: [Link; 3] = [Link::Store, Link::Hosts, Link::Clients];

/// A fault while a job runs.
pub(super) struct Scene<'a> {
    pub(super) machines: &'a ThreeMachines,
    /// The owner, and two that stand by.
    pub(super) owner: Machine<'a>,
    pub(super) others: Vec<Machine<'a>>,
    seed: u64,
}

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |text| text.parse().unwrap())
}

/// With PostgreSQL, where it is there.
fn in_postgres(test: &str, fault: impl Fn(&mut Scene<'_>) -> usize) {
    let Some(server) = Postgres::shared() else {
        eprintln!("LEFT OUT: {test} needs PostgreSQL (package postgresql)");
        return;
    };
    for seed in seeds(test) {
        let Some(network) = Network::lay(test) else {
            return;
        };
        let cluster = Cluster::of_machines(network, server, size(seed));
        survives((test, seed), cluster, &fault);
    }
}

/// With ZooKeeper, where it is there.
#[cfg(feature = "zookeeper")]
fn in_zookeeper(test: &str, fault: impl Fn(&mut Scene<'_>) -> usize) {
    let Some(ensemble) = Ensemble::shared() else {
        eprintln!("LEFT OUT: {test} needs ZooKeeper (package zookeeper)");
        return;
    };
    for seed in seeds(test) {
        let Some(network) = Network::lay(test) else {
            return;
        };
        let cluster = Cluster::of_machines_in_zookeeper(network, ensemble, size(seed));
        survives((test, seed), cluster, &fault);
    }
}

/// How many hosts a job of this seed has, and how many of them may run at once.
pub(super) fn size(seed: u64) -> (usize, usize) {
    // More seeds are of more use than more hosts.
    let default = if seed == 1 { 40 } else { 16 };
    let hosts = usize::try_from(number("POGO_FAULT_HOSTS", default)).unwrap();
    (hosts, (hosts / 8).max(4))
}

/// How long a store is away: longer than an owner may be silent, and than anything waits for an answer. A minute where
/// more seeds are asked for than by default.
pub(super) fn away() -> Duration {
    let is_long = std::env::var_os("POGO_FAULTS").is_some();
    Duration::from_secs(if is_long { 60 } else { 20 })
}

pub(super) fn seeds(test: &str) -> std::ops::Range<u64> {
    if !ManyHosts::are_possible(test) {
        return 0..0;
    }
    let first = number("POGO_SEED", 1);
    first..first + number("POGO_FAULTS", 3)
}

/// After how many hosts a fault strikes, of the first so many.
pub(super) fn strikes_at(seed: u64, most: usize) -> usize {
    // By the golden ratio: seeds that follow each other lie far apart.
    let spread = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    1 + usize::try_from(spread).unwrap() * most / (1 << 32)
}

/// Plays a fault that says how often the namespace is taken over, and checks what must hold after every one.
pub(super) fn survives((test, seed): (&str, u64), cluster: Cluster, fault: impl FnOnce(&mut Scene<'_>) -> usize) {
    eprintln!("{test}: POGO_SEED={seed} POGO_FAULTS=1");
    let (hosts, limit) = size(seed);
    let machines = ThreeMachines::new(cluster);
    let [owner, b, c] = machines.serve_all();
    let job = machines.cluster.submit("a");
    let client = machines.follow(&job);
    let mut scene = Scene {
        machines: &machines,
        owner,
        others: vec![b, c],
        seed,
    };
    // Somewhere in the first half.
    let at = strikes_at(seed, hosts / 2);
    until(|| machines.cluster.many.ran().len() >= at);
    let takeovers = fault(&mut scene);
    machines.finish(&job);
    machines.check(limit);
    client.check(takeovers);
}

impl Scene<'_> {
    pub(super) fn nobody_took_over(&self) {
        for other in &self.others {
            assert!(!other.log().contains("took over"), "{}", other.log());
        }
    }

    fn cut(&self, links: &[Link]) {
        links
            .iter()
            .for_each(|link| self.machines.cluster.network().cut(0, *link));
    }

    fn mend(&self, links: &[Link]) {
        links
            .iter()
            .for_each(|link| self.machines.cluster.network().mend(0, *link));
    }

    /// Cuts the owner off from the store and from more, until another one has taken over.
    fn cut_from_store(&mut self, links: &[Link]) -> usize {
        self.cut(links);
        successor(&mut self.others);
        self.mend(links);
        ends_fenced(&mut self.owner);
        1
    }

    fn killed(&mut self) -> usize {
        kill(&mut self.owner);
        successor(&mut self.others);
        1
    }

    /// Paused for twice the time that an owner may be silent, and until another one has taken over.
    fn paused(&mut self) -> usize {
        self.owner.signal(Signal::STOP);
        std::thread::sleep(2 * TIMEOUT);
        successor(&mut self.others);
        self.owner.signal(Signal::CONT);
        ends_fenced(&mut self.owner);
        1
    }

    /// What runs cannot be reached for a while, and nobody takes over from an owner that lives.
    fn cut_from_hosts(&mut self) -> usize {
        self.cut(&[Link::Hosts]);
        std::thread::sleep(TIMEOUT + Duration::from_secs(self.seed % 3));
        self.nobody_took_over();
        self.mend(&[Link::Hosts]);
        0
    }

    /// One of those that stand by has a clock 15 s from that of the store: it would wait for its turn, and may not take
    /// it.
    fn with_a_wrong_clock(&mut self) -> usize {
        let mut late = self.others.remove(0);
        late.signal(Signal::TERM);
        assert_eq!(late.end(), Some(0), "{}", late.log());
        let mut late = self.machines.serve_by_clock("b", "-15s");
        assert_eq!(late.end(), Some(70), "{}", late.log());
        late.says("the clock of this machine is");
        self.killed()
    }
}

#[test]
fn a_job_survives_an_owner_that_is_killed() {
    in_postgres("a_job_survives_an_owner_that_is_killed", |scene| scene.killed());
}

#[test]
fn a_job_survives_an_owner_that_is_paused_and_wakes() {
    in_postgres("a_job_survives_an_owner_that_is_paused_and_wakes", |scene| {
        scene.paused()
    });
}

#[test]
fn a_job_survives_an_owner_that_is_cut_off_from_the_store() {
    let test = "a_job_survives_an_owner_that_is_cut_off_from_the_store";
    in_postgres(test, |scene| scene.cut_from_store(&[Link::Store]));
}

#[test]
fn a_job_survives_an_owner_that_is_cut_off_from_its_hosts() {
    let test = "a_job_survives_an_owner_that_is_cut_off_from_its_hosts";
    in_postgres(test, |scene| scene.cut_from_hosts());
}

#[test]
fn a_job_survives_an_owner_that_is_cut_off_from_everything() {
    let test = "a_job_survives_an_owner_that_is_cut_off_from_everything";
    in_postgres(test, |scene| scene.cut_from_store(&ALL));
}

#[test]
fn a_job_is_not_taken_over_by_a_machine_whose_clock_is_wrong() {
    let test = "a_job_is_not_taken_over_by_a_machine_whose_clock_is_wrong";
    in_postgres(test, |scene| scene.with_a_wrong_clock());
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_is_not_taken_over_by_a_machine_whose_clock_is_wrong() {
    let test = "in_zookeeper_a_job_is_not_taken_over_by_a_machine_whose_clock_is_wrong";
    in_zookeeper(test, |scene| scene.with_a_wrong_clock());
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_owner_that_is_killed() {
    in_zookeeper("in_zookeeper_a_job_survives_an_owner_that_is_killed", |scene| {
        scene.killed()
    });
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_owner_that_is_paused_and_wakes() {
    let test = "in_zookeeper_a_job_survives_an_owner_that_is_paused_and_wakes";
    in_zookeeper(test, |scene| scene.paused());
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_the_store() {
    let test = "in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_the_store";
    in_zookeeper(test, |scene| scene.cut_from_store(&[Link::Store]));
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_its_hosts() {
    let test = "in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_its_hosts";
    in_zookeeper(test, |scene| scene.cut_from_hosts());
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_everything() {
    let test = "in_zookeeper_a_job_survives_an_owner_that_is_cut_off_from_everything";
    in_zookeeper(test, |scene| scene.cut_from_store(&ALL));
}
