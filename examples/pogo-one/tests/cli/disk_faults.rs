//! Disks that are full, read-only or damaged under the dispatcher of a store, as the program meets them.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::kept_store::{Kept, kill_dispatcher, until};
use super::small_disk::SmallDisk;

pub(super) const FOUR: [&str; 4] = ["web1", "web2", "web3", "web4"];
pub(super) const ONE_BY_ONE: &str = "tag: {web: ['web[1-4]']}\nconstraint: {$web: {max_parallel: 1}}\n";

fn dispatcher_log(kept: &Kept) -> String {
    fs::read_to_string(kept.namespace().join("dispatcher.log")).unwrap_or_default()
}

/// Whether the line is in the log of the dispatcher.
fn is_logged(kept: &Kept, part: &str) -> bool {
    dispatcher_log(kept).contains(part)
}

#[test]
fn on_a_full_disk_the_journal_has_the_reserve_and_output_is_lost_first() {
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    let test = "on_a_full_disk_the_journal_has_the_reserve_and_output_is_lost_first";
    SmallDisk::mounted(test, &kept.file("store"), 40 << 20, |disk| {
        let line = format!("{}; head -c 300000 /dev/zero | tr '\\0' x; echo", kept.waits());
        let run = kept.run("@web", &["-d", "--", &line]);
        assert_eq!(run.code, 0, "{}", run.err);
        until(|| kept.ran().len() == 1);
        let reserve = kept.namespace().join("reserve");
        assert!(reserve.exists());
        disk.fill("fill");
        kept.go();
        let waited = kept.verb(&["wait", "1"]);
        assert_eq!(waited.code, 0, "{}{}", waited.err, dispatcher_log(&kept));
        assert_eq!(kept.ran(), FOUR);
        assert!(!reserve.exists(), "the journal has it");
        assert!(is_logged(&kept, "is lost: "), "{}", dispatcher_log(&kept));
        assert!(!is_logged(&kept, "cannot be reached"), "{}", dispatcher_log(&kept));
        // Once there is space again, it is kept for the next time.
        disk.free("fill");
        until(|| {
            assert_eq!(kept.run("@web", &["-y", "--", "true"]).code, 0);
            reserve.exists()
        });
        kept.kill_dispatcher();
        let check = kept.verb(&["store", "check", "--store", kept.file("store").to_str().unwrap()]);
        assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    });
}

