//! Which group a record means: one of its boot, whose leader began when the record says.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use super::gate_host::{Host, under_every_shell};
use crate::exec::feed::GO;
use crate::exec::mark::Mark;

/// A group that lives until it is dropped.
struct Group(Child);

impl Group {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").process_group(0).spawn().unwrap())
    }

    /// When its leader began.
    fn born(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let (_, after_name) = text.rsplit_once(") ").unwrap();
        after_name.split(' ').nth(19).unwrap().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes into the host's lock that this group has begun.
fn record(host: &Host<'_>, boot: &str, group: u32, born: u64) {
    let line = format!("1 default.0 17 2 17 {boot} {group} group {born} 0 begun");
    fs::write(host.file(".lock"), format!("{line:<255}\n")).unwrap();
}

#[test]
fn a_group_of_another_boot_or_another_start_is_another_and_keeps_no_host_busy() {
    under_every_shell(|host| {
        let group = Group::start();
        let (id, born) = (group.0.id(), group.born());
        host.run(17, "true", GO);
        let boot = host.words(".lock")[5].clone();
        record(host, &boot, id, born);
        let (marks, _) = host.run(18, "echo ran", GO);
        assert!(
            matches!(&marks[1..], [Mark::Busy(who)] if who.ends_with(&format!(" {id}"))),
            "{}: {marks:?}",
            host.shell
        );
        for (number, boot, born) in [(19, "another-boot", born), (20, boot.as_str(), born + 1)] {
            record(host, boot, id, born);
            let (marks, _) = host.run(number, "true", GO);
            assert_eq!(marks.last(), Some(&Mark::Ended(0)), "{}: {marks:?}", host.shell);
        }
    });
}
