"""What the scripts share that look at the page step by step: each step has a tab of its own, and says what is wrong."""

import sys

from playwright.sync_api import sync_playwright

ADDRESS, BROWSER = sys.argv[1:]
PROBLEMS = []


def view(page, path):
    page.goto(f"{ADDRESS}/page/#/ns/default/{path}")


def expect(what, holds):
    if not holds:
        PROBLEMS.append(what)


def order(page, what, reason=None):
    """Orders something, as somebody else would; the number of the job, if it is of one."""
    answer = page.request.post(f"{ADDRESS}/v1/namespaces/default/orders", data={"order": what, "reason": reason})
    expect(f"{what} is refused: {answer.text()}", answer.ok)
    answered = answer.json().get("answer")
    return answered.get("job") if isinstance(answered, dict) else None


def ask(page, path):
    return page.request.get(f"{ADDRESS}/v1/namespaces/default/{path}").json()


def complained(page):
    """What goes wrong in its scripts is wrong. That something is not there is an answer, of which browsers complain."""
    absent = ("status of 404", "status of 422")
    bad = lambda message: message.type == "error" and not any(status in message.text for status in absent)
    page.on("console", lambda message: PROBLEMS.append(f"console: {message.text}") if bad(message) else None)
    page.on("pageerror", lambda error: PROBLEMS.append(f"script: {error}"))


def walk(*steps, watch=complained):
    """Takes each step with a new page, prints what is wrong, and ends the script with 1 if anything is."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        for step in steps:
            # In a zone that no machine of the tests is in.
            context = browser.new_context(viewport={"width": 1280, "height": 1000}, has_touch=True, timezone_id="Asia/Tokyo")
            # What is waited for comes; how soon is not what is tested.
            context.set_default_timeout(120_000)
            context.on("page", watch)
            try:
                step(context.new_page())
            except Exception as error:
                PROBLEMS.append(f"{step.__name__}: {error}")
            context.close()
        browser.close()
    for problem in PROBLEMS:
        print(problem)
    sys.exit(1 if PROBLEMS else 0)
