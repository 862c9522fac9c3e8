//! Data of any size as a node: a line of JSON that describes it, and the data or where its pieces are.

use std::io;

use pogo_core::Digest;
use pogo_core::journal::JournalError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Error};

use super::fence::{Fence, WriteOutcome};
use super::session::Sessions;
use super::tree::Paths;
use crate::compressed::compress;
use crate::remote::Answer;

/// The most bytes of data in a node. The servers take requests of 1 MiB (`jute.maxbuffer`), and a request has more
/// in it than one node.
pub(super) const PIECE: usize = 480 << 10;
/// From this size on data is compressed. What is smaller can be read by people, and gains little.
const COMPRESS_FROM: usize = 8 << 10;

/// The first line of a node.
#[derive(Debug, Serialize, Deserialize)]
struct NodeHeader<A> {
    #[serde(flatten)]
    about: A,
    /// Whether the data is compressed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    zstd: bool,
    /// Of the data as it is stored.
    crc: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pieces: Option<Pieces>,
}

/// Where data is that is larger than a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pieces {
    tag: String,
    count: usize,
}

/// Data that is to be stored.
#[derive(Debug)]
pub(super) struct Packed<A> {
    about: A,
    zstd: bool,
    data: Vec<u8>,
}

impl<A: Serialize> Packed<A> {
    pub(super) fn new(about: A, data: Vec<u8>) -> io::Result<Self> {
        let zstd = data.len() >= COMPRESS_FROM;
        let data = if zstd { compress(&data)? } else { data };
        Ok(Self { about, zstd, data })
    }

    /// The bytes that are stored.
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether it has pieces of its own.
    pub(super) fn is_large(&self) -> bool {
        self.data.len() > PIECE
    }

    /// Stores the pieces, if there are any, and gives the node that makes them known. `tag` is what nobody else's are
    /// named. Says nothing where this is not the owner any more.
    pub(super) async fn store(&self, client: &Client, fence: &Fence, tag: &str) -> Result<Option<Vec<u8>>, Error> {
        let pieces: Vec<&[u8]> = self.data.chunks(PIECE).collect();
        if !self.is_large() {
            return Ok(Some(self.node(None)));
        }
        for (index, piece) in pieces.iter().enumerate() {
            let mut writer = fence.writer(client)?;
            if index == 0 {
                writer.add_create(&fence.paths.pieces(tag), b"", &fence.options())?;
            }
            writer.add_create(&fence.paths.piece(tag, index), piece, &fence.options())?;
            match fence.commit(writer).await? {
                // What is there was put by an earlier try, of which the answer was lost.
                WriteOutcome::Done | WriteOutcome::Refused(_, Error::NodeExists) => {}
                WriteOutcome::Fenced => return Ok(None),
                WriteOutcome::Refused(_, error) => return Err(error),
            }
        }
        let pieces = Pieces {
            tag: tag.to_owned(),
            count: pieces.len(),
        };
        Ok(Some(self.node(Some(pieces))))
    }

    /// Stores it under this path, whether something is there or not.
    pub(super) async fn put(&self, sessions: &Sessions, fence: &Fence, path: &str, tag: &str) -> Answer<()> {
        let mut is_there = false;
        loop {
            let written = sessions.ask(async |client| {
                let Some(node) = self.store(client, fence, tag).await? else {
                    return Ok(WriteOutcome::Fenced);
                };
                let mut writer = fence.writer(client)?;
                match is_there {
                    true => writer.add_set_data(path, &node, None)?,
                    false => writer.add_create(path, &node, &fence.options())?,
                }
                fence.commit(writer).await
            });
            match written.await? {
                WriteOutcome::Done => return Ok(Ok(())),
                WriteOutcome::Fenced => return Ok(Err(JournalError::Fenced)),
                // Before this, or by an earlier try of which the answer was lost; or it was removed meanwhile.
                WriteOutcome::Refused(_, Error::NodeExists | Error::NoNode) => is_there = !is_there,
                WriteOutcome::Refused(_, error) => return Err(error.into()),
            }
        }
    }

