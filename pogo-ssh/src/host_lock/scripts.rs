//! The shell text that takes the host's lock and writes its record.
//!
//! Two files of 256 bytes, each written over in place by one write, so that a full disk cannot keep an end from being
//! known: `HOST.lock` is locked by the kernel for whoever supervises a command, and says whose it is or was; `HOST.KEY`
//! is the last attempt of one namespace, in one incarnation by one restore. Both hold one line:
//!
//! ```text
//! 1 KEY NUMBER PART LEAST BOOT GROUP KIND START SINCE STATE…
//! ```
//!
//! `1` is the version of the format. `LEAST`: lower numbers are refused. `GROUP` is of `KIND` `group` or `alone`, and
//! its leader began at `START`, in the boot `BOOT`. `SINCE` is the host's clock when it began. `STATE` is `ready`,
//! `begun`, `ended PHASE ended STATUS`, `ended PHASE killed SIGNAL` or `none`.
//!
//! What is exclusive is so among all who log in as one user: another user's files cannot be written. The directory is
//! one that stays: `/run/user` goes with the user's last login, and the command may not.

/// Functions for the record. `pogo_L` is the lock's file, `pogo_R` the record's, both empty without a record; `pogo_K`
/// are the words of the attempt; `pogo_M` the least number; `pogo_B`, `pogo_G` and `pogo_U` are boot, group and clock.
// By the time since the boot where the host has that: nobody sets it, as somebody may set its clock.
pub(crate) const RECORD: &str = r#"pogo_now() {
if [ -r /proc/uptime ]; then read -r pogo_U pogo_x </proc/uptime; pogo_U=${pogo_U%%.*}; else pogo_U=$(date +%s); fi
}
pogo_line() { printf '%-255.255s\n' "1 $pogo_K $pogo_M $pogo_B $pogo_G $pogo_U $2" 1<>"$1"; }
pogo_put() {
[ -z "$pogo_R" ] || { pogo_line "$pogo_R" "$1" && pogo_line "$pogo_L" "$1"; } 2>/dev/null
}
"#;

/// When the process `$1` began, in `pogo_x`; empty where that is unknown.
// After the last parenthesis: the name of the process comes before it, and may have spaces and parentheses in it.
pub(crate) const BORN: &str = r#"pogo_born() {
pogo_x=
[ -r "/proc/$1/stat" ] || return 0
read -r pogo_x <"/proc/$1/stat"
set -- ${pogo_x##*\) }
pogo_x=${20-}
} 2>/dev/null
"#;

/// Whether something of a recorded group lives. The parameters are `BOOT GROUP KIND START` of the record.
///
/// A number is given to no other process while a group has it. So a leader of another start means that the group is
/// gone; without a leader, whoever is left in it was there before. Processes that nobody has collected do not count
/// where there is a `ps`.
pub(crate) const GROUP_LIVES: &str = r#"pogo_lives() {
[ "$1" = "$pogo_B" ] || return 1
pogo_born "$2"
[ -z "$pogo_x" ] || [ "$pogo_x" = "$4" ] || return 1
[ "$3" = group ] || { [ "$pogo_x" ]; return; }
pogo_x=$(ps -A -o pgid= -o stat= 2>/dev/null) || pogo_x=$(ps -o pgid,stat 2>/dev/null)
[ "$pogo_x" ] || { kill -0 -"$2" 2>/dev/null; return; }
printf '%s\n' "$pogo_x" | (
while read -r pogo_x pogo_y; do
if [ "$pogo_x" = "$2" ]; then case $pogo_y in Z*) ;; *) exit 9 ;; esac; fi
done
exit 0)
[ $? = 9 ]
}
"#;

