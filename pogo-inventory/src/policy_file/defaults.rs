//! `defaults:` what a job gets that does not say otherwise.

use pogo_core::policy::{Defaults, OnDoubt};

use super::setting;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

const KEYS: [&str; 11] = [
    "attempt_timeout",
    "slow_after",
    "job_timeout",
    "retries",
    "connect_retries",
    "retry_delay",
    "settle",
    "max_failures",
    "on_doubt",
    "pre_hooks",
    "post_hooks",
];

/// Settings given here replace those of included files.
pub(super) fn read(problems: &mut Problems<'_>, node: &Node<'_>, defaults: &mut Defaults) {
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

fn setting(problems: &mut Problems<'_>, entry: &Entry<'_>, defaults: &mut Defaults) {
    let (key, node) = (&*entry.key.text, &entry.value);
    match key {
        "attempt_timeout" => defaults.attempt_timeout = setting::duration(problems, node, key),
        "slow_after" => defaults.slow_after = setting::duration(problems, node, key),
        "job_timeout" => defaults.job_timeout = setting::duration(problems, node, key),
        "retries" => defaults.retries = setting::count(problems, node, key),
        "connect_retries" => defaults.connect_retries = setting::count(problems, node, key),
        "retry_delay" => defaults.retry_delay = setting::duration(problems, node, key),
        "settle" => defaults.settle = setting::duration(problems, node, key),
        "max_failures" => defaults.max_failures = expect::limit(problems, node, key),
        "on_doubt" => defaults.on_doubt = on_doubt(problems, node),
        "pre_hooks" => defaults.pre_hooks = setting::text(problems, node, key, "/etc/pogo/pre.d"),
        "post_hooks" => defaults.post_hooks = setting::text(problems, node, key, "/etc/pogo/post.d"),
        _ => keys::unknown(problems, &entry.key, "`defaults`", &KEYS),
    }
}

fn on_doubt(problems: &mut Problems<'_>, node: &Node<'_>) -> Option<OnDoubt> {
    match node.scalar().map(|text| &**text) {
        Some("fail") => Some(OnDoubt::Fail),
        Some("retry") => Some(OnDoubt::Retry),
        _ => {
            expect::expected(problems, node, "`fail` or `retry`", "on_doubt: fail");
            None
        }
    }
}