    fn node(&self, pieces: Option<Pieces>) -> Vec<u8> {
        let has_pieces = pieces.is_some();
        let header = NodeHeader {
            about: &self.about,
            zstd: self.zstd,
            crc: crc32fast::hash(&self.data),
            pieces,
        };
        // What is described is numbers and names.
        let mut node = serde_json::to_vec(&header).unwrap_or_default();
        node.push(b'\n');
        if !has_pieces {
            node.extend_from_slice(&self.data);
        }
        node
    }
}

/// Why data is not as it was stored.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is damaged, and what is wrong.
    Damaged(String),
    /// The ensemble did not answer.
    Failed(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A node that was read.
#[derive(Debug)]
pub(super) struct FoundNode<'a, A> {
    header: NodeHeader<A>,
    inline: &'a [u8],
}

impl<'a, A: DeserializeOwned> FoundNode<'a, A> {
    pub(super) fn of(node: &'a [u8]) -> Result<Self, Unread> {
        let end = memchr::memchr(b'\n', node).unwrap_or(node.len());
        let (line, rest) = node.split_at(end);
        let header = serde_json::from_slice(line);
        Ok(Self {
            header: header.map_err(|error| Unread::Damaged(format!("its first line cannot be read: {error}")))?,
            inline: rest.strip_prefix(b"\n").unwrap_or(rest),
        })
    }

    pub(super) fn about(&self) -> &A {
        &self.header.about
    }

    /// What was stored.
    pub(super) async fn data(&self, client: &Client, paths: &Paths) -> Result<Vec<u8>, Unread> {
        let mut stored = self.inline.to_vec();
        if let Some(Pieces { tag, count }) = &self.header.pieces {
            for index in 0..*count {
                let (piece, _) = client.get_data(&paths.piece(tag, index)).await?;
                stored.extend_from_slice(&piece);
            }
        }
        if crc32fast::hash(&stored) != self.header.crc {
            return Err(Unread::Damaged("it has another checksum than it says".to_owned()));
        }
        if !self.header.zstd {
            return Ok(stored);
        }
        zstd::decode_all(&stored[..]).map_err(|error| Unread::Damaged(format!("it cannot be unpacked: {error}")))
    }
}

/// The tag of the pieces of a node, if it has any, whatever the node is.
pub(super) fn tag_of(node: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Anything {}
    let found: FoundNode<'_, Anything> = FoundNode::of(node).ok()?;
    found.header.pieces.map(|pieces| pieces.tag)
}

/// Removes nodes with their pieces, as the owner.
pub(super) async fn remove_nodes(client: &Client, fence: &Fence, paths: &[String]) -> Result<(), Error> {
    let (mut tags, mut writer) = (vec![], fence.writer(client)?);
    let mut is_empty = true;
    for path in paths {
        let node = match client.get_data(path).await {
            Err(Error::NoNode) => continue,
            node => node?.0,
        };
        tags.extend(tag_of(&node));
        writer.add_delete(path, None)?;
        is_empty = false;
    }
    if is_empty {
        return Ok(());
    }
    fence.commit(writer).await?;
    for tag in tags {
        remove_pieces(client, fence, &tag).await?;
    }
    Ok(())
}

/// Removes pieces, as the owner. What could not be removed is removed later.
pub(super) async fn remove_pieces(client: &Client, fence: &Fence, tag: &str) -> Result<(), Error> {
    let path = fence.paths.pieces(tag);
    let names = match client.list_children(&path).await {
        Err(Error::NoNode) => return Ok(()),
        names => names?,
    };
    let mut writer = fence.writer(client)?;
    for name in names {
        writer.add_delete(&format!("{path}/{name}"), None)?;
    }
    writer.add_delete(&path, None)?;
    fence.commit(writer).await.map(drop)
}

/// What pieces are named that this ownership stores: the thing, and a number that it is stored by once.
pub(super) fn tag(what: &str, fence: &Fence, number: u64) -> String {
    format!("{what}-{}-{:016x}-{number}", fence.epoch.0, fence.nonce.0)
}

/// A digest of data in a tag.
pub(super) fn short(digest: Digest) -> String {
    digest.to_string().chars().take(16).collect()
}
