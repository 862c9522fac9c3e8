//! The last valid response, in memory and on disk.

use pogo_core::inventory::Diagnostic;

use super::copy::{Copy, stored, write};
use super::settings::HttpSettings;

/// The last valid response, if a usable one exists.
pub(super) fn last(source: &HttpSettings, url: &str, warnings: &mut Vec<Diagnostic>) -> Option<Copy> {
    if let Some(copy) = source.memory.lock().ok().and_then(|memory| memory.clone()) {
        return Some(copy);
    }
    let path = source.copy.as_deref().filter(|path| path.exists())?;
    match stored(path, url) {
        Ok(copy) => Some(copy),
        Err(message) => {
            let name = path.display().to_string();
            warnings.push(Diagnostic::new(name, message).with_hint("it is replaced by the next good answer"));
            None
        }
    }
}

/// Keeps it in memory, and on disk if a path is set.
pub(super) fn keep(source: &HttpSettings, copy: Copy, warnings: &mut Vec<Diagnostic>) {
    // A warning and no error: the hosts are right, and only the next outage would be harder.
    if let Some(path) = &source.copy
        && let Err(error) = write(path, &copy)
    {
        let message = format!("the copy cannot be written: {error}");
        warnings.push(Diagnostic::new(path.display().to_string(), message));
    }
    if let Ok(mut memory) = source.memory.lock() {
        *memory = Some(copy);
    }
}
