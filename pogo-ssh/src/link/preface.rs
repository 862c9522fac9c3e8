//! A stream of which the beginning has been read already.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// More than this, and a host says too much before it is asked anything.
const MOST: usize = 32 << 10;

/// A stream and what was read from it. Nothing of it is lost.
#[derive(Debug)]
pub(super) struct Prefaced<S> {
    stream: S,
    seen: Vec<u8>,
    taken: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Prefaced<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            seen: Vec::new(),
            taken: 0,
        }
    }

    /// Waits until there is something to read.
    pub(super) async fn readable(&mut self) -> io::Result<()> {
        match self.more().await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Takes whatever comes, for ever: what nobody takes would hold up all that comes through the same connection.
    /// Ends with an error, when the stream does or says too much.
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
        self.seen.extend(buffer.iter().take(count));
        Ok(count)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefaced<S> {
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
                    this.seen = Vec::new();
                    this.taken = 0;
                }
                Poll::Ready(Ok(()))
            }
            None => Pin::new(&mut this.stream).poll_read(context, buffer),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefaced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
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
        let mut stream = Prefaced::new(near);
        stream.readable().await.unwrap();
        far.write_all(b" and more").await.unwrap();
        drop(far);
        let mut all = String::new();
        stream.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "SSH-2.0-x and more");
    }

    #[tokio::test]
    async fn who_says_too_much_is_not_listened_to_for_ever() {
        let (near, mut far) = tokio::io::duplex(64);
        let talking = tokio::spawn(async move { while far.write_all(&[b'x'; 64]).await.is_ok() {} });
        let mut stream = Prefaced::new(near);
        assert!(stream.keep_reading().await.to_string().contains("too much"));
        drop(stream);
        talking.await.unwrap();
    }
}
