//! The names of a fleet's hosts by position, and the position of each name.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::ops::Index;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHasher;

use super::HostName;
use crate::saturating::saturating_u32;

/// Names in listed order, each once. Takes 4 bytes a host beside the names, so that finding one among very many misses
/// few caches; an index map takes 16.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    list: Vec<HostName>,
    positions: HashTable<u32>,
}

fn hash(name: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(name)
}

impl Names {
    /// The most names, which is the most hosts of a fleet.
    pub(super) const MAX: usize = 100_000_000;

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn reserve(&mut self, names: usize) {
        self.list.reserve(names);
        let list = &self.list;
        let rehash = |position: &u32| list.get(*position as usize).map_or(0, |name| hash(name.as_str()));
        self.positions.reserve(names, rehash);
    }

    pub(super) fn get(&self, position: usize) -> Option<&HostName> {
        self.list.get(position)
    }

    pub(super) fn position(&self, name: &str) -> Option<u32> {
        let same = |position: &u32| {
            self.list
                .get(*position as usize)
                .is_some_and(|known| known.as_str() == name)
        };
        self.positions.find(hash(name), same).copied()
    }

    /// The name's position; a new name goes to the end. The caller keeps their number below [`MAX`](Self::MAX).
    pub(super) fn insert(&mut self, name: HostName) -> u32 {
        let list = &self.list;
        let same = |position: &u32| list.get(*position as usize) == Some(&name);
        let rehash = |position: &u32| list.get(*position as usize).map_or(0, |name| hash(name.as_str()));
        match self.positions.entry(hash(name.as_str()), same, rehash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => {
                let position = saturating_u32(list.len());
                vacant.insert(position);
                self.list.push(name);
                position
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &HostName> {
        self.list.iter()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = HostName> {
        self.list.into_iter()
    }
}

impl Index<usize> for Names {
    type Output = HostName;

    fn index(&self, position: usize) -> &HostName {
        &self.list[position]
    }
}

/// Compares as sets: fleets whose hosts are listed in another order differ in the ids under their tags.
impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|name| other.position(name.as_str()).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        text.parse().unwrap()
    }

    #[test]
    fn every_name_keeps_its_place_however_many_there_are() {
        let mut names = Names::default();
        for round in 0..2 {
            for at in 0..5_000_u32 {
                assert_eq!(names.insert(name(&format!("web{at}"))), at, "{round}");
            }
        }
        assert_eq!(names.len(), 5_000);
        assert_eq!(names.position("web4711"), Some(4_711));
        assert_eq!(names.get(4_711), Some(&name("web4711")));
        assert_eq!((names.position("web5000"), names.get(5_000)), (None, None));
    }

    #[test]
    fn names_are_equal_in_any_order_and_with_any_room() {
        let (mut one, mut other) = (Names::default(), Names::default());
        one.reserve(1_000);
        for (here, there) in [("a", "b"), ("b", "a")] {
            one.insert(name(here));
            other.insert(name(there));
        }
        assert_eq!(one, other);
        other.insert(name("c"));
        assert_ne!(one, other);
    }
}
