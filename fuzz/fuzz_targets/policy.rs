//! A policy file is refused, or gives a fleet and a policy that compile or are refused in their turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_core::plan::Rules;
use pogo_inventory::PolicyFile;

fuzz_target!(|text: &str| {
    // Other files are none of its business.
    if text.contains("include") {
        return;
    }
    let Ok(listing) = PolicyFile::parse("fuzz.yaml", text) else { return };
    let (fleet, policy) = listing.into_parts();
    // A few bytes may name ten million hosts, which is allowed and slow.
    if fleet.len() > 10_000 {
        return;
    }
    let Ok(fleet) = fleet.build() else { return };
    let _ = Rules::compile(&fleet, &policy);
});
