//! Seed after seed: the first some hundred in the suite, and as many as one asks for.

use pogo_core::testing::cluster::Cluster;

pub(crate) fn cluster() -> Cluster {
    Cluster::new().audit(|records| pogo_audit::audit(records).map(|_| ()))
}

pub(crate) fn with_restores() -> Cluster {
    cluster().restores().skewed_clocks()
}

/// A number of the environment, or this one.
#[allow(
    clippy::disallowed_methods,
    reason = "the core reads no environment, and its tests may"
)]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
#[allow(clippy::print_stdout, reason = "how often what was reached is a result too")]
fn every_seed_keeps_the_rules() {
    let (first, rounds) = (number("POGO_SEED", 0), number("POGO_ROUNDS", 150));
    let report = cluster().run_all(first..first + rounds);
    println!("{report}");
    report.assert_kept();
}

/// The journal is set back in the middle of it all, and clocks are up to 25 seconds from that of its store.
#[test]
#[allow(clippy::print_stdout, reason = "how often what was reached is a result too")]
fn every_seed_with_restores_and_skewed_clocks_keeps_the_rules() {
    let (first, rounds) = (number("POGO_SEED", 0), number("POGO_ROUNDS", 150));
    let report = with_restores().run_all(first..first + rounds);
    println!("{report}");
    report.assert_kept();
    let counts = report.counts;
    assert!(counts.restores > rounds / 2, "{report}");
    assert!(counts.doubts_after_restore > 0 && counts.lost_attempts > 0, "{report}");
    assert!(counts.busy_with_lost > 0, "{report}");
    assert!(counts.forced_in_spite_of_its_clock > 0, "{report}");
}

/// Each is red today where what was mended is broken again: a change of the schedule moves them.
#[test]
fn seeds_that_were_red_stay_green() {
    for (seed, _reason) in [
        (
            8_057,
            "an attempt whose record a later one had replaced was asked about for ever",
        ),
        (626, "a cancelled attempt of an earlier dispatcher was asked about once"),
        (192, "what was cancelled before a takeover was given up at once"),
        (
            636,
            "a dispatcher took the time for which it was stopped for time in which it asked",
        ),
        (
            2_538,
            "an attempt began on a host in doubt that nobody had asked before",
        ),
        (
            20_730,
            "an attempt wrote over the record of one in doubt, after one question in vain",
        ),
        (8_854, "and where the one in doubt ended just then"),
        (
            26_771,
            "a host that had said that its attempt ran was given up when it could not be asked once",
        ),
    ] {
        let run = cluster().run(seed);
        assert!(run.finding.is_none(), "{run}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..5 {
        for cluster in [cluster(), with_restores()] {
            assert_eq!(cluster.run(seed).digest(), cluster.run(seed).digest(), "seed {seed}");
        }
    }
}
