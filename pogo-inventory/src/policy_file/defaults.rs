//! `defaults:` settings of jobs that do not set them.

use std::time::Duration;

use pogo_core::policy::{JobSettings, Limit, OnDoubt, Setting, SettingReader, WaveGate};

use super::setting;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

/// Reads settings, which override those of included files.
pub(super) fn read(problems: &mut Problems<'_>, node: &Node<'_>, defaults: &mut JobSettings) {
    match &node.value {
        Value::Null => {}
        Value::Map(entries) => {
            for entry in entries {
                setting(problems, entry, defaults);
            }
        }
        _ => expect::expected(
            problems,
            node,
            "a map of settings",
            "defaults: { attempt_timeout: 10m }",
        ),
    }
}

fn setting(problems: &mut Problems<'_>, entry: &Entry<'_>, defaults: &mut JobSettings) {
    let (key, node) = (&entry.key, &entry.value);
    match Setting::named(&key.text) {
        Some(setting) => defaults.read(setting, &mut ValueReader { problems, node }),
        None => {
            let known: Vec<&str> = Setting::ALL.iter().map(|setting| setting.key()).collect();
            keys::unknown(problems, key, "`defaults`", &known);
        }
    }
}

/// Reads the value of one setting, and reports problems.
struct ValueReader<'r, 'p, 'n> {
    problems: &'r mut Problems<'p>,
    node: &'r Node<'n>,
}

impl ValueReader<'_, '_, '_> {
    /// One of a few words.
    fn word<T: Copy + ToString>(&mut self, setting: Setting, words: [T; 2]) -> Option<T> {
        let written = self.node.scalar().map(|text| &**text);
        let found = words.iter().find(|word| written == Some(&*word.to_string()));
        if found.is_none() {
            let [first, second] = words.map(|word| word.to_string());
            let what = format!("`{first}` or `{second}`");
            expect::expected(self.problems, self.node, &what, &format!("{setting}: {first}"));
        }
        found.copied()
    }
}

impl SettingReader for ValueReader<'_, '_, '_> {
    fn duration(&mut self, setting: Setting) -> Option<Duration> {
        setting::duration(self.problems, self.node, setting.key())
    }

    fn count(&mut self, setting: Setting) -> Option<u32> {
        setting::count(self.problems, self.node, setting.key())
    }

    fn integer(&mut self, setting: Setting) -> Option<i32> {
        setting::integer(self.problems, self.node, setting.key())
    }

    fn limit(&mut self, setting: Setting) -> Option<Limit> {
        expect::limit(self.problems, self.node, setting.key())
    }

    fn on_doubt(&mut self, setting: Setting) -> Option<OnDoubt> {
        self.word(setting, [OnDoubt::Fail, OnDoubt::Retry])
    }

    fn gate(&mut self, setting: Setting) -> Option<WaveGate> {
        self.word(setting, [WaveGate::Automatic, WaveGate::Manual])
    }

    fn text(&mut self, setting: Setting) -> Option<String> {
        let example = match setting {
            Setting::PostHooks => JobSettings::POST_HOOKS,
            _ => JobSettings::PRE_HOOKS,
        };
        setting::text(self.problems, self.node, setting.key(), example)
    }
}
