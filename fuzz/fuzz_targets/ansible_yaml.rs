//! A YAML inventory of Ansible is refused where it stands, or gives a fleet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::AnsibleInventory;

fuzz_target!(|text: &str| {
    pogo_fuzz::judge_file("hosts.yml", text, |path| AnsibleInventory::read(path));
});
