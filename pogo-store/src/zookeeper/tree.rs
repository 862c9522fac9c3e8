//! Where things are in the tree.

use pogo_core::Digest;
use pogo_core::journal::{Nonce, Seq};
use zookeeper_client::{Acls, Client, CreateMode, CreateOptions, Error};

/// The version of the tree, which is read first.
pub(super) const FORMAT: &str = "/format";
/// Has a node for each namespace.
pub(super) const NAMESPACES: &str = "/ns";

/// The paths of a namespace, below the path of the store.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    /// What is known of the namespace before anybody owned it.
    pub(super) namespace: String,
    /// Who owns it. Its only child is named by the nonce of the owner, and what an owner writes depends on both.
    pub(super) epoch: String,
    /// The count of the ensemble when it made the namespace, as an owner found it that went on with it.
    pub(super) made: String,
    /// Is there as long as the session of the owner.
    pub(super) owner: String,
    /// Has a node for each who waits, as long as its session lasts.
    pub(super) standbys: String,
    /// Where the journal ends.
    pub(super) head: String,
    pub(super) commits: String,
    pub(super) snapshots: String,
    pub(super) content: String,
    /// Parts of what is larger than a node.
    pub(super) pieces: String,
    /// Commits that snapshots stand for.
    pub(super) history: String,
    /// The list of jobs, as far as the history goes.
    pub(super) jobs: String,
    /// Written to be given the time.
    pub(super) clock: String,
}

impl Paths {
    pub(super) fn of(name: &str) -> Self {
        let namespace = format!("{NAMESPACES}/{name}");
        let below = |part| format!("{namespace}/{part}");
        Self {
            epoch: below("epoch"),
            made: below("made"),
            owner: below("owner"),
            standbys: below("standbys"),
            head: below("head"),
            commits: below("commits"),
            snapshots: below("snapshots"),
            content: below("content"),
            pieces: below("pieces"),
            history: below("history"),
            jobs: below("jobs"),
            clock: below("clock"),
            namespace,
        }
    }

    /// The nodes that are there from the beginning, but for the namespace's own.
    pub(super) fn parts(&self) -> [&str; 11] {
        [
            &self.epoch,
            &self.made,
            &self.standbys,
            &self.head,
            &self.commits,
            &self.snapshots,
            &self.content,
            &self.pieces,
            &self.history,
            &self.jobs,
            &self.clock,
        ]
    }

    pub(super) fn token(&self, nonce: Nonce) -> String {
        format!("{}/{:016x}", self.epoch, nonce.0)
    }

    pub(super) fn standby(&self, nonce: Nonce) -> String {
        format!("{}/{:016x}", self.standbys, nonce.0)
    }

    pub(super) fn commit(&self, at: Seq) -> String {
        format!("{}/{}", self.commits, seq_name(at))
    }

    pub(super) fn snapshot(&self, upto: Seq) -> String {
        format!("{}/{}", self.snapshots, seq_name(upto))
    }

    pub(super) fn content(&self, digest: Digest) -> String {
        format!("{}/{digest}", self.content)
    }

    /// The parts of one thing.
    pub(super) fn pieces(&self, tag: &str) -> String {
        format!("{}/{tag}", self.pieces)
    }

    pub(super) fn piece(&self, tag: &str, index: usize) -> String {
        format!("{}/{tag}/{index:06}", self.pieces)
    }
}

/// A position as the name of a node: in the order of numbers.
pub(super) fn seq_name(seq: Seq) -> String {
    format!("{:020}", seq.0)
}

/// The position that is the name of a node.
pub(super) fn seq_of(name: &str) -> Option<Seq> {
    name.parse().ok().map(Seq)
}

/// The positions that are names of children, in order.
pub(super) async fn seqs_below(client: &Client, path: &str) -> Result<Vec<Seq>, Error> {
    let mut seqs: Vec<Seq> = client
        .list_children(path)
        .await?
        .iter()
        .filter_map(|name| seq_of(name))
        .collect();
    seqs.sort_unstable();
    Ok(seqs)
}

/// What a node is made with: as whoever logs in alone may read and write it, if anybody logs in.
pub(super) fn options(mode: CreateMode, is_private: bool) -> CreateOptions<'static> {
    mode.with_acls(if is_private {
        Acls::creator_all()
    } else {
        Acls::anyone_all()
    })
}
