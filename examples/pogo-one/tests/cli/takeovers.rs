//! Takeovers, of whatever store several machines have.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::cluster::Cluster;
use super::kept_store::until;

pub(super) const HOSTS: usize = 30;
pub(super) const LIMIT: usize = 5;

/// Kills the owner in mid-job: another dispatcher takes over, and no host runs twice.
pub(super) fn kill_owner(cluster: &Cluster, before: impl FnOnce()) {
    let mut a = cluster.serve("a", &[]);
    a.says("serves default");
    let mut b = cluster.serve("b", &[]);
    b.says("stands by");
    let job = cluster.submit("a");
    until(|| cluster.many.ran().len() >= HOSTS / 3);
    before();
    let killed = Instant::now();
    a.signal(Signal::KILL);
    a.end();
    b.says("took over from");
    b.says("serves default");
    let served = killed.elapsed();
    cluster.finish("b", &job);
    assert!(cluster.many.most_at_once() <= LIMIT);
    let left = cluster.check();
    eprintln!("not known to have succeeded: {left:?}");
    eprintln!("served {:.1} s after the kill", served.as_secs_f64());
}

/// Pauses the owner until another dispatcher serves: it starts nothing more, and says why it ends.
pub(super) fn pause_owner(cluster: &Cluster) {
    let mut a = cluster.serve("a", &[]);
    a.says("serves default");
    let mut b = cluster.serve("b", &[]);
    b.says("stands by");
    let job = cluster.submit("a");
    until(|| cluster.many.ran().len() >= HOSTS / 3);
    a.signal(Signal::STOP);
    b.says("took over from");
    b.says("serves default");
    a.signal(Signal::CONT);
    assert_eq!(a.end(), Some(70), "{}", a.log());
    a.says("has taken over default");
    cluster.finish("b", &job);
    assert!(cluster.many.most_at_once() <= LIMIT);
    let left = cluster.check();
    eprintln!("not known to have succeeded: {left:?}");
}

/// Kills the owner of a job of 10,000 hosts, ten times: how long until the other one serves, from the fastest on.
pub(super) fn takeover_times(cluster: &Cluster) -> Vec<Duration> {
    let mut owner = cluster.serve("a", &[]);
    owner.says("serves default");
    cluster.submit("a");
    let mut times = vec![];
    for (name, round) in ["b", "c", "a"].into_iter().cycle().zip(0..10) {
        let mut other = cluster.serve(name, &[]);
        other.says("stands by");
        let ran = cluster.many.ran().len();
        // What ended with the connection of its dispatcher keeps its slots, until there are none.
        let skip = [
            "skip",
            "1",
            "--failed",
            "--in-doubt",
            "--force",
            "--reason",
            "the next round",
        ];
        until(|| {
            cluster.verb(owner.name, &skip);
            cluster.many.ran().len() > ran
        });
        let before = other.log().matches("serves default").count();
        owner.signal(Signal::KILL);
        let killed = Instant::now();
        owner.end();
        until(|| other.log().matches("serves default").count() > before);
        times.push(killed.elapsed());
        eprintln!("{round}: {:.2} s", times[round].as_secs_f64());
        owner = other;
    }
    times.sort();
    eprintln!("median {:.2} s", times[times.len() / 2].as_secs_f64());
    times
}
