//! The program as its users meet it: the binary itself, on real files and real SSH.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "a test says what it needs and is left out without")]

mod access;
mod applied;
mod asked_server;
mod asking;
mod assumed_down;
mod audit;
mod bad_input;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod bastion;
mod blocked;
mod browser;
#[cfg(feature = "oidc")]
mod browser_logins;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod cluster;
mod dialect;
mod disk_faults;
mod dispatcher_faults;
#[cfg(all(
    feature = "postgres",
    feature = "tls",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod documented_machines;
#[cfg(feature = "tls")]
mod encrypted;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod ended;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod failing_calls;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod failover;
#[cfg(all(
    feature = "postgres",
    feature = "zookeeper",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod failover_zookeeper;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod faults;
mod folding;
mod follow;
mod foreign;
mod formats;
mod guard;
mod held;
mod help;
mod history;
mod hostile;
mod inputs;
mod interrupt;
mod inventory;
#[cfg(feature = "jwt")]
mod issuers;
mod kept;
mod kept_inputs;
mod kept_store;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod killed;
mod limits;
mod live;
mod logins;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod lost_primary;
#[cfg(all(
    feature = "postgres",
    feature = "tls",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod machine_space;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod many_hosts;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod network;
#[cfg(target_os = "linux")]
mod network_home;
mod on_server;
mod orders;
mod output;
#[cfg(all(
    feature = "postgres",
    feature = "object-store",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod output_objects;
mod pictures;
mod planned_now;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
#[path = "../../../../pogo-store/tests/postgres/server.rs"]
#[allow(dead_code, reason = "the tests of the store use all of it")]
mod postgres_server;
mod program;
mod questions;
mod read_only;
mod readme;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod relay;
mod replay;
mod retired;
#[cfg(all(
    feature = "postgres",
    feature = "object-store",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
#[path = "../../../../pogo-store/tests/zookeeper/s3.rs"]
#[allow(dead_code, reason = "the tests of the store need more of it")]
mod s3;
mod secrets;
mod service;
mod settings;
#[cfg(feature = "jwt")]
#[path = "../../../../pogo-web/tests/jwt/signer.rs"]
#[allow(dead_code, reason = "the tests of the crate use all of it")]
mod signer;
mod simulated;
mod small_disk;
mod source_warnings;
mod ssh;
mod store;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod store_faults;
mod store_site;
#[cfg(target_os = "linux")]
mod surroundings;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod takeovers;
#[cfg(all(
    feature = "postgres",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
mod three_machines;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod traced;
mod verb_rows;
mod what_if;
mod worked;
mod writing;
#[cfg(all(
    feature = "postgres",
    feature = "zookeeper",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
#[path = "../../../../pogo-store/tests/zookeeper/ensemble.rs"]
#[allow(dead_code, reason = "the tests of the store need more of it")]
mod zookeeper_ensemble;
