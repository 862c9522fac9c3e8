//! The nodes of the history, and what their names say.

use pogo_core::journal::Seq;
use zookeeper_client::{Client, Error};

use crate::zookeeper::tree::{Paths, seq_name, seq_of};

/// A node of the history. Its name says what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::zookeeper) struct Archived {
    pub(in crate::zookeeper) at: Seq,
    pub(in crate::zookeeper) until: Seq,
    /// Of the node with its pieces.
    pub(in crate::zookeeper) bytes: u64,
}

impl Archived {
    pub(in crate::zookeeper) fn path(&self, paths: &Paths) -> String {
        let Self { at, until, bytes } = self;
        // In the name, so that listing the parent says how much there is, and no node has to be
        // read for it.
        format!("{}/{}-{}-{bytes}", paths.history, seq_name(*at), seq_name(*until))
    }

    fn of(name: &str) -> Option<Self> {
        let (at, rest) = name.split_once('-')?;
        let (until, bytes) = rest.split_once('-')?;
        Some(Self {
            at: seq_of(at)?,
            until: seq_of(until)?,
            bytes: bytes.parse().ok()?,
        })
    }

    /// All that there are, in order.
    pub(in crate::zookeeper) async fn all(client: &Client, paths: &Paths) -> Result<Vec<Self>, Error> {
        let names = client.list_children(&paths.history).await?;
        let mut all: Vec<Self> = names.iter().filter_map(|name| Self::of(name)).collect();
        all.sort_unstable();
        Ok(all)
    }
}

/// The nodes of the history, by their first positions.
pub(in crate::zookeeper) async fn history(client: &Client, paths: &Paths) -> Result<Vec<(Seq, String)>, Error> {
    let all = Archived::all(client, paths).await?;
    Ok(all.into_iter().map(|it| (it.at, it.path(paths))).collect())
}
