//! What was kept of a text, and how much is missing in it.

/// What was kept of a stream: all of it, or pieces of it with the offset of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clipped {
    /// Runs that are not contiguous, in the order of their offsets.
    runs: Vec<(u64, Vec<u8>)>,
    length: u64,
}

impl Clipped {
    /// These pieces, in the order of their offsets, of a stream of this length.
    pub fn new<'a>(pieces: impl IntoIterator<Item = (u64, &'a [u8])>, length: u64) -> Self {
        let mut clipped = Self {
            runs: Vec::new(),
            length,
        };
        for (offset, bytes) in pieces {
            match clipped.runs.last_mut() {
                Some((start, run)) if *start + run.len() as u64 == offset => run.extend_from_slice(bytes),
                _ => clipped.runs.push((offset, bytes.to_vec())),
            }
        }
        clipped
    }

    /// The beginning; everything, if nothing is missing.
    pub fn head(&self) -> &[u8] {
        match self.runs.first() {
            Some((0, head)) => head,
            _ => &[],
        }
    }

    /// The end, where it is apart from the beginning.
    pub fn tail(&self) -> &[u8] {
        match self.runs.last() {
            Some((offset, tail)) if *offset > 0 && offset + tail.len() as u64 == self.length => tail,
            _ => &[],
        }
    }

    /// How many bytes are missing.
    pub fn cut(&self) -> u64 {
        let kept: usize = self.runs.iter().map(|(_, run)| run.len()).sum();
        self.length.saturating_sub(kept as u64)
    }

    /// Everything that was kept; where bytes are missing, a line says how many. Any bytes at all: escape them for a
    /// terminal.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut end = 0;
        for (offset, run) in &self.runs {
            mark_missing(&mut bytes, offset.saturating_sub(end));
            bytes.extend_from_slice(run);
            end = offset + run.len() as u64;
        }
        mark_missing(&mut bytes, self.length.saturating_sub(end));
        bytes
    }
}

fn mark_missing(bytes: &mut Vec<u8>, missing: u64) {
    if missing > 0 {
        // On a line of its own, or it would look as if the host had written it.
        let open = !bytes.is_empty() && !bytes.ends_with(b"\n");
        bytes.extend(open.then_some(b'\n'));
        bytes.extend(format!("[{missing} bytes cut]\n").bytes());
    }
}
