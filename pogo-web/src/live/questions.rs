//! Passes questions on to whoever is attached.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use pogo_api::wire::{Question, QuestionKind};
use secrecy::SecretString;
use tokio::sync::watch;

use super::{next_event, sse};

/// Passes questions of a transport on to whoever follows a stream and can ask a person, and their answers back. Cheap
/// to clone; clones are the same.
#[derive(Clone, Default)]
pub struct QuestionBoard(Arc<Board>);

struct Board {
    state: Mutex<BoardState>,
    /// The number of the question that comes next.
    end: watch::Sender<u64>,
    /// Somebody has come who can ask a person.
    come: Condvar,
}

#[derive(Default)]
struct BoardState {
    open: BTreeMap<u64, OpenQuestion>,
    next: u64,
    readers: usize,
}

struct OpenQuestion {
    event: Bytes,
    answer: SyncSender<Option<SecretString>>,
}

impl Default for Board {
    fn default() -> Self {
        let (state, (end, _)) = (Mutex::default(), watch::channel(0));
        let come = Condvar::new();
        Self { state, end, come }
    }
}

impl QuestionBoard {
    /// No questions yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks, and waits for an answer as long as a person takes, and for a person if there is none: blocks. `None` if
    /// somebody declines.
    pub fn ask(&self, asked: QuestionKind) -> Option<SecretString> {
        // Of size one, so that whoever answers never waits for the thread that asks, which may have
        // gone meanwhile.
        let (answer, answered) = sync_channel(1);
        let mut state = self.0.state();
        let id = state.next;
        let event = sse::question(&Question::new(id, asked));
        state.open.insert(id, OpenQuestion { event, answer });
        state.next += 1;
        let end = state.next;
        drop(state);
        // Two that ask at once may come here in the other order: the number must not go back, or a
        // reader would sleep.
        self.0.end.send_modify(|known| *known = end.max(*known));
        answered.recv().ok().flatten()
    }

    /// Whether somebody follows who can ask a person, or does so within this time: blocks. Whoever submits a job
    /// follows it a moment later.
    pub fn is_anybody_there(&self, within: Duration) -> bool {
        let state = self.0.state();
        let waited = self
            .0
            .come
            .wait_timeout_while(state, within, |state| state.readers == 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.readers > 0
    }

    /// Answers a question; false if it has an answer already, or there is none of this number.
    pub(crate) fn answer(&self, id: u64, answer: Option<SecretString>) -> bool {
        let open = self.0.state().open.remove(&id);
        open.is_some_and(|open| open.answer.send(answer).is_ok())
    }

    /// The questions that are open, and those that come.
    pub(crate) fn reader(&self) -> QuestionReader {
        self.0.state().readers += 1;
        // All of them: several hosts may ask at the same time, and each waits for somebody on its
        // own.
        self.0.come.notify_all();
        let (board, grown) = (Arc::clone(&self.0), self.0.end.subscribe());
        QuestionReader { board, grown, next: 0 }
    }
}

impl Board {
    fn state(&self) -> MutexGuard<'_, BoardState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first question that is open, from this number on.
    fn take(&self, next: &mut u64) -> Option<Bytes> {
        let state = self.state();
        let found = state.open.range(*next..).next();
        let event;
        (*next, event) = match found {
            Some((id, open)) => (id + 1, Some(open.event.clone())),
            None => (state.next, None),
        };
        event
    }
}

impl fmt::Debug for QuestionBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestionBoard").finish_non_exhaustive()
    }
}

/// Somebody who can ask a person.
pub(crate) struct QuestionReader {
    board: Arc<Board>,
    grown: watch::Receiver<u64>,
    /// Questions before it were seen.
    next: u64,
}

impl QuestionReader {
    /// The next question, as it is sent. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Bytes {
        let board = &self.board;
        next_event(&mut self.next, &mut self.grown, |next| board.take(next)).await
    }
}

impl Drop for QuestionReader {
    fn drop(&mut self) {
        self.board.state().readers -= 1;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use secrecy::ExposeSecret;

    use super::*;

    fn passphrase() -> QuestionKind {
        let (file, attempt) = ("/keys/id".to_owned(), 1);
        serde_json::from_value(serde_json::json!({ "passphrase": { "file": file, "attempt": attempt } })).unwrap()
    }

    #[tokio::test]
    async fn whoever_attaches_later_is_asked_too_and_the_first_answer_counts() {
        let questions = QuestionBoard::new();
        assert!(!questions.is_anybody_there(Duration::ZERO));
        let asker = questions.clone();
        let asked = tokio::task::spawn_blocking(move || asker.ask(passphrase()));
        let (mut first, mut second) = (questions.reader(), questions.reader());
        assert!(questions.is_anybody_there(Duration::ZERO));
        for reader in [&mut first, &mut second] {
            let event = reader.next().await;
            assert!(event.starts_with(b"event: question\ndata: {\"version\":1,\"id\":0,"));
            assert!(reader.next().now_or_never().is_none(), "it comes once");
        }
        assert!(questions.answer(0, Some("open".to_owned().into())));
        assert!(!questions.answer(0, None));
        assert_eq!(asked.await.unwrap().unwrap().expose_secret(), "open");
        assert!(questions.reader().next().now_or_never().is_none(), "it is answered");
    }

    #[tokio::test]
    async fn whoever_is_asked_may_decline() {
        let questions = QuestionBoard::new();
        let asker = questions.clone();
        let asked = tokio::task::spawn_blocking(move || asker.ask(passphrase()));
        questions.reader().next().await;
        assert!(questions.answer(0, None));
        assert!(asked.await.unwrap().is_none());
    }
}
