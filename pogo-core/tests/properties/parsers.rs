//! Texts are refused or understood: any text, and texts that are nearly right. The fuzz targets do the same for longer.

use pogo_core::fleet::{Fleet, HostRange, Selector, fold};
use pogo_core::policy::Limit;
use pogo_core::scheduler::Record;
use proptest::prelude::*;

use crate::scenario::config;

/// Pieces of valid texts in any order.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = &[
        "web",
        "db1",
        "[",
        "]",
        "[1-3]",
        "[08-10]",
        "[3-1]",
        "[1-99999999999]",
        "{a,b}",
        "{",
        "}",
        ",",
        "|",
        "&",
        "!",
        "(",
        ")",
        "*",
        "?",
        "$",
        "$colo",
        "$colo.east",
        ".",
        "-",
        "0",
        "7",
        " ",
        "é",
        "$rolesdb(mysql)",
        "[1-1000000]",
        "\n",
        "%",
    ][..];
    prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![nearly(), any::<String>()]
}

fn fleet() -> Fleet {
    let fleet = Fleet::builder()
        .tagged("colo.east", "web[1-5]")
        .tagged("colo.west", "web[4-9],db1");
    fleet.build().unwrap()
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_range_is_refused_or_names_as_many_hosts_as_it_says(text in texts()) {
        let Ok(range) = text.parse::<HostRange>() else { return Ok(()) };
        prop_assert_eq!(range.to_string().parse::<HostRange>(), Ok(range.clone()));
        if !range.has_wildcards() && range.count() <= 10_000 {
            let names: Vec<String> = range.expand().collect();
            prop_assert_eq!(names.len() as u64, range.count());
            let folded = fold(&names).to_string();
            prop_assert!(!folded.is_empty());
        }
    }

    #[test]
    fn a_selector_is_refused_or_prints_as_it_was_read_and_resolves(text in texts()) {
        let _ = Selector::parse_original(&text);
        let Ok(selector) = text.parse::<Selector>() else { return Ok(()) };
        prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector.clone()));
        let _ = fleet().resolve(&selector);
    }

    #[test]
    fn a_limit_is_refused_or_prints_as_it_was_read(text in texts()) {
        if let Ok(limit) = text.parse::<Limit>() {
            prop_assert_eq!(limit.to_string().parse::<Limit>(), Ok(limit));
        }
    }

    #[test]
    fn folded_names_unfold_to_the_same_names(
        names in prop::collection::btree_set("[a-c]{1,2}[0-9]{0,3}(\\.[xy]{1,2}[0-9]{0,2})?", 1..20)
    ) {
        let folded = fold(&names).to_string();
        let mut builder = Fleet::builder();
        for name in &names {
            builder = builder.host(name);
        }
        let fleet = builder.build().unwrap();
        let found = fleet.resolve(&folded.parse().unwrap()).unwrap();
        let mut found: Vec<String> = found.into_iter().map(|host| fleet.name(host).to_string()).collect();
        found.sort();
        prop_assert_eq!(found, names.into_iter().collect::<Vec<_>>(), "{}", folded);
    }

    #[test]
    fn a_line_of_a_journal_is_refused_or_reads_back(line in any::<String>()) {
        if let Ok(record) = serde_json::from_str::<Record>(&line) {
            prop_assert!(serde_json::to_string(&record).is_ok());
        }
    }
}

#[test]
fn ten_bytes_that_would_name_a_million_million_hosts_are_refused_at_once() {
    for text in [
        "[1-999999999999]",
        "a[1-999999][1-999999]",
        "{a,b}[1-9999999]",
        "[0-9999999999999999999999]",
    ] {
        assert!(text.parse::<HostRange>().is_err(), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    let _ = deep.parse::<Selector>();
    let _ = format!("{}a", "!".repeat(100_000)).parse::<Selector>();
    let _ = "a&".repeat(100_000).parse::<Selector>();
}
