//! The rules of output that several owners write, one after the other, and of those who come late.

use futures::executor::block_on;
use pogo_core::output::{OutputError, OutputStore};

use super::PER_ATTEMPT;
use super::tests::{Service, becomes, digest, frame, source, text};

#[test]
fn an_owner_that_takes_over_goes_on_with_what_there_is_and_a_late_one_changes_nothing_that_has_ended() {
    let service = Service::default();
    let (former, next) = (service.owner(1), service.owner(2));
    block_on(former.append(&[frame(1, 0, "begun, "), frame(2, 0, "other")])).unwrap();
    block_on(former.close()).unwrap();
    // The attempt is resumed, and writes again from its beginning.
    block_on(next.append(&[frame(1, 0, "begun, and "), frame(1, 11, "ended")])).unwrap();
    assert_eq!(text(&next, 1), ("begun, and ended".to_owned(), false));
    assert_eq!(block_on(next.seal(&source(1), 16)), Ok(digest("begun, and ended")));
    // What the former one still had, and an end of its own.
    block_on(former.append(&[frame(1, 7, "XXX")])).unwrap();
    let late = block_on(former.seal(&source(1), 10)).unwrap();
    assert_ne!(late, digest("begun, and ended"));
    for reader in [&next, &service.owner(3)] {
        assert_eq!(text(reader, 1), ("begun, and ended".to_owned(), true));
    }
    let refused = block_on(service.owner(3).append(&[frame(1, 16, "more")]));
    assert!(matches!(refused, Err(OutputError::Sealed { .. })), "{refused:?}");
    assert_eq!(
        block_on(service.owner(3).seal(&source(1), 16)),
        Ok(digest("begun, and ended"))
    );
    assert_eq!(text(&service.owner(3), 2), ("other".to_owned(), false));
}

#[test]
fn what_a_late_owner_gives_up_is_not_missing_from_what_the_next_one_ends() {
    let service = Service::default();
    let (former, next) = (service.owner(1), service.owner(2));
    let piece = "0123456789abcdef".repeat(2_048);
    let mut offset = 0;
    let write_more = |offset: &mut usize| {
        for _ in 0..3 * PER_ATTEMPT / piece.len() {
            block_on(former.append(&[frame(1, *offset, piece.as_bytes())])).unwrap();
            *offset += piece.len();
        }
    };
    write_more(&mut offset);
    block_on(former.close()).unwrap();
    let (known, _) = text(&service.owner(3), 1);
    let ended = format!("{known}ended");
    block_on(next.append(&[frame(1, offset, "ended")])).unwrap();
    block_on(next.seal(&source(1), offset as u64 + 5)).unwrap();
    // All that it had of the end gives way, and is removed.
    write_more(&mut offset);
    let (read, is_sealed) = text(&service.owner(3), 1);
    assert!(
        is_sealed && read.len() == ended.len() && read == ended,
        "{} of {}",
        read.len(),
        ended.len()
    );
    assert_eq!(block_on(service.output().check()), Ok(vec![]));
}

#[test]
fn a_late_end_hides_nothing_that_the_next_owner_writes() {
    let service = Service::default();
    let (former, next) = (service.owner(1), service.owner(2));
    block_on(former.append(&[frame(1, 0, "begun, "), frame(2, 0, "other")])).unwrap();
    block_on(former.close()).unwrap();
    block_on(next.append(&[frame(1, 7, "ended")])).unwrap();
    becomes(&service, 1, ("begun, ended", false));
    block_on(former.seal(&source(1), 7)).unwrap();
    assert_eq!(text(&service.owner(3), 1), ("begun, ended".to_owned(), false));
    let unfinished = [((*source(1)).clone(), None), ((*source(2)).clone(), None)];
    assert_eq!(block_on(service.output().attempts()).unwrap(), unfinished);
    let third = service.owner(3);
    assert_eq!(block_on(third.append(&[frame(1, 12, ", really")])), Ok(()));
    assert_eq!(block_on(third.seal(&source(1), 20)), Ok(digest("begun, ended, really")));
    becomes(&service, 1, ("begun, ended, really", true));
    let attempts = block_on(service.output().attempts()).unwrap();
    assert_eq!(attempts[0], ((*source(1)).clone(), Some(20)));
}
