//! What streams bring beside updates: what hosts write, and what they ask of persons.

mod encoded_records;
mod encoded_updates;
mod next_event;
mod output_feed;
mod questions;
pub(crate) mod sse;

use encoded_records::EncodedRecords;
pub(crate) use encoded_updates::EncodedUpdates;
use next_event::next_event;
pub(crate) use output_feed::FeedReader;
pub use output_feed::OutputFeed;
pub use questions::QuestionBoard;
pub(crate) use questions::QuestionReader;
