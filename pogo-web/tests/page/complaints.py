"""What users of other tools complain of does not happen here: prints what does, a line each, and ends with 1 then.

Arguments: the address of the page, and the browser. The server lets one stream be open at once; of job 1 web2 has
failed, web3 has written 100,000 lines, and web8 runs.
"""

import re
import sys

from playwright.sync_api import sync_playwright

ADDRESS, BROWSER = sys.argv[1:]
PROBLEMS = []
LINES = "() => [...document.querySelectorAll('.l.stdout')].map((line) => Number(/line (\\d+)/.exec(line.textContent)[1]))"


def view(page, path):
    page.goto(f"{ADDRESS}/page/#/ns/default/{path}")


def expect(what, holds):
    if not holds:
        PROBLEMS.append(what)


def tabs_share_a_stream(context):
    """Six tabs, and the browser stalls: each has a connection of its own that never ends."""
    pages = [context.new_page() for _ in range(8)]
    for page in pages:
        view(page, "jobs/1")
    for page in pages:
        page.wait_for_function("() => document.querySelector('#health b').textContent === 'live'")
        page.close()


def a_view_that_is_left_asks_no_more(context):
    """Leaving a view leaves its requests running (rundeck#5992)."""
    page = context.new_page()
    asked = []
    page.route("**/overview", lambda route: asked.append(route))
    view(page, "jobs/1")
    page.wait_for_function("() => document.querySelector('h1')")
    while not asked:
        page.wait_for_timeout(20)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/overview")):
        view(page, "slots")
    page.unroute_all(behavior="ignoreErrors")
    page.close()


def slow_is_not_empty(context):
    """Empty or slow cannot be told apart (argo-cd#5797)."""
    for path, asks, empty, waiting in [
        ("jobs", "**/jobs?*", "No jobs yet", ".ghost"),
        ("running", "**/attempts?*", "Nothing runs now", "text=Asking the server…"),
        ("slots", "**/slots?*", "There are no limits", "text=Asking the server…"),
    ]:
        page = context.new_page()
        held, released = [], []
        page.route(asks, lambda route: route.continue_() if released else held.append(route))
        view(page, path)
        page.locator(waiting).first.wait_for()
        expect(f"{path}: is said to be empty while it is asked for", empty not in page.locator("main").inner_text())
        while not held:
            page.wait_for_timeout(20)
        released.append(True)
        for route in held:
            route.continue_()
        page.locator(waiting).first.wait_for(state="detached")
        page.close()


def a_large_log_opens_at_its_end(context):
    """A log too large to show (rundeck#6223, concourse#6884); lines before joining are missing (actions/runner#2131)."""
    page = context.new_page()
    view(page, "jobs/1?host=web3")
    page.get_by_text("line 99999 of", exact=False).first.wait_for()
    shown = page.evaluate(LINES)
    expect(f"{len(shown)} lines of a large log are in the page at once", len(shown) <= 6000)
    page.get_by_role("button", name="earlier").click()
    page.wait_for_function(f"() => document.querySelectorAll('.l.stdout').length > {len(shown)}")
    more = page.evaluate(LINES)
    expect("lines are missing or doubled where earlier ones were read", more == list(range(more[0], 100_000)))
    expect("earlier lines did not come", more[0] < shown[0])
    page.close()


def no_line_is_lost_where_an_answer_fails(context):
    """What came before an answer that does not come is shown when the next one does."""
    page = context.new_page()
    failed = []

    def fail_once(route):
        if failed:
            route.continue_()
        else:
            failed.append(True)
            route.abort()

    page.route("**/output/stderr*", fail_once)
    view(page, "jobs/1?host=web3")
    page.get_by_text("line 99999 of", exact=False).first.wait_for()
    expect("no answer has failed", failed)
    page.close()


def those_that_failed_are_a_click_away(context):
    """No way to filter those that failed."""
    page = context.new_page()
    view(page, "jobs/1?state=succeeded")
    page.locator(".hosts code", has_text="web1").wait_for()
    page.locator(".chip", has_text="failed").click()
    page.locator(".hosts code", has_text="web2").wait_for()
    page.locator(".hosts code", has_text="web1").wait_for(state="detached")
    expect("others than those that failed are listed", page.locator(".hosts code").all_inner_texts() == ["web2"])
    view(page, "jobs?state=failed")
    page.locator(".jobrow").first.wait_for()
    numbers = page.locator(".jobrow .number").all_inner_texts()
    expect(f"jobs without failures are listed: {numbers}", numbers == ["1"])
    page.close()


def what_acts_now_and_how_long_it_takes(context):
    """No list of the hosts that act now (awx#2573), no jobs by host (awx#12460), no estimate (semaphore#622)."""
    page = context.new_page()
    view(page, "running")
    page.locator("td code", has_text="web8").wait_for()
    view(page, "hosts/web2")
    page.get_by_text("job 1", exact=False).first.wait_for()
    view(page, "jobs/1")
    page.locator(".facts", has_text=re.compile("about .* left")).wait_for()
    page.close()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    for complaint in (
        tabs_share_a_stream,
        a_view_that_is_left_asks_no_more,
        slow_is_not_empty,
        a_large_log_opens_at_its_end,
        no_line_is_lost_where_an_answer_fails,
        those_that_failed_are_a_click_away,
        what_acts_now_and_how_long_it_takes,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        # What is waited for comes; how soon is not what is tested.
        context.set_default_timeout(240_000)
        try:
            complaint(context)
        except Exception as error:
            PROBLEMS.append(f"{complaint.__name__}: {error}")
        context.close()
    browser.close()

for problem in PROBLEMS:
    print(problem)
sys.exit(1 if PROBLEMS else 0)
