//! The shell text of a detached attempt.
//!
//! Each attempt has a directory on the host, named by its token. Making that directory is the one moment that decides
//! whether the attempt runs: whoever makes it either launches the attempt, once, or writes into it that it never will.
//! The state of the attempt is a line of 80 bytes that is written over in place, in one write, so that a full disk
//! cannot keep its end from being known. Locks are the kernel's: they end with whoever holds them.
//!
//! What launches an attempt passes the gate of every attempt: it takes the host's lock, says `ready`, and makes the
//! directory after the word to go. It becomes the supervisor, which holds the lock for as long as the steps run.

use std::sync::LazyLock;

use crate::exec::{ConstantText, END_GROUP};
use crate::host_lock::{BEGIN, BORN, GROUP_LIVES, HELD, RECORD, TAKE, TIDY, WAIT};
use crate::quote::quote;

/// Finds the directory of attempts, `$1`, and in it that of the token `$2`. The first bytes of output to pass on: `$3`
/// and `$4`. A home directory may be shared by many hosts.
// POSIX's `sleep` takes whole seconds alone, hence `nap`.
pub(super) const PRELUDE: &str = r#"umask 077
top=$1 token=$2 out=$3 err=$4
case $top in /*) ;; *) top=$HOME/$top ;; esac
base=$top/$(uname -n)
here=$base/$token
say() { printf '%-79.79s\n' "$*" 1<>"$here/state"; }
refuse() { printf 'refuse %s\n' "$1"; exit 1; }
nap() { sleep "$1" 2>/dev/null || sleep 1; }
printf '\036%s\n' 'FIRST'
for tool in flock setsid mkfifo; do
  command -v $tool >/dev/null 2>&1 || refuse "it has no $tool, which a detached attempt needs"
done
why=$(mkdir -p "$base" 2>&1) || refuse "it cannot keep attempts: $why"
[ ! -L "$base" ] && [ -O "$base" ] || refuse "it cannot keep attempts: $base belongs to somebody else"
"#;

/// Passes on what the attempt writes until its end, and forgets the output on request.
// A launch makes the directory before the state is in it, so the state is waited for. Where nobody holds the lock it is
// read once more: the end may have been written since.
const FOLLOW: &str = r#"emit() {
  size=$(($(wc -c <"$2") - $3))
  [ "$size" -gt 0 ] || { size=0; return 0; }
  [ "$size" -le 131072 ] || size=131072
  if [ -s "$2.cut" ] && read -r at missing <"$2.cut"; then
    if [ "$3" -eq "$at" ]; then printf 'c %s %s\n' "$1" "$missing" || exit 1
    elif [ "$3" -lt "$at" ] && [ $(($3 + size)) -gt "$at" ]; then size=$((at - $3)); fi
  fi
  printf '%s %s\n' "$1" "$size" || exit 1
  tail -c +$(($3 + 1)) "$2" | head -c "$size" || exit 1
}
follow() {
  left=100
  until [ -s "$here/state" ]; do left=$((left - 1)); [ $left -gt 0 ] || { echo dead; return; }; nap 0.1; done
  last= pause=1
  while :; do
    read -r state <"$here/state"
    [ "$state" = "$last" ] || { printf 's %s\n' "$state" || exit 1; last=$state pause=1; }
    moved=0
    if [ -e "$here/out" ]; then
      emit o "$here/out" "$out"; out=$((out + size)) moved=$size
      emit e "$here/err" "$err"; err=$((err + size)) moved=$((moved + size))
    fi
    if [ "$moved" -gt 0 ]; then pause=1; continue; fi
    case $state in ended*|never*) echo end; break ;; esac
    if (flock -n 7) 7<"$here/alive"; then
      read -r state <"$here/state"
      case $state in ended*|never*) ;; *) echo dead; break ;; esac
    elif [ "$pause" -lt 10 ]; then nap 0.0$pause; pause=$((pause * 2))
    else nap 0.3; fi
  done
  if read -r word && [ "$word" = done ]; then rm -f "$here/out" "$here/err" "$here"/out.* "$here"/err.* "$here"/[oe] "$here"/[oe].*; fi
}
"#;

/// Runs one step, `$1` of the phase `$2` in the directory `$3`, of the lock and record `$4` to `$7`, with the
/// parameters that follow, unless the attempt is stopped. Leads a process group. The group is known before the stop is
/// looked for, and the stop is set before the group is looked for.
// It holds the lock as well until its group is written down: of a supervisor that is killed before, nobody
// could tell that the step runs.
const STEP: &str = r#"say() { printf '%-79.79s\n' "$*" 1<>"$pogo_h/state"; }
pogo_b=$1 pogo_p=$2 pogo_h=$3 pogo_L=$4 pogo_R=$5 pogo_K=$6 pogo_U=$7 pogo_g=$$ pogo_k=group
shift 7
if pogo_begin $$ group; then exec 9>&-; fi
say begun "$pogo_p" $$ "${pogo_x:--}" "$pogo_B"
if [ -e "$pogo_h/stop" ]; then say kept "$pogo_p"; exit 143; fi
unset -f say pogo_born pogo_now pogo_line pogo_put pogo_begin
unset pogo_p pogo_h pogo_x pogo_B pogo_L pogo_R pogo_K pogo_U pogo_M pogo_G
eval "$pogo_b""#;

/// Ends the attempt in the directory `$2` after `$1` seconds, by [`STOP`], whose `$5` is `$3`. Exits with 9 when it has
/// ended something, and 8 when there was nothing to end; the steps to come are kept from beginning. Leads a process
/// group.
// The trap: once the steps are over the supervisor ends this group, which must not interrupt an ending under way.
const TIMER: &str = r#"sleep "$1"
trap '' TERM
here=$2
set -- - - - - "$3"
(STOP)
[ $? -ne 0 ] || exit 9
exit 8"#;

/// Runs the steps, one after the other: the texts of pre-hooks, command and post-hooks in `${10}` to `${12}`, empty
/// where there are none, with the parameters that follow. `$1`: directory of the attempt; `$2`: how many bytes of each
/// stream of output are kept; `$3` and `$4`: as `$1` and `$3` of [`TIMER`]; `$5`: the text of [`STEP`]; `$6` to `$9`:
/// `pogo_L`, `pogo_R`, `pogo_K` and `pogo_U` of the host's lock, which it holds by descriptor 9 until the end is
/// written down.
///
/// Whoever launched it ends it in time; the timer is for when nobody is connected any more. Something in the background
/// may hold the output open; it is waited for as long as on a connection. Output that cannot be kept is dropped, and
/// its pipe renamed, which needs no space.
///
/// Where a function is called with a descriptor closed, shells keep a copy of it open meanwhile, and with it the lock:
/// what the command leaves in the background would hold the lock by way of its output.
///
/// `dd` loses nothing that it has read when it has read enough, as `head` and a limit of the file's size would. Of what
/// is over the limit the end is kept in memory, and added to the file when all is over; where it begins, and how many
/// bytes are missing before it, stands in another file by then.
const SUPERVISE: &str = r#"here=$1 most=$2 limit=$3 grace=$4 step=$5 pogo_L=$6 pogo_R=$7 pogo_K=$8 pogo_U=$9
shift 9
pre=$1 main=$2 post=$3
shift 3
say() { printf '%-79.79s\n' "$*" 1<>"$here/state"; }
keep() {
  size=0
  while [ "$size" -lt "$most" ]; do
    dd bs=4096 count=$(((most - size) / 4096 + 1)) >>"$1" 2>/dev/null || { mv -f "$2" "$2.lost"; cat >/dev/null; return; }
    was=$size size=$(($(wc -c <"$1")))
    [ "$size" -gt "$was" ] || { rm -f "$2"; return; }
  done
  mv -f "$2" "$2.cut"
  if keep_end "$1" 2>/dev/null; then mv -f "$2.cut" "$2.kept"; else cat >/dev/null; mv -f "$2.cut" "$2.lost"; fi
}
keep_end() {
  end=$((most / 8))
  [ "$end" -le 32768 ] || end=32768
  mkfifo "$1.pipe" || return 1
  wc -c <"$1.pipe" >"$1.all" &
  tee "$1.pipe" | tail -c "$end" >"$1.end" || return 1
  wait $!
  read -r all <"$1.all" || return 1
  missing=$((all - $(wc -c <"$1.end")))
  [ -e "$1" ] || return 1
  [ "$missing" -eq 0 ] || printf '%s %s\n' "$size" "$missing" >"$1.cut" || return 1
  cat "$1.end" >>"$1" || return 1
  rm -f "$1.pipe" "$1.all" "$1.end"
}
pogo_begin $$ group || { say never unwritten; exit; }
{ exec 8>&- 9>&-; keep "$here/out" "$here/o"; } <"$here/o" &
{ exec 8>&- 9>&-; keep "$here/err" "$here/e"; } <"$here/e" &
setsid /bin/sh -c "$timer" sh "$limit" "$here" "$grace" </dev/null 8>&- 9>&- &
timer_id=$!
exec 3>"$here/o" 4>"$here/e"
was= phase= code=0
for next in pre_hook command post_hook; do
  case $next in pre_hook) body=$pre ;; command) body=$main ;; *) body=$post ;; esac
  [ -n "$body" ] || continue
  phase=$next
  setsid /bin/sh -c "$step" sh "$body" "$phase" "$here" "$pogo_L" "$pogo_R" "$pogo_K" "$pogo_U" "$@" </dev/null >&3 2>&4 3>&- 4>&- 8>&-
  code=$?
  read -r was rest <"$here/state"
  [ $code -eq 0 ] || break
done
exec 3>&- 4>&-
left=100
while [ -e "$here/o" ] || [ -e "$here/e" ] || [ -e "$here/o.cut" ] || [ -e "$here/e.cut" ]; do
  left=$((left - 1)); [ $left -gt 0 ] || break
  sleep 0.02 2>/dev/null || { sleep 1; left=$((left - 49)); }
done
kill -TERM -$timer_id 2>/dev/null || kill -TERM $timer_id 2>/dev/null
wait $timer_id
case $?$was in 9*|8kept) limit=limit ;; *) limit= ;; esac
rm -f "$here/stop"
cut=
for name in o.cut e.cut o.lost e.lost; do if [ -e "$here/$name" ]; then cut=cut; fi; done
end="ended $code"
if [ $code -gt 128 ] && name=$(kill -l $code 2>/dev/null); then
  # Some shells answer with a number what is no signal.
  case $name in "" | [0-9]*) ;; *) end="killed $name" ;; esac
fi
pogo_put "ended $phase $end"
exec 9>&-
if [ "$was" = kept ]; then say never stopped "$phase" $limit; else say ended "$phase" $code $cut $limit; fi"#;

/// Launches the attempt, unless that was done before, and follows it. `$5` to `$7` and what follows `${10}` are for
/// [`SUPERVISE`], but for the text of [`STEP`] and what is of the lock. `$8`: directory of the host's lock; `$9`: how
/// long to wait for the word to go; `${10}`: the words of the record.
///
/// Old attempts are pruned but for this one: where the clock ran ahead of the files' times, it pruned its own
/// directory. What launches it becomes what runs it, so that the locks are nobody else's; it is no background job,
/// which would ignore the interrupt signal for ever.
///
/// An earlier launch of the same attempt, over a link that broke, may hold the lock and have heard the word to go: it
/// is waited for, and is not somebody else who keeps the host busy. Under the lock, without the directory, no launch
/// before has begun or will.
const LAUNCH: &str = r#"pogo_say() { if [ "$1" = ready ]; then printf '%s\n' "$*" >&5; else printf '%s\n' "$*"; fi; }
there() { echo there; exit; }
earlier() {
  [ -e "$base/lock" ] && read -r last <"$base/holder" || return 1
  (flock -n 7) 7<"$base/lock" || return 0
  read -r was phase group born boot rest <"$base/$last/state" && [ "$was" = begun ] && pogo_lives "$boot" "$group" group "$born" && return
  rm -f "$base/lock" "$base/holder"
  return 1
} 2>/dev/null
launch() {
  left=$((patience + 5))
  while [ ! -d "$here" ] && { pogo_take "$locks"; took=$?; [ $took = 1 ]; }; do
    case $pogo_z in "1 ${pogo_K% *} "*) ;; *) break ;; esac
    left=$((left - 2)); [ $left -gt 0 ] || break
    sleep 1
  done
  [ ! -d "$here" ] || there
  pogo_held $took
  pogo_tidy
  if earlier; then pogo_say busy earlier "$last"; exit; fi
  pogo_wait "$patience" || { pogo_say never late; exit; }
  exec </dev/null
  prepare "$@"
}
prepare() {
  [ -z "$pogo_L" ] || find "$base"/*.a* -prune ! -name "$token" -mtime +7 -exec rm -rf {} \; 2>/dev/null
  why=$(mkdir "$here" 2>&1) || { [ ! -d "$here" ] || there; refuse "it cannot keep an attempt: $why"; }
  why=$( (: >"$here/alive" && mkfifo "$here/o" "$here/e" && : >"$here/out" && : >"$here/err") 2>&1) ||
    { rm -rf "$here"; refuse "it cannot keep an attempt; is its disk full? $why"; }
  exec 8<"$here/alive"
  flock 8
  (: >"$here/state"; say launched) 2>/dev/null || { rm -rf "$here"; refuse "it cannot keep an attempt: its disk is full"; }
  echo there
  exec setsid /bin/sh -c "$supervise" sh "$here" "$most" "$limit" "$grace" "$step" "$pogo_L" "$pogo_R" "$pogo_K" "$pogo_U" "$@" \
    >/dev/null 2>&1 5>&-
}
most=$5 limit=$6 grace=$7 locks=$8 patience=$9
shift 9
pogo_K=$1
shift
exec 5>&1 6<&0
launch "$@" <&6 6<&- | {
  exec 5>&-
  read -r verdict
  case $verdict in
    there) follow <&6 ;;
    refuse*|busy*|never*) printf '%s\n' "$verdict" ;;
    *) refuse "it could not launch the attempt" ;;
  esac
}"#;

/// Keeps an attempt that has not begun from it.
const FIND: &str = r#"if mkdir "$here" 2>/dev/null; then : >"$here/state"; say never stopped connect; fi
[ -d "$here" ] || refuse "it cannot keep an attempt"
follow"#;

/// Lets no further step begin, and finds the process group of the one that runs. `$5`: as `$2` of what follows. A group
/// whose attempt is dead may be anybody's.
const STOP: &str = r#"[ -d "$here" ] || exit 3
: >"$here/stop"
[ -e "$here/alive" ] || exit 3
if (flock -n 7) 7<"$here/alive"; then exit 3; fi
read -r was phase group rest <"$here/state"
[ "$was" = begun ] || exit 3
set -- "$group" "$5"
"#;

/// What writes the record, and the boot that the host is in.
fn record() -> String {
    format!(
        "pogo_B=-\n[ ! -r /proc/sys/kernel/random/boot_id ] || read -r pogo_B </proc/sys/kernel/random/boot_id\n\
         {RECORD}{BORN}{BEGIN}"
    )
}

/// The text that launches an attempt and follows it, with the texts of what it launches.
pub(super) fn launch() -> &'static ConstantText {
    static TEXT: LazyLock<ConstantText> = LazyLock::new(|| {
        let timer = TIMER.replace("STOP", &stop_text());
        let record = record();
        let (supervise, step) = (
            quote(&format!("{record}timer={}\n{SUPERVISE}", quote(&timer))),
            quote(&format!("{record}{STEP}")),
        );
        ConstantText::new(&format!(
            "{FOLLOW}supervise={supervise}\nstep={step}\n{RECORD}{BORN}{GROUP_LIVES}{TAKE}{HELD}{TIDY}{WAIT}{LAUNCH}"
        ))
    });
    &TEXT
}

/// The text that follows an attempt. One that has not begun never will.
pub(super) fn find() -> &'static ConstantText {
    static TEXT: LazyLock<ConstantText> = LazyLock::new(|| ConstantText::new(&format!("{FOLLOW}{FIND}")));
    &TEXT
}

/// The text that finds the group that runs, and ends it.
pub(super) fn stop() -> &'static ConstantText {
    static TEXT: LazyLock<ConstantText> = LazyLock::new(|| ConstantText::new(&stop_text()));
    &TEXT
}

/// The text of [`STOP`], and that which ends the group that it finds.
fn stop_text() -> String {
    format!("{STOP}{END_GROUP}")
}
