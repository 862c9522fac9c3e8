//! A node set, with groups to refer to, is refused where it stands, or names hosts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::ClusterShellGroups;

fuzz_target!(|set: &str| {
    if set.contains(['\n', '\r']) {
        return;
    }
    let text = format!("rack: web[1-9],db[08-10]\nall: @rack\nset: {set}\n");
    pogo_fuzz::judge(&text, ClusterShellGroups::parse("local.cfg", &text));
});
