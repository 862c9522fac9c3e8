//! Server-sent events, from bytes.

/// An event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ServerEvent {
    /// Its name; empty for one without.
    pub(super) name: String,
    /// What it says.
    pub(super) data: String,
}

/// The stream is not one of server-sent events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EventError {
    /// More came of one event than the parser keeps: no server of this kind sends such.
    #[error("an event has more than {} MiB", EventParser::MAX_EVENT >> 20)]
    TooLarge,
    /// A whole event came with bytes that are no text.
    #[error("an event is not UTF-8")]
    NotUtf8,
}

/// Puts lines together to events. What is not complete when the stream breaks never was an event.
#[derive(Debug, Default)]
pub(super) struct EventParser {
    buffer: Vec<u8>,
    /// Where the next line begins. What is before it goes when more comes, not with each event.
    begin: usize,
    /// How much of the buffer has no end of a line.
    scanned: usize,
    event: ServerEvent,
    /// Whether it says anything, be it nothing.
    has_data: bool,
}

impl EventParser {
    /// The most bytes of an event: a snapshot of a hundred thousand hosts has a tenth of it.
    const MAX_EVENT: usize = 512 << 20;

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), EventError> {
        if self.buffer.len() + self.event.data.len() + bytes.len() > Self::MAX_EVENT {
            return Err(EventError::TooLarge);
        }
        // Once for each chunk: draining at each event would move the rest of the buffer every time,
        // the square of a large chunk.
        self.buffer.drain(..self.begin);
        self.scanned -= self.begin;
        self.begin = 0;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next event that is complete.
    pub(super) fn next_event(&mut self) -> Result<Option<ServerEvent>, EventError> {
        let mut found = None;
        while found.is_none() {
            let rest = self.buffer.get(self.scanned..).unwrap_or_default();
            let Some(end) = rest.iter().position(|byte| *byte == b'\n').map(|at| self.scanned + at) else {
                // A snapshot comes in thousands of chunks, and is one line: searching it from its
                // beginning each time would take the square of its length.
                self.scanned = self.buffer.len();
                break;
            };
            let line = self.buffer.get(self.begin..end).unwrap_or_default();
            // By line, not by chunk: a chunk may end within a character.
            let line = str::from_utf8(line).map_err(|_| EventError::NotUtf8)?;
            found = take_line(
                &mut self.event,
                &mut self.has_data,
                line.strip_suffix('\r').unwrap_or(line),
            );
            (self.begin, self.scanned) = (end + 1, end + 1);
        }
        Ok(found)
    }
}

/// Takes a line; an empty one completes the event, if it says anything.
fn take_line(event: &mut ServerEvent, has_data: &mut bool, line: &str) -> Option<ServerEvent> {
    if line.is_empty() {
        let event = std::mem::take(event);
        return std::mem::take(has_data).then_some(event);
    }
    let (field, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    match field {
        "event" => value.clone_into(&mut event.name),
        "data" => {
            if std::mem::replace(has_data, true) {
                event.data.push('\n');
            }
            event.data.push_str(value);
        }
        // Ids stand in the updates too, comments keep the connection busy, and how soon to try again is ours to know.
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = EventParser::default();
        let mut events = vec![];
        for chunk in chunks {
            parser.push(chunk).unwrap();
            while let Some(event) = parser.next_event().unwrap() {
                events.push((event.name, event.data));
            }
        }
        events
    }

    #[test]
    fn an_event_is_the_same_wherever_its_bytes_are_cut() {
        let text =
            b": busy\nretry: 5\n\nid: 0-1\ndata: {\"a\":\"\xc3\xbc\"}\r\n\r\nevent: end\ndata: x\ndata: y\n\ndata: cut";
        let whole = events(&[text]);
        assert_eq!(
            whole,
            [
                (String::new(), "{\"a\":\"ü\"}".to_owned()),
                ("end".to_owned(), "x\ny".to_owned())
            ]
        );
        for cut in 0..text.len() {
            let (left, right) = text.split_at(cut);
            assert_eq!(events(&[left, right]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_no_event() {
        let mut parser = EventParser::default();
        parser.push(b"data: \xff\n\n").unwrap();
        assert_eq!(parser.next_event(), Err(EventError::NotUtf8));
    }
}
