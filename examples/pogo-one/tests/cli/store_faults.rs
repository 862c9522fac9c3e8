//! Stores that are away for a while, or whose disk is full, while a job runs.

use std::time::Duration;

use super::cluster::Cluster;
use super::faults::{away, seeds, size, survives};
use super::network::Network;
use super::postgres_server::Postgres;
#[cfg(feature = "zookeeper")]
use super::small_disk::SmallDisk;
#[cfg(feature = "zookeeper")]
use super::zookeeper_ensemble::Ensemble;

/// Enough for a server without anything in it, and for a job.
#[cfg(feature = "zookeeper")]
const SMALL: u64 = 160 << 20;

#[test]
fn a_job_survives_a_database_that_is_away_and_nobody_takes_over() {
    let test = "a_job_survives_a_database_that_is_away_and_nobody_takes_over";
    for seed in seeds(test) {
        let Some(mut server) = Postgres::start() else {
            return;
        };
        let Some(network) = Network::lay(test) else {
            return;
        };
        let cluster = Cluster::of_machines(network, &server, size(seed));
        survives((test, seed), cluster, |scene| {
            // Restarted at once, and then away for a while.
            for time in [Duration::ZERO, away()] {
                server.kill();
                std::thread::sleep(time);
                server.start_again();
            }
            scene.nobody_took_over();
            0
        });
    }
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_the_loss_of_the_leader_and_of_the_quorum() {
    let test = "in_zookeeper_a_job_survives_the_loss_of_the_leader_and_of_the_quorum";
    for seed in seeds(test) {
        let Some(mut ensemble) = Ensemble::start() else {
            return;
        };
        let Some(network) = Network::lay(test) else {
            return;
        };
        let cluster = Cluster::of_machines_in_zookeeper(network, &ensemble, size(seed));
        survives((test, seed), cluster, |scene| {
            let leader = ensemble.leader();
            ensemble.kill(leader);
            ensemble.wait_until_ready();
            // One of three is left, for a while.
            let next = ensemble.leader();
            ensemble.kill(next);
            std::thread::sleep(away());
            ensemble.start_server(next);
            ensemble.start_server(leader);
            ensemble.wait_until_ready();
            scene.nobody_took_over();
            0
        });
    }
}

#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_an_ensemble_that_is_away_and_nobody_takes_over() {
    let test = "in_zookeeper_a_job_survives_an_ensemble_that_is_away_and_nobody_takes_over";
    for seed in seeds(test) {
        let Some(mut ensemble) = Ensemble::start() else {
            return;
        };
        let Some(network) = Network::lay(test) else {
            return;
        };
        let cluster = Cluster::of_machines_in_zookeeper(network, &ensemble, size(seed));
        survives((test, seed), cluster, |scene| {
            ensemble.kill_all();
            std::thread::sleep(away());
            ensemble.start_all();
            scene.nobody_took_over();
            0
        });
    }
}

/// Of one server, the leader: it ends, and an operator replaces it.
#[cfg(feature = "zookeeper")]
#[test]
fn in_zookeeper_a_job_survives_a_leader_whose_disk_is_full() {
    let test = "in_zookeeper_a_job_survives_a_leader_whose_disk_is_full";
    for seed in seeds(test) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["0", "1", "2"].map(|number| folder.path().join(number));
        // One in the other: each thread sees the disks of those around it.
        SmallDisk::mounted(test, &paths[0], SMALL, |first| {
            SmallDisk::mounted(test, &paths[1], SMALL, |second| {
                SmallDisk::mounted(test, &paths[2], SMALL, |third| {
                    leader_without_space((test, seed), folder, [first, second, third]);
                });
            });
        });
    }
}

#[cfg(feature = "zookeeper")]
fn leader_without_space((test, seed): (&str, u64), folder: tempfile::TempDir, disks: [&SmallDisk; 3]) {
    let Some((mut ensemble, network)) = Ensemble::start_in(folder).zip(Network::lay(test)) else {
        return;
    };
    let cluster = Cluster::of_machines_in_zookeeper(network, &ensemble, size(seed));
    survives((test, seed), cluster, |scene| {
        let leader = ensemble.leader();
        disks[leader].fill("fill");
        super::kept_store::until(|| ensemble.has_ended(leader));
        disks[leader].free("fill");
        ensemble.replace(leader);
        scene.nobody_took_over();
        0
    });
}
