//! A group file of ClusterShell, in either form, is refused where it stands, or gives a fleet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::ClusterShellGroups;

fuzz_target!(|text: &str| {
    for name in ["groups.yaml", "local.cfg"] {
        pogo_fuzz::judge(text, ClusterShellGroups::parse(name, text));
    }
});
