//! Makes facts fit where a journal takes no record of any size. Orders that do not fit are refused instead.

use super::stored_len;
use crate::saturating::saturating_u32;
use crate::scheduler::{
    Blocker, Event, Failure, FailureKind, FenceAnswer, JobEvent, JobEventKind, Obstacle, Outcome, Record,
};

/// Cuts what a transport said until each text of it takes at most so many bytes in a record, and says so there.
pub(crate) fn shorten_outcome(outcome: &mut Outcome, most: usize) {
    match outcome {
        Outcome::Succeeded => {}
        Outcome::Failed(Failure { kind, message, .. }) => {
            shorten(message, most);
            if let FailureKind::Signal { signal } = kind {
                shorten(signal, most);
            }
        }
        Outcome::InDoubt { message } => shorten(message, most),
        Outcome::NeverBegan { message, holder, .. } => {
            shorten(message, most);
            if let Some(holder) = holder {
                shorten(&mut holder.namespace, most);
            }
        }
    }
}

/// Cuts what a host said of an attempt in the same way.
pub(crate) fn shorten_answer(answer: &mut FenceAnswer, most: usize) {
    match answer {
        FenceAnswer::Ended(outcome) => shorten_outcome(outcome, most),
        FenceAnswer::Unreachable { message } => shorten(message, most),
        FenceAnswer::NeverBegan | FenceAnswer::StillRunning => {}
    }
}

/// Leaves out obstacles of a blocked job, and hosts that hold slots, until the record takes at most so many bytes. They
/// are no state: whoever asks the scheduler gets them all.
pub(crate) fn shorten_record(record: &mut Record, most: usize) {
    if !matches!(record.event.job_kind(), Some(JobEventKind::Blocked { .. })) {
        return;
    }
    let length = stored_len(record);
    let Event::Job(JobEvent {
        kind: JobEventKind::Blocked { reasons },
        ..
    }) = &mut record.event
    else {
        return;
    };
    if length <= most {
        return;
    }
    let rest = |count| Obstacle::lasting(Blocker::LeftOut { count }, vec![]);
    let without = length.saturating_sub(stored_len(reasons)) + stored_len(&rest(u32::MAX));
    let (kept, count) = fitting(std::mem::take(reasons), most.saturating_sub(without));
    *reasons = kept;
    reasons.push(rest(count));
}

/// Obstacles that take at most so many bytes together, and how many obstacles and holders of slots are not among them.
fn fitting(all: Vec<Obstacle>, mut room: usize) -> (Vec<Obstacle>, u32) {
    let (mut kept, mut left_out) = (vec![], 0_u32);
    for mut obstacle in all {
        let mut cut = 0;
        while stored_len(&obstacle) > room
            && let Blocker::BucketFull { holders, .. } = &mut obstacle.blocker
            && !holders.is_empty()
        {
            // Halved and measured again: how many fit depends on the length of their names.
            let most = holders.len() / 2;
            cut += holders.len() - most;
            holders.truncate(most);
        }
        match room.checked_sub(stored_len(&obstacle)) {
            Some(rest) => {
                room = rest;
                left_out = left_out.saturating_add(saturating_u32(cut));
                kept.push(obstacle);
            }
            None => left_out = left_out.saturating_add(1),
        }
    }
    (kept, left_out)
}

/// Keeps the beginning and the end of a text that would take more bytes as JSON.
fn shorten(text: &mut String, most: usize) {
    let mut keep = text.len().min(most);
    while stored_len(text) > most {
        // Three quarters from the beginning: it says what failed, and the end says where.
        let (head, tail) = (before(text, keep - keep / 4), after(text, text.len() - keep / 4));
        let cut = text.len() - head.len() - tail.len();
        let shorter = format!("{head} [{cut} bytes are cut, as the journal takes no larger record] {tail}");
        if stored_len(&shorter) <= most || keep == 0 {
            *text = shorter;
            return;
        }
        // What is escaped takes more bytes than it has.
        keep /= 2;
    }
}

fn before(text: &str, end: usize) -> &str {
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn after(text: &str, begin: usize) -> &str {
    let begin = (begin..=text.len()).find(|at| text.is_char_boundary(*at));
    text.get(begin.unwrap_or(text.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::policy::Rule;
    use crate::scheduler::{Holder, HolderReason, JobId};

    #[test]
    fn a_message_keeps_its_beginning_and_its_end_and_says_what_is_cut() {
        for text in ["x".repeat(5_000), "é\u{1b}\n".repeat(1_000), "\u{1f680}".repeat(800)] {
            let mut outcome = Outcome::in_doubt(format!("first {text} last"));
            shorten_outcome(&mut outcome, 1_000);
            let Outcome::InDoubt { message } = outcome else {
                unreachable!()
            };
            assert!(message.starts_with("first ") && message.ends_with(" last"), "{message}");
            assert!(
                message.contains(" bytes are cut, as the journal takes no larger record"),
                "{message}"
            );
            assert!(
                (200..=1_000).contains(&stored_len(&message)),
                "{}",
                stored_len(&message)
            );
        }
        let mut outcome = Outcome::in_doubt("the link broke");
        shorten_outcome(&mut outcome, 1_000);
        assert_eq!(outcome, Outcome::in_doubt("the link broke"));
    }

    fn full(holders: usize) -> Obstacle {
        let (reason, since) = (HolderReason::Down, Timestamp::EPOCH);
        let holder = |at| Holder {
            host: format!("web{at}").parse().unwrap(),
            reason: reason.clone(),
            since,
        };
        let blocker = Blocker::BucketFull {
            group: "$web".to_owned(),
            rule: Rule::MaxParallel("9".parse().unwrap()),
            slots: 9,
            holders: (0..holders).map(holder).collect(),
            in_line: vec![],
            origin: None,
        };
        Obstacle::lasting(blocker, vec![])
    }

    #[test]
    fn what_blocks_a_job_fits_and_says_how_much_is_left_out() {
        for reasons in [vec![full(10_000)], vec![full(3); 500], vec![full(10_000), full(1)]] {
            let event = Event::of_job(
                JobId::new(1),
                JobEventKind::Blocked {
                    reasons: reasons.clone(),
                },
            );
            let mut record = Record::new(Timestamp::EPOCH, event);
            let whole = record.clone();
            shorten_record(&mut record, 1 << 22);
            assert_eq!(record, whole);
            shorten_record(&mut record, 4_000);
            assert!(stored_len(&record) <= 4_000, "{}", stored_len(&record));
            let Some(JobEventKind::Blocked { reasons: kept }) = record.event.job_kind() else {
                unreachable!()
            };
            let (last, kept) = kept.split_last().unwrap();
            let Blocker::LeftOut { count } = last.blocker else {
                panic!("{last:?}")
            };
            let parts = |obstacles: &[Obstacle]| -> usize {
                let holders = obstacles.iter().map(|obstacle| match &obstacle.blocker {
                    Blocker::BucketFull { holders, .. } => holders.len(),
                    _ => 0,
                });
                holders.sum()
            };
            assert!(count > 0 && parts(kept) > 0 && parts(kept) < parts(&reasons));
            assert!(last.to_string().contains(&format!("{count} more")), "{last}");
        }
    }
}
