//! The last lines that failed hosts wrote to standard error.

use std::collections::BTreeMap;

use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::AttemptId;

use super::visible::push_visible;

/// Keeps the end of each running host's standard error, and less of each failed one's.
#[derive(Debug, Default)]
pub(crate) struct OutputTails {
    running: BTreeMap<AttemptId, Vec<u8>>,
    failed: BTreeMap<HostName, Vec<String>>,
}

impl OutputTails {
    /// Bytes that are kept of a host that runs.
    const BYTES: usize = 1024;
    /// Lines that are kept of one that failed, and characters of each.
    const LINES: usize = 3;
    const CHARACTERS: usize = 200;

    pub(super) fn push(&mut self, chunk: &OutputChunk<'_>) {
        if chunk.stream != Stream::Stderr {
            return;
        }
        let tail = self.running.entry(chunk.attempt).or_default();
        let kept = chunk.bytes.len().min(Self::BYTES);
        tail.extend(chunk.bytes.iter().skip(chunk.bytes.len() - kept));
        if tail.len() > 2 * Self::BYTES {
            tail.drain(..tail.len() - Self::BYTES);
        }
    }

    /// An attempt ends; of one that failed its last lines are kept.
    pub(super) fn end(&mut self, host: &HostName, attempt: AttemptId, failed: bool) {
        let tail = self.running.remove(&attempt);
        self.failed.remove(host);
        if let Some(tail) = tail.filter(|_| failed) {
            self.failed.insert(host.clone(), lines(&tail));
        }
    }

    /// The last lines of a host that failed, with nothing raw in them.
    pub(super) fn of(&self, host: &HostName) -> &[String] {
        self.failed.get(host).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The last lines of a text, with nothing raw in them.
pub(crate) fn lines(tail: &[u8]) -> Vec<String> {
    let lines = tail.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut lines: Vec<String> = lines
        .rev()
        .filter(|line| !line.trim_ascii().is_empty())
        .take(OutputTails::LINES)
        .map(|line| {
            let mut shown = Vec::new();
            push_visible(&mut shown, line);
            super::width::cut(&String::from_utf8_lossy(&shown), OutputTails::CHARACTERS)
        })
        .collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::JobId;

    use super::*;

    #[test]
    fn little_is_kept_of_a_host_that_writes_much_and_nothing_of_one_that_succeeds() {
        let (host, attempt): (HostName, _) = ("web1".parse().unwrap(), AttemptId::new(1));
        let mut tails = OutputTails::default();
        for number in 0..5_000 {
            let text = format!("line {number}\n");
            let chunk = OutputChunk::new(JobId::new(1), attempt, &host, Stream::Stderr, text.as_bytes());
            tails.push(&chunk);
            assert!(tails.running[&attempt].len() <= 2 * OutputTails::BYTES);
        }
        tails.end(&host, attempt, true);
        assert_eq!(tails.of(&host), ["line 4997", "line 4998", "line 4999"]);
        tails.end(&host, AttemptId::new(2), false);
        assert!(tails.of(&host).is_empty() && tails.running.is_empty());
    }
}
