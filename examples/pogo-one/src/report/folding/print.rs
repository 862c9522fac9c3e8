//! Groups of hosts, each with what all of them wrote.

use std::collections::BTreeSet;

use pogo_core::fleet::{HostName, fold};

use super::diff::diff;
use super::outputs::{OutputGroup, Outputs};
use crate::report::visible::{push_visible, visible};

/// How folded output is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoldStyle {
    /// Each distinct output whole.
    Whole,
    /// The most common one whole, and how the others differ from it.
    Diff,
}

const RULE: &str = "---------------";

/// The text for standard output, and that for standard error.
pub(in crate::report) fn print<R: Ord>(
    outputs: &mut Outputs,
    form: FoldStyle,
    rank: impl Fn(&HostName) -> R,
) -> (Vec<u8>, Vec<u8>) {
    let (mut out, err) = outputs.groups(rank);
    // Hosts without errors are not listed.
    let err: Vec<OutputGroup> = err.into_iter().filter(|group| !group.content.is_empty()).collect();
    // Hosts that wrote errors alone are listed with these. A diff says what they lack.
    if form == FoldStyle::Whole {
        let complained: BTreeSet<&HostName> = err.iter().flat_map(|group| &group.hosts).collect();
        for group in out.iter_mut().filter(|group| group.content.is_empty()) {
            group.hosts.retain(|host| !complained.contains(host));
        }
        out.retain(|group| !group.hosts.is_empty());
    }
    (
        groups(outputs, form, &out, ""),
        groups(outputs, form, &err, ", standard error"),
    )
}

fn groups(outputs: &Outputs, form: FoldStyle, groups: &[OutputGroup], which: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let mut common: Option<(String, String)> = None;
    for group in groups {
        let name = format!("{}{which}", name(group));
        match &common {
            Some((of, lines)) => text.extend(diff((of, lines), (&name, &self::lines(outputs, group))).into_bytes()),
            None => {
                let lines = lines(outputs, group);
                whole(&mut text, &name, group, &lines);
                common = (form == FoldStyle::Diff).then_some((name, lines));
            }
        }
    }
    text
}

fn whole(text: &mut Vec<u8>, name: &str, group: &OutputGroup, lines: &str) {
    if group.content.is_empty() {
        text.extend(format!("{name}: no output\n").into_bytes());
        return;
    }
    text.extend(format!("{RULE}\n{name}\n{RULE}\n{lines}").into_bytes());
}

/// The hosts as a range, and how many they are.
fn name(group: &OutputGroup) -> String {
    let hosts = fold(&group.hosts).to_string();
    let count = match group.hosts.len() {
        1 => String::new(),
        count => format!(" ({count})"),
    };
    format!("{}{count}", visible(&hosts))
}

/// The output with nothing raw in it, each line with its end.
fn lines(outputs: &Outputs, group: &OutputGroup) -> String {
    let text = outputs.text(&group.content);
    let mut shown = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        push_visible(&mut shown, line.strip_suffix(b"\n").unwrap_or(line));
        shown.push(b'\n');
    }
    if group.content.missing() > 0 {
        let missing = group.content.missing();
        shown.extend(format!("[{missing} more bytes not kept: there is too much distinct output]\n").into_bytes());
    }
    String::from_utf8_lossy(&shown).into_owned()
}
