//! What must hold for any source of hosts, whatever its text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pogo_inventory::{InventoryError, Listing};

/// The text is refused with problems that stand in it, or gives hosts that make a fleet or are refused in their turn.
pub fn judge(text: &str, read: Result<Listing, InventoryError>) {
    let fleet = match read {
        Ok(listing) => listing.fleet,
        Err(error) => {
            let lines = text.split(['\n', '\r']).count();
            assert!(!error.diagnostics().is_empty());
            for position in error.diagnostics().iter().filter_map(|problem| problem.position) {
                assert!((1..=lines + 1).contains(&(position.line as usize)), "{position:?}");
            }
            let shown = error.to_string();
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
            return;
        }
    };
    // A few bytes may name millions of hosts, which is allowed and slow.
    if fleet.len() <= 10_000 {
        let _ = fleet.build();
    }
}

/// Judges a source that reads nothing but files.
pub fn judge_file(name: &str, text: &str, read: impl Fn(&Path) -> Result<Listing, InventoryError>) {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("pogo-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    });
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    judge(text, read(&path));
}
