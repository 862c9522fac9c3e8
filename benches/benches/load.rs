//! Reading 100,000 hosts from files, beside a bare parse of the same bytes.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pogo_benches::{ansible_ini, csv_text, policy_yaml, row};
use pogo_core::fleet::FleetBuilder;
use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{AnsibleInventory, PolicyFile};

const HOSTS: u32 = 100_000;
const ROUNDS: usize = 9;

fn main() {
    // Only one of them, for a profiler.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    let folder = tempfile::tempdir().expect("a folder");
    let head = ["bare", "load", "fleet", "fleet/bare", "ansible"].map(str::to_owned);
    println!("{}", row("", &head));
    if wanted("yaml") {
        let text = policy_yaml(HOSTS);
        let load = || PolicyFile::parse("pogo.yaml", &text).expect("a policy").fleet;
        show("policy YAML", || bare_yaml(&text), load, None);
    }
    if wanted("csv") {
        let text = csv_text(HOSTS);
        let load = || {
            TableFile::parse("hosts.csv", &text, Format::Csv, &Mapping::default())
                .expect("a table")
                .fleet
        };
        show("CSV", || bare_csv(&text), load, None);
        show("CSV, records kept", || kept_csv(&text), load, None);
    }
    if wanted("ini") {
        let text = ansible_ini(HOSTS);
        let path = folder.path().join("hosts.ini");
        std::fs::write(&path, &text).expect("a file");
        let load = || AnsibleInventory::read(&path).expect("an inventory").fleet;
        show("Ansible INI", || bare_ini(&text), load, ansible(&path));
    }
    println!("to hold: fleet/bare at most 2");
}

/// The medians of rounds in which each is measured once, so that a busy machine disturbs all of them. Giving back the
/// memory of what was read counts for both, for the bare parse and for the fleet.
fn show(name: &str, bare: impl Fn() -> usize, load: impl Fn() -> FleetBuilder, ansible: Option<Duration>) {
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(timed(|| _ = black_box(bare())));
        let started = Instant::now();
        let builder = load();
        times[1].push(started.elapsed());
        let fleet = black_box(builder.build().expect("a fleet"));
        let hosts = fleet.len();
        drop(fleet);
        times[2].push(started.elapsed());
        assert_eq!(hosts, HOSTS as usize);
    }
    let [bare, load, build] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let ratio = format!("{:.2}", build.as_secs_f64() / bare.as_secs_f64());
    let ansible = ansible.map(milliseconds).unwrap_or_default();
    println!(
        "{}",
        row(
            name,
            &[
                milliseconds(bare),
                milliseconds(load),
                milliseconds(build),
                ratio,
                ansible
            ]
        )
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// The parser's events, looked at and dropped.
fn bare_yaml(text: &str) -> usize {
    granit_parser::Parser::new_from_str(text)
        .map(|event| event.expect("an event"))
        .map(black_box)
        .count()
}

/// The reader's records, in a buffer that is used again.
fn bare_csv(text: &str) -> usize {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let (mut record, mut count) = (csv::StringRecord::new(), 0);
    while reader.read_record(&mut record).expect("a record") {
        count += black_box(&record).len();
    }
    count
}

/// Reads all records and keeps each, as whoever needs them later must.
fn kept_csv(text: &str) -> usize {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let records: Result<Vec<csv::StringRecord>, _> = reader.records().collect();
    black_box(records.expect("records")).len()
}

/// Nobody but Ansible parses its dialect, and that takes seconds. This splits lines into words at white space and words
/// at `=`, knows sections and comments, and keeps every word as a text of its own, as a fleet must: less than any
/// reader of the dialect has to do.
fn bare_ini(text: &str) -> usize {
    let mut lines: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';', '[']) {
            continue;
        }
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        lines.push((
            name.to_owned(),
            words.filter_map(|word| word.split_once('=')).map(owned).collect(),
        ));
    }
    black_box(lines).len()
}

/// What Ansible's own program takes, where it is installed; `--without-ansible` leaves it out, for it is slow.
fn ansible(path: &Path) -> Option<Duration> {
    if std::env::args().any(|argument| argument == "--without-ansible") {
        return None;
    }
    let mut command = Command::new("ansible-inventory");
    command
        .arg("-i")
        .arg(path)
        .arg("--list")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    command.status().ok().filter(std::process::ExitStatus::success)?;
    Some(started.elapsed())
}
