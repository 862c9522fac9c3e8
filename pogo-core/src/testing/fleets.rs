//! Random fleets.

use std::ops::RangeInclusive;
use std::sync::Arc;

use proptest::prelude::*;

use crate::fleet::{Fleet, HostName};

pub(super) const COLOS: [&str; 2] = ["colo.east", "colo.west"];
pub(super) const ROLES: [&str; 3] = ["role.cache", "role.db", "role.web"];
pub(super) const RACKS: [&str; 2] = ["rack.r1", "rack.r2"];

/// Random fleets of this many hosts `h1`, `h2`, … whose tags overlap: `colo.{east,west}`, `role.{cache,db,web}` (a host
/// may have two), `rack.{r1,r2}`, and now and then the bare `colo`. Every tag is declared, so that
/// [`policies`](super::policies) fit whoever carries them.
///
/// ```
/// use pogo_core::testing::fleets;
/// use proptest::prelude::*;
///
/// proptest!(ProptestConfig::with_cases(8), |(fleet in fleets(1..=6))| {
///     prop_assert!((1..=6).contains(&fleet.len()));
///     prop_assert!(fleet.resolve(&"$role.web".parse().unwrap()).is_ok());
/// });
/// ```
pub fn fleets(hosts: RangeInclusive<usize>) -> impl Strategy<Value = Arc<Fleet>> {
    prop::collection::vec(tags(), hosts).prop_map(|hosts| {
        let mut builder = Fleet::builder();
        for (host, tags) in (1..).zip(hosts) {
            builder = builder.host(&format!("h{host}"));
            builder = tags.into_iter().fold(builder, |builder, tag| builder.tag(tag));
        }
        let declared = COLOS.iter().chain(&ROLES).chain(&RACKS);
        let builder = declared.fold(builder, |builder, tag| builder.declare_tag(tag));
        Arc::new(builder.build().expect("these names and tags are in order"))
    })
}

fn tags() -> impl Strategy<Value = Vec<&'static str>> {
    let colo = prop_oneof![
        8 => prop::sample::select(&COLOS[..]).prop_map(Some),
        1 => Just(Some("colo")),
        1 => Just(None),
    ];
    let roles = prop::sample::subsequence(&ROLES[..], 0..=2);
    let rack = prop::option::of(prop::sample::select(&RACKS[..]));
    (colo, roles, rack).prop_map(|(colo, roles, rack)| colo.into_iter().chain(roles).chain(rack).collect())
}

/// Resolves a selector, for the invariants.
///
/// # Panics
/// The text is not a selector, or names something that the fleet does not have.
pub fn group(fleet: &Fleet, selector: &str) -> Vec<HostName> {
    let selector = selector
        .parse()
        .unwrap_or_else(|error| panic!("`{selector}` is no selector: {error}"));
    let hosts = fleet.resolve(&selector).unwrap_or_else(|error| panic!("{error}"));
    hosts.into_iter().map(|host| fleet.name(host).clone()).collect()
}
