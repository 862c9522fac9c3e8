//! The shell text that runs the hooks of a directory.

use super::marker::Marker;

/// A function that runs the executable files of the directory `$1`, in the order of their bytes, until one fails. `$2` is
/// the phase, which is told once there is something to run. Names that start with a dot are left out by the pattern
/// itself. A directory that is not there has no hooks; one that cannot be read fails.
///
/// A relative directory is one of the login directory's. What runs the hooks ends before the next one when it was told to
/// by a signal, which it keeps in `pogo_t`: then 143 says that there was one to run.
pub(super) fn hooks_function(marker: &Marker, holds_lock: bool) -> String {
    // Whatever a hook leaves in the background must not hold the lock.
    let lock = if holds_lock { " 9>&-" } else { "" };
    let phase = marker.print("phase %s", r#""$pogo_p""#);
    let failed = marker.print("hook %s", r#""${pogo_f##*/}""#);
    let unreadable = marker.print("hook %s", r#""$pogo_d (cannot be read)""#);
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
