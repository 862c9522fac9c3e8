//! Whatever a file holds, reading it ends in a policy or in problems with positions.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::sample::{Index, select};

use pogo_inventory::{InventoryError, PolicyFile};

const VALID: &str = r#"
tag:
  colo:
    north_america: [host1, "host[4-6].{a,b}", &more [host9]]
    south_east_asia: *more
  frontend: [host1, host4]
sequence:
  $frontend: [$colo.north_america, $colo.south_east_asia]
  tiers: { each: $colo, stages: ["$a|$b", "!$c"], allow_failures: 10% }
constraint:
  $colo: { max_parallel: 2 }
  $frontend:
    max_parallel: 25%
    $colo.north_america: { max_parallel: 1 }
defaults: { attempt_timeout: 10m, on_doubt: retry, retries: 2 }
"#;

/// Words that mean something to YAML, to selectors or to the policy file.
const WORDS: [&str; 38] = [
    "tag",
    "sequence",
    "constraint",
    "defaults",
    "stages",
    "each",
    "max_parallel",
    "$a",
    "$colo",
    "host[1-3]",
    "h1",
    ": ",
    ":\n",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&x ",
    "*x",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "#",
    "25%",
    "~",
    "---",
    "...",
    "\t",
    "é",
    "<<",
    "? ",
];

/// Reads the text; problems must be renderable and lie inside of it.
fn check(text: &str) -> Result<(), TestCaseError> {
    let error = match PolicyFile::parse("f", text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    prop_assert!(matches!(error, InventoryError::Invalid(_)));
    prop_assert!(!error.diagnostics().is_empty());
    let lines = text.split('\n').count() + 1;
    for problem in error.diagnostics() {
        let position = problem
            .position
            .ok_or_else(|| TestCaseError::fail("a problem without a position"))?;
        prop_assert!(position.line >= 1 && position.column >= 1 && position.length >= 1);
        prop_assert!(position.line as usize <= lines, "{problem}");
        prop_assert!(!problem.message.contains('\n'), "{problem}");
    }
    prop_assert!(!error.render(true).is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(select(&WORDS[..]), 0..40)) {
        check(&words.concat())?;
    }

    #[test]
    fn any_damage_to_a_good_file_is_read_or_refused(
        damage in prop::collection::vec((any::<Index>(), select(&WORDS[..]), 0_usize..4), 1..6)
    ) {
        let mut text: Vec<char> = VALID.chars().collect();
        for (at, word, cut) in damage {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, word.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}

#[test]
fn the_good_file_is_good() {
    PolicyFile::parse("f", VALID).unwrap();
}
