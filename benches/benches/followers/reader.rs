//! Those who follow: they read a stream until it says that the job has finished, or until it ends.

use std::error::Error;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Says on its output when all of them are connected, and at the end how many bytes each has read, in how many events.
pub(super) async fn read(address: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let mut streams = vec![];
    for _ in 0..count {
        let mut stream = connect(address).await?;
        let request = format!("GET /v1/namespaces/default/events HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        // The head of the answer, and the first bytes of the stream.
        stream.readable().await?;
        streams.push(stream);
    }
    println!("connected");
    let reading = streams.into_iter().map(|stream| tokio::spawn(to_the_end(stream)));
    let (mut bytes, mut events) = (0, 0);
    for read in try_join_all(reading).await? {
        let read = read?;
        (bytes, events) = (bytes + read.0, events + read.1);
    }
    let each = count.max(1) as u64;
    println!("{} {}", bytes / each, events / each);
    Ok(())
}

async fn connect(address: &str) -> Result<TcpStream, std::io::Error> {
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            // Its backlog is full.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn to_the_end(mut stream: TcpStream) -> Result<(u64, u64), std::io::Error> {
    const FINISHED: &[u8] = b"\"job_finished\"";
    let (mut buffer, mut kept, mut read, mut events) = (vec![0; 64 * 1024], vec![], 0, 0);
    loop {
        let count = stream.read(&mut buffer).await?;
        read += count as u64;
        // Each event is a line of data behind one with its id.
        let text = buffer.get(..count).unwrap_or_default();
        events += text.windows(6).filter(|window| *window == b"\ndata:").count() as u64;
        kept.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if count == 0 || kept.windows(FINISHED.len()).any(|window| window == FINISHED) {
            return Ok((read, events));
        }
        // What is looked for may come in two parts.
        let surplus = kept.len().saturating_sub(FINISHED.len());
        kept.drain(..surplus);
    }
}
