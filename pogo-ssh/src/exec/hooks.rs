//! The shell text that runs the hooks of a directory.

use std::sync::LazyLock;

use super::marker::Marker;
use super::words::ConstantText;

/// A shell function that runs the executable files of the directory `$1`, in byte order, until one fails. `$2` is
/// the phase, which is reported once there is a hook to run. The pattern skips names that start with a dot.
/// A missing directory has no hooks; one that cannot be read fails.
///
/// A relative path starts at the login directory. After a signal, which the trap keeps in `pogo_t`, the
/// function ends before the next hook with 143.
pub(super) fn hooks_function(marker: &Marker) -> String {
    let print = |word: &str, words: &str| marker.print(&format!("{word} %s"), words);
    function(print, "")
}

/// The function for sessions with a gate, which prints its marks by `pogo_say`.
pub(super) fn gated_hooks_function() -> &'static ConstantText {
    static FUNCTION: LazyLock<ConstantText> = LazyLock::new(|| {
        // A background process of a hook must not keep the lock.
        let text = function(|word: &str, words: &str| format!("pogo_say {word} {words}"), " 9>&-");
        ConstantText::new(&format!("{text}\n"))
    });
    &FUNCTION
}

fn function(print: impl Fn(&str, &str) -> String, lock: &str) -> String {
    let phase = print("phase", r#""$pogo_p""#);
    let failed = print("hook", r#""${pogo_f##*/}""#);
    let unreadable = print("hook", r#""$pogo_d (cannot be read)""#);
    // Byte order, so that hooks run in the same order whatever the locale of a host is; the
    // hooks themselves get that locale. Their input is closed, since what arrives there is for the command.
    format!(
        r#"pogo_hooks() {{
pogo_d=$1 pogo_p=$2
[ -d "$pogo_d" ] || return 0
[ -r "$pogo_d" ] && [ -x "$pogo_d" ] || {{ {phase}; {unreadable}; return 126; }}
pogo_n= pogo_h=${{LC_ALL+yes}} pogo_l=${{LC_ALL-}}
LC_ALL=C
set -- "$pogo_d"/*
if [ "$pogo_h" ]; then LC_ALL=$pogo_l; else unset LC_ALL; fi
for pogo_f do
  [ -f "$pogo_f" ] && [ -x "$pogo_f" ] || continue
  [ -z "${{pogo_t-}}" ] || return 143
  [ "$pogo_n" ] || {{ {phase}; pogo_n=yes; }}
  POGO_PHASE=$pogo_p "$pogo_f" </dev/null{lock}
  pogo_s=$?
  [ "$pogo_s" -eq 0 ] || {{ {failed}; return "$pogo_s"; }}
  [ -z "${{pogo_t-}}" ] || return 143
done
}}"#
    )
}
