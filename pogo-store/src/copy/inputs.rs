//! What jobs read that programs keep beside them: without it the hosts that are left could not run.
//!
//! `ns/NAME/inputs` has files that came through a pipe, `sent/NAME` a directory for each file that was sent to a
//! server.

use std::path::Path;

use super::copied_files::CopiedFiles;
use crate::disk::{Disk, create_dirs};
use crate::error::StoreError;

/// The directory of a namespace that has what came through pipes.
pub(super) const INPUTS: &str = "inputs";
const SENT: &str = "sent";

/// Copies what was sent for jobs of a namespace, if anything was.
pub(super) fn copy_sent(
    copied: &mut CopiedFiles<'_>,
    (from, to): (&Path, &Path),
    name: &str,
) -> Result<(), StoreError> {
    let (source, target) = (from.join(SENT).join(name), to.join(SENT).join(name));
    if !copied.disk.exists(&source)? {
        return Ok(());
    }
    create_dirs(copied.disk, &target)?;
    for id in copied.disk.list(&source)? {
        copied.foreign_dir(&source.join(&id), &target.join(&id))?;
    }
    Ok(copied.disk.sync_dir(&target)?)
}

/// Copies what jobs of a namespace read from one directory that has it to another. Returns how many files that are, and
/// their bytes.
pub(crate) fn copy_inputs(disk: &dyn Disk, (from, to): (&Path, &Path), name: &str) -> Result<(usize, u64), StoreError> {
    let mut copied = CopiedFiles::on(disk);
    let of = |root: &Path| root.join("ns").join(name).join(INPUTS);
    copied.dir(&of(from), &of(to))?;
    copy_sent(&mut copied, (from, to), name)?;
    Ok((copied.files, copied.bytes))
}
