"""What can be selected is shown, by keyboard too, and what holds hosts back leads to what helps.

Prints what is wrong, a line each, and ends with 1 then. Arguments: the address of the page, and the browser. Job 1 is
stuck: web2 has failed and holds the only slot of $web. Job 2, of bob, waits for an agent. Job 3 is over.
"""

import re

from steps import ask, expect, order, view, walk


def enter(page, key):
    """Presses Enter where somebody has come to with the keyboard."""
    place = page.locator(f'[data-key="{key}"]').first
    place.wait_for()
    place.focus()
    page.keyboard.press("Enter")


def title(page, text):
    page.locator(".inspector h2", has_text=text).wait_for()


def closed(page):
    page.keyboard.press("Escape")
    page.locator(".inspector[hidden]").wait_for(state="attached")
    expect("the address still has what was selected", "look=" not in page.url and "host=" not in page.url)


def a_group_a_limit_an_event_and_a_wave_are_shown(page):
    view(page, "jobs/1")
    enter(page, "look-$web")
    title(page, "$web")
    page.locator(".inspector", has_text="cannot bind").wait_for()
    expect("a group has no address of its own", "look=group" in page.url)
    page.locator("#command", has_text="pogo status 1").wait_for()
    closed(page)
    enter(page, "limit-0")
    title(page, "$web")
    page.locator(".inspector", has_text="waits with 2 hosts").wait_for()
    page.locator("#command", has_text="pogo slots '$web'").wait_for()
    closed(page)
    page.locator(".events li button").first.focus()
    page.keyboard.press("Enter")
    title(page, "Event")
    enter(page, "there")
    closed(page)
    page.locator('.events [data-key^="blocked:"]').focus()
    page.keyboard.press("Enter")
    title(page, "blocked")
    closed(page)


def the_timeline_is_read_by_keyboard(page):
    view(page, "jobs/1?host=web1")
    title(page, "web1")
    page.locator("canvas").focus()
    page.wait_for_function("() => document.querySelector('canvas').height > 200")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    title(page, "$web")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**host=*")
    closed(page)


def slots_say_who_waits(page):
    view(page, "slots")
    page.locator("em", has_text="2 wait").wait_for()


def a_tag_has_its_line(page):
    view(page, "hosts/web2")
    page.locator(".tags", has_text="hosts.ini:7").wait_for()


def who_has_to_bring_something_is_told(page):
    view(page, "jobs")
    page.locator("#banners", has_text="Job 2 needs bob’s agent").wait_for()


def a_job_that_is_over_is_not_live(page):
    view(page, "jobs/3")
    page.locator("#health b", has_text="ended").wait_for()
    view(page, "jobs/1")
    page.locator("#health b", has_text="live").wait_for()


def the_name_of_the_token_is_there(page):
    view(page, "jobs/1")
    page.locator("#who summary", has_text="alice-cli").wait_for()
    page.locator(".by", has_text="token “alice-cli”").wait_for()


def cures_are_named_and_what_is_dangerous_wants_a_reason(page):
    view(page, "jobs/1")
    first = page.locator(".holds li").first
    first.get_by_role("button", name="Retry web2", exact=True).wait_for()
    expect("what is dangerous stands in front", not first.get_by_role("button", name="Skip web2").is_visible())
    first.locator("summary", has_text="more").click()
    first.get_by_role("button", name="Skip web2", exact=True).click()
    page.locator("dialog[open] .command", has_text="$ pogo skip 1 web2").wait_for()
    expect("a skip needs no reason", page.locator("dialog #reason").get_attribute("required") is not None)
    page.get_by_role("button", name="Skip web2").click()
    expect("it is ordered without a reason", page.locator("dialog[open]").is_visible())
    # A host that waits says the same.
    view(page, "jobs/1?host=web3")
    waits = page.locator(".inspector .reasons li").first
    waits.get_by_role("button", name="Retry web2", exact=True).wait_for()
    expect("of a host too", not waits.get_by_role("button", name="Skip web2").is_visible())


def focus_returns_from_a_dialog(page):
    view(page, "jobs")
    page.locator('[data-key="freeze"]').focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.dataset.key === 'freeze'")


