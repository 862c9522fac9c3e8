//! Fleets that lose many hosts at once: mostly a source that lost something.

use pogo_core::fleet::{Fleet, fold};

/// Hosts that are named in a message.
const SHOWN: usize = 10;

/// What is wrong, when more than `most` percent of the hosts of `before` are not in `after`.
pub(super) fn refusal(before: &Fleet, after: &Fleet, most: u8) -> Option<String> {
    let gone = || {
        before
            .ids()
            .map(|host| before.name(host))
            .filter(|name| after.id(name.as_str()).is_none())
    };
    let (lost, all) = (gone().count(), before.len());
    if lost as u128 * 100 <= all as u128 * u128::from(most) {
        return None;
    }
    let shown = fold(gone().take(SHOWN).map(|name| name.as_str())).to_string();
    let more = if lost > SHOWN { " and others" } else { "" };
    Some(format!(
        "{lost} of {all} hosts are missing since it was last read ({shown}{more}), but at most {most} % may go at once"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(hosts: &str) -> Fleet {
        Fleet::builder().hosts(hosts).build().unwrap()
    }

    #[test]
    fn more_than_the_share_is_refused_and_exactly_the_share_is_not() {
        let before = fleet("web[1-10]");
        assert_eq!(refusal(&before, &fleet("web[1-8],new[1-9]"), 20), None);
        assert_eq!(
            refusal(&before, &fleet("web[1-7],new[1-9]"), 20).unwrap(),
            "3 of 10 hosts are missing since it was last read (web[8-10]), but at most 20 % may go at once"
        );
        assert_eq!(refusal(&before, &fleet("other"), 100), None);
        assert_eq!(refusal(&fleet("a"), &fleet("a"), 0), None);
        assert!(
            refusal(&fleet("web[1-1000]"), &fleet("a"), 99)
                .unwrap()
                .contains("(web[1-10] and others)")
        );
    }

    #[test]
    fn who_had_no_hosts_can_lose_none() {
        let nobody = Fleet::builder().build().unwrap();
        assert_eq!(refusal(&nobody, &nobody, 0), None);
    }
}
