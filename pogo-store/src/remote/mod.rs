//! What stores on servers have in common, whatever the server: for several machines, of which one takes over from
//! another. What such a store says of itself is known without the server's library too.

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod commit_text;
mod damage;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod failed;
mod follower;
mod formats;
mod info;
mod migrated;
#[cfg(any(feature = "object-store", feature = "postgres"))]
mod output_pieces;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod owned;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod runtime;

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use commit_text::{MAX_COMMIT, checksum, commit_lines, positioned, wrong_checksum};
pub use damage::RemoteDamage;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use failed::{Answer, Failed, FailedStage};
pub use follower::FollowerRegistration;
pub use formats::RemoteFormats;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use formats::{NEWEST, check_format};
pub use info::{OwnerSign, RemoteInfo, RemoteOwner, RemoteOwnership, StoredPart};
pub use migrated::Migrated;
#[cfg(any(feature = "object-store", feature = "postgres"))]
pub(crate) use output_pieces::{AttemptPieces, FoundPiece, PieceChanges};
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use owned::{Inherited, Ownership, RemoteOwned};
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use runtime::{Runtime, ThreadPanicked};
