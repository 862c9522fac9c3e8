//! Records and updates as JSON, by code that is compiled here.
//!
//! What serde generates is compiled in the crate that names both the type and the format. Whoever builds this crate for
//! speed and others for a short build, as this workspace does, would have the slow form of the busiest code there is:
//! each record is written for the journal and for the stream, and read by whoever follows.

use crate::scheduler::Record;
use crate::stream::{StreamRecord, Update};

/// A text that is not the JSON of what was to be read, or something that has no JSON.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(serde_json::Error);

impl Record {
    /// Appends its JSON, as serde writes it.
    ///
    /// # Errors
    /// It has none.
    ///
    /// ```
    /// use pogo_core::Timestamp;
    /// use pogo_core::scheduler::{AttemptId, Event, NamespaceEventKind, Outcome, Record};
    ///
    /// let (attempt, outcome) = (AttemptId::new(7), Outcome::Succeeded);
    /// let event = Event::of_namespace(NamespaceEventKind::LateReported { attempt, outcome });
    /// let mut text = vec![];
    /// Record::new(Timestamp::from_millis(5), event).write_json(&mut text)?;
    /// assert_eq!(text, br#"{"at":5,"event":"late_reported","attempt":7,"outcome":"succeeded"}"#);
    /// # Ok::<(), pogo_core::JsonError>(())
    /// ```
    pub fn write_json(&self, text: &mut Vec<u8>) -> Result<(), JsonError> {
        serde_json::to_writer(text, self).map_err(JsonError)
    }
}

impl StreamRecord {
    /// Appends its JSON, as serde writes it.
    ///
    /// # Errors
    /// It has none.
    pub fn write_json(&self, text: &mut Vec<u8>) -> Result<(), JsonError> {
        serde_json::to_writer(text, self).map_err(JsonError)
    }
}

impl Update {
    /// Appends its JSON, as serde writes it.
    ///
    /// # Errors
    /// It has none.
    pub fn write_json(&self, text: &mut Vec<u8>) -> Result<(), JsonError> {
        serde_json::to_writer(text, self).map_err(JsonError)
    }

    /// Reads its JSON.
    ///
    /// # Errors
    /// It is none, or that of a newer version.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        serde_json::from_str(text).map_err(JsonError)
    }
}
