//! Signal names.

/// Linux's signals by number, from 1 on, as `kill -l` prints them; empty where the C library reserves one for
/// itself. A status has only the number, not the system. On BSD and macOS HUP to ABRT, FPE, KILL, SEGV, PIPE,
/// ALRM, TERM, TTIN, TTOU and XCPU to WINCH have the same; there 7 is EMT, 10 BUS, 12 SYS, 16 URG, 17 STOP, 18 TSTP, 19
/// CONT, 20 CHLD, 23 IO, 29 INFO, 30 USR1 and 31 USR2, which are shown by Linux's names.
const LINUX: [&str; 64] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS", "", "", "RTMIN", "RTMIN+1", "RTMIN+2", "RTMIN+3", "RTMIN+4", "RTMIN+5", "RTMIN+6", "RTMIN+7",
    "RTMIN+8", "RTMIN+9", "RTMIN+10", "RTMIN+11", "RTMIN+12", "RTMIN+13", "RTMIN+14", "RTMIN+15", "RTMAX-14",
    "RTMAX-13", "RTMAX-12", "RTMAX-11", "RTMAX-10", "RTMAX-9", "RTMAX-8", "RTMAX-7", "RTMAX-6", "RTMAX-5", "RTMAX-4",
    "RTMAX-3", "RTMAX-2", "RTMAX-1", "RTMAX",
];

/// The signal that a shell reports with this status, 128 plus its number.
pub(crate) fn signal_of(status: u32) -> Option<&'static str> {
    let index = usize::try_from(status.checked_sub(129)?).ok()?;
    LINUX.get(index).copied().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Bash names them as the system numbers them.
    #[test]
    #[cfg(target_os = "linux")]
    fn every_signal_has_the_name_that_the_shell_has_for_it() {
        for number in 1..=64 {
            let output = Command::new("bash")
                .args(["-c", &format!("kill -l {number}")])
                .output()
                .unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            let named = signal_of(128 + number).unwrap_or_default();
            // One that has no name is answered with its number, or not at all.
            let output = output.trim();
            let output = if output == number.to_string() { "" } else { output };
            assert_eq!(named, output, "{number}");
        }
    }

    #[test]
    fn other_statuses_are_no_signals() {
        for status in [0, 1, 127, 128, 160, 161, 193, 200, 255, u32::MAX] {
            assert_eq!(signal_of(status), None, "{status}");
        }
    }
}
