//! Classes: tasks that are interchangeable to every limit and gate.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Key;
use super::wait_reason::WaitReason;
use crate::saturating::saturating_u32;
use crate::scheduler::ids::JobIndex;

/// A class's position in the agenda.
pub(crate) type ClassId = usize;

/// The task of a class that is next, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Front {
    pub(crate) order: TaskOrder,
    /// From the list that was built, and not one that came later.
    pub(crate) listed: bool,
}

impl Front {
    pub(crate) fn task(&self) -> u32 {
        self.order.3
    }
}

/// A class in a queue, with the urgency that it had when it came and the ticket that says whether it still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    class: u32,
    pub(crate) profile: u32,
    pub(crate) ticket: u32,
}

const _: () = assert!(size_of::<Entry>() == 32, "two entries fill one line of a cache");

impl Entry {
    pub(crate) fn class(&self) -> ClassId {
        self.class as usize
    }

    /// This class in the same queue, with another urgency.
    pub(crate) fn with_key(self, key: Key) -> Self {
        Self { key, ..self }
    }
}

/// What tasks have in common that are in one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassKey {
    pub(crate) job: JobIndex,
    pub(crate) profile: u32,
    pub(crate) track: u32,
    /// The hosts are unavailable already, so that running there takes no host away.
    pub(crate) repair: bool,
}

/// Where a task stands among those of its class; smaller comes first.
///
/// Tries first: retries queue behind fresh hosts, or one flapping host starves its group.
pub(crate) type TaskOrder = (u16, Reverse<u32>, u32, u32);

/// A queue of interchangeable tasks.
///
/// Where racks are small there are nearly as many classes as hosts, and each is looked at when all the others have
/// been since: it fills one line of a cache, and no more.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(crate) struct Class {
    pub(crate) key: ClassKey,
    /// Where the agenda lists its tasks, in order, as they were when the queue was built; those that have left are
    /// not counted.
    pub(crate) listed: Span,
    /// Tasks that came later.
    pub(crate) late: Late,
    pub(crate) status: ClassStatus,
    /// Of the one entry that stands for the class in a queue; entries with another ticket stand for nothing.
    pub(crate) ticket: u32,
    /// The next task, as last found; looked for again when it has left or an earlier one has come.
    pub(crate) front: Option<Front>,
}

/// A part of the agenda's list of tasks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) next: u32,
    pub(crate) end: u32,
}

/// Tasks in order; nothing at all where there are none, as in most classes.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::box_collection,
    reason = "most classes have none, and a class must stay small"
)]
pub(crate) struct Late(Option<Box<BTreeSet<TaskOrder>>>);

impl Late {
    pub(crate) fn insert(&mut self, task: TaskOrder) {
        self.0.get_or_insert_default().insert(task);
    }

    pub(crate) fn first(&self) -> Option<TaskOrder> {
        self.0.as_ref()?.first().copied()
    }

    pub(crate) fn pop_first(&mut self) {
        if let Some(tasks) = &mut self.0 {
            tasks.pop_first();
            // Lets the allocation go: few classes ever have late tasks, and those that had some
            // rarely have more.
            if tasks.is_empty() {
                self.0 = None;
            }
        }
    }
}

/// Whether a class may start its next task, and what it waits for otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassStatus {
    /// It may be able to start: it is queued with all others of which that is so.
    Open,
    /// It waits for room in a bucket, or for another task of its job to end.
    Waiting(WaitReason),
    /// A gate is closed to its track.
    BehindGate,
    /// Its job starts nothing now, or one of its failure budgets is exceeded.
    Held,
}

impl Class {
    pub(crate) fn new(key: ClassKey) -> Self {
        Self {
            key,
            listed: Span::default(),
            late: Late::default(),
            status: ClassStatus::Open,
            ticket: 0,
            front: None,
        }
    }

    /// Whether it has no task left, as far as is known without a look at any.
    pub(super) fn is_spent(&self) -> bool {
        self.listed.next == self.listed.end && self.late.0.is_none() && self.front.is_none()
    }

    /// A new entry replaces any before it.
    // Were both to count, a class to which tasks come one by one would have an entry for each, all
    // to be corrected at each start.
    pub(super) fn entry(&mut self, key: Key, class: ClassId) -> Entry {
        // May wrap: an entry that is older by four thousand million others has long left its queue.
        self.ticket = self.ticket.wrapping_add(1);
        Entry {
            key,
            class: saturating_u32(class),
            profile: self.key.profile,
            ticket: self.ticket,
        }
    }
}

const _: () = assert!(size_of::<Class>() == 64, "a class fills one line of a cache");