def single_keys_are_switched_off(page):
    view(page, "jobs")
    page.locator(".jobrow").first.wait_for()
    page.keyboard.press("?")
    page.get_by_label("Single keys do something").uncheck()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    for key in ("?", "g", "s", "j"):
        page.keyboard.press(key)
    expect("a single key still does something", "/jobs" in page.url and not page.locator("dialog[open]").is_visible())
    page.locator("#help").click()
    page.get_by_label("Single keys do something").check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/slots")


def times_are_those_of_a_zone(page):
    view(page, "jobs/3")
    time = page.locator(".events time").first
    time.wait_for()
    zone, there = page.locator("#zone").inner_text(), time.inner_text()
    expect(f"the zone is {zone}", zone == "GMT+9")
    page.locator("#zone").click()
    page.locator("#zone", has_text="UTC").wait_for()
    time.wait_for()
    hours = (int(there[-8:-6]) - int(time.inner_text()[-8:-6])) % 24
    expect(f"{there} is {time.inner_text()} in UTC", hours == 9)


def the_search_finds_jobs_and_hosts(page):
    view(page, "jobs")
    for text, leads in [("alice", "**/jobs?user=alice"), ("3", "**/jobs/3"), ("web2", "**/hosts/web2"), ("$web", "**/hosts?hosts=%24web")]:
        page.locator("#query").fill(text)
        page.keyboard.press("Enter")
        page.wait_for_url(leads)


