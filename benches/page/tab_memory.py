"""The memory of a browser's tabs, by what the kernel says of their processes."""

import os


def children(parent):
    """All that a process has started, and what these have."""
    by_parent = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        by_parent.setdefault(int(fields[1]), []).append(int(name))
    found, wanted = [], [parent]
    while wanted:
        wanted = [child for pid in wanted for child in by_parent.get(pid, [])]
        found += wanted
    return found


def is_tab(pid):
    try:
        line = open(f"/proc/{pid}/cmdline", "rb").read()
    except OSError:
        return False
    return b"--type=renderer" in line and b"--extension-process" not in line


def megabytes(pid):
    """Of pages that are shared with others, this process's part."""
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0


def private_megabytes(pid):
    """What it shares with nobody, whatever other browsers run on this machine."""
    lines = [line.split() for line in open(f"/proc/{pid}/smaps_rollup")]
    return sum(int(line[1]) for line in lines if line[0] in ("Private_Clean:", "Private_Dirty:")) / 1000


def tabs(of=megabytes):
    """The megabytes of each tab of the browsers that this process has started, the largest first."""
    return sorted((of(pid) for pid in children(os.getpid()) if is_tab(pid)), reverse=True)


def collect(page):
    """Collects garbage: what is left is what the page holds. Its size in megabytes, and what it holds of the document."""
    for _ in range(2):
        page.send("HeapProfiler.collectGarbage")
    page.send("Performance.enable")
    metrics = {entry["name"]: entry["value"] for entry in page.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"]), int(metrics["JSEventListeners"])
