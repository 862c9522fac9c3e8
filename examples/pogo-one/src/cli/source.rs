//! Parses sources, and explains flags of other tools that share their letter.

use std::io::Read;
use std::path::Path;

use pogo_inventory::{SourceSpec, SpecError};

/// How to get the program with everything in it.
pub(crate) const INSTALL: &str = "`cargo install --path examples/pogo-one --features full`";

/// A source. `ssh` means a key by this letter, and `ansible` a list of hosts too.
pub(crate) fn source(text: &str) -> Result<SourceSpec, String> {
    if is_private_key(Path::new(text)) {
        return Err(format!(
            "this is a private key, and -i names an inventory; write --identity {text}"
        ));
    }
    text.parse().map_err(|error: SpecError| {
        if let SpecError::Disabled { .. } = error {
            return format!("{error}, or with all sources: {INSTALL}");
        }
        let is_list = text.contains(',') && !text.contains([':', '/']) && !Path::new(text).exists();
        match is_list {
            true => format!(
                "this is a list of hosts, and -i names an inventory; write the hosts as targets: {}",
                text.trim_end_matches(',')
            ),
            false => error.to_string(),
        }
    })
}

fn is_private_key(path: &Path) -> bool {
    let named = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if named.starts_with("id_") && !named.contains('.') {
        return true;
    }
    let mut start = [0; 64];
    let file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let read = file.then(|| std::fs::File::open(path).and_then(|mut file| file.read(&mut start)));
    let length = read.and_then(Result::ok).unwrap_or(0);
    let start = String::from_utf8_lossy(start.get(..length).unwrap_or_default());
    start.starts_with("-----BEGIN ") && start.contains("PRIVATE KEY")
}