/// Takes the lock: `pogo_take DIRECTORY`, of descriptor 9, which is open afterwards in any case. Gives 0 when it is
/// held; 1 when somebody else has it, whose line is in `pogo_z`; 2 when there is none, for the reason in `pogo_W`.
/// `pogo_R` is set where a record can be written.
///
/// A host that is reached over loopback stands for itself under that address and port alone: one machine may play many
/// hosts. The second directory is for users without a home, and is kept to once it is used. Neither counts where it, or
/// the lock in it, is somebody else's: whoever makes such a file first could keep the lock from its user, or have the
/// user's shell read it.
// An attempt's end is reported a moment before its supervisor ends: whoever comes next waits a second before the host
// counts as busy. `true` carries the redirections that may fail: one of `exec` or `:` would end the shell.
pub(crate) const TAKE: &str = r#"pogo_dir() {
{ [ -d "$1" ] || mkdir -p -m 700 "$1"; } 2>/dev/null
[ ! -L "$1" ] && [ -O "$1" ] && { true; } 2>/dev/null >>"$1/$pogo_H.lock"
}
pogo_owns() { [ ! -L "$1" ] && [ -O "$1" ] && [ -O "$1/$pogo_H.lock" ]; }
pogo_open() {
pogo_H= pogo_D=$1
[ ! -r /proc/sys/kernel/hostname ] || read -r pogo_H </proc/sys/kernel/hostname
[ "$pogo_H" ] || pogo_H=$(uname -n)
set -- ${SSH_CONNECTION-}
case ${3-} in 127.* | ::1) pogo_H=$pogo_H@$3.$4 ;; esac
case $pogo_D in /*) ;; *) pogo_D=${HOME-}/$pogo_D ;; esac
! pogo_owns "$pogo_D" || return 0
set -- "/var/tmp/pogo-$(id -u)"
! pogo_owns "$1" && pogo_dir "$pogo_D" || { pogo_D=$1; pogo_dir "$1"; }
}
pogo_take() {
pogo_L= pogo_R= pogo_B=- pogo_M=0 pogo_W='it has no flock'
exec 9</dev/null
command -v flock >/dev/null 2>&1 || return 2
pogo_W='it has no directory to write to'
pogo_open "$1" || return 2
pogo_W="it cannot read $pogo_D"
[ -r "$pogo_D/$pogo_H.lock" ] || return 2
pogo_L=$pogo_D/$pogo_H.lock
if [ -w "$pogo_L" ]; then exec 9<>"$pogo_L"; else exec 9<"$pogo_L"; fi
flock -n 8 8<&9 2>/dev/null
pogo_x=$?
[ $pogo_x != 1 ] || { sleep 1; flock -n 8 8<&9 2>/dev/null; pogo_x=$?; }
case $pogo_x in
0) ;;
1) pogo_z=; read -r pogo_z <"$pogo_L"; return 1 ;;
*) pogo_W="it cannot lock $pogo_L" pogo_L=; return 2 ;;
esac
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r pogo_B </proc/sys/kernel/random/boot_id
pogo_z=; read -r pogo_z <"$pogo_L"
pogo_W="it cannot write to $pogo_D: is its disk full, or read-only?"
pogo_R=$pogo_D/$pogo_H.${pogo_K%% *} pogo_F=
for pogo_x in "$pogo_L" "$pogo_R"; do
[ -s "$pogo_x" ] || { pogo_F=$pogo_x; printf '%-255s\n' "1 ${pogo_K%% *} 0 0 0 - - - - 0 none" >>"$pogo_x"; }
[ -s "$pogo_x" ] && [ -w "$pogo_x" ] || { pogo_R=; return 2; }
done 2>/dev/null
}
"#;

#[cfg(test)]
#[test]
fn records_of_namespaces_without_a_journal_are_known_by_their_name() {
    let prefix = pogo_core::dispatcher::Attempt::MEMORY_NAMESPACE;
    assert!(TIDY.contains(&format!(".{prefix}*")));
}

/// What follows `pogo_take`, whose status is the parameter: where another command runs, or the number is not to begin,
/// says so by `pogo_say` and ends the shell.
pub(crate) const HELD: &str = r#"pogo_held() {
pogo_now
[ "$1" != 1 ] || { set -- $pogo_z; pogo_say busy "${3:-0}" "$((pogo_U - ${10:-pogo_U}))" "${2:--}"; exit 0; }
[ "$pogo_L" ] || return 0
set -- $pogo_z
[ "${1:-1}" = 1 ] || { pogo_say refused "$pogo_L is of another version; use a newer pogo"; exit 0; }
if [ "${11-}" = begun ] && pogo_lives "$6" "$7" "$8" "$9"; then
pogo_say busy "$3" "$((pogo_U - ${10}))" "$2" "$7"; exit 0
fi
[ "$pogo_R" ] || return 0
pogo_z=; read -r pogo_z <"$pogo_R"
set -- $pogo_z
pogo_x=${pogo_K#* }
if [ "${pogo_x% *}" -lt "${5:-0}" ]; then pogo_say never superseded "$3"; exit 0; fi
if [ "${pogo_x% *}" = "$3" ] && [ "${pogo_x#* }" -le "$4" ]; then pogo_say never again "$3"; exit 0; fi
pogo_M=$5 pogo_G='- - -'
pogo_line "$pogo_L" ready 2>/dev/null
}
"#;

/// Removes records that are of no use any more, where one was added: those of namespaces that end with their process, a
/// week after they were written last, unless they say that something runs. A record of any other namespace is kept for
/// ever: without it, its dispatcher could not learn the state of an attempt, and a number that was overtaken could
/// begin.
// A process for each 32nd record, and none otherwise.
pub(crate) const TIDY: &str = r#"pogo_tidy() {
set -- "$pogo_D/$pogo_H".memory-*
[ "$pogo_F" != "$pogo_R" ] || [ $(($# % 32)) != 0 ] ||
find "$@" -prune -mtime +7 ! -exec grep -q "begun *$" {} \; -exec rm -f {} +
} 2>/dev/null
"#;

/// Says that the command could begin, and waits for the word to go, for as many seconds of the host's clock as the
/// parameter says, which goes on while the host sleeps. Gives 1 where it does not come in time.
///
/// Not every shell can read with a limit; dash, which cannot, stops reading when a child ends whose end it traps. That
/// child is killed: until it has become `sleep` it has the traps of the shell, which lost a TERM.
// A child is the exception: a watchdog for each session that waits cost one more process on every host.
pub(crate) const WAIT: &str = r#"pogo_wait() {
if [ "$pogo_R" ]; then pogo_say ready lock; elif [ "$pogo_L" ]; then pogo_say ready held "$pogo_W"; else pogo_say ready none "$pogo_W"; fi
pogo_S=$pogo_U pogo_y=
eval 'read -r -t 1 pogo_x' </dev/null 2>/dev/null
if [ $? -le 1 ]; then read -r -t "$1" pogo_y
else
trap : CHLD
sleep "$1" </dev/null >/dev/null 2>&1 9>&- &
read -r pogo_y
kill -KILL $! 2>/dev/null
trap - CHLD
fi
pogo_now 2>/dev/null
[ "$pogo_y" = go ] && [ -z "${pogo_t-}" ] && [ $((pogo_U - pogo_S)) -le "$1" ]
}
"#;

/// Writes down that the group `$1` of the kind `$2` begins: `pogo_begin GROUP KIND`.
pub(crate) const BEGIN: &str = r#"pogo_begin() {
pogo_born "$1"
pogo_M=${pogo_K#* } pogo_G="$1 $2 ${pogo_x:--}"
pogo_M=${pogo_M% *}
pogo_put begun
}
"#;
