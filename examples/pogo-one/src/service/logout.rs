//! Whether systemd ends background processes when their user logs out.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::{User, getuid};

/// What logging out does to a process that was started from a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logout {
    /// Nothing.
    Leaves,
    /// Nothing to what the user's own service manager has, which stays.
    LeavesServices,
    /// It ends it, and what the user's own service manager has with the last login.
    Ends,
}

impl Logout {
    /// Asks `loginctl`. Where there is none, or it does not answer, nothing is known that ends anything.
    pub(super) fn of_this_account() -> Self {
        let Some(account) = User::from_uid(getuid()).ok().flatten() else {
            return Self::Leaves;
        };
        let Some(user) = asked(&["show-user", &account.name, "--property=Linger"]) else {
            return Self::Leaves;
        };
        let properties =
            ["KillUserProcesses", "KillOnlyUsers", "KillExcludeUsers"].map(|name| format!("--property={name}"));
        let words: Vec<&str> = ["show-user"]
            .into_iter()
            .chain(properties.iter().map(String::as_str))
            .collect();
        Self::of(&account.name, &user, &asked(&words).unwrap_or_default())
    }

    /// From properties of the account, and of the manager of logins.
    fn of(account: &str, user: &str, manager: &str) -> Self {
        let of_manager = |name| value(manager, name).unwrap_or_default();
        let names = |list: &str| list.split_whitespace().any(|name| name == account);
        let only = of_manager("KillOnlyUsers");
        let is_meant = (only.is_empty() || names(only)) && !names(of_manager("KillExcludeUsers"));
        let ends = of_manager("KillUserProcesses") == "yes" && is_meant;
        match (value(user, "Linger"), ends) {
            (Some("yes"), _) => Self::LeavesServices,
            (_, true) => Self::Ends,
            (_, false) => Self::Leaves,
        }
    }

    /// The words in front of a command that make it one of the user's own service manager, where that outlives a login
    /// that the command would not.
    pub(super) fn scope(self) -> &'static [&'static str] {
        match self {
            Self::Leaves => &[],
            Self::LeavesServices | Self::Ends => &["systemd-run", "--user", "--scope", "--quiet", "--"],
        }
    }

    /// What to say to whoever starts it.
    pub(super) fn warning(self) -> Option<&'static str> {
        (self == Self::Ends).then_some(
            "logging out ends the dispatcher on this machine (KillUserProcesses=yes): jobs then go on with the \
             next command; `loginctl enable-linger` keeps it",
        )
    }
}

fn value<'a>(properties: &'a str, name: &str) -> Option<&'a str> {
    properties
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// A bus that does not answer holds up nobody for longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

fn asked(words: &[&str]) -> Option<String> {
    let mut program = Command::new("loginctl");
    program
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = program.spawn().ok()?;
    let until = Instant::now() + ANSWERS_WITHIN;
    while running.try_wait().ok()?.is_none() {
        if Instant::now() >= until {
            let _ = running.kill();
            let _ = running.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // It is a few lines, which fit into the pipe.
    let output = running.wait_with_output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_logout_does_follows_from_two_lists() {
        let kills = "KillUserProcesses=yes\nKillOnlyUsers=\nKillExcludeUsers=root\n";
        for (account, user, manager, wanted) in [
            ("ada", "Linger=no\n", "KillUserProcesses=no\n", Logout::Leaves),
            ("ada", "Linger=yes\n", "KillUserProcesses=no\n", Logout::LeavesServices),
            ("ada", "Linger=yes\n", kills, Logout::LeavesServices),
            ("ada", "Linger=no\n", kills, Logout::Ends),
            ("root", "Linger=no\n", kills, Logout::Leaves),
            (
                "ada",
                "Linger=no\n",
                "KillUserProcesses=yes\nKillOnlyUsers=bob eve\n",
                Logout::Leaves,
            ),
            (
                "eve",
                "Linger=no\n",
                "KillUserProcesses=yes\nKillOnlyUsers=bob eve\n",
                Logout::Ends,
            ),
            ("ada", "", "", Logout::Leaves),
        ] {
            assert_eq!(Logout::of(account, user, manager), wanted, "{account} {user} {manager}");
        }
    }
}
