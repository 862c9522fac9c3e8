//! What it takes to send bytes to many, and nothing else.

use std::error::Error;
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::job::Readers;
use super::processor;

/// The processor time for this many bytes to each of so many readers, in pieces of this size.
pub(super) async fn send(readers: usize, bytes: u64, piece: usize) -> Result<Duration, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut children = Readers::start(listener.local_addr()?, readers)?;
    let mut streams = vec![];
    for _ in 0..readers {
        let (mut stream, _) = listener.accept().await?;
        // What it asks for.
        stream.read_buf(&mut Vec::with_capacity(1024)).await?;
        stream.write_all(b"\n").await?;
        streams.push(stream);
    }
    children.connected().await?;
    let before = processor();
    let chunk = Bytes::from(vec![b'x'; piece]);
    let sending = streams.into_iter().map(|mut stream| {
        let chunk = chunk.clone();
        tokio::spawn(async move {
            let mut left = bytes;
            while left > 0 {
                let count = left.min(piece as u64);
                stream
                    .write_all(&chunk[..usize::try_from(count).unwrap_or(piece)])
                    .await?;
                left -= count;
            }
            Ok::<_, std::io::Error>(())
        })
    });
    for sent in futures::future::try_join_all(sending).await? {
        sent?;
    }
    children.read().await?;
    Ok(processor().saturating_sub(before))
}
