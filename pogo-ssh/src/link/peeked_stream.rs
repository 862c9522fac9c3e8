//! A stream whose first bytes have been read and written in advance.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::greeting;

/// The most bytes that a host may send before the handshake.
const MOST: usize = 32 << 10;

/// A stream that returns the bytes read in advance first.
#[derive(Debug)]
pub(super) struct PeekedStream<S> {
    stream: S,
    seen: Vec<u8>,
    taken: usize,
    /// How many bytes were written in advance, and are skipped when the library writes them.
    sent: usize,
    first: FirstBytes,
}

/// A host's first bytes, shared with whoever diagnoses a failed handshake.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstBytes(Arc<Mutex<Vec<u8>>>);

impl FirstBytes {
    pub(super) fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, bytes: &[u8]) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = greeting::LONGEST.saturating_sub(words.len());
        words.extend(bytes.iter().take(room));
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> PeekedStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            seen: Vec::new(),
            taken: 0,
            sent: 0,
            first: FirstBytes::default(),
        }
    }

    /// The host's first bytes as they arrive.
    pub(super) fn first_bytes(&self) -> FirstBytes {
        self.first.clone()
    }

    /// Writes the client's identification line in advance: some servers wait for it, and those of other protocols
    /// answer it.
    pub(super) async fn greet(&mut self, identification: &str) -> io::Result<()> {
        self.stream.write_all(identification.as_bytes()).await?;
        self.stream.flush().await?;
        self.sent = identification.len();
        Ok(())
    }

    /// Waits for the first bytes.
    pub(super) async fn readable(&mut self) -> io::Result<()> {
        match self.more().await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Reads and buffers everything: unread data would stall all channels of the same jump connection.
    /// Returns an error when the stream ends or sends too much.
    pub(super) async fn keep_reading(&mut self) -> io::Error {
        loop {
            match self.more().await {
                Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                Ok(_) if self.seen.len() > MOST => {
                    return io::Error::other("it says too much before the handshake");
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    async fn more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 1024];
        let count = self.stream.read(&mut buffer).await?;
        let read = buffer.get(..count).unwrap_or_default();
        self.first.add(read);
        self.seen.extend_from_slice(read);
        Ok(count)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PeekedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match this.seen.get(this.taken..).filter(|left| !left.is_empty()) {
            Some(left) => {
                let count = left.len().min(buffer.remaining());
                buffer.put_slice(left.get(..count).unwrap_or_default());
                this.taken += count;
                if this.taken == this.seen.len() {
                    // Lets the buffer go: ten thousand connections would keep a kilobyte each for a
                    // greeting.
                    this.seen = Vec::new();
                    this.taken = 0;
                }
                Poll::Ready(Ok(()))
            }
            None => {
                let before = buffer.filled().len();
                let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
                this.first.add(buffer.filled().get(before..).unwrap_or_default());
                polled
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PeekedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // The library writes the identification line too, and the host must not see it twice.
        if self.sent > 0 {
            let count = self.sent.min(bytes.len());
            self.sent -= count;
            return Poll::Ready(Ok(count));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_was_read_early_comes_first_and_once() {
        let (near, mut far) = tokio::io::duplex(64);
        far.write_all(b"SSH-2.0-x").await.unwrap();
        let mut stream = PeekedStream::new(near);
        stream.readable().await.unwrap();
        far.write_all(b" and more").await.unwrap();
        drop(far);
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "SSH-2.0-x and more");
    }

    #[tokio::test]
    async fn what_was_written_early_is_not_written_again() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut stream = PeekedStream::new(near);
        stream.greet("SSH-2.0-x\r\n").await.unwrap();
        stream.write_all(b"SSH-2.0-x\r\n and more").await.unwrap();
        drop(stream);
        let mut all = String::new();
        far.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "SSH-2.0-x\r\n and more");
    }

    #[tokio::test]
    async fn who_says_too_much_is_not_listened_to_for_ever() {
        let (near, mut far) = tokio::io::duplex(64);
        let talking = tokio::spawn(async move { while far.write_all(&[b'x'; 64]).await.is_ok() {} });
        let mut stream = PeekedStream::new(near);
        assert!(stream.keep_reading().await.to_string().contains("too much"));
        drop(stream);
        talking.await.unwrap();
    }
}
