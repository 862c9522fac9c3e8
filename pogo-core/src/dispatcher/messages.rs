//! What is done with what handles send.

use futures::channel::oneshot;

use super::Dispatcher;
use super::handle::Message;
use crate::scheduler::{Input, Record};

/// Tells whoever sent a message how it fared; called once that is durable.
pub(super) type Reply = Box<dyn FnOnce() + Send>;

impl Dispatcher {
    pub(super) fn receive(&mut self, message: Message, records: &mut Vec<Record>, replies: &mut Vec<Reply>) {
        match message {
            Message::Order(input, reply) => {
                let answer = self.input(*input, records);
                replies.push(answer_with(reply, answer));
            }
            Message::Submit(spec, reply) => {
                // Numbered here and not where it was sent, so that two submissions never have the same number.
                let job = self.scheduler.next_job();
                let answer = self.input(Input::Submit { job, spec }, records);
                replies.push(answer_with(reply, answer.map(|()| job)));
            }
            Message::Query(look) => look(&self.scheduler),
            Message::Wait(job, reply) => self.waiters.add(job, reply),
            Message::Shutdown(grace, reply) => {
                self.shut_down(grace, records);
                replies.push(answer_with(reply, ()));
            }
        }
    }
}

fn answer_with<T: Send + 'static>(reply: oneshot::Sender<T>, answer: T) -> Reply {
    Box::new(move || {
        // Whoever asked may have stopped listening.
        let _ = reply.send(answer);
    })
}
