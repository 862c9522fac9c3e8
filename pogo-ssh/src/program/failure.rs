//! What the program's complaints mean.

use pogo_core::scheduler::FailureKind;

/// Which part of connecting failed, by what the program wrote. Nothing has run on the host.
pub(super) fn kind_of(complaints: &str) -> FailureKind {
    let says = |texts: &[&str]| texts.iter().any(|text| complaints.contains(text));
    if says(&[
        "Host key verification failed",
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "host key is known for",
        "no matching host key type found",
        "differs from the key for the IP address",
        "REVOKED HOST KEY",
    ]) {
        FailureKind::HostKey
    } else if says(&[
        "Permission denied",
        "Too many authentication failures",
        "No more authentication methods",
        "no authentication methods available",
    ]) {
        FailureKind::Authentication
    } else if says(&[
        "Bad configuration option",
        "terminating, ",
        "Bad owner or permissions",
        "unknown option",
    ]) {
        FailureKind::Refused
    } else {
        FailureKind::Unreachable
    }
}

/// The program's complaints as one line for a person, within bounds.
pub(super) fn in_one_line(complaints: &str) -> String {
    let lines = complaints.lines().map(str::trim).filter(|line| {
        // The frame of a warning says nothing.
        !line.is_empty() && !line.chars().all(|c| c == '@') && !line.starts_with("@ ")
    });
    let text: String = lines.collect::<Vec<_>>().join("; ");
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_tell_which_part_failed() {
        for (text, wanted) in [
            ("Host key verification failed.", FailureKind::HostKey),
            (
                "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\n",
                FailureKind::HostKey,
            ),
            (
                "No ED25519 host key is known for web1 and you have requested strict checking.",
                FailureKind::HostKey,
            ),
            ("me@web1: Permission denied (publickey).", FailureKind::Authentication),
            (
                "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures",
                FailureKind::Authentication,
            ),
            (
                "ssh: connect to host web1 port 22: Connection refused",
                FailureKind::Unreachable,
            ),
            (
                "kex_exchange_identification: Connection closed by remote host",
                FailureKind::Unreachable,
            ),
            (
                "ssh: Could not resolve hostname web1: Name or service not known",
                FailureKind::Unreachable,
            ),
            ("/x: terminating, 1 bad configuration options", FailureKind::Refused),
            ("", FailureKind::Unreachable),
        ] {
            assert_eq!(kind_of(text), wanted, "{text}");
        }
    }

    #[test]
    fn complaints_become_one_line_without_frames() {
        assert_eq!(in_one_line("@@@@\n@ WARNING @\n@@@@\none\r\n\x1btwo\n"), "one; two");
    }
}
