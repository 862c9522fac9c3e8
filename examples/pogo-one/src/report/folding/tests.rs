use std::collections::{BTreeMap, BTreeSet};

use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId};
use proptest::prelude::*;

use super::outputs::Outputs;
use super::print::{FoldStyle, print};
use super::store::{HostOutput, OutputStore};

fn push(outputs: &mut Outputs, host: &str, attempt: u64, stream: Stream, bytes: &[u8]) {
    outputs.push(&OutputChunk::new(
        JobId::new(1),
        AttemptId::new(attempt),
        &host.parse().unwrap(),
        stream,
        bytes,
    ));
}

/// What hosts wrote, as it is shown.
fn shown(form: FoldStyle, wrote: &[(&str, Stream, &str)]) -> (String, String) {
    let mut outputs = Outputs::default();
    for (host, stream, text) in wrote {
        push(&mut outputs, host, 1, *stream, text.as_bytes());
    }
    let (out, err) = print(&mut outputs, form, HostName::clone);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

use Stream::{Note, Stderr, Stdout};

#[test]
fn the_same_output_is_shown_once_under_its_hosts_the_most_common_first() {
    let wrote = [
        ("web3", Stdout, "Debian 12\n"),
        ("web1", Stdout, "Debian 13\n"),
        ("web2", Stdout, "Debian 13\n"),
        ("web5", Stdout, "Debian 13\n"),
    ];
    let wanted = "\
---------------
web[1-2,5] (3)
---------------
Debian 13
---------------
web3
---------------
Debian 12
";
    assert_eq!(shown(FoldStyle::Whole, &wrote), (wanted.to_owned(), String::new()));
}

#[test]
fn the_others_are_shown_by_how_they_differ_from_the_most_common_output() {
    let wrote = [
        ("web1", Stdout, "a\nb\nc\n"),
        ("web2", Stdout, "a\nB\nc\n"),
        ("web3", Stdout, "a\nb\nc\n"),
        ("web4", Stdout, ""),
    ];
    let wanted = "\
---------------
web[1,3] (2)
---------------
a
b
c
--- web[1,3] (2)
+++ web2
@@ -1,3 +1,3 @@
 a
-b
+B
 c
--- web[1,3] (2)
+++ web4
@@ -1,3 +0,0 @@
-a
-b
-c
";
    assert_eq!(shown(FoldStyle::Diff, &wrote).0, wanted);
}

#[test]
fn standard_error_is_folded_apart_and_hosts_without_output_are_named() {
    let wrote = [
        ("web1", Stdout, ""),
        ("web2", Stderr, "no\n"),
        ("web3", Stderr, "no\n"),
        ("web3", Stdout, "x"),
    ];
    let (out, err) = shown(FoldStyle::Whole, &wrote);
    let wanted = "web1: no output\n---------------\nweb3\n---------------\nx\n";
    assert_eq!(out, wanted);
    assert_eq!(
        err,
        "---------------\nweb[2-3] (2), standard error\n---------------\nno\n"
    );
    // A diff says of each host what it lacks.
    let (out, _) = shown(FoldStyle::Diff, &wrote);
    assert!(out.contains("web[1-2] (2)"), "{out}");
}

#[test]
fn nothing_of_a_host_reaches_the_terminal_raw_and_remarks_stand_on_lines_of_their_own() {
    let wrote = [
        ("web1", Stdout, "\x1b[2Ja\r\nb"),
        ("web1", Note, "[cut]\n"),
        ("web1", Stdout, "c"),
    ];
    let (out, _) = shown(FoldStyle::Whole, &wrote);
    assert!(out.ends_with("\n\\u{1b}[2Ja\nb\n[cut]\nc\n"), "{out}");
}

#[test]
fn of_several_attempts_the_last_counts() {
    let mut outputs = Outputs::default();
    push(&mut outputs, "web1", 1, Stdout, b"first\n");
    outputs.end(&"web1".parse().unwrap(), AttemptId::new(1));
    outputs.begin(&"web1".parse().unwrap(), AttemptId::new(2));
    push(&mut outputs, "web1", 1, Stdout, b"late\n");
    push(&mut outputs, "web1", 2, Stdout, b"second\n");
    let (out, _) = print(&mut outputs, FoldStyle::Whole, HostName::clone);
    assert!(String::from_utf8(out).unwrap().ends_with("---\nsecond\n"));
}

#[test]
fn ten_thousand_hosts_with_the_same_megabyte_take_one() {
    let mut store = OutputStore::up_to(2 << 20);
    let block = "0123456789abcdef".repeat(1 << 12);
    let mut hosts: Vec<HostOutput> = (0..200).map(|_| HostOutput::default()).collect();
    for _ in 0..16 {
        hosts.iter_mut().for_each(|host| store.push(host, block.as_bytes()));
    }
    let contents: BTreeSet<_> = hosts.iter_mut().map(|host| store.end(host)).collect();
    let [content] = contents.iter().collect::<Vec<_>>()[..] else {
        panic!("{contents:?}")
    };
    assert_eq!((content.missing(), store.text(content).len()), (0, (1 << 20) + 1));
    assert!(store.bytes() < 1_100_000, "{}", store.bytes());
}

#[test]
fn what_is_over_the_limit_is_told_apart_and_counted() {
    let mut store = OutputStore::up_to(20_000);
    let text = |host: usize| format!("{}\n", host % 4).repeat(10_000);
    let mut contents = BTreeMap::new();
    for host in 0..40 {
        let mut output = HostOutput::default();
        store.push(&mut output, text(host).as_bytes());
        let content = store.end(&mut output);
        assert_eq!(store.text(&content).len() as u64 + content.missing(), 20_000);
        assert!(text(host).as_bytes().starts_with(&store.text(&content)));
        assert_eq!(*contents.entry(host % 4).or_insert(content), content);
    }
    assert_eq!(contents.values().collect::<BTreeSet<_>>().len(), 4);
    assert!(store.bytes() <= 20_000, "{}", store.bytes());
}

/// A text as it is compared.
fn normal(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = vec![];
    for &byte in text {
        if byte == b'\n' && out.last() == Some(&b'\r') {
            out.pop();
        }
        out.push(byte);
    }
    if out.last().is_some_and(|&last| last != b'\n') {
        out.push(b'\n');
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_host_is_in_one_group_of_those_that_wrote_the_same(
        texts in prop::collection::vec(prop::collection::vec(prop::sample::select(b"\r\n\naab".to_vec()), 0..6), 1..12),
        filler in prop::sample::select(vec![0_usize, 4090, 4095, 4096, 4097, 8191]),
        pieces in 1_usize..7,
        most in prop::sample::select(vec![0_usize, 100, 9_000, 1 << 20]),
    ) {
        let mut store = OutputStore::up_to(most);
        let texts: Vec<Vec<u8>> = texts.iter().map(|text| [vec![b'x'; filler], text.clone()].concat()).collect();
        let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut outputs: Vec<(usize, HostOutput)> = texts.iter().map(|_| HostOutput::default()).enumerate().collect();
        // All write at once, in pieces of different sizes.
        let longest = texts.iter().map(Vec::len).max().unwrap();
        for at in 0..=longest {
            for (host, output) in &mut outputs {
                let size = pieces + *host % 2;
                if let Some(piece) = texts[*host].chunks(size).nth(at) {
                    store.push(output, piece);
                }
            }
        }
        for (host, output) in &mut outputs {
            groups.entry(store.end(output)).or_default().push(*host);
        }
        prop_assert_eq!(groups.values().map(Vec::len).sum::<usize>(), texts.len());
        let mut seen = BTreeSet::new();
        for (content, hosts) in &groups {
            let text = normal(&texts[hosts[0]]);
            prop_assert!(seen.insert(text.clone()), "two groups of one output");
            prop_assert!(hosts.iter().all(|host| normal(&texts[*host]) == text));
            prop_assert!(text.starts_with(&store.text(content)));
            prop_assert_eq!(store.text(content).len() as u64 + content.missing(), text.len() as u64);
        }
        prop_assert!(store.bytes() <= most);
    }
}
