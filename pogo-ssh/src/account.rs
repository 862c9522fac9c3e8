//! The account that this process runs as: home directory, default files, agent.

use std::env;
use std::path::{Path, PathBuf};

use nix::unistd::{User, getuid};

/// The agent socket of the environment (`SSH_AUTH_SOCK`). As for `ssh`, an empty name means no agent.
pub(crate) fn agent_of_environment() -> Option<PathBuf> {
    let named = env::var_os("SSH_AUTH_SOCK").filter(|name| !name.is_empty());
    named.map(PathBuf::from)
}

/// The name of the account, if it has one.
pub(crate) fn account_name() -> Option<String> {
    User::from_uid(getuid()).ok().flatten().map(|user| user.name)
}

/// The account's home directory, whatever `HOME` says: keys, known hosts and the configuration come from one place, the
/// one of OpenSSH.
pub(crate) fn home() -> Option<PathBuf> {
    let account = User::from_uid(getuid()).ok().flatten().map(|user| user.dir);
    let home = account.or_else(|| env::var_os("HOME").map(PathBuf::from));
    home.filter(|home| home.is_absolute())
}

/// Expands a leading `~/` to the home directory.
pub(crate) fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The account's default key files that exist, or those below `HOME` if it has none: OpenSSH would have nothing to
/// offer then.
pub(crate) fn usual_key_files() -> Vec<PathBuf> {
    let by_variable = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let of = |home: PathBuf| -> Vec<PathBuf> {
        let names = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];
        let paths = names.map(|name| home.join(".ssh").join(name)).into_iter();
        // The public key is enough if an agent holds the private one.
        paths
            .filter(|path| path.exists() || path.with_extension("pub").exists())
            .collect()
    };
    let mut homes = home().into_iter().chain(by_variable);
    // The first home that has any: keys of two accounts in one offer would use up the server's
    // tries.
    let found = homes.find_map(|home| Some(of(home)).filter(|files| !files.is_empty()));
    found.unwrap_or_default()
}

/// OpenSSH's default known_hosts files, the user's and the machine's.
pub(crate) fn usual_known_hosts_files() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let users = home().map(|home| home.join(".ssh"));
    let two = |directory: &Path, name: &str| vec![directory.join(name), directory.join(format!("{name}2"))];
    (
        users.map(|users| two(&users, "known_hosts")).unwrap_or_default(),
        two(Path::new("/etc/ssh"), "ssh_known_hosts"),
    )
}
