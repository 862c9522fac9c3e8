//! A genders file is refused where it stands, or gives a fleet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::GendersFile;

fuzz_target!(|text: &str| pogo_fuzz::judge(text, GendersFile::parse("genders", text)));
