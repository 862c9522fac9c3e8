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

from playwright.sync_api import sync_playwright

from tab_memory import collect, tabs

BROWSER, PROGRAM, HOSTS = sys.argv[1:4]
PORT = 17690
SPEED = 20
HOUR = 3600 / SPEED
# What may be more at the end than after ten minutes: what the page shows has grown, such as events and lines.
MOST = 1.15

FASTER = f"""(() => {{
  for (const name of ['setTimeout', 'setInterval']) {{
    const real = window[name].bind(window);
    window[name] = (call, wait, ...rest) => real(call, (wait || 0) / {SPEED}, ...rest);
  }}
  // Its timers could not be reached: the stream is the tab's own.
  delete window.SharedWorker;
}})()"""
LAST_LINE = "() => { const lines = document.querySelectorAll('.l.stdout'); return lines.length ? lines[lines.length - 1].textContent : ''; }"
HEALTH = "() => document.querySelector('#health b').textContent"


def opened(browser, address, path):
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(FASTER)
    page.asked, page.failed = 0, []

    def count(request):
        page.asked += 1

    page.on("request", count)
    page.on("pageerror", lambda error: page.failed.append(str(error)))
    page.goto(f"{address}/page/#/ns/default/{path}")
    return page


def number(text):
    found = re.search(r"\d+", text.split("line", 1)[-1])
    return int(found.group()) if found else 0


def main(playwright):
    service = subprocess.Popen([PROGRAM, HOSTS, str(PORT), "", "4"], stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().strip().rstrip("/")
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        first = browser.new_page()
        first.goto(f"{address}/page/#/ns/default/jobs")
        first.get_by_text("systemctl restart web").first.wait_for(timeout=60000)
        first.close()
        pages = [opened(browser, address, "jobs/2"), opened(browser, address, "jobs/1?host=cache1")]
        sessions = [page.context.new_cdp_session(page) for page in pages]
        began = time.monotonic()
        print("| minute | tabs (MB) | heaps of scripts | nodes | listeners | requests | line |")
        seen = []
        for minute in (2, 10, 20, 30, 40, 50, 60):
            while time.monotonic() - began < minute / 60 * HOUR:
                pages[0].wait_for_timeout(200)
            held = [collect(session) for session in sessions]
            pages[0].wait_for_timeout(300)
            line = number(pages[1].evaluate(LAST_LINE))
            seen.append((held, tabs()[:2], line))
            both = lambda values, form="{:.1f}": ", ".join(form.format(value) for value in values)
            print(
                f"| {minute} | {both(tabs()[:2], '{:.0f}')} | {both(entry[0] for entry in held)} | {both((entry[1] for entry in held), '{}')}"
                f" | {both((entry[2] for entry in held), '{}')} | {both((page.asked for page in pages), '{}')} | {line} |",
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
        assert not page.failed, page.failed
        assert page.evaluate(HEALTH) == "live", page.evaluate(HEALTH)
        assert page.asked > 500, f"{page.asked} requests are no hour"
        heap, nodes, listeners = (late[at][part] / early[at][part] for part in range(3))
        print(f"tab {at + 1}, of minute 60 against 10: heap {heap:.2f}, nodes {nodes:.2f}, listeners {listeners:.2f}")
        assert heap < MOST + 0.35 and listeners < MOST + 0.35, "the page holds more and more"
    whole = sum(late_tabs) / sum(early_tabs)
    print(f"tabs: {whole:.2f}")
    assert whole < MOST, "the tabs take more and more"
    assert last > seen[-2][2] > seen[1][2], "the view has stopped"


with sync_playwright() as playwright:
    main(playwright)
