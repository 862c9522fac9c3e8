//! What a step is given to read.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use pogo_core::plan::Stdin;
use russh::ChannelWriteHalf;
use russh::client::Msg;
use secrecy::{ExposeSecret, SecretString};

use super::parcel::Parcel;

/// Writes to a channel, one thing after the other. Dropping it stops that.
pub(super) struct Feed {
    channel: Arc<ChannelWriteHalf<Msg>>,
    writing: Option<BoxFuture<'static, ()>>,
    /// What ends the input: a terminal is only told by a character.
    on_terminal: bool,
}

impl Feed {
    pub(super) fn new(channel: Arc<ChannelWriteHalf<Msg>>, on_terminal: bool) -> Self {
        Self {
            channel,
            writing: None,
            on_terminal,
        }
    }

    /// Writes all that is to be written by now; pending when that is done.
    pub(super) async fn go_on(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.await;
            self.writing = None;
        }
        std::future::pending().await
    }

    /// The password, once it is known, and nothing if there is none.
    pub(super) fn password(&mut self, known: impl Future<Output = Option<SecretString>> + Send + 'static) {
        let channel = Arc::clone(&self.channel);
        self.then(async move {
            // A link that is gone shows elsewhere, here as below.
            let _ = match known.await {
                Some(password) => {
                    let line = SecretString::from(format!("{}\n", password.expose_secret()));
                    channel.data(line.expose_secret().as_bytes()).await
                }
                None => channel.eof().await,
            };
        });
    }

    /// No more than what was written so far.
    pub(super) fn end(&mut self) {
        let (channel, on_terminal) = (Arc::clone(&self.channel), self.on_terminal);
        self.then(async move { end(&channel, on_terminal).await });
    }

    /// All of the standard input, and its end.
    pub(super) fn stdin(&mut self, stdin: &Stdin) {
        let (channel, on_terminal, stdin) = (Arc::clone(&self.channel), self.on_terminal, stdin.clone());
        self.then(async move {
            let _ = match &stdin {
                Stdin::Empty => Ok(()),
                Stdin::Text(text) => channel.data(text.as_bytes()).await,
                Stdin::Bytes(bytes) => channel.data(bytes.as_slice()).await,
                // It could be opened when the attempt began.
                Stdin::File(path) => match tokio::fs::File::open(path).await {
                    Ok(file) => channel.data(file).await,
                    Err(_) => Ok(()),
                },
            };
            end(&channel, on_terminal).await;
        });
    }

    /// All of a file, and its end; or only the end.
    pub(super) fn parcel(&mut self, parcel: Option<Arc<Parcel>>) {
        let channel = Arc::clone(&self.channel);
        self.then(async move {
            if let Some(parcel) = parcel {
                let _ = channel.data(parcel.bytes.as_slice()).await;
            }
            end(&channel, false).await;
        });
    }

    fn then(&mut self, next: impl Future<Output = ()> + Send + 'static) {
        self.writing = Some(match self.writing.take() {
            Some(before) => before.then(|()| next).boxed(),
            None => next.boxed(),
        });
    }
}

async fn end(channel: &ChannelWriteHalf<Msg>, on_terminal: bool) {
    let _ = if on_terminal {
        channel.data_bytes(vec![4]).await
    } else {
        channel.eof().await
    };
}
