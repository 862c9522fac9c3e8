//! Messages for failed handshakes.

use pogo_core::scheduler::FailureKind;
use russh::AlgorithmKind;

use super::error::ConnectError;
use super::handler::LinkError;
use crate::target::Target;

/// Converts a handshake error into a connection error with kind and message.
pub(super) fn connect_error(target: &Target, error: LinkError) -> ConnectError {
    let (kind, message) = match error {
        LinkError::HostKey(refusal) => {
            return ConnectError::new(FailureKind::HostKey, refusal.to_string()).with_cause(refusal.cause());
        }
        LinkError::Ssh(russh::Error::NoCommonAlgo { kind, ours, theirs }) => {
            let what = no_common(&kind, &ours, &theirs);
            match kind {
                // A failure of trust and not of the network: trying again later would not help.
                AlgorithmKind::Key => (FailureKind::HostKey, format!("{target} {what}")),
                _ => (
                    FailureKind::Unreachable,
                    format!("no SSH connection to {target}: it {what}"),
                ),
            }
        }
        LinkError::Ssh(russh::Error::WrongServerSig) => (
            FailureKind::HostKey,
            format!("{target} could not prove that it owns the host key it shows"),
        ),
        LinkError::Ssh(error) => (
            FailureKind::Unreachable,
            format!("no SSH connection to {target}: {}", in_words(&error)),
        ),
    };
    ConnectError::new(kind, message)
}

/// The message for a failed negotiation, with the keyword that would allow what the host offers.
fn no_common(kind: &AlgorithmKind, ours: &[String], theirs: &[String]) -> String {
    let (what, keyword) = match kind {
        AlgorithmKind::Key => ("host key of a type that is taken here", "HostKeyAlgorithms"),
        AlgorithmKind::Kex => ("method of key exchange that is spoken here", "KexAlgorithms"),
        AlgorithmKind::Cipher => ("cipher that is spoken here", "Ciphers"),
        AlgorithmKind::Mac => ("MAC that is spoken here", "MACs"),
        AlgorithmKind::Compression => ("way to send without compression", "Compression"),
    };
    let is_old = |name: &&String| SPOKEN_WHEN_ASKED.contains(&name.as_str()) && !ours.contains(name);
    let cure = match theirs.iter().find(is_old) {
        Some(name) => format!("; `{keyword} +{name}` in ssh_config takes that, which is weak, for this host"),
        None => String::new(),
    };
    format!("has no {what}: it offers {}{cure}", printable(theirs))
}

/// Weak algorithms of old servers that a keyword can enable.
const SPOKEN_WHEN_ASKED: &[&str] = &[
    "ssh-rsa",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
];

/// The host's text without control characters, up to a maximum length.
fn printable(names: &[String]) -> String {
    let text = names.join(", ");
    text.chars()
        .filter(|c| c.is_ascii_graphic() || *c == ' ')
        .take(500)
        .collect()
}

/// The error in words, where the library's message is too terse.
fn in_words(error: &russh::Error) -> String {
    match error {
        russh::Error::Disconnect | russh::Error::HUP => {
            "the host closed the connection during the handshake".to_owned()
        }
        russh::Error::Version => "what answers there does not speak SSH".to_owned(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the host closed the connection during the handshake".to_owned()
        }
        other => other.to_string(),
    }
}
