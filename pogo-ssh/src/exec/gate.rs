//! The gate of a session: the host's lock is taken, and nothing runs before the word to go.

use std::sync::LazyLock;

use super::marker::Marker;
use super::words::ConstantText;
use crate::config::GateOptions;
use crate::host_lock::{BEGIN, BORN, GROUP_LIVES, HELD, LockKey, RECORD, TAKE, TIDY, WAIT};
use crate::quote::quote;

/// A word that is in the text of every gate, and in no other.
#[cfg(feature = "loopback")]
pub(crate) const GATE: &str = "pogo_wait";

/// The shell text of the gate: whoever passes it holds the lock where there is one, and has written that it begins.
/// Descriptor 9 is open from then on, and is for the shell alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GateText {
    /// What comes before its functions, and after them.
    pub(super) before: String,
    pub(super) after: String,
}

impl GateText {
    /// Its functions are most of what a session sends, and the same in each.
    pub(super) fn functions() -> &'static ConstantText {
        static FUNCTIONS: LazyLock<ConstantText> =
            LazyLock::new(|| ConstantText::new(&[RECORD, BORN, GROUP_LIVES, TAKE, HELD, TIDY, WAIT, BEGIN].concat()));
        &FUNCTIONS
    }

    pub(super) fn new(options: &GateOptions, key: &LockKey, marker: &Marker) -> Self {
        let (words, directory) = (quote(&key.words()), quote(&options.directory));
        let patience = options.patience.as_secs().max(1);
        Self {
            // The process group comes with what is said first, so that the client is woken up once.
            before: format!(
                r#"pogo_c="{begun}"
{say}pogo_end() {{ pogo_put "ended $1 ended $2"; exit "$2"; }}
"#,
                begun = marker.format("begun $pogo_g $pogo_k"),
                say = say_function(marker),
            ),
            after: format!(
                r#"pogo_K={words}
pogo_take {directory}
pogo_held $?
pogo_tidy
pogo_wait {patience} || {{ pogo_say never late; exit 0; }}
pogo_begin "$pogo_g" "$pogo_k" || {{ pogo_say never unwritten; exit 0; }}
"#
            ),
        }
    }
}

/// The function by which a session with a gate prints its marks: what is after it can be the same text in each session.
/// `pogo_c` is printed before the first.
pub(super) fn say_function(marker: &Marker) -> String {
    format!(
        "pogo_say() {{ printf \"$pogo_c{}\" \"$*\" >&2 && pogo_c=; }}\n",
        marker.format("%s")
    )
}
