//! Requests that were answered, so that they are answered alike when they come again.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::scheduler::{Answer, OrderKind, RequestId};

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct AnsweredRequest {
    pub(crate) request: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) order: OrderKind,
    pub(crate) answer: Answer,
}

/// The last requests, by their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Requests {
    known: BTreeMap<RequestId, AnsweredRequest>,
    /// Their ids, oldest first.
    in_order: VecDeque<RequestId>,
}

impl Requests {
    /// How many are known at most.
    // Whoever lost an answer asks again within minutes; the bound keeps a client that orders in a
    // loop from filling memory.
    const MOST: usize = 10_000;
    /// How long each is known, in the time of the journal.
    const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

    pub(crate) fn get(&self, request: &RequestId, now: Timestamp) -> Option<&AnsweredRequest> {
        self.known.get(request).filter(|known| known.at + Self::KEPT > now)
    }

    /// Oldest first.
    pub(in crate::scheduler) fn iter(&self) -> impl Iterator<Item = &AnsweredRequest> {
        self.in_order.iter().filter_map(|request| self.known.get(request))
    }

    /// Takes note of an answer, and forgets those that are too old or too many.
    pub(in crate::scheduler) fn add(&mut self, answered: AnsweredRequest) {
        let now = answered.at;
        let request = answered.request.clone();
        if self.known.insert(request.clone(), answered).is_some() {
            // It was too old to be known, and has not been forgotten yet.
            self.in_order.retain(|known| *known != request);
        }
        self.in_order.push_back(request);
        while let Some(oldest) = self.in_order.front()
            && (self.in_order.len() > Self::MOST || self.get(oldest, now).is_none())
        {
            self.known.remove(oldest);
            self.in_order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(number: u64, at: Timestamp) -> AnsweredRequest {
        AnsweredRequest {
            request: id(number),
            at,
            order: OrderKind::Pause,
            answer: Answer::Done,
        }
    }

    fn id(number: u64) -> RequestId {
        RequestId::new(number.to_string()).unwrap()
    }

    #[test]
    fn the_last_ten_thousand_requests_are_known() {
        let mut requests = Requests::default();
        let now = Timestamp::EPOCH;
        (0..10_002).for_each(|number| requests.add(answered(number, now)));
        assert_eq!(requests.get(&id(1), now), None);
        assert!((2..10_002).all(|number| requests.get(&id(number), now).is_some()));
        assert_eq!(requests.iter().count(), 10_000);
    }

    #[test]
    fn a_request_is_known_for_a_day() {
        let mut requests = Requests::default();
        requests.add(answered(1, Timestamp::EPOCH));
        let day = Timestamp::EPOCH + Requests::KEPT;
        assert!(
            requests
                .get(&id(1), Timestamp::from_millis(day.as_millis() - 1))
                .is_some()
        );
        assert_eq!(
            requests.get(&id(1), day),
            None,
            "whether or not it was forgotten already"
        );
        requests.add(answered(1, day));
        requests.add(answered(2, day));
        assert_eq!(requests.iter().count(), 2);
        assert!(requests.get(&id(1), day).is_some(), "as a new one");
    }
}
