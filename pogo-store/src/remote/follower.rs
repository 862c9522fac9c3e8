//! Those who follow a namespace, and never take over.

use futures::channel::oneshot;

/// Says to the owner of a namespace that somebody follows it, and which format of records that one reads: the owner
/// writes no newer one meanwhile. Once it is dropped, nobody says so any more.
#[derive(Debug)]
#[must_use = "it lasts until it is dropped"]
pub struct FollowerRegistration {
    _dropped: oneshot::Sender<()>,
}

impl FollowerRegistration {
    /// With what ends when it is dropped.
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self { _dropped: sender }, receiver)
    }
}
