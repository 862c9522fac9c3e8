"""What a browser takes to show a job: prints a row for each size.

Arguments: the browser, and the program of pogo-web's example `page`, which pretends a rollout; then its sizes in hosts.
For each size: until the job's first picture stands, the longest frame while the timeline is scrolled and zoomed, and
the memory of the tab (its process, shared pages counted in part) at its end, before and after a collection of garbage.
"""

import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

from plain_browser import PlainBrowser
from tab_memory import collect, tabs

BROWSER, PROGRAM, *SIZES = sys.argv[1:]

# The longest time between two frames, in milliseconds, while `during` runs.
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now; window.asking = requestAnimationFrame(next); };
  window.asking = requestAnimationFrame((now) => { last = now; next(now); });
}"""
STOP = "() => { cancelAnimationFrame(window.asking); return window.frames_.slice(1); }"


def frames(page, act):
    page.evaluate(FRAMES)
    act()
    return page.evaluate(STOP)


def scroll(page):
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 150)
    for _ in range(40):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(16)
    for _ in range(40):
        page.mouse.wheel(0, -120)
        page.wait_for_timeout(16)


def zoom(page):
    page.keyboard.down("Control")
    for step in (-60, 60):
        for _ in range(25):
            page.mouse.wheel(0, step)
            page.wait_for_timeout(16)
    page.keyboard.up("Control")


def memory(address):
    """What a tab takes that has shown the job for some seconds, before and after a collection of garbage."""
    browser = PlainBrowser(BROWSER)
    try:
        page = browser.page(f"{address}/page/#/ns/default/jobs/2", "")
        while not page.evaluate("(document.querySelector('canvas') || document).ariaLabel?.includes('hosts')"):
            time.sleep(0.2)
        time.sleep(15)
        used = tabs()[0]
        heap, nodes, _ = collect(page)
        time.sleep(0.5)
        return used, tabs()[0], heap, nodes
    finally:
        browser.close()


def measure(playwright, hosts, port):
    service = subprocess.Popen([PROGRAM, hosts, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().strip().rstrip("/")
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/page/#/ns/default/jobs")
        page.get_by_text("systemctl restart web").first.wait_for(timeout=60000)
        page.wait_for_timeout(4000)
        fresh = browser.new_page(viewport={"width": 1280, "height": 900})
        page.close()
        began = time.monotonic()
        fresh.goto(f"{address}/page/#/ns/default/jobs/2")
        fresh.wait_for_function("() => { const c = document.querySelector('canvas'); return c && c.width > 300 && c.getAttribute('aria-label').includes('hosts'); }", polling=10)
        first = (time.monotonic() - began) * 1000
        fresh.wait_for_timeout(3000)
        scrolled = frames(fresh, lambda: scroll(fresh))
        zoomed = frames(fresh, lambda: zoom(fresh))
        browser.close()
        used, collected, heap, nodes = memory(address)
        percentile = lambda times: sorted(times)[len(times) * 99 // 100]
        times = f"{first:.0f} | {max(scrolled):.0f} | {percentile(scrolled):.0f} | {max(zoomed):.0f} | {percentile(zoomed):.0f}"
        print(f"| {int(hosts):,} | {times} | {used:.0f} | {collected:.0f} | {heap:.1f} | {nodes:,} |", flush=True)
    finally:
        service.kill()
        service.wait()


with sync_playwright() as playwright:
    print("| hosts | first picture (ms) | longest frame scrolling | p99 | longest zooming | p99 | tab (MB) | after a collection | heap of scripts | nodes |")
    for at, hosts in enumerate(SIZES):
        measure(playwright, hosts, 17646 + at)
