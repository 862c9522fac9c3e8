//! Writes and syncs of a journal that fail once, under the program itself.

use nix::errno::Errno;

use super::disk_faults::{FOUR, ONE_BY_ONE};
use super::kept_store::{Kept, log_to, until};
use super::traced::{Call, Fate, Traced, is_journal};

/// Runs a job of four hosts under a dispatcher whose calls have these fates.
fn with_fates(kept: &Kept, fate: impl FnMut(&Call) -> Fate + Send) {
    let store = kept.file("store");
    let store = store.to_str().unwrap();
    let command = kept.command(&["serve", "--store", store, "--background", "--idle-after", "1h"]);
    let log = log_to(&kept.file("log"));
    std::thread::scope(|scope| {
        let traced = scope.spawn(move || Traced::start(&command, log).run(fate));
        // No client has a reason to start another one.
        until(|| kept.namespace().join("socket").exists());
        let done = kept.run(
            "@web",
            &["--", &format!("echo $POGO_HOST >>'{}'", kept.file("ran").display())],
        );
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(kept.ran(), FOUR);
        kept.kill_dispatcher();
        traced.join().unwrap();
    });
}

/// What goes wrong once, of each kind that a disk has.
#[test]
fn a_write_or_a_sync_that_fails_once_costs_nothing() {
    let test = "a_write_or_a_sync_that_fails_once_costs_nothing";
    if !Traced::is_possible(test) {
        return;
    }
    for (which, error) in [
        ("sync", Errno::EIO),
        ("write", Errno::EIO),
        ("sync", Errno::ENOSPC),
        ("write", Errno::ENOSPC),
        ("write", Errno::EROFS),
    ] {
        for at in [2, 5, 9] {
            let kept = Kept::new(ONE_BY_ONE, &FOUR);
            let mut left = at;
            with_fates(&kept, |call| {
                let is_one = match call {
                    Call::Sync(file) => which == "sync" && is_journal(file),
                    Call::Write(file) => which == "write" && is_journal(file),
                    _ => false,
                };
                left -= i32::from(is_one);
                match is_one && left == 0 {
                    true => Fate::Fails(error),
                    false => Fate::Passes,
                }
            });
            assert!(left <= 0, "{which} {at}: it was not reached");
            let check = kept.verb(&["store", "check", "--store", kept.file("store").to_str().unwrap()]);
            assert_eq!(check.code, 0, "{which} {at} {error}: {}{}", check.out, check.err);
        }
    }
}
