//! Machines with names, files and processes of their own, in which what an operator types is typed: namespaces of the
//! kernel, with an SSH server in each.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Makes the files of a machine and its name, and becomes what runs there. What is written below these folders is seen
/// on this machine alone.
const BEGIN: &str = r#"
set -e
folder=$1 name=$2 files=$3 pogo=$4; shift 4
mount --make-rprivate /
mount -t tmpfs machine "$folder"
for part in etc root var/lib usr/local; do
  mkdir -p "$folder/new/$part" "$folder/work/$part"
  mount -t overlay -o "lowerdir=/$part,upperdir=$folder/new/$part,workdir=$folder/work/$part" machine "/$part"
done
hostname "$name"
rm -rf /root/.ssh /root/.bashrc /root/.profile
mkdir -p /root/.ssh /usr/local/bin /etc/systemd/system
cp -r "$files/." /
chmod 700 /root /root/.ssh
chmod 755 /usr/local/bin /usr/local/bin/systemctl
if [ -e /usr/local/bin/psql ]; then chmod 755 /usr/local/bin/psql; fi
touch /usr/local/bin/pogo
mount --bind "$pogo" /usr/local/bin/pogo
echo ready
exec "$@" 2>&1
"#;

/// What systemd does of a unit that is started or killed, and of a database that is restarted.
pub(super) const SYSTEMCTL: &str = r#"#!/bin/sh
set -e
unit=/etc/systemd/system/pogo.service
value() { sed -n "s/^$1=//p" "$unit"; }
case "$*" in
'enable --now pogo')
  user=$(value User) home=/var/lib/$(value StateDirectory)
  install -d -m "$(value StateDirectoryMode)" -o "$user" "$home"
  cd /
  setsid setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs \
    env -i "HOME=$home" "USER=$user" "PATH=$PATH" $(value ExecStart) </dev/null >/var/lib/pogo.log 2>&1 &
  echo $! >/var/lib/pogo.pid ;;
'kill -s KILL pogo') kill -KILL "$(cat /var/lib/pogo.pid)" ;;
'restart postgresql')
  # It goes on with what it reads: whoever connects once it has loaded it is judged by that.
  loaded() { psql -Atc 'SELECT pg_conf_load_time()'; }
  before=$(loaded)
  psql -qc 'SELECT pg_reload_conf()' >/dev/null
  while [ "$(loaded)" = "$before" ]; do :; done ;;
*) echo "systemctl $*?" >&2; exit 64 ;;
esac
"#;

/// A machine; all that runs there ends with it.
pub(super) struct MachineSpace {
    /// Whose child is the first process of the machine.
    outside: Child,
}

impl MachineSpace {
    /// A machine of this name, which has these files besides those of this one, and runs this. `inside` makes a command
    /// one that runs in its network. `None` where this process may not make one.
    pub(super) fn begin(
        name: &str,
        files: &Path,
        (runs, until): (&[&str], &str),
        inside: impl FnOnce(Command) -> Command,
    ) -> Option<Self> {
        let folder = files.with_extension("disk");
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("unshare");
        command.args(["--mount", "--uts", "--pid", "--mount-proc"]);
        // What is the first process there ends with `unshare`, and all others with that.
        command.args(["--fork", "--kill-child=KILL", "sh", "-c", BEGIN, "sh"]);
        command.arg(&folder).arg(name).arg(files);
        command.arg(env!("CARGO_BIN_EXE_pogo")).args(runs);
        let mut command = inside(command);
        // What it lacks is said on standard error.
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut outside = command.spawn().unwrap();
        let mut log = BufReader::new(outside.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let begun = log.by_ref().any(|line| line.contains(until));
        let machine = Self { outside };
        if !begun {
            return None;
        }
        // It must not wait for somebody to read what it says.
        std::thread::spawn(move || log.for_each(drop));
        Some(machine)
    }

    /// The first process of the machine, as it is called here.
    fn first(&self) -> String {
        let mut process = self.outside.id();
        loop {
            let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
            let child: u32 = children.split_whitespace().next().unwrap().parse().unwrap();
            // `ip netns exec` becomes `unshare`; whoever is the first has another number there.
            let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap();
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap();
            if numbers.split_whitespace().last() == Some("1") {
                return child.to_string();
            }
            process = child;
        }
    }

    /// What a script does there, typed by root.
    pub(super) fn types(&self, script: &str) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first(), "--mount", "--uts", "--pid"]);
        command.args(["sh", "-ec", &format!("cd /root\n{script}")]).env_clear();
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let environment = [("PATH", path), ("HOME", "/root"), ("USER", "root")];
        command.envs(environment).stdin(Stdio::null()).output().unwrap()
    }
}

impl Drop for MachineSpace {
    fn drop(&mut self) {
        let _ = self.outside.kill();
        let _ = self.outside.wait();
    }
}

/// Files of a machine that is about to begin, as they are called there.
pub(super) struct MachineFiles {
    folder: PathBuf,
}

impl MachineFiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A symbolic link at this path on the machine.
    pub(super) fn link(&self, path: &str, to: &Path) {
        symlink(to, self.made(path)).unwrap();
    }

    /// Written by its path on the machine.
    pub(super) fn write(&self, path: &str, text: &str) {
        fs::write(self.made(path), text).unwrap();
    }

    /// Where a path of the machine is kept until then, in a folder that is there.
    fn made(&self, path: &str) -> PathBuf {
        let path = self.folder.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}
