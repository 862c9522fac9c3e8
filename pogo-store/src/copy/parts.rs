//! What all who copy to and from servers need.

use std::hash::{BuildHasher, Hasher, RandomState};

use pogo_core::Timestamp;
use pogo_core::journal::{Commit, Nonce, Owner, OwnerId, stored_len};

use crate::remote::MAX_COMMIT;

/// The standard library keys its hashers from the system's randomness.
pub(crate) fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Who owns a namespace while it is copied.
pub(crate) fn copier(now: Timestamp) -> Owner {
    Owner::new(OwnerId("whoever copies it".into()), Nonce(random_number()), now)
}

/// Records as commits that are not too large. All of it becomes durable before anybody sees it, so that it matters
/// nothing where one begins.
pub(crate) fn in_parts(commit: Commit) -> Vec<Commit> {
    const MOST: usize = MAX_COMMIT / 4;
    let (mut parts, mut size) = (vec![], 0);
    let mut part = Commit::new(commit.at, vec![]);
    for record in commit.records {
        let length = stored_len(&record);
        if size + length > MOST && !part.records.is_empty() {
            let next = Commit::new(part.end(), vec![]);
            parts.push(std::mem::replace(&mut part, next));
            size = 0;
        }
        size += length;
        part.records.push(record);
    }
    parts.push(part);
    parts
}
