//! A host range is refused, or expands to as many names as it says and is printed as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_core::fleet::{HostRange, fold};

fuzz_target!(|text: &str| {
    let Ok(range) = text.parse::<HostRange>() else { return };
    assert_eq!(range.to_string().parse().as_ref(), Ok(&range));
    if range.has_wildcards() || range.count() > 10_000 {
        return;
    }
    let names: Vec<String> = range.expand().collect();
    assert_eq!(names.len() as u64, range.count());
    let _ = fold(&names).to_string();
});
