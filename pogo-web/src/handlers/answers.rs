//! Answers of persons to questions.

use axum::body::Body;
use axum::http::HeaderMap;
use pogo_api::wire::{OrderAnswer, ProblemKind, QuestionAnswer};
use pogo_core::scheduler::Answer;

use crate::body::receive;
use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;

pub(crate) async fn answers(mut request: Request, headers: HeaderMap, body: Body) -> Reply {
    std::mem::take(&mut request.parameters).finish()?;
    let Some(questions) = &request.dispatched()?.questions else {
        let said = "this server asks nobody; it connects with what it has";
        return Err(Refusal::new(ProblemKind::NotAllowed, said));
    };
    if !request.access.identity.local_files {
        let said = "only the account of the server answers, since the server connects with the answer";
        return Err(Refusal::new(ProblemKind::NotAllowed, said));
    }
    let sent: serde_json::Value = receive(request.shared(), &headers, body).await?;
    // The error of a reader may repeat what it has read.
    let given: QuestionAnswer = serde_json::from_value(sent).map_err(|_| {
        let said = "the body is no answer: it has a version, the number of a question, and a text or null";
        Refusal::new(ProblemKind::InvalidBody, said)
    })?;
    let answer = match questions.answer(given.id, given.answer) {
        true => Answer::Done,
        false => Answer::Unchanged,
    };
    document(&OrderAnswer::new(answer))
}
