"""Opens a tab for each host on a job that runs; one is frozen and one cut off, and then the browser sleeps.

Says each step in a line on its output and waits for one on its input; the last is what each tab shows, as JSON.
How long tabs took to be right again goes to its errors: how soon is measured here, and not a verdict.
Arguments: the address, the browser, and the hosts.
"""

import json
import os
import signal
import sys
import time

from playwright.sync_api import sync_playwright

ADDRESS, BROWSER, *HOSTS = sys.argv[1:]

SHOWN = """() => {
  const text = (line) => [...line.childNodes].filter((n) => n.nodeName !== 'TIME').map((n) => n.textContent).join('');
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    health: document.querySelector('#health b').textContent,
    facts: document.querySelector('.facts').textContent,
    takeover: (all('.jobhead .by').find((line) => line.textContent.includes('took over')) || {}).textContent || '',
    stdout: all('.l.stdout').map(text),
    stderr: all('.l.stderr').map(text),
    events: all('.events li button').map((line) => text(line).trim()),
  };
}"""
# Whether a tab follows its host again: it shows this line or a later one, and its stream is live.
RIGHT = """(wanted) => {
  const lines = [...document.querySelectorAll('.l')].map((line) => /(?:line|warning) (\\d+) of/.exec(line.textContent));
  const last = Math.max(-1, ...lines.map((found) => found ? Number(found[1]) : -1));
  return last >= wanted && document.querySelector('#health b').textContent === 'live'
    && document.querySelector('.facts').textContent.includes('3 running');
}"""
OVER = """(host) => document.querySelector('.facts').textContent.includes('3 of 3 succeeded')
  && [...document.querySelectorAll('.l.stdout')].some((line) => line.textContent.includes(`the end of ${host}`))
  && document.querySelector('.events').textContent.includes('is finished')
  && [...document.querySelectorAll('.jobhead .by')].some((line) => line.textContent.includes('3 known again'))"""


def step(name):
    print(name, flush=True)
    return sys.stdin.readline().strip()


def right_again(pages, wanted, what):
    began = time.monotonic()
    for page in pages:
        page.wait_for_function(RIGHT, arg=int(wanted), polling=50)
        print(f"{what}: a tab was right after {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


def processes(parent):
    """All that a process has started, and what these have."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
    found = []
    wanted = [parent]
    while wanted:
        wanted = [child for pid in wanted for child in children.get(pid, [])]
        found += wanted
    return found


def browsers():
    # Playwright's own driver goes on: it is what wakes the others.
    def is_browser(pid):
        try:
            return b"--headless" in open(f"/proc/{pid}/cmdline", "rb").read() or b"--type=" in open(f"/proc/{pid}/cmdline", "rb").read()
        except OSError:
            return False

    return [pid for pid in processes(os.getpid()) if is_browser(pid)]


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    # What is waited for comes; how soon is not what is tested.
    context.set_default_timeout(300_000)
    pages = [context.new_page() for _ in HOSTS]
    for page, host in zip(pages, HOSTS):
        page.goto(f"{ADDRESS}/page/#/ns/default/jobs/1?host={host}")
    for page in pages:
        page.wait_for_function(RIGHT, arg=5)
    awake, frozen, cut = pages
    step("open")
    life = context.new_cdp_session(frozen)
    life.send("Page.setWebLifecycleState", {"state": "frozen"})
    net = context.new_cdp_session(cut)
    net.send("Network.enable")
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    net.send("Network.emulateNetworkConditions", {"offline": True, **conditions})
    step("asleep")
    # No page is stale in silence.
    awake.wait_for_function("() => document.querySelector('#health b').textContent.startsWith('reconnecting')", polling=50)
    wanted = step("noticed")
    right_again([awake], wanted, "another server")
    life.send("Page.setWebLifecycleState", {"state": "active"})
    net.send("Network.emulateNetworkConditions", {"offline": False, **conditions})
    right_again(pages, wanted, "after its sleep")
    step("awake")
    asleep = browsers()
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    wanted = step("stopped")
    for pid in reversed(asleep):
        os.kill(pid, signal.SIGCONT)
    right_again(pages, wanted, "after the sleep of all")
    step("awake")
    for page, host in zip(pages, HOSTS):
        page.wait_for_function(OVER, arg=host)
    print(json.dumps({host: page.evaluate(SHOWN) for page, host in zip(pages, HOSTS)}), flush=True)
    browser.close()
