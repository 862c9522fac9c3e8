"""What can be selected is shown, by keyboard too, and what holds hosts back leads to what helps.

Prints what is wrong, a line each, and ends with 1 then. Arguments: the address of the page, and the browser. Job 1 is
stuck: web2 has failed and holds the only slot of $web. Job 2, of bob, waits for an agent. Job 3 is over.
"""

import sys

from playwright.sync_api import sync_playwright

ADDRESS, BROWSER = sys.argv[1:]
PROBLEMS = []


def view(page, path):
    page.goto(f"{ADDRESS}/page/#/ns/default/{path}")


def expect(what, holds):
    if not holds:
        PROBLEMS.append(what)


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


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    # What is waited for comes; how soon is not what is tested.
    context.set_default_timeout(120_000)
    page = context.new_page()
    # That something is not there is an answer, of which browsers complain.
    bad = lambda message: message.type == "error" and "status of 404" not in message.text
    page.on("console", lambda message: PROBLEMS.append(f"console: {message.text}") if bad(message) else None)
    page.on("pageerror", lambda error: PROBLEMS.append(f"script: {error}"))
    for step in (
        a_group_a_limit_an_event_and_a_wave_are_shown,
        the_timeline_is_read_by_keyboard,
        slots_say_who_waits,
        a_tag_has_its_line,
        who_has_to_bring_something_is_told,
        a_job_that_is_over_is_not_live,
        the_name_of_the_token_is_there,
        what_is_in_the_way_is_probed,
    ):
        try:
            step(page)
        except Exception as error:
            PROBLEMS.append(f"{step.__name__}: {error}")
    browser.close()

for problem in PROBLEMS:
    print(problem)
sys.exit(1 if PROBLEMS else 0)
