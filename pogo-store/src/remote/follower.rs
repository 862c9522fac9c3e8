//! Followers of a namespace, which never take over.

use futures::channel::oneshot;

/// Registers a follower of a namespace with the newest format of records that it reads. The owner writes no newer
/// format until this is dropped.
#[derive(Debug)]
#[must_use = "it lasts until it is dropped"]
pub struct FollowerRegistration {
    _dropped: oneshot::Sender<()>,
}

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
impl FollowerRegistration {
    /// A registration, and a receiver that resolves when it is dropped.
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self { _dropped: sender }, receiver)
    }
}
