//! Looks through every file of a namespace.

use super::Damage;
use super::damage::text;
use super::journal_files::{check_content, check_events, check_journal, check_list, check_snapshots};
use crate::namespace_id::{id_file, read_id};
use crate::output::damaged_output;
use crate::owner::read_owner;
use crate::shared::Shared;

/// Everything that is damaged in a namespace. Beside an owner that appends and compacts, what it removes meanwhile is
/// passed over.
pub(crate) fn check(shared: &Shared) -> Vec<Damage> {
    let mut damage = vec![];
    let owner = shared.dir.join("owner");
    if let Err(error) = read_owner(&*shared.disk, &owner) {
        let cure = "remove it while nobody uses the store: epochs are counted on from the records";
        damage.push(Damage::new(owner, text(error), cure));
    }
    if let Err(error) = read_id(&*shared.disk, &shared.dir) {
        let cure = "put it back from a copy; without one, remove it when nothing runs: hosts know the namespace by it";
        damage.push(Damage::new(id_file(&shared.dir), error.to_string(), cure));
    }
    // The journal before the content: what it names is then looked for. An owner that compacts
    // meanwhile removes content only after the records that named it.
    let mut named = check_journal(shared, &mut damage);
    check_snapshots(shared, &mut named, &mut damage);
    check_content(shared, &named, &mut damage);
    check_events(shared, &mut damage);
    check_list(shared, &mut damage);
    for (file, message) in damaged_output(&shared.outputs) {
        let cure = "the other output of the job is read as before; the job's events have the digest of what is missing";
        damage.push(Damage::new(file, message, cure));
    }
    damage
}