def a_handover_is_copied_or_shown(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view(page, "jobs/1")
    page.get_by_role("button", name="Copy handover").click()
    page.wait_for_function("() => document.getElementById('told').textContent === 'copied'")
    text = page.evaluate("navigator.clipboard.readText()")
    for part in ("pogo job 1: systemctl restart web on $web", "by alice", "cannot bind", "/jobs/1"):
        expect(f"the handover lacks {part}: {text}", part in text)
    # Without https browsers let no page copy.
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.reload()
    page.get_by_role("button", name="Copy handover").click()
    page.locator("dialog[open] textarea").wait_for()
    shown = page.locator("dialog textarea").input_value()
    expect(f"another handover is shown: {shown}", "pogo job 1: systemctl restart web on $web" in shown)


def a_pinch_zooms_where_the_fingers_are(page):
    view(page, "jobs/3")
    page.wait_for_function("() => (document.querySelector('canvas').ariaLabel || '').includes('hosts')")
    page.locator("#health b", has_text="ended").wait_for()
    bars = ask(page, "jobs/3/bars")
    began, last = bars["began"], max(bars["last"], bars["began"] + 1000)
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    left = 92 if box["width"] < 520 else 130 if box["width"] < 900 else 176
    plot = box["width"] - left - 10
    middle, y = box["x"] + left + plot / 4, box["y"] + 100
    touch = page.context.new_cdp_session(page)
    fingers = lambda apart: [{"x": middle - apart, "y": y, "id": 0}, {"x": middle + apart, "y": y, "id": 1}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": fingers(40)})
    for apart in (44, 48, 52, 56, 60):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": fingers(apart)})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_url("**from=*")
    start, end = (int(re.search(f"{name}=(\\d+)", page.url)[1]) for name in ("from", "to"))
    before, after = began + (last - began) / 4, start + (end - start) / 4
    expect(f"what was between the fingers has moved by {after - before} of {end - start} ms", abs(after - before) < (end - start) / 20)
    expect("it is not nearer", end - start < (last - began) * 0.9)


def the_same_is_run_again_with_its_plan(page):
    view(page, "jobs/3")
    page.get_by_role("button", name="Run again").click()
    page.locator("dialog #hosts").wait_for()
    expect("other hosts are proposed", page.locator("dialog #hosts").input_value() == "cache1")
    page.locator("dialog summary", has_text="Plan").click()
    page.locator("dialog pre", has_text="1 host: cache1").wait_for()
    page.locator("dialog #hosts").fill("web1")
    page.locator("dialog .command", has_text="$ pogo rerun 3 web1").wait_for()
    page.locator("dialog pre", has_text="1 host: web1").wait_for()
    page.locator("dialog #hosts").fill("cache1")
    page.locator("dialog pre", has_text="1 host: cache1").wait_for()
    page.locator("dialog #reason").fill("the way back")
    page.get_by_role("button", name="Run job 3 again").click()
    page.wait_for_url(re.compile(r"/jobs/[4-9]$"))
    page.locator(".facts", has_text="1 of 1 succeeded").wait_for()
    page.locator(".by", has_text="“the way back”").wait_for()


def rows_stay_where_they_are_under_the_pointer(page):
    view(page, "jobs")
    page.locator(".jobrow").first.hover()
    first = page.locator(".jobrow .number").first.inner_text()
    job = order(page, {"submit": {"spec": {"targets": "cache1", "command": {"shell": "true"}}}})
    page.get_by_role("button", name="1 new").wait_for()
    expect("a row has moved under the pointer", page.locator(".jobrow .number").first.inner_text() == first)
    page.get_by_role("button", name="1 new").click()
    page.locator(".jobrow .number", has_text=str(job)).wait_for()


def who_has_to_bring_something_is_told_at_once(page):
    # What is asked for after a while of silence is never asked for here: all there is, is what the stream says.
    page.add_init_script("const timer = setTimeout; window.setTimeout = (call, wait, ...more) => wait < 10000 ? timer(call, wait, ...more) : 0;")
    asked = []
    page.on("request", lambda request: asked.append(1) if request.url.endswith("/status") else None)
    view(page, "jobs/3")
    # Once as the view opens, and once as the stream begins.
    while len(asked) < 2:
        page.wait_for_timeout(50)
    job = order(page, {"submit": {"spec": {"targets": "db1", "command": {"shell": "true"}}}})
    page.locator("#banners", has_text=f"Job {job} needs alice’s agent").wait_for()
    order(page, {"abort": {"job": job}}, "not needed")
    page.locator("#banners", has_text=f"Job {job} needs").wait_for(state="detached")


def what_is_in_the_way_is_probed(page):
    view(page, "jobs/1")
    page.locator(".holds").get_by_role("button", name="Output").first.click()
    title(page, "web2")
    closed(page)
    page.locator(".holds li").first.get_by_role("button", name="Probe…").click()
    page.locator("dialog[open] #hosts").fill("uptime")
    command = page.locator("dialog .command")
    expect(f"the command is {command.inner_text()}", command.inner_text() == "$ pogo probe 1 web2 -- uptime")
    page.locator("dialog #reason").fill("looks well")
    expect(f"a reason is no part of the check: {command.inner_text()}", "--reason 'looks well' -- uptime" in command.inner_text())
    page.get_by_role("button", name="Probe web2").click()
    page.locator("dialog[open]").wait_for(state="detached")
    # web2 has given back its slot.
    page.locator(".facts", has_text="3 of 4").wait_for()
    jobs = ask(page, "jobs?limit=1000")["view"]["entries"]
    records = ask(page, f"jobs/{jobs[-1]['job']}/events")["records"]
    spec = next(record["spec"] for record in records if record["event"] == "job_submitted")
    expect(f"it may run more at once than its job: {spec}", spec["targets"] == "web2" and spec["max_parallel"] == "3")


walk(
    a_group_a_limit_an_event_and_a_wave_are_shown,
    the_timeline_is_read_by_keyboard,
    slots_say_who_waits,
    a_tag_has_its_line,
    who_has_to_bring_something_is_told,
    a_job_that_is_over_is_not_live,
    the_name_of_the_token_is_there,
    cures_are_named_and_what_is_dangerous_wants_a_reason,
    focus_returns_from_a_dialog,
    single_keys_are_switched_off,
    times_are_those_of_a_zone,
    the_search_finds_jobs_and_hosts,
    a_handover_is_copied_or_shown,
    a_pinch_zooms_where_the_fingers_are,
    the_same_is_run_again_with_its_plan,
    rows_stay_where_they_are_under_the_pointer,
    who_has_to_bring_something_is_told_at_once,
    # It changes what the others look at.
    what_is_in_the_way_is_probed,
)
