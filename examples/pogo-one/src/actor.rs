//! Who gives this program's orders.

use std::fs;

use nix::unistd::{Uid, User, getuid};
use pogo_core::scheduler::Actor;

/// The person at this terminal, as the system knows them: the account, and this machine. Where another account runs the
/// program for them, as with `sudo`, that is said beside it: `alice@laptop (as root)`.
pub(crate) fn local_actor() -> Actor {
    let account = getuid();
    let login = fs::read_to_string("/proc/self/loginuid").ok();
    let person = person(account, login.as_deref());
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let actor = Actor::new(cut(name(person))).at_host(cut(machine));
    match person == account {
        true => actor,
        false => actor.over(cut(format!("as {}", name(account)))),
    }
}

/// This account on this machine, as the dispatcher of a store knows whoever connects to it.
#[cfg(feature = "store")]
pub(crate) fn account() -> Actor {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Actor::new(cut(name(getuid()))).at_host(cut(machine))
}

/// The account that logged in. The kernel keeps it through `sudo` and `su`, and nobody can forge it, unlike a variable
/// of the environment. Where nobody logged in, as in a container, it is the account that runs the program.
fn person(account: Uid, login: Option<&str>) -> Uid {
    let known = |uid: &str| {
        let uid: u32 = uid.trim().parse().ok()?;
        // No login, and an account that this user namespace does not have.
        (![u32::MAX, 65_534].contains(&uid)).then(|| Uid::from_raw(uid))
    };
    login.and_then(known).unwrap_or(account)
}

/// The name of an account, or its number if it has none.
fn name(account: Uid) -> String {
    let user = User::from_uid(account).ok().flatten();
    user.map_or_else(|| format!("uid {account}"), |user| user.name)
}

/// The name of another account, or its number if it has none.
#[cfg(feature = "store")]
pub(crate) fn user_name(uid: u32) -> String {
    name(Uid::from_raw(uid))
}

/// A text of any system, as long as an actor's may be.
fn cut(mut text: String) -> String {
    let fits = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=Actor::MAX_LEN.min(text.len())).rev().find(fits);
    text.truncate(end.unwrap_or(0));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_that_logged_in_is_the_person_whoever_they_have_become() {
        let of = |account, login| person(Uid::from_raw(account), Some(login)).as_raw();
        assert_eq!(of(1000, "1000"), 1000);
        assert_eq!(of(0, "1000\n"), 1000);
        assert_eq!(of(33, "1000"), 1000);
    }

    #[test]
    fn where_nobody_logged_in_it_is_the_account_that_runs() {
        for none in ["4294967295", "65534", "", "alice"] {
            assert_eq!(person(Uid::from_raw(1001), Some(none)).as_raw(), 1001);
        }
        assert_eq!(person(Uid::from_raw(0), None).as_raw(), 0);
    }

    #[test]
    fn a_name_of_any_length_fits() {
        assert_eq!(cut("ü".repeat(200)).len(), Actor::MAX_LEN);
    }
}
