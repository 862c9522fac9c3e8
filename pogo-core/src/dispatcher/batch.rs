//! Batches of records to commit.

use crate::scheduler::{Event, NamespaceEventKind, Record};

/// The records decided on a batch of inputs, in order.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// Where the records of each input end.
    ends: Vec<usize>,
}

impl Batch {
    /// Ends the records of an input.
    pub(super) fn end_input(&mut self) {
        self.ends.push(self.records.len());
    }

    /// Two batches of about half as many records, or `None` for a single record.
    pub(super) fn split(mut self) -> Option<(Self, Self)> {
        let count = self.records.len();
        let middle = count / 2;
        if middle == 0 {
            return None;
        }
        // The records of a single large input are split too: a journal may end between any two of them,
        // since a dispatcher may die there.
        let inner = self.ends.iter().copied().filter(|end| (1..count).contains(end));
        let at = match inner.min_by_key(|end| end.abs_diff(middle)) {
            Some(end) => end,
            // What a request was answered stays with what was done for it, which the scheduler has seen to fit
            // together: given again, the request would get the answer, and nothing would be done.
            None => [middle, middle + 1, middle - 1]
                .into_iter()
                .find(|at| (1..count).contains(at) && !self.is_behind_answer(*at))
                .unwrap_or(middle),
        };
        let rest = Self {
            records: self.records.split_off(at),
            ends: self.ends.iter().filter(|end| **end > at).map(|end| end - at).collect(),
        };
        self.ends.retain(|end| *end <= at);
        Some((self, rest))
    }

    fn is_behind_answer(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.records.get(at));
        before.is_some_and(|record| match &record.event {
            Event::Namespace(event) => matches!(&event.kind, NamespaceEventKind::Ordered { request: Some(_), .. }),
            Event::Host(_) | Event::Job(_) | Event::Task(_) => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;
    use crate::Timestamp;
    use crate::scheduler::{Answer, AttemptId, Event, NamespaceEventKind, OrderKind, Outcome, Record, RequestId};

    /// A batch of inputs with so many records each.
    fn batch(inputs: &[usize]) -> Batch {
        let mut batch = Batch::default();
        for (input, records) in (1..).zip(inputs) {
            let (attempt, outcome) = (AttemptId::new(input), Outcome::Succeeded);
            let event = Event::of_namespace(NamespaceEventKind::LateReported { attempt, outcome });
            let at = Timestamp::EPOCH;
            batch.records.extend((0..*records).map(|_| Record {
                at,
                event: event.clone(),
            }));
            batch.end_input();
        }
        batch
    }

    fn halves(inputs: &[usize]) -> Option<(usize, usize)> {
        let (first, rest) = batch(inputs).split()?;
        Some((first.records.len(), rest.records.len()))
    }

    #[test]
    fn a_batch_is_split_between_inputs_where_that_is_possible() {
        assert_eq!(halves(&[2, 1, 3]), Some((3, 3)));
        assert_eq!(halves(&[1, 9]), Some((1, 9)));
        assert_eq!(halves(&[0, 8, 0, 2, 0]), Some((8, 2)));
        assert_eq!(halves(&[7]), Some((3, 4)));
        assert_eq!(halves(&[1, 0]), None);
    }

    #[test]
    fn what_a_request_was_answered_stays_with_what_was_done_for_it() {
        let whole = |records: usize, answer: usize| {
            let mut whole = batch(&[records]);
            whole.records[answer].event = Event::of_namespace(NamespaceEventKind::Ordered {
                order: OrderKind::Submit,
                job: None,
                request: Some(RequestId::new("7c1e0f9a").unwrap()),
                reason: None,
                answer: Answer::Done,
            });
            let (first, rest) = whole.split()?;
            Some((first.records.len(), rest.records.len()))
        };
        assert_eq!(whole(2, 0), Some((1, 1)), "there is no other way");
        assert_eq!(whole(3, 0), Some((2, 1)));
        assert_eq!(whole(3, 1), Some((1, 2)));
        assert_eq!(whole(4, 1), Some((3, 1)));
        assert_eq!(whole(4, 0), Some((2, 2)));
    }

    #[test]
    fn what_is_split_again_and_again_comes_to_single_records_in_order() {
        let whole = batch(&[3, 0, 5, 1]);
        let wanted = whole.records.clone();
        let (mut parts, mut single) = (vec![whole], vec![]);
        while let Some(part) = parts.pop() {
            let record = part.records.first().cloned();
            match part.split() {
                Some((first, rest)) => parts.extend([rest, first]),
                None => single.extend(record),
            }
        }
        assert_eq!(single, wanted);
    }
}
