"""Logs in by a provider, pauses a job and logs out, as a person does.

Prints what is wrong, a line each, and ends with 1 if anything is. Arguments: the address of the page, and the browser.
"""

import sys
from playwright.sync_api import sync_playwright

ADDRESS, BROWSER = sys.argv[1:]
PROBLEMS = []


def expect(what, holds):
    if not holds:
        PROBLEMS.append(what)


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: PROBLEMS.append(f"script: {error}"))

    page.goto(f"{ADDRESS}/page/#/ns/default/jobs/1")
    page.get_by_role("link", name="Log in with Company").click()
    page.get_by_role("link", name="I am Alice").click()
    page.get_by_text("systemctl restart web").first.wait_for()
    expect(f"it does not go on where it began: {page.url}", page.url.endswith("/page/#/ns/default/jobs/1"))

    who = page.locator("#who summary")
    who.wait_for()
    expect(f"it does not say who is logged in: {who.inner_text()}", who.inner_text() == "sso:alice company")
    cookies = [cookie for cookie in context.cookies() if cookie["name"] == "pogo-session"]
    expect(f"the session is in no cookie: {context.cookies()}", len(cookies) == 1)
    for cookie in cookies:
        expect(f"scripts could read it: {cookie}", cookie["httpOnly"] and cookie["sameSite"] == "Strict")
    seen = page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
    expect("a script can read the session", all(cookie["value"] not in seen for cookie in cookies))

    page.get_by_role("button", name="Pause").first.click()
    dialog = page.locator("dialog[open]")
    dialog.locator("#reason").fill("a look at the logs")
    dialog.locator("button.primary").click()
    dialog.wait_for(state="detached")
    page.get_by_text("was paused by sso:alice").first.wait_for()

    who.click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in with Company").wait_for()
    left = [cookie["name"] for cookie in context.cookies()]
    expect(f"cookies are left: {left}", not left)
    status = page.evaluate("fetch('../v1/namespaces').then((answer) => answer.status)")
    expect(f"after logging out it still answers: {status}", status == 401)

    browser.close()

for problem in dict.fromkeys(PROBLEMS):
    print(problem)
sys.exit(1 if PROBLEMS else 0)
