"""What users of other tools complain of does not happen here: prints what does, a line each, and ends with 1 then.

Arguments: the address of the page, and the browser. The server lets one stream be open at once; of job 1 web2 has
failed, web3 has written 100,000 lines, and web8 runs.
"""

import re

from steps import expect, view, walk

LINES = "() => [...document.querySelectorAll('.l.stdout')].map((line) => Number(/line (\\d+)/.exec(line.textContent)[1]))"


def tabs_share_a_stream(page):
    """Six tabs, and the browser stalls: each has a connection of its own that never ends."""
    pages = [page] + [page.context.new_page() for _ in range(7)]
    for page in pages:
        view(page, "jobs/1")
    for page in pages:
        page.wait_for_function("() => document.querySelector('#health b').textContent === 'live'")
        page.close()


def a_view_that_is_left_asks_no_more(page):
    """Leaving a view leaves its requests running (rundeck#5992)."""
    asked = []
    page.route("**/overview", lambda route: asked.append(route))
    view(page, "jobs/1")
    page.wait_for_function("() => document.querySelector('h1')")
    while not asked:
        page.wait_for_timeout(20)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/overview")):
        view(page, "slots")
    page.unroute_all(behavior="ignoreErrors")


def slow_is_not_empty(page):
    """Empty or slow cannot be told apart (argo-cd#5797)."""
    context = page.context
    for path, asks, empty, waiting in [
        ("jobs", "**/history?*", "No jobs yet", ".ghost"),
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


def a_large_log_opens_at_its_end(page):
    """A log too large to show (rundeck#6223, concourse#6884); lines before joining are missing (actions/runner#2131)."""
    view(page, "jobs/1?host=web3")
    page.get_by_text("line 99999 of", exact=False).first.wait_for()
    shown = page.evaluate(LINES)
    expect(f"{len(shown)} lines of a large log are in the page at once", len(shown) <= 6000)
    page.get_by_role("button", name="earlier").click()
    page.wait_for_function(f"() => document.querySelectorAll('.l.stdout').length > {len(shown)}")
    more = page.evaluate(LINES)
    expect("lines are missing or doubled where earlier ones were read", more == list(range(more[0], 100_000)))
    expect("earlier lines did not come", more[0] < shown[0])


def a_large_log_opens_anywhere(page):
    """In the middle of a large log no more is read than is seen, and one goes on from there in both directions."""
    view(page, "jobs/1?host=web3")
    page.get_by_text("line 99999 of", exact=False).first.wait_for()
    page.get_by_label("Where in the output").fill("50")
    page.wait_for_function(f"() => {{ const lines = ({LINES})(); return lines.length && lines[0] > 40000 && lines[0] < 60000; }}")
    shown = page.evaluate(LINES)
    expect(f"{len(shown)} lines are read where one looks into the middle", 100 < len(shown) <= 6000)
    page.get_by_role("button", name="later").click()
    page.wait_for_function(f"() => ({LINES})().length > {len(shown)}")
    page.get_by_role("button", name="earlier").click()
    page.wait_for_function(f"() => ({LINES})()[0] < {shown[0]}")
    more = page.evaluate(LINES)
    expect("lines are missing or doubled around the middle", more == list(range(more[0], more[-1] + 1)))
    expect("later lines did not come", more[-1] > shown[-1])
    page.get_by_label("Where in the output").fill("100")
    page.get_by_text("line 99999 of", exact=False).first.wait_for()


def no_line_is_lost_where_an_answer_fails(page):
    """What came before an answer that does not come is shown when the next one does."""
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


def those_that_failed_are_a_click_away(page):
    """No way to filter those that failed."""
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


def one_that_wrote_otherwise_is_a_key_away(page):
    """Hosts that ended alike and wrote the same are stepped over."""
    view(page, "jobs/1?state=succeeded&host=web4")
    page.locator(".inspector h2", has_text="web4").wait_for()
    page.locator(".hosts code", has_text="web7").wait_for()
    page.keyboard.press("d")
    page.wait_for_url("**host=web7*")
    page.keyboard.press("d")
    page.wait_for_function("() => document.getElementById('told').textContent.startsWith('all others')")


def those_that_failed_are_found_among_thousands(page):
    """A list without paging by the server (nomad#13927): a filter looks further than the first page."""
    asked = []

    def answer(route):
        before = int((re.search(r"before=(\d+)", route.request.url) or [0, 100_000])[1])
        asked.append(route.request.url)
        tally = lambda job: {"waiting": 0, "running": 0, "succeeded": 1, "failed": int(job == 99_100), "in_doubt": 0, "skipped": 0, "cancelled": 0}
        entry = lambda job: {"job": job, "at": 1000 * job, "user": "alice", "command": "true", "targets": "web1", "hosts": "web1", "count": 1, "status": "finished", "tally": tally(job), "changed": 1000 * job}
        jobs = range(before - 1, before - 201, -1)
        route.fulfill(json={"version": 1, "entries": [entry(job) for job in jobs], "next": jobs[-1]})

    page.route("**/history?*", answer)
    view(page, "jobs?state=failed")
    page.locator(".jobrow").first.wait_for()
    expect("another job is listed", page.locator(".jobrow .number").all_inner_texts() == ["99100"])
    when = page.locator(".jobrow .when").inner_text()
    expect(f"a time of another day has no date: {when}", re.match(r"1970-01-02 \d\d:\d\d$", when))
    view(page, "jobs?state=blocked")
    page.get_by_text("None of the latest", exact=False).wait_for()
    page.get_by_role("button", name="older").wait_for()
    expect("the server does not choose by status", any("status=blocked" in url for url in asked))


def what_acts_now_and_how_long_it_takes(page):
    """No list of the hosts that act now (awx#2573), no jobs by host (awx#12460), no estimate (semaphore#622)."""
    view(page, "running")
    page.locator("td code", has_text="web8").wait_for()
    view(page, "slots")
    said = page.locator(".slots em").first
    said.wait_for(state="attached")
    expect(f"of a limit with free slots for which nobody waits is said: {said.inner_text()}", said.inner_text() == "")
    view(page, "hosts/web2")
    page.get_by_text("job 1", exact=False).first.wait_for()
    view(page, "jobs/1")
    page.locator(".facts", has_text=re.compile("about .* left")).wait_for()


walk(
    tabs_share_a_stream,
    a_view_that_is_left_asks_no_more,
    slow_is_not_empty,
    a_large_log_opens_at_its_end,
    a_large_log_opens_anywhere,
    no_line_is_lost_where_an_answer_fails,
    those_that_failed_are_a_click_away,
    one_that_wrote_otherwise_is_a_key_away,
    those_that_failed_are_found_among_thousands,
    what_acts_now_and_how_long_it_takes,
    # Requests are held up and cut off on purpose, of which browsers complain.
    watch=lambda page: None,
)
