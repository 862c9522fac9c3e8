//! A configuration of OpenSSH's client is refused where it stands, or gives a fleet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::SshConfig;

fuzz_target!(|text: &str| {
    // Other files are none of its business.
    if text.to_ascii_lowercase().contains("include") {
        return;
    }
    pogo_fuzz::judge_file("config", text, |path| SshConfig::read(path));
});
