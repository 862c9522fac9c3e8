//! Immutable content, read once for all attempts of a job.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// Larger content is kept in a file.
const MOST_IN_MEMORY: usize = 256 << 10;
/// Bytes read from that file at a time, for each attempt.
const BLOCK: usize = 64 << 10;

/// Bytes that were read once: kept in memory, or in an unnamed file, which nobody can change.
#[derive(Debug)]
pub(crate) struct Content {
    held: ContentStorage,
    sum: String,
    /// Permission bits of the source file.
    pub(crate) mode: u32,
}

#[derive(Debug)]
enum ContentStorage {
    /// Up to [`MOST_IN_MEMORY`] bytes.
    Memory(Vec<u8>),
    /// More than that, in an unnamed file.
    File(File),
}

/// Why copying failed.
#[derive(Debug)]
pub(super) enum CopyError {
    /// Reading the source failed.
    Read(io::Error),
    /// Writing the copy failed.
    Keep(io::Error),
}

impl Content {
    /// Content from bytes in memory.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self {
            sum: hexadecimal(&Sha256::digest(&bytes)),
            held: ContentStorage::Memory(bytes),
            mode: 0o600,
        }
    }

    /// Copies a reader to its end.
    pub(super) fn copy(from: &mut impl Read, mode: u32) -> Result<Self, CopyError> {
        let mut start = Vec::new();
        // One more than may stay in memory, which tells whether there is more without asking for
        // the size: a pipe has none.
        let most = MOST_IN_MEMORY as u64 + 1;
        from.by_ref()
            .take(most)
            .read_to_end(&mut start)
            .map_err(CopyError::Read)?;
        if start.len() <= MOST_IN_MEMORY {
            return Ok(Self {
                mode,
                ..Self::of(start)
            });
        }
        // Without a name, so that nobody can change it, and that it is gone with this process
        // however that ends.
        let mut file = tempfile::tempfile().map_err(CopyError::Keep)?;
        let mut digest = Sha256::new();
        let mut block = start;
        while !block.is_empty() {
            digest.update(&block);
            file.write_all(&block).map_err(CopyError::Keep)?;
            block.clear();
            from.by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut block)
                .map_err(CopyError::Read)?;
        }
        Ok(Self {
            held: ContentStorage::File(file),
            sum: hexadecimal(&digest.finalize()),
            mode,
        })
    }

    /// SHA-256 of the bytes in hexadecimal.
    pub(crate) fn sum(&self) -> &str {
        &self.sum
    }

    /// The next block from this offset on; empty at the end.
    pub(crate) async fn block(self: &Arc<Self>, offset: u64) -> io::Result<Vec<u8>> {
        if let ContentStorage::Memory(bytes) = &self.held {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let rest = bytes.get(start..).unwrap_or_default();
            return Ok(rest.get(..BLOCK).unwrap_or(rest).to_vec());
        }
        let content = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || content.read_block(offset));
        reading.await.map_err(io::Error::other)?
    }

    fn read_block(&self, offset: u64) -> io::Result<Vec<u8>> {
        let ContentStorage::File(file) = &self.held else {
            return Ok(Vec::new());
        };
        let mut block = vec![0; BLOCK];
        // By offset: all attempts read one open file, each at its own place.
        let count = file.read_at(&mut block, offset)?;
        block.truncate(count);
        Ok(block)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all_of(content: &Arc<Content>) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let block = content.block(all.len() as u64).await.unwrap();
            assert!(block.len() <= BLOCK);
            if block.is_empty() {
                return all;
            }
            all.extend(block);
        }
    }

    #[tokio::test]
    async fn little_is_kept_in_memory_and_much_in_a_file_that_nobody_sees() {
        for size in [
            0,
            1,
            BLOCK,
            BLOCK + 1,
            MOST_IN_MEMORY,
            MOST_IN_MEMORY + 1,
            3 * MOST_IN_MEMORY + 7,
        ] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let content = Arc::new(Content::copy(&mut bytes.as_slice(), 0o640).unwrap());
            assert_eq!(
                matches!(content.held, ContentStorage::File(_)),
                size > MOST_IN_MEMORY,
                "{size}"
            );
            assert_eq!(content.sum(), hexadecimal(&Sha256::digest(&bytes)));
            assert_eq!(content.mode, 0o640);
            // Two attempts at once, each at its own offset.
            let (one, two) = tokio::join!(all_of(&content), all_of(&content));
            assert!(one == bytes && two == bytes, "{size}");
        }
    }
}
