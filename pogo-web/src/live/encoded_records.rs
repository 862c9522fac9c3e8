//! Records as JSON, encoded once for all who follow a job of a namespace.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use pogo_core::JsonError;
use pogo_core::journal::Seq;
use pogo_core::stream::{StreamRecord, Update};

/// The latest records as JSON: a thousand followers must not cost a thousand times the encoding. By record and not by
/// update, since each of them comes at its own pace.
#[derive(Debug, Default)]
pub(super) struct EncodedRecords(Mutex<VecDeque<(Seq, Box<[u8]>)>>);

impl EncodedRecords {
    /// The most that are kept: some hundred kilobytes. Those of whoever is further behind are encoded for it alone.
    const MOST: usize = 2_048;
    /// What follows the records in an update.
    const TAIL: &[u8] = b"]}}}";

    /// Writes an update as JSON.
    pub(super) fn write(&self, update: &Update, bytes: &mut Vec<u8>) -> Result<(), JsonError> {
        let Update::Records { after, id, records } = update else {
            return update.write_json(bytes);
        };
        let (after, id) = (*after, *id);
        let around = Update::Records {
            after,
            id,
            records: vec![],
        };
        let begin = bytes.len();
        around.write_json(bytes)?;
        // Only a change of the stream's format could lead here; then everything is encoded as it
        // was, and slower.
        if !bytes.ends_with(Self::TAIL) {
            bytes.truncate(begin);
            return update.write_json(bytes);
        }
        bytes.truncate(bytes.len() - Self::TAIL.len());
        // Encoded under the lock: whoever wakes beside waits for it rather than doing it too.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = records.first().map_or(Seq(0), |record| record.seq);
        let mut at = kept.partition_point(|(seq, _)| *seq < first);
        let known = kept.range(at..).take(records.len());
        bytes.reserve(known.map(|(_, record)| record.len() + 1).sum::<usize>() + Self::TAIL.len());
        for (number, record) in records.iter().enumerate() {
            if number > 0 {
                bytes.push(b',');
            }
            // A stream of one job leaves out the records of others.
            while kept.get(at).is_some_and(|(seq, _)| *seq < record.seq) {
                at += 1;
            }
            write_record(&mut kept, at, record, bytes)?;
        }
        drop(kept);
        bytes.extend_from_slice(Self::TAIL);
        Ok(())
    }
}

/// Writes a record, which is at this index if it is there.
fn write_record(
    kept: &mut VecDeque<(Seq, Box<[u8]>)>,
    at: usize,
    record: &StreamRecord,
    bytes: &mut Vec<u8>,
) -> Result<(), JsonError> {
    if let Some((_, known)) = kept.get(at).filter(|(seq, _)| *seq == record.seq) {
        bytes.extend_from_slice(known);
        return Ok(());
    }
    let begin = bytes.len();
    record.write_json(bytes)?;
    let encoded = bytes.get(begin..).unwrap_or_default();
    if at == kept.len() {
        if kept.len() == EncodedRecords::MOST {
            kept.pop_front();
        }
        kept.push_back((record.seq, encoded.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::journal::Seq;
    use pogo_core::scheduler::{AttemptId, Event, NamespaceEventKind, Outcome, Record};
    use pogo_core::stream::{StreamId, StreamRecord, Update};

    use super::EncodedRecords;

    fn records(from: u64, to: u64) -> Update {
        let event = |attempt| {
            Event::of_namespace(NamespaceEventKind::LateReported {
                attempt: AttemptId::new(attempt),
                outcome: Outcome::Succeeded,
            })
        };
        let record = |seq| {
            let at = Timestamp::from_millis(seq);
            let event = event(seq + 1);
            StreamRecord::new(Seq(seq), Record::new(at, event))
        };
        let (after, id) = (StreamId::new(0, Seq(from)), StreamId::new(0, Seq(to)));
        let records = (from..to).map(record).collect();
        Update::Records { after, id, records }
    }

    #[test]
    fn updates_are_what_they_are_by_themselves() {
        let encoded = EncodedRecords::default();
        let (id, at) = (StreamId::default(), Timestamp::EPOCH);
        let heartbeat = Update::Heartbeat { id, at };
        // In order, again, overlapping, behind what is kept, and none.
        for update in [
            records(10, 20),
            records(10, 20),
            records(15, 30),
            records(2, 12),
            records(30, 30),
            records(40, 5_000),
            records(40, 45),
            heartbeat,
        ] {
            let mut written = vec![];
            encoded.write(&update, &mut written).unwrap();
            assert_eq!(written, serde_json::to_vec(&update).unwrap());
        }
    }

    #[test]
    fn no_more_is_kept_than_is_worth_its_memory() {
        let encoded = EncodedRecords::default();
        encoded.write(&records(0, 5_000), &mut vec![]).unwrap();
        let kept = encoded.0.lock().unwrap();
        assert_eq!(kept.len(), EncodedRecords::MOST);
        assert_eq!(kept.back().map(|(seq, _)| *seq), Some(Seq(4_999)));
    }
}
