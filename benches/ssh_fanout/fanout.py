"""Starts sshd on loopback, visits all of them with each tool, and prints a table."""

import argparse
import os
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# sshd listens on 16 addresses at most.
EACH = 16
FLOOR, POGO, WITHOUT, BEFORE = "bare russh loop", "pogo", "pogo, without permission", "pogo, before"
GATED = "bare russh loop, with a word to go"


class Fleet:
    """Servers of this run's own: own configuration, own keys, loopback addresses only."""

    def __init__(self, directory, count):
        self.directory = directory
        self.user = pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        for name in ("host_key", "client_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", directory / name], check=True
            )
        shutil.copy(directory / "client_key.pub", directory / "authorized_keys")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.groups = (count + EACH - 1) // EACH
        self.hosts = [f"127.1.{group}.{member}" for group in range(1, self.groups + 1) for member in range(1, EACH + 1)]
        self.servers = [self.launch(group) for group in range(1, self.groups + 1)]
        self.write_files()
        self.await_all()

    def launch(self, group):
        config = self.directory / f"sshd_config_{group}"
        listen = "".join(f"ListenAddress 127.1.{group}.{member}\n" for member in range(1, EACH + 1))
        config.write_text(
            f"Port {self.port}\n{listen}HostKey {self.directory}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {self.directory}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nPermitRootLogin yes\nMaxStartups 1000\nMaxSessions 10\nUseDNS no\n"
            # Start-up files of whoever runs this are not what is measured: they can take most of a visit.
            f"PrintMotd no\nPrintLastLog no\nSetEnv HOME={self.directory}\n"
        )
        return subprocess.Popen(["/usr/sbin/sshd", "-D", "-q", "-f", config], stdin=subprocess.DEVNULL)

    def write_files(self):
        (self.directory / "hosts").write_text("\n".join(self.hosts) + "\n")
        key = (self.directory / "host_key.pub").read_text()
        (self.directory / "known_hosts").write_text(f"[127.1.*]:{self.port} {key}")
        (self.directory / "config").write_text(
            f"Port {self.port}\nUser {self.user}\nIdentityFile {self.directory}/client_key\nIdentitiesOnly yes\n"
            f"UserKnownHostsFile {self.directory}/known_hosts\nGlobalKnownHostsFile /dev/null\n"
            "StrictHostKeyChecking yes\nBatchMode yes\nLogLevel ERROR\n"
        )

    def await_all(self):
        for host in self.hosts[::EACH]:
            deadline = time.time() + 20
            while True:
                try:
                    socket.create_connection((host, self.port), 1).close()
                    break
                except OSError:
                    if time.time() > deadline:
                        sys.exit(f"sshd on {host} does not start")
                    time.sleep(0.05)

    def cpu(self):
        """Seconds of all servers and of what they have waited for."""
        return sum(cpu_of(server.pid) for server in self.servers)

    def stop(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait()


def stat_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_of(pid):
    fields = stat_of(pid)
    return sum(int(field) for field in fields[11:15]) / TICK


class Memory(threading.Thread):
    """The most memory that a session of processes holds at once, looked at ten times a second."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.session, self.peak, self.over = session, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            total = 0
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    fields = stat_of(pid)
                    if int(fields[3]) == self.session:
                        total += int(fields[21]) * PAGE
                except (OSError, IndexError):
                    pass
            self.peak = max(self.peak, total)


def command_of(size):
    """What runs on each host: little output, or so many bytes of it in lines of 63 characters."""
    return f"yes {'x' * 63} | head -c {size}" if size else "echo here"


def knows_stores(program):
    """Earlier builds of pogo keep nothing, and know no option for that."""
    text = subprocess.run([program, "run", "--help"], capture_output=True, text=True, check=True).stdout
    return "--store" in text


def tools(fleet, arguments):
    """Command lines by name, of those that are there."""
    at, command = fleet.directory, command_of(arguments.bytes)
    hosts, many = f"{at}/hosts", str(arguments.concurrency)
    ssh = f"-F {at}/config"
    built = ROOT / "target" / "dist"
    where = [
        "--allow-unlisted", "-t", f"127.1.[1-{fleet.groups}].[1-{EACH}]", "--max-parallel", many, "--ssh-config", "none",
        "--no-agent", "--user", fleet.user, "--port", str(fleet.port), "--identity", f"{at}/client_key",
        "--known-hosts", f"{at}/known_hosts",
    ]
    pogo = [built / "pogo", "run", *where, "--store", "none"]
    # The dispatcher is this process, so that its time counts.
    kept = [built / "pogo", "run", *where, "--store", f"{at}/store", "--foreground"]
    # An event log, with the hosts' output in it.
    events = ["--format", "jsonl"]
    # The others know no hooks.
    bare = ["--pre-hooks", "", "--post-hooks", ""]
    python = "/usr/bin/python3"
    known = {
        FLOOR: [built / "bare_russh", hosts, str(fleet.port), fleet.user, f"{at}/client_key", many, command],
        POGO: [*pogo, *events, *bare, "--", command],
        "pogo, with a store": [*kept, *events, *bare, "--", command],
        "pogo, showing output": [*pogo, *bare, "--", command],
        "pogo, looking for hooks": [*pogo, *events, "--", command],
        "pogo --transport ssh": [*pogo, *events, *bare, "--transport", "ssh", "--", command],
        "pdsh": ["pdsh", "-R", "ssh", "-f", many, "-w", f"^{hosts}", command],
        "clush": ["clush", "-S", "-f", many, "-o", ssh, "--hostfile", hosts, command],
        "pssh": ["parallel-ssh", "-p", many, "-x", ssh, "-h", hosts, "-i", command],
        "asyncssh": [
            python, "-W", "ignore", HERE / "asyncssh_loop.py", hosts, str(fleet.port), fleet.user, f"{at}/client_key",
            f"{at}/known_hosts", many, command,
        ],
        "Ansible (raw)": ["ansible", "all", "-i", hosts, "-f", many, "-m", "raw", "-a", command],
    }
    if arguments.without_permission:
        without = built / "pogo-without-permission"
        known[WITHOUT] = [without, "run", *where, "--store", "none", *events, *bare, "--", command]
        known[GATED] = [*known[FLOOR], "gate"]
    if arguments.before:
        keeps_nothing = ["--store", "none"] if knows_stores(arguments.before) else []
        known[BEFORE] = [arguments.before, "run", *where, *keeps_nothing, *events, *bare, "--", command]
    if arguments.only:
        known = {name: line for name, line in known.items() if name in [FLOOR, GATED, *arguments.only.split(";")]}
    has_asyncssh = subprocess.run([python, "-W", "ignore", "-c", "import asyncssh"], stderr=subprocess.DEVNULL)
    if has_asyncssh.returncode != 0:
        known.pop("asyncssh", None)
    return {name: line for name, line in known.items() if shutil.which(str(line[0]))}


def visit(fleet, line):
    """Wall seconds, client seconds of processor, server seconds, peak bytes; the tool must succeed."""
    environment = {
        **os.environ,
        "PDSH_SSH_ARGS_APPEND": f"-F {fleet.directory}/config",
        "ANSIBLE_SSH_ARGS": f"-F {fleet.directory}/config -o ControlMaster=no",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
    }
    servers, begin = fleet.cpu(), time.monotonic()
    with open(fleet.directory / "output", "w") as output:
        tool = subprocess.Popen(
            [str(word) for word in line], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=environment, start_new_session=True,
        )
        memory = Memory(tool.pid)
        memory.start()
        _, status, used = os.wait4(tool.pid, 0)
    wall = time.monotonic() - begin
    memory.over.set()
    tool.returncode = os.waitstatus_to_exitcode(status)
    text = (fleet.directory / "output").read_text(errors="replace")
    if tool.returncode != 0:
        print(text[-2000:], file=sys.stderr)
        sys.exit(f"{line[0]} ended with {tool.returncode}")
    time.sleep(0.5)
    return wall, used.ru_utime + used.ru_stime, fleet.cpu() - servers, memory.peak


def parse():
    parser = argparse.ArgumentParser()
    for name, usual in [("hosts", 320), ("concurrency", 32), ("rounds", 3), ("bytes", 0)]:
        parser.add_argument(name, nargs="?", type=int, default=usual)
    parser.add_argument("--without-permission", action="store_true")
    parser.add_argument("--before", metavar="PROGRAM", help="an earlier build of pogo")
    parser.add_argument("--only", metavar="ROW;ROW", help="these rows, and the bare russh loop")
    return parser.parse_args()


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="fanout-") as directory:
        fleet = Fleet(Path(directory), arguments.hosts)
        try:
            measure(fleet, arguments)
        finally:
            fleet.stop()


def measure(fleet, arguments):
    hosts, cores, rounds = len(fleet.hosts), os.cpu_count(), arguments.rounds
    known = tools(fleet, arguments)
    seen = {name: [] for name in known}
    for number in range(rounds):
        # There and back, so that a machine that becomes slower favours none.
        for name, line in list(known.items())[:: -1 if number % 2 else 1]:
            seen[name].append(visit(fleet, line))
    middle = {name: [statistics.median(column) for column in zip(*visits)] for name, visits in seen.items()}
    bare = middle[FLOOR]
    # What the servers need for the least of clients, with all cores to themselves.
    floor = bare[2] / cores
    print(
        f"{hosts} hosts, {arguments.bytes} bytes of output each, {arguments.concurrency} at once, {cores} cores, "
        f"median of {rounds}; load {os.getloadavg()[0]:.1f}"
    )
    print(f"sshd floor: {floor:.2f} s ({bare[2] / hosts * 1000:.1f} ms of sshd for each host)\n")
    print("| tool | client CPU per host | x bare russh | wall | x floor | peak memory |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (wall, client, _, memory) in middle.items():
        print(
            f"| {name} | {client / hosts * 1000:.2f} ms | {client / bare[1]:.2f} | {wall:.2f} s | {wall / floor:.2f} "
            f"| {memory / 2**20:.0f} MiB |"
        )
    for one, other in ((POGO, WITHOUT), (POGO, BEFORE), (GATED, FLOOR)):
        if one in seen and other in seen:
            print(f"\n{one} against {other}: {ratios(seen[one], seen[other])}")
    if WITHOUT in seen and POGO in seen:
        extra = [(middle[one][1] - middle[other][1]) / hosts * 1e6 for one, other in ((POGO, WITHOUT), (GATED, FLOOR))]
        print(f"\nthe permission: {extra[0]:.0f} us of client CPU a host, of which what is exchanged takes {extra[1]:.0f}")


def ratios(ours, theirs):
    """Of each round by itself."""
    words = []
    for column, what in [(1, "client CPU"), (0, "wall")]:
        each = sorted(one[column] / other[column] for one, other in zip(ours, theirs))
        words.append(f"{what} {statistics.median(each):.3f} (least {each[0]:.3f}, most {each[-1]:.3f})")
    return ", ".join(words)


if __name__ == "__main__":
    main()
