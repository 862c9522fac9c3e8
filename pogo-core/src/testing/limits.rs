//! Random limits.

use proptest::prelude::*;

use crate::policy::Limit;

/// Limits that are small enough to matter in a small fleet, 0 among them.
pub fn limits() -> impl Strategy<Value = Limit> {
    let text = prop_oneof![
        1 => prop::sample::select(&["0", "0%"][..]),
        12 => prop::sample::select(&["1", "1", "2", "3", "25%", "50%", "75%", "100%"][..]),
    ];
    text.prop_map(|text| text.parse().expect("it is a limit"))
}
