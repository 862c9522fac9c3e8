//! A stream that can be closed from outside.
//!
//! The SSH library runs a connection in its own task, which outlives a cancelled handshake.
//! Closing the stream ends that task, whatever it is waiting for.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Debug, Default)]
struct Cut {
    done: AtomicBool,
    waker: AtomicWaker,
}

/// Closes its stream when dropped.
#[derive(Debug)]
pub(crate) struct DropGuard(Arc<Cut>);

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::Release);
        self.0.waker.wake();
    }
}

/// A stream that ends as soon as its [`DropGuard`] is gone. Read and written by one task.
#[derive(Debug)]
pub(crate) struct CancellableStream<S> {
    stream: S,
    cut: Arc<Cut>,
}

impl<S> CancellableStream<S> {
    pub(crate) fn new(stream: S) -> (Self, DropGuard) {
        let cut = Arc::new(Cut::default());
        let guard = DropGuard(Arc::clone(&cut));
        (Self { stream, cut }, guard)
    }

    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        // Registered before the flag is read: a guard that is dropped in between still wakes the task.
        self.cut.waker.register(context.waker());
        if self.cut.done.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CancellableStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CancellableStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_reader_that_waits_is_woken_by_the_cut() {
        let (near, _far) = tokio::io::duplex(8);
        let (mut stream, cut) = CancellableStream::new(near);
        let reader = tokio::spawn(async move { stream.read_u8().await });
        tokio::task::yield_now().await;
        drop(cut);
        assert_eq!(
            reader.await.unwrap().unwrap_err().kind(),
            io::ErrorKind::ConnectionAborted
        );
    }

    #[tokio::test]
    async fn a_writer_that_waits_is_woken_by_the_cut() {
        let (near, _far) = tokio::io::duplex(8);
        let (mut stream, cut) = CancellableStream::new(near);
        let writer = tokio::spawn(async move { stream.write_all(&[0; 64]).await });
        tokio::task::yield_now().await;
        drop(cut);
        assert_eq!(
            writer.await.unwrap().unwrap_err().kind(),
            io::ErrorKind::ConnectionAborted
        );
    }
}
