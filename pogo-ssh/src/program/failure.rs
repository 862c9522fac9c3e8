//! Interprets the program's error messages.

use pogo_core::scheduler::{FailureCause, FailureKind};

/// The part of connecting that failed, by the program's messages. Nothing has run on the host.
pub(super) fn kind_of(complaints: &str) -> FailureKind {
    // The program has one exit code, 255, for all its failures, so only its messages distinguish
    // them. Host keys come first: a refused key is often followed by lines about the login that did
    // not happen.
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

/// What whoever shows the failure does something about.
pub(super) fn cause_of(complaints: &str) -> Option<FailureCause> {
    // For a changed or revoked key it prints more.
    let is_unknown =
        complaints.contains("host key is known for") || in_one_line(complaints) == "Host key verification failed.";
    is_unknown.then_some(FailureCause::UnknownHostKey)
}

/// The program's messages as one line, up to a maximum length.
pub(super) fn in_one_line(complaints: &str) -> String {
    let lines = complaints.lines().map(str::trim).filter(|line| {
        // Skips the frame around warnings.
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
    fn a_key_that_changed_is_no_first_contact() {
        let of = |complaints: &str| cause_of(complaints) == Some(FailureCause::UnknownHostKey);
        assert!(of("Host key verification failed.\n"));
        assert!(of(
            "No ED25519 host key is known for web1 and you have requested strict checking.\n\
             Host key verification failed.\n"
        ));
        for more in [
            "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\nIT IS POSSIBLE\n",
            "@@@@\n@       WARNING: REVOKED HOST KEY DETECTED!               @\n@@@@\n\
             The ED25519 host key for web1 is marked as revoked.\n",
        ] {
            assert!(!of(&format!("{more}Host key verification failed.\n")), "{more}");
        }
    }

    #[test]
    fn complaints_become_one_line_without_frames() {
        assert_eq!(in_one_line("@@@@\n@ WARNING @\n@@@@\none\r\n\x1btwo\n"), "one; two");
    }
}
