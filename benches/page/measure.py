"""What a browser takes to show a job: prints a row for each size.

Arguments: the browser, and the program of pogo-web's example `page`, which pretends a rollout; then its sizes in hosts.
For each size: until the job's first picture stands, the longest frame while the timeline is scrolled and zoomed, and
the memory of the tab (its process, shared pages counted in part) at its end.
"""

import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

BROWSER, PROGRAM, *SIZES = sys.argv[1:]

# The longest time between two frames, in milliseconds, while `during` runs.
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now; window.asking = requestAnimationFrame(next); };
  window.asking = requestAnimationFrame((now) => { last = now; next(now); });
}"""
STOP = "() => { cancelAnimationFrame(window.asking); return window.frames_.slice(1); }"


def children(pid):
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    found, wanted = [], {pid}
    rows = [line.split(None, 2) for line in listed.splitlines()]
    for _ in range(6):
        wanted |= {int(row[0]) for row in rows if int(row[1]) in wanted}
    for row in rows:
        if int(row[0]) in wanted and "--type=renderer" in row[2] and "--extension-process" not in row[2]:
            found.append(int(row[0]))
    return found


def memory(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0


def tab(browser_pid):
    return max((memory(pid) for pid in children(browser_pid)), default=0)


def browser_process():
    # Playwright does not say it; the only child of this process that is a browser is.
    listed = subprocess.run(["pgrep", "-f", "remote-debugging-pipe"], capture_output=True, text=True).stdout.split()
    return int(listed[0])


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
        fresh.wait_for_timeout(2000)
        used = tab(browser_process())
        print(f"| {int(hosts):,} | {first:.0f} | {max(scrolled):.0f} | {sorted(scrolled)[len(scrolled) * 99 // 100]:.0f} | {max(zoomed):.0f} | {sorted(zoomed)[len(zoomed) * 99 // 100]:.0f} | {used:.0f} |", flush=True)
        browser.close()
    finally:
        service.kill()
        service.wait()


with sync_playwright() as playwright:
    print("| hosts | first picture (ms) | longest frame scrolling | p99 | longest zooming | p99 | tab (MB) |")
    for at, hosts in enumerate(SIZES):
        measure(playwright, hosts, 17646 + at)
