//! The shell text that asks.

use std::sync::LazyLock;

use crate::config::GateOptions;
use crate::exec::{CommandLine, ConstantText, Marker, Script};
use crate::host_lock::{BORN, GROUP_LIVES, LockKey, RECORD, TAKE};
use crate::quote::quote;

/// Looks once: the first word is `never`, `ended …`, `gone`, `running`, `waits`, `busy …`, `other …` or `none …`.
/// Whatever it finds, from then on the attempt cannot begin, unless it runs, waits for the word to go, or the host is
/// busy.
///
/// Records of namespaces that end with their process are removed after a while. An attempt that was ready has made one:
/// that it is missing does not mean that the attempt never began.
///
/// Who holds the lock has made sure that the group of the last holder is gone. So of an attempt that does not hold it,
/// and whose record says `begun`, nothing runs.
const LOOK: &str = r#"pogo_look() {
pogo_take "$1"
pogo_s=$? pogo_n=${pogo_K#* }
pogo_n=${pogo_n% *}
[ "$pogo_L" ] || { pogo_f="none $pogo_W"; return; }
set -- $pogo_z
if [ "$pogo_s" = 1 ] && [ "${2-} ${3-}" = "${pogo_K% *}" ]; then
case ${11-} in ready) pogo_f=waits ;; *) pogo_f=running ;; esac
return
fi
if [ "$pogo_s" != 1 ] && [ "${11-}" = begun ] && pogo_lives "$6" "$7" "$8" "$9"; then
[ "$2 $3" = "${pogo_K% *}" ] && pogo_f=running || pogo_f="busy ${3-} ${2-}"
return
fi
pogo_y=$pogo_D/$pogo_H.${pogo_K%% *} pogo_z=
[ ! -r "$pogo_y" ] || read -r pogo_z <"$pogo_y"
pogo_h="${3-} ${2-}"
set -- $pogo_z
[ "${1:-1}" = 1 ] || { pogo_f="none its record is of another version"; return; }
if [ "${3:-0}" -lt "$pogo_n" ]; then
if [ "$pogo_s" = 1 ]; then pogo_f="busy $pogo_h"; return; fi
case ${pogo_K%% *} in memory-*)
if [ "$pogo_R" ] && [ "$pogo_F" = "$pogo_R" ]; then rm -f "$pogo_R"; pogo_f='none its record was removed'; return; fi
esac
[ "$pogo_R" ] || { pogo_f="none $pogo_W"; return; }
pogo_f=never
elif [ "$3" -gt "$pogo_n" ]; then pogo_f="other $3"; return
else
case ${11} in
ended) shift 11; pogo_f="ended $*"; set -- $pogo_z ;;
begun) pogo_f=gone ;;
*) pogo_f=never ;;
esac
fi
if [ "$pogo_R" ] && [ "${5:-0}" -le "$pogo_n" ]; then
pogo_x="1 $2 $3 $4 $((pogo_n + 1))"
shift 5
printf '%-255.255s\n' "$pogo_x $*" 1<>"$pogo_R" 2>/dev/null || pogo_f="none it cannot write to $pogo_D"
fi
}
"#;

/// Looks until the answer is final, or the time is over that the parameters say: for an attempt that waits for the word
/// to go, and for one that runs or whose host is busy.
// The lock is not held between two looks, so that whoever asks keeps no other attempt waiting.
const ASK: &str = r#"pogo_S=
while :; do
pogo_look "$1"
pogo_now
pogo_S=${pogo_S:-$pogo_U}
case $pogo_f in
waits) pogo_x=$2 ;;
running | busy*) pogo_x=$3 ;;
*) break ;;
esac
[ $((pogo_U - pogo_S)) -lt "$pogo_x" ] || break
exec 9</dev/null
sleep 1
done
pogo_say found $pogo_f"#;

/// What is the same in every question.
fn functions() -> &'static ConstantText {
    static FUNCTIONS: LazyLock<ConstantText> =
        LazyLock::new(|| ConstantText::new(&[RECORD, BORN, GROUP_LIVES, TAKE, LOOK].concat()));
    &FUNCTIONS
}

/// The line that asks for the state of an attempt, and waits for so many seconds of the host's clock while it runs.
pub(super) fn asking_line(options: &GateOptions, key: &LockKey, marker: &Marker, wait: u64) -> CommandLine {
    let say = marker.print("%s", r#""$*""#);
    let script = Script(vec![
        format!("pogo_say() {{ {say}; }}\n").into(),
        functions().into(),
        format!("pogo_K={}\n{ASK}", quote(&key.words())).into(),
    ]);
    // What waits for the word to go gives up by itself after that time.
    let patience = (options.patience.as_secs().max(1) + 5).to_string();
    CommandLine::new(script, &[&options.directory, &patience, &wait.to_string()])
}
