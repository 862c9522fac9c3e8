//! Any text is an inventory of Ansible, or is refused.
#![cfg(feature = "ansible")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pogo_inventory::AnsibleInventory;
use proptest::prelude::*;
use proptest::sample::select;

const WORDS: [&str; 30] = [
    "[web]",
    "[web:children]",
    "[web:vars]",
    "[db]",
    "[",
    "]",
    ":",
    "\n",
    "\n",
    "\n",
    " ",
    "web",
    "db",
    "h1",
    "h[1:3]",
    "h[a:c]",
    ":22",
    "ansible_user=",
    "ansible_port=22",
    "'",
    "\"",
    "\\",
    "#",
    ";",
    "=",
    "{{",
    "é",
    "\t",
    "[::1]:22",
    "\r",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(words in prop::collection::vec(select(&WORDS[..]), 0..40), yaml in any::<bool>()) {
        let name = if yaml { "h.yml" } else { "h.ini" };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, words.concat()).unwrap();
        if let Err(error) = AnsibleInventory::read(path) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
