//! What streams bring beside updates: what hosts write, and what they ask of persons.

mod digests;
mod encoded_records;
mod encoded_updates;
mod follower;
mod in_order;
mod next_event;
mod output_feed;
mod questions;
pub(crate) mod sse;

use encoded_records::EncodedRecords;
pub(crate) use encoded_updates::{EncodedUpdates, UpdateForm};
pub(crate) use follower::{Ends, Followed, Follower};
pub(crate) use in_order::Updates;
use next_event::next_event;
pub(crate) use output_feed::FeedReader;
pub use output_feed::OutputFeed;
use output_feed::OutputPiece;
pub use questions::QuestionBoard;
pub(crate) use questions::QuestionReader;
