//! The gate of a session: the host's lock is taken, and nothing runs before the word to go.

use super::marker::Marker;
use crate::config::GateOptions;
use crate::host_lock::{BEGIN, BORN, GROUP_LIVES, HELD, LockKey, RECORD, TAKE, TIDY, WAIT};
use crate::quote::quote;

/// A word that is in the text of every gate, and in no other.
#[cfg(feature = "loopback")]
pub(crate) const GATE: &str = "pogo_wait";

/// The shell text of the gate: whoever passes it holds the lock where there is one, and has written that it begins.
/// Descriptor 9 is open from then on, and is for the shell alone.
pub(super) fn gate_text(options: &GateOptions, key: &LockKey, marker: &Marker) -> String {
    let say = marker.print("%s", r#""$*""#);
    let (words, directory) = (quote(&key.words()), quote(&options.directory));
    let patience = options.patience.as_secs().max(1);
    format!(
        r#"pogo_say() {{ {say}; }}
pogo_end() {{ pogo_put "ended $1 ended $2"; exit "$2"; }}
{RECORD}{BORN}{GROUP_LIVES}{TAKE}{HELD}{TIDY}{WAIT}{BEGIN}pogo_K={words}
pogo_take {directory}
pogo_held $?
pogo_tidy
pogo_wait {patience} || {{ pogo_say never late; exit 0; }}
pogo_begin "$pogo_g" "$pogo_k" || {{ pogo_say never unwritten; exit 0; }}"#
    )
}
