//! What this program is called among servers.

pub(super) fn program_name() -> String {
    format!("pogo {}", env!("PROGRAM_VERSION"))
}
