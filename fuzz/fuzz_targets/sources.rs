//! A file of sources is refused where something is wrong, or names sources that nobody reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::{Listing, SourcesFile};

fuzz_target!(|text: &str| {
    let read = SourcesFile::parse("fuzz", text);
    pogo_fuzz::judge(text, read.map(|_| Listing::default()));
});
