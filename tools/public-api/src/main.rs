//! Prints the public API that a file of rustdoc's JSON describes, an item a line. `.ci/api` compares it.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("the path of a JSON file of rustdoc is missing")?);
    // What every type of its kind has says nothing of a crate.
    let api = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .sorted(true)
        .build()?;
    let text: String = api.items().map(|item| format!("{item}\n")).collect();
    print!("{text}");
    Ok(())
}