#[test]
fn a_journal_without_any_space_waits_for_it_and_starts_nothing_meanwhile() {
    let hosts: Vec<String> = (1..=16).map(|host| format!("web{host}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let policy = ONE_BY_ONE.replace("[1-4]", "[1-16]");
    let kept = Kept::new(&policy, &names);
    let test = "a_journal_without_any_space_waits_for_it_and_starts_nothing_meanwhile";
    SmallDisk::mounted(test, &kept.file("store"), 40 << 20, |disk| {
        let run = kept.run("@web", &["-d", "--", &kept.waits()]);
        assert_eq!(run.code, 0, "{}", run.err);
        until(|| kept.ran().len() == 1);
        disk.fill("fill");
        fs::remove_file(kept.namespace().join("reserve")).unwrap();
        disk.fill("more");
        kept.go();
        // The page that the last record is in has room for some hosts.
        until(|| is_logged(&kept, "the journal cannot be reached"));
        let ran = kept.ran().len();
        // What is known is answered, and an order is refused in words.
        let status = kept.verb(&["status", "1"]);
        assert_eq!(status.code, 0, "{}", status.err);
        let order = kept.verb(&["pause", "1"]);
        assert_ne!(order.code, 0, "{}{}", order.out, order.err);
        assert!(order.err.contains("journal"), "{}", order.err);
        // One may have been permitted to begin before.
        assert!(kept.ran().len() <= ran + 1 && ran < 12, "{ran} {:?}", kept.ran());
        disk.free("fill");
        disk.free("more");
        let waited = kept.verb(&["wait", "1"]);
        assert_eq!(waited.code, 0, "{}", waited.err);
        assert_eq!(kept.ran().len(), 16);
    });
}

#[test]
fn a_dispatcher_that_is_killed_on_a_full_disk_is_replaced() {
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    let test = "a_dispatcher_that_is_killed_on_a_full_disk_is_replaced";
    SmallDisk::mounted(test, &kept.file("store"), 40 << 20, |disk| {
        let run = kept.run("@web", &["-d", "--resumable", "--", &kept.waits()]);
        assert_eq!(run.code, 0, "{}", run.err);
        until(|| kept.ran().len() == 1);
        disk.fill("fill");
        kept.kill_dispatcher();
        kept.go();
        let waited = kept.verb(&["wait", "1"]);
        assert_eq!(waited.code, 0, "{}{}", waited.err, dispatcher_log(&kept));
        assert_eq!(kept.ran(), FOUR);
    });
}

/// The files of a namespace that have anything that a bit can be of.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            found.extend(files(&path));
        } else if about.is_file() && about.len() > 0 {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_record_that_is_torn_is_cut_off_and_the_job_goes_on() {
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    assert_eq!(kept.run("web1", &["--", "true"]).code, 0);
    kept.kill_dispatcher();
    let segment = files(&kept.namespace().join("journal")).pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    // What the next commit would begin with, up to somewhere in it.
    for part in [1, 20, 60, 150] {
        let last = whole[..whole.len() - 1]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .unwrap()
            + 1;
        let mut torn = fs::read(&segment).unwrap();
        torn.extend_from_slice(&whole[last..][..part.min(whole.len() - last - 1)]);
        fs::write(&segment, &torn).unwrap();
        let done = kept.run("web2", &["--", "true"]);
        assert_eq!(done.code, 0, "{}{}", done.err, dispatcher_log(&kept));
        kept.kill_dispatcher();
    }
    let check = kept.verb(&["store", "check", "--store", kept.file("store").to_str().unwrap()]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
}

/// `POGO_FLIPS` is how many bits are flipped.
#[test]
fn a_bit_that_is_flipped_anywhere_is_found_and_placed_and_nothing_is_cut_away() {
    let flips = std::env::var("POGO_FLIPS").ok().and_then(|flips| flips.parse().ok());
    let flips: u64 = flips.unwrap_or(24);
    let kept = Kept::new(ONE_BY_ONE, &FOUR);
    assert_eq!(kept.run("@web", &["--", "echo here; echo there >&2"]).code, 0);
    kept.kill_dispatcher();
    let files: Vec<_> = files(&kept.file("store"))
        .into_iter()
        .filter(|file| !["reserve", "dispatcher.log"].iter().any(|name| file.ends_with(name)))
        .collect();
    let (mut last, mut unfound) = (0, vec![]);
    for flip in 0..flips {
        let path = &files[usize::try_from(flip).unwrap() % files.len()];
        let before = fs::read(path).unwrap();
        // Deterministic positions, spread over the file.
        let at = (flip.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % before.len() as u64;
        let file = fs::File::options().write(true).open(path).unwrap();
        let byte = before[usize::try_from(at).unwrap()] ^ (1 << (flip % 8));
        file.write_all_at(&[byte], at).unwrap();
        let check = kept.verb(&["store", "check", "--store", kept.file("store").to_str().unwrap()]);
        let name = path.file_name().unwrap().to_str().unwrap();
        let said = format!("{}{}", check.out, check.err);
        // What ends a block of output or of what is compressed holds nothing.
        let is_unused = check.code == 0 && (name.ends_with(".zst") || before[usize::try_from(at).unwrap()] == 0);
        if !is_unused && (check.code == 0 || !said.contains(name)) {
            unfound.push(format!(
                "{}: bit {} of byte {at}: {} {said}",
                path.display(),
                flip % 8,
                check.code
            ));
        }
        let jobs = kept.verb(&["jobs"]);
        eprintln!(
            "{name} {at}: check {} | jobs {} {}",
            said.trim(),
            jobs.code,
            jobs.err.trim()
        );
        kill_dispatcher(&kept.namespace());
        assert!(!is_logged(&kept, "panicked"), "{}", dispatcher_log(&kept));
        // A journal is as long as it was.
        if path.parent().is_some_and(|directory| directory.ends_with("journal")) {
            assert_eq!(fs::metadata(path).unwrap().len(), before.len() as u64, "{said}");
        }
        let _ = fs::write(path, &before);
        last += 1;
    }
    assert_eq!(last, flips);
    assert!(unfound.is_empty(), "{unfound:#?}");
}
