//! Takeovers, of whatever store several machines have.

use std::time::Instant;

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
