//! What the shop was promised, held against its policy: whatever sites it opens, and whatever goes wrong in them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt;
use std::sync::Arc;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::testing::{Drill, Step, assert_never_more_than, assert_order, group, steps};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use shop_rollout::{ROLLOUT, policy};

/// Sites, with so many stock databases and tills each.
#[derive(Clone)]
struct Shop {
    sites: Vec<(usize, usize)>,
}

impl Shop {
    fn fleet(&self) -> Fleet {
        let declared = Fleet::builder().declare_tag("till").declare_tag("stock");
        let sites = ["a", "b", "c"].into_iter().zip(&self.sites);
        let fleet = sites.fold(declared, |fleet, (site, &(stock, tills))| {
            let groups = [("stock", stock), ("till", tills)]
                .into_iter()
                .filter(|(_, hosts)| *hosts > 0);
            groups.fold(fleet, |fleet, (role, hosts)| {
                let names = format!("{role}-{site}[1-{hosts}]");
                fleet.tagged(role, &names).tagged(&format!("site.{site}"), &names)
            })
        });
        fleet.build().unwrap()
    }

    fn hosts(&self) -> usize {
        self.sites.iter().map(|(stock, tills)| stock + tills).sum()
    }
}

/// As a person wants to read it.
impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (site, (stock, tills)) in ["a", "b", "c"].iter().zip(&self.sites) {
            write!(f, "site {site}: {stock} stock, {tills} tills; ")?;
        }
        Ok(())
    }
}

/// Shops of one to three sites.
fn shops() -> impl Strategy<Value = Shop> {
    let sites = prop::collection::vec((0..=2_usize, 1..=9_usize), 1..=3);
    sites.prop_map(|sites| Shop { sites })
}

/// Shops, and what happens while something is rolled out in them.
fn days() -> impl Strategy<Value = (Shop, Vec<Step>)> {
    // Reports, orders, crashes, time. The policy under test is not changed half way, and nobody overrides it.
    let step = steps().prop_filter("another policy, another test", |step| {
        !matches!(step, Step::Configure(..) | Step::Submit(_))
    });
    (shops(), prop::collection::vec(step, 0..40))
}

/// Rolls out to the whole shop, and looks whether each promise was kept.
fn keep_promises(policy: &Arc<Policy>, shop: &Shop, steps: &[Step]) {
    let fleet = Arc::new(shop.fleet());
    let mut drill = Drill::new(Arc::clone(&fleet), Arc::clone(policy)).unwrap();
    drill
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("brew")))
        .unwrap();
    steps.iter().for_each(|step| _ = drill.play(step));
    for site in ["a", "b", "c"].into_iter().take(shop.sites.len()) {
        let of_site = |role: &str| group(&fleet, &format!("${role} & $site.{site}"));
        let (stock, tills) = (of_site("stock"), of_site("till"));
        assert_never_more_than(drill.records(), &tills, (tills.len() / 4).max(1));
        assert_order(drill.records(), &stock, &tills);
    }
}

proptest! {
    #[test]
    fn the_policy_in_force_keeps_its_promises((shop, steps) in days()) {
        keep_promises(&Arc::new(policy(ROLLOUT).unwrap()), &shop, &steps);
    }
}

/// The same test on the first draft of the policy: it has to fail, with a shop so small that one sees why. Nothing has
/// to go wrong for it: the rollout does it by itself.
#[test]
fn the_mistake_of_the_first_draft_is_found_and_shrunk_to_a_few_hosts() {
    let draft = Arc::new(policy(include_str!("mistaken.yaml")).unwrap());
    let found = TestRunner::deterministic().run(&shops(), |shop| {
        keep_promises(&draft, &shop, &[]);
        Ok(())
    });
    let Err(TestError::Fail(reason, shop)) = found else {
        panic!("the mistake was not found: {found:?}");
    };
    // With eight tills in all there are two slots, and both were taken in one site. With fewer there is one slot.
    assert_eq!((shop.sites.len(), shop.hosts()), (2, 8), "{shop:?}");
    assert!(
        shop.sites.iter().all(|&(stock, tills)| stock == 0 && tills < 8),
        "{shop:?}"
    );
    assert!(reason.message().contains("till-"), "{reason}");
}
