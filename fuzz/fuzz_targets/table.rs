//! A table in any format, under any of three mappings, is refused where it stands, or gives a fleet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pogo_inventory::table::{Format, Mapping, TableFile};

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let format = [Format::Csv, Format::Json, Format::JsonLines, Format::Toml][usize::from(choice) % 4];
    let mapping = match choice / 4 % 3 {
        0 => Mapping::default().var("zone"),
        1 => Mapping::named_by("h").tag_values("s", "colo").tags("r").optional().tag_if("c", "canary"),
        _ => Mapping::named_by("metadata.name").rows("items").address("addresses[type=a].b").tags("t[0]"),
    };
    pogo_fuzz::judge(text, TableFile::parse("fuzz", text, format, &mapping));
});
