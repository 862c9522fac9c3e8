//! Stores that are away for a while, or whose disk is full, while a job runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::cluster::Cluster;
use super::faults::{away, seeds, size, survives};
use super::kept_store::until;
use super::network::Network;
use super::postgres_server::Postgres;
use super::small_disk::SmallDisk;
#[cfg(feature = "zookeeper")]
use super::zookeeper_ensemble::{Ensemble, Mode};

/// Enough for a server without anything in it, and for a job.
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

/// Tables cannot grow at first, and then the server's own log cannot.
#[test]
fn a_job_survives_a_database_whose_disk_is_full_and_nobody_takes_over() {
    let test = "a_job_survives_a_database_whose_disk_is_full_and_nobody_takes_over";
    for seed in seeds(test) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        SmallDisk::mounted(test, &path, SMALL, |disk| {
            // The server has an account of its own.
            for folder in [folder.path(), &path] {
                fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
            }
            database_without_space((test, seed), tempfile::tempdir_in(&path).unwrap(), disk);
        });
    }
}

fn database_without_space((test, seed): (&str, u64), folder: TempDir, disk: &SmallDisk) {
    let Some((mut server, network)) = Postgres::start_in(folder).zip(Network::lay(test)) else {
        return;
    };
    // As many as for the first seed: pages that are there have room for a dozen.
    let ((hosts, _), (_, limit)) = (size(1), size(seed));
    let cluster = Cluster::of_machines(network, &server, (hosts, limit));
    survives((test, seed), cluster, |scene| {
        disk.fill("fill");
        let is_away = || scene.owner.log().contains("the journal cannot be reached");
        until(|| is_away() || scene.machines.cluster.many.ran().len() == hosts);
        assert!(is_away(), "all hosts have run");
        std::thread::sleep(away());
        assert!(scene.machines.check_permissions() < hosts);
        until(|| !switches_log(&server));
        disk.free("fill");
        server.wait_or_start();
        scene.nobody_took_over();
        0
    });
}

/// Has the server begin another file of its log, which it ends of where there is no space for one.
fn switches_log(server: &Postgres) -> bool {
    let line = format!("{} -c 'SELECT pg_switch_wal()'", server.psql_line());
    let mut psql = Command::new("sh");
    let psql = psql.args(["-c", &line]).stdout(Stdio::null()).stderr(Stdio::null());
    psql.status().unwrap().success()
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

/// Of one server, the leader: it leads no more, and an operator replaces it.
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
fn leader_without_space((test, seed): (&str, u64), folder: TempDir, disks: [&SmallDisk; 3]) {
    let Some((mut ensemble, network)) = Ensemble::start_in(folder).zip(Network::lay(test)) else {
        return;
    };
    let cluster = Cluster::of_machines_in_zookeeper(network, &ensemble, size(seed));
    survives((test, seed), cluster, |scene| {
        let leader = ensemble.leader();
        disks[leader].fill("fill");
        // The former leader ends, or lives on without being able to join the others.
        let others = (0..disks.len()).filter(|other| *other != leader);
        until(|| others.clone().any(|other| ensemble.mode(other) == Some(Mode::Leader)));
        disks[leader].free("fill");
        ensemble.replace(leader);
        scene.nobody_took_over();
        0
    });
}
