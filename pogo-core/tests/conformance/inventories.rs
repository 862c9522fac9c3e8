//! An inventory of two hosts, each time with another defect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::fleet::Fleet;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};
use pogo_core::testing::conformance::{self, ConformanceReport, InventoryFixture};

const SECRET: &str = "hunter2";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    Nameless,
    Partial,
    Unsteady,
    Cached,
    EmptyWhenGone,
    GoneIsInvalid,
    NonsenseIsEmpty,
    TellsSecrets,
    WarnsOfSecrets,
    NoFleet,
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Good,
    Gone,
    Nonsense,
}

struct Flawed {
    defect: Defect,
    source: Source,
    loads: AtomicU32,
    more: Arc<AtomicU32>,
}

#[async_trait]
impl Inventory for Flawed {
    fn name(&self) -> String {
        match self.defect {
            Defect::Nameless => String::new(),
            _ => "register".to_owned(),
        }
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let name = self.name();
        let message = match self.defect {
            Defect::TellsSecrets | Defect::WarnsOfSecrets => format!("https://me:{SECRET}@register is away"),
            _ => "it is away".to_owned(),
        };
        let unavailable = self.defect != Defect::GoneIsInvalid;
        match (self.source, self.defect) {
            (Source::Gone, Defect::EmptyWhenGone) | (Source::Nonsense, Defect::NonsenseIsEmpty) => {
                Ok(Listing::default())
            }
            (Source::Gone, _) if unavailable => Err(InventoryError::unavailable(name, message)),
            (Source::Good, defect) => {
                let loads = self.loads.fetch_add(1, Ordering::SeqCst);
                let fleet = Fleet::builder().tagged("web", "web[1-2]");
                let fleet = match defect {
                    Defect::Partial => Fleet::builder().tagged("web", "web1"),
                    Defect::Unsteady => fleet.host(&format!("web{}", 10 + loads)),
                    Defect::NoFleet => fleet.tag("not a tag"),
                    Defect::Cached => fleet,
                    _ => {
                        (0..self.more.load(Ordering::SeqCst)).fold(fleet, |fleet, nth| fleet.host(&format!("db{nth}")))
                    }
                };
                let mut listing = Listing::new(fleet);
                if defect == Defect::WarnsOfSecrets {
                    listing.warnings.push(Diagnostic::new(name, message));
                }
                Ok(listing)
            }
            _ => Err(InventoryError::invalid(name, message)),
        }
    }
}

fn hold(defect: Defect) -> ConformanceReport {
    let fixture = async || {
        let more = Arc::new(AtomicU32::new(0));
        let of = |source| {
            let more = Arc::clone(&more);
            let loads = AtomicU32::new(0);
            Arc::new(Flawed {
                defect,
                source,
                loads,
                more,
            })
        };
        let grown = Arc::clone(&more);
        InventoryFixture::new(of(Source::Good))
            .hosts(["web1", "web2"])
            .unavailable(of(Source::Gone))
            .invalid(of(Source::Nonsense))
            .change(move || _ = grown.fetch_add(1, Ordering::SeqCst))
            .secret(SECRET)
    };
    block_on(conformance::inventory(fixture))
}

#[test]
fn an_inventory_without_defects_passes_every_case() {
    super::assert_without_defects(hold(Defect::None));
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (Defect::Nameless, "it_has_a_name_for_messages"),
        (Defect::Partial, "all_of_it_is_loaded"),
        (Defect::Unsteady, "every_load_gives_the_same"),
        (Defect::Cached, "a_change_is_seen_by_the_next_load"),
        (Defect::EmptyWhenGone, "a_source_out_of_reach_is_unavailable"),
        (Defect::GoneIsInvalid, "a_source_out_of_reach_is_unavailable"),
        (Defect::NonsenseIsEmpty, "a_source_without_sense_is_invalid"),
        (Defect::TellsSecrets, "no_secret_is_shown"),
        (Defect::WarnsOfSecrets, "no_secret_is_shown"),
        (Defect::NoFleet, "what_it_loads_is_a_fleet"),
    ];
    super::assert_found(hold, &planted);
}
