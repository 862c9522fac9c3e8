//! A file of Pogo 4.0 is refused where it stands, or gives a fleet and a policy that compile or are refused in their
//! turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_core::plan::Rules;
use pogo_inventory::Pogo4File;

fuzz_target!(|text: &str| {
    let read = Pogo4File::parse("fuzz.yaml", text);
    if let Ok(listing) = &read
        && listing.fleet.len() <= 10_000
        && let Ok(fleet) = listing.fleet.clone().build()
    {
        let policy = listing.policy.clone().unwrap_or_default();
        let _ = Rules::compile(&fleet, &policy);
    }
    pogo_fuzz::judge(text, read);
});
