"""An hour of a live job, played at speed: prints the memory of its tabs from the first minutes to the end.

All timers of the page run twenty times as fast, and its stream too, so that it asks, draws and forgets as often as in an
hour, while the server plays an hour's events in three minutes. One tab has the job; the other follows a host that
writes a line a second all the time. At the end both have to be live, and to hold no more than after the first ten
minutes. Arguments: the browser, the program of pogo-web's example `page`, and the hosts of the job.
"""

import re
import subprocess
import sys
import time
import urllib.request

from plain_browser import PlainBrowser
from tab_memory import collect, private_megabytes, tabs

BROWSER, PROGRAM, HOSTS = sys.argv[1:4]
PORT = 17690
SPEED = 20
HOUR = 3600 / SPEED
# How much more the tabs may take at the end than after ten minutes. The second shows five times as many lines then.
MOST = 1.5

FASTER = f"""(() => {{
  for (const name of ['setTimeout', 'setInterval']) {{
    const real = window[name].bind(window);
    window[name] = (call, wait, ...rest) => real(call, (wait || 0) / {SPEED}, ...rest);
  }}
  // Its timers could not be reached: the stream is the tab's own.
  delete window.SharedWorker;
  window.asked = 0;
  window.failed = [];
  const fetched = window.fetch.bind(window);
  window.fetch = (...what) => {{ window.asked++; return fetched(...what); }};
  window.addEventListener('error', (event) => window.failed.push(event.message));
}})()"""
LAST_LINE = "[...document.querySelectorAll('.l.stdout')].slice(-1).map((line) => line.textContent).join('')"
HEALTH = "document.querySelector('#health b').textContent"


def jobs(address):
    """Whether the job is there."""
    with urllib.request.urlopen(f"{address}/v1/namespaces/default/jobs") as answer:
        return b'"job":2' in answer.read()


def number(text):
    found = re.search(r"\d+", text.split("line", 1)[-1])
    return int(found.group()) if found else 0


def main():
    service = subprocess.Popen([PROGRAM, HOSTS, str(PORT), "", "4"], stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().strip().rstrip("/")
        while not jobs(address):
            time.sleep(0.2)
        browser = PlainBrowser(BROWSER)
        pages = [browser.page(f"{address}/page/#/ns/default/{path}", FASTER) for path in ("jobs/2", "jobs/1?host=cache1")]
        began = time.monotonic()
        print("| minute | tabs (MB) | heaps of scripts | nodes | listeners | requests | line |")
        seen = []
        for minute in (2, 10, 20, 30, 40, 50, 60):
            while time.monotonic() - began < minute / 60 * HOUR:
                time.sleep(0.2)
            held = [collect(page) for page in pages]
            time.sleep(0.3)
            line = number(pages[1].evaluate(LAST_LINE))
            taken = tabs(private_megabytes)[:2]
            seen.append((held, taken, line))
            asked = [page.evaluate("window.asked") for page in pages]
            both = lambda values, form="{:.1f}": ", ".join(form.format(value) for value in values)
            print(
                f"| {minute} | {both(taken, '{:.0f}')} | {both(entry[0] for entry in held)} | {both((entry[1] for entry in held), '{}')}"
                f" | {both((entry[2] for entry in held), '{}')} | {both(asked, '{}')} | {line} |",
                flush=True,
            )
        judge(pages, seen)
        browser.close()
    finally:
        service.kill()
        service.wait()


def judge(pages, seen):
    (early, early_tabs, _), (late, late_tabs, last) = seen[1], seen[-1]
    for at, page in enumerate(pages):
        assert not page.evaluate("window.failed"), page.evaluate("window.failed")
        assert page.evaluate(HEALTH) == "live", page.evaluate(HEALTH)
        asked = page.evaluate("window.asked")
        assert asked > 500, f"{asked} requests are no hour"
        heap, nodes, listeners = (late[at][part] / early[at][part] for part in range(3))
        print(f"tab {at + 1}, minute 60 against 10: heap {heap:.2f}, nodes {nodes:.2f}, listeners {listeners:.2f}")
        assert heap < 2, "a page holds more and more"
    whole = sum(late_tabs) / sum(early_tabs)
    print(f"private memory of both tabs, minute 60 against 10: {whole:.2f}")
    assert whole < MOST, "the tabs take more and more"
    assert last > seen[-2][2] > seen[1][2], "the view has stopped"


main()
