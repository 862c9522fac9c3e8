//! A session's standard input: the script, `go`, secrets, a password, the command's own input.

use std::io;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use russh::ChannelWriteHalf;
use russh::client::Msg;
use secrecy::{ExposeSecret, SecretString};

use crate::input::Content;

/// The line that lets a session through its gate.
pub(crate) const GO: &str = "go\n";

/// Writes to a channel, one piece after the other. Dropping it stops writing.
pub(crate) struct InputFeed {
    channel: Arc<ChannelWriteHalf<Msg>>,
    writing: Option<BoxFuture<'static, ()>>,
    /// On a terminal a control character ends the input instead of EOF.
    on_terminal: bool,
}

impl InputFeed {
    pub(crate) fn new(channel: Arc<ChannelWriteHalf<Msg>>, on_terminal: bool) -> Self {
        Self {
            channel,
            writing: None,
            on_terminal,
        }
    }

    /// Writes everything that is queued; pending once that is done.
    pub(crate) async fn write_pending(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.await;
            self.writing = None;
        }
        std::future::pending().await
    }

    /// Queues the part of the script that did not fit into the command line.
    pub(crate) fn first(&mut self, input: Option<String>) {
        let Some(input) = input else { return };
        let channel = Arc::clone(&self.channel);
        self.then(async move {
            // Write errors are ignored here and below: the reading side reports a lost connection.
            // Owned bytes: `data` copies through a buffer of 8 kB, which it clears for the few bytes of `go` as well.
            let _ = channel.data_bytes(input.into_bytes()).await;
        });
    }

    /// Queues `go`.
    pub(crate) fn go(&mut self) {
        self.first(Some(GO.to_owned()));
    }

    /// Queues the secret environment, which the shell reads before it starts the command.
    pub(super) fn secrets(&mut self, lines: Option<Arc<SecretString>>) {
        let Some(lines) = lines else { return };
        let channel = Arc::clone(&self.channel);
        self.then(async move {
            let _ = channel.data(lines.expose_secret().as_bytes()).await;
        });
    }

    /// Queues the password once it is known, or nothing if there is none.
    pub(super) fn password(&mut self, known: impl Future<Output = Option<SecretString>> + Send + 'static) {
        let channel = Arc::clone(&self.channel);
        self.then(async move {
            let _ = match known.await {
                Some(password) => {
                    let line = SecretString::from(format!("{}\n", password.expose_secret()));
                    channel.data(line.expose_secret().as_bytes()).await
                }
                // Nobody answers: with its input at an end, sudo gives up instead of waiting for ever.
                None => channel.eof().await,
            };
        });
    }

    /// Ends the input after what is queued.
    pub(super) fn end(&mut self) {
        let (channel, on_terminal) = (Arc::clone(&self.channel), self.on_terminal);
        self.then(async move { end(&channel, on_terminal).await });
    }

    /// Queues this content and EOF, or EOF alone.
    pub(super) fn content(&mut self, content: Option<Arc<Content>>) {
        let (channel, on_terminal) = (Arc::clone(&self.channel), self.on_terminal);
        self.then(async move {
            // No EOF after a read error: a part of the input must not look like the whole.
            if write_all(&channel, content).await.is_ok() {
                end(&channel, on_terminal).await;
            }
        });
    }

    fn then(&mut self, next: impl Future<Output = ()> + Send + 'static) {
        // One after the other in a single future: pieces that are written side by side would mix.
        self.writing = Some(match self.writing.take() {
            Some(before) => before.then(|()| next).boxed(),
            None => next.boxed(),
        });
    }
}

async fn write_all(channel: &ChannelWriteHalf<Msg>, content: Option<Arc<Content>>) -> io::Result<()> {
    let Some(content) = content else { return Ok(()) };
    let mut offset = 0;
    loop {
        let block = content.block(offset).await?;
        if block.is_empty() || channel.data(block.as_slice()).await.is_err() {
            return Ok(());
        }
        offset += block.len() as u64;
    }
}

async fn end(channel: &ChannelWriteHalf<Msg>, on_terminal: bool) {
    let _ = if on_terminal {
        // End of transmission, which a terminal in its usual mode turns into the end of its input.
        channel.data_bytes(vec![4]).await
    } else {
        channel.eof().await
    };
}
