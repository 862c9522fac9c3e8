//! The account that this process runs as: its home directory, usual files and agent.

use std::env;
use std::path::{Path, PathBuf};

use nix::unistd::{User, getuid};

/// The agent that the environment names. As for `ssh`, no name is no agent.
pub(crate) fn agent_of_environment() -> Option<PathBuf> {
    let named = env::var_os("SSH_AUTH_SOCK").filter(|name| !name.is_empty());
    named.map(PathBuf::from)
}

/// The account's home directory, whatever `HOME` says: keys, known hosts and the configuration come from one place, that
/// of OpenSSH.
pub(crate) fn home() -> Option<PathBuf> {
    let account = User::from_uid(getuid()).ok().flatten().map(|user| user.dir);
    let home = account.or_else(|| env::var_os("HOME").map(PathBuf::from));
    home.filter(|home| home.is_absolute())
}

/// `~/` at the start is the home directory.
pub(crate) fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The usual key files of the account that exist. Where it has none and `HOME` is elsewhere, those there: OpenSSH would have nothing to offer.
pub(crate) fn usual_key_files() -> Vec<PathBuf> {
    let by_variable = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let of = |home: PathBuf| -> Vec<PathBuf> {
        let names = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];
        let paths = names.map(|name| home.join(".ssh").join(name)).into_iter();
        // The public half is enough for a key that an agent holds.
        paths
            .filter(|path| path.exists() || path.with_extension("pub").exists())
            .collect()
    };
    let mut homes = home().into_iter().chain(by_variable);
    let found = homes.find_map(|home| Some(of(home)).filter(|files| !files.is_empty()));
    found.unwrap_or_default()
}

/// The user's files and the machine's, where OpenSSH looks for them.
pub(crate) fn usual_known_hosts_files() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let users = home().map(|home| home.join(".ssh"));
    let two = |directory: &Path, name: &str| vec![directory.join(name), directory.join(format!("{name}2"))];
    (
        users.map(|users| two(&users, "known_hosts")).unwrap_or_default(),
        two(Path::new("/etc/ssh"), "ssh_known_hosts"),
    )
}
