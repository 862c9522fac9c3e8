//! A selector is refused, or is printed as it was read and resolves without harm.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pogo_core::fleet::{Fleet, Selector};

fuzz_target!(|text: &str| {
    static FLEET: OnceLock<Fleet> = OnceLock::new();
    let fleet = FLEET.get_or_init(|| {
        let fleet = Fleet::builder().tagged("colo.east", "web[1-5]").tagged("colo.west", "web[4-9],db1");
        fleet.tagged("role", "db1").build().unwrap_or_default()
    });
    let _ = Selector::parse_original(text);
    let Ok(selector) = text.parse::<Selector>() else { return };
    assert_eq!(selector.to_string().parse().as_ref(), Ok(&selector));
    let _ = fleet.resolve(&selector);
});
