//! Maps that iterate in the order of insertion, so that a run repeats.

use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

pub(super) type Indexed<K, V> = IndexMap<K, V, BuildHasherDefault<FxHasher>>;
