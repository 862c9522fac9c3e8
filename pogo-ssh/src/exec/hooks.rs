//! The shell text that runs the hooks of a directory.

use pogo_core::scheduler::AttemptId;

use super::script::print_mark;
use crate::quote::quote;

/// Runs the executable files of the directory, in the order of their bytes, until one fails. Names that start with a
/// dot are left out by the pattern itself. A directory that is not there has no hooks; one that cannot be read fails.
///
/// A relative directory is one of the login directory's.
pub(super) fn hooks_in(directory: &str, attempt: AttemptId) -> String {
    let failed = print_mark(attempt, "hook %s", r#""${f##*/}""#);
    let unreadable = print_mark(attempt, "hook %s", r#""$d (cannot be read)""#);
    format!(
        r#"d={directory}
[ -d "$d" ] || exit 0
[ -r "$d" ] && [ -x "$d" ] || {{ {unreadable}; exit 126; }}
had_locale=${{LC_ALL+yes}} locale=${{LC_ALL-}}
LC_ALL=C
set -- "$d"/*
if [ "$had_locale" ]; then LC_ALL=$locale; else unset LC_ALL; fi
for f do
  [ -f "$f" ] && [ -x "$f" ] || continue
  "$f" </dev/null
  code=$?
  [ "$code" -eq 0 ] || {{ {failed}; exit "$code"; }}
done
exit 0"#,
        directory = quote(directory)
    )
}
