//! The beginning and the end of a text, and how much is missing between them.

use std::collections::VecDeque;

/// What was kept of a stream: all of it, or its beginning and its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clipped {
    head: Vec<u8>,
    cut: u64,
    tail: VecDeque<u8>,
    /// Nothing more is kept in the head.
    head_is_full: bool,
}

impl Clipped {
    /// The beginning; everything, if nothing was cut and there is no end apart.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The end, where it is apart from the beginning.
    pub fn tail(&self) -> Vec<u8> {
        self.tail.iter().copied().collect()
    }

    /// How many bytes are missing between the two.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Everything that was kept; where bytes are missing, a line says how many. Any bytes at all: escape them for a terminal.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        if self.cut > 0 {
            let open = !bytes.is_empty() && !bytes.ends_with(b"\n");
            bytes.extend(open.then_some(b'\n'));
            bytes.extend(format!("[{} bytes cut]\n", self.cut).bytes());
        }
        bytes.extend(&self.tail);
        bytes
    }

    pub(super) fn kept(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    pub(super) fn tail_len(&self) -> usize {
        self.tail.len()
    }

    /// Appends to the head as far as there is room in it, and to the tail.
    pub(super) fn push(&mut self, bytes: &[u8], head_room: usize) {
        let room = if self.head_is_full { 0 } else { head_room };
        let (head, tail) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        self.head_is_full |= !tail.is_empty();
        self.tail.extend(tail);
    }

    /// Drops so many bytes from the front of the tail.
    pub(super) fn cut_front(&mut self, bytes: usize) {
        let bytes = bytes.min(self.tail.len());
        self.tail.drain(..bytes);
        self.cut += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.cut += u64::try_from(self.kept()).unwrap_or(u64::MAX);
        (self.head, self.tail, self.head_is_full) = (Vec::new(), VecDeque::new(), true);
    }
}
