//! Whether the journal can be reached, and how long it is waited for.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{Either, select};

use super::alarm::Alarm;
use super::guarded::Guarded;
use super::{Clock, JournalRetry, JournalStatus, Notice, Observer};
use crate::Timestamp;
use crate::journal::JournalError;

/// Whether the journal can be reached, shared with the append in flight, and the policy for when it cannot.
#[derive(Clone)]
pub(super) struct Availability {
    away: Arc<Mutex<Option<(Timestamp, String)>>>,
    /// For the limit of an answer, from one call to the next.
    alarm: Arc<Mutex<Option<Alarm>>>,
    pub(super) clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    retry: JournalRetry,
}

/// The tries of one call, from the first to the one that is answered.
pub(super) struct Tries<'a> {
    availability: &'a Availability,
    began: Timestamp,
    delay: std::time::Duration,
}

impl Availability {
    pub(super) fn new(clock: Arc<dyn Clock>, observer: Arc<Guarded>, retry: JournalRetry) -> Self {
        Self {
            away: Arc::default(),
            alarm: Arc::default(),
            clock,
            observer,
            retry,
        }
    }

    pub(super) fn status(&self) -> JournalStatus {
        match self.with(|away| away.clone()) {
            Some((since, message)) => JournalStatus::Away { since, message },
            None => JournalStatus::Ok,
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.with(|away| away.is_some())
    }

    pub(super) fn begin(&self) -> Tries<'_> {
        Tries {
            availability: self,
            began: self.clock.now(),
            delay: self.retry.first_delay,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Option<(Timestamp, String)>) -> T) -> T {
        // Poisoning is harmless: each change is one statement.
        act(&mut self.away.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn gone(&self, error: &JournalError) {
        let now = self.clock.now();
        let since = self.with(|away| away.as_ref().map(|(since, _)| *since));
        self.with(|away| *away = Some((since.unwrap_or(now), error.to_string())));
        if since.is_none() {
            // Said once for each absence, however many tries it takes.
            self.observer.notice(&Notice::JournalAway { error });
        }
    }
}

impl Tries<'_> {
    /// Waits for an answer. From a moment on the journal counts as away, but the call is not given up: a second one
    /// beside it might be carried out as well, in either order.
    pub(super) async fn answer<T>(
        &self,
        call: impl Future<Output = Result<T, JournalError>>,
    ) -> Result<T, JournalError> {
        let Availability { clock, retry, .. } = self.availability;
        let mut call = pin!(call);
        if let Some(answer) = self.in_time(call.as_mut()).await {
            return answer;
        }
        let message = format!("it has not answered for {} s", retry.answer_within.as_secs_f32());
        let error = JournalError::Unavailable { message };
        self.availability.gone(&error);
        let Some(limit) = retry.give_up_after else {
            return call.await;
        };
        match select(call, clock.sleep_until(self.began + limit)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(error),
        }
    }

    /// The answer, or nothing once it takes too long.
    async fn in_time<T>(&self, call: impl Future<Output = T> + Unpin) -> Option<T> {
        let Availability {
            clock, retry, alarm, ..
        } = self.availability;
        // Kept from call to call: a timer for each append woke the thread that keeps timers once
        // for each commit.
        let kept = alarm.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut late = kept.unwrap_or_else(|| Alarm::new(Arc::clone(clock)));
        let deadline = clock.now() + retry.answer_within;
        let answer = match select(call, pin!(late.passes(deadline))).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(_) => None,
        };
        *alarm.lock().unwrap_or_else(PoisonError::into_inner) = Some(late);
        answer
    }

    /// Waits for the next try, after this error.
    ///
    /// # Errors
    /// This error, where the policy gives up.
    pub(super) async fn pause(&mut self, error: JournalError) -> Result<(), JournalError> {
        let Availability { clock, retry, .. } = self.availability;
        self.availability.gone(&error);
        if retry
            .give_up_after
            .is_some_and(|limit| clock.now() - self.began >= limit)
        {
            return Err(error);
        }
        clock.sleep_until(clock.now() + self.delay).await;
        self.delay = (self.delay * 2).min(retry.max_delay);
        Ok(())
    }

    /// The journal has answered.
    pub(super) fn end(self) {
        if self.availability.with(Option::take).is_some() {
            let after = self.availability.clock.now() - self.began;
            self.availability.observer.notice(&Notice::JournalBack { after });
        }
    }
}
