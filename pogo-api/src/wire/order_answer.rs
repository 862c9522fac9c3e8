//! The answer to an order.

use pogo_core::scheduler::Answer;

use super::document::document;

document! {
    /// The answer to an order that was carried out and is durable: `{"version":1,"answer":{"job":3}}`.
    OrderAnswer {
        /// The answer.
        answer: Answer,
    }
}
