"""Looks at each view of the page as people do: with axe in both themes and three widths, and by keyboard alone.

Prints what is wrong, a line each, and ends with 1 if anything is. Arguments: the address of the page, the path of
axe.min.js, the browser, and the views with a text that each shows.
"""

import sys
from playwright.sync_api import sync_playwright

ADDRESS, AXE, BROWSER, *VIEWS = sys.argv[1:]
VIEWS = [view.rsplit("=", 1) for view in VIEWS]
PROBLEMS = []

# Which of the elements that a person tabs through has no size, or looks as it did without the focus.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const look = () => { const s = getComputedStyle(element); return [s.outline, s.boxShadow, s.borderColor, s.backgroundColor].join(); };
  const focused = look(), box = element.getBoundingClientRect();
  element.blur();
  const unfocused = look();
  element.focus();
  const name = element.tagName + ' ' + (element.id || element.textContent.slice(0, 30));
  if (!box.width || !box.height) return name + ' has no size';
  return focused === unfocused ? name + ' does not show its focus' : 'fine';
}"""


def opened(browser, scheme, width, **more):
    # axe is no part of the page, whose policy allows no script but its own.
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True, **more)
    # What is waited for comes; how soon is not what is tested.
    context.set_default_timeout(240_000)
    page = context.new_page()
    # That something is not there is an answer, of which browsers complain.
    bad = lambda message: message.type in ("error", "warning") and "status of 404" not in message.text
    page.on("console", lambda message: PROBLEMS.append(f"console: {message.text}") if bad(message) else None)
    page.on("pageerror", lambda error: PROBLEMS.append(f"script: {error}"))
    foreign = lambda request: None if request.url.startswith(ADDRESS) else PROBLEMS.append(f"asks {request.url}")
    page.on("request", foreign)
    return page


def show(page, view, text):
    page.goto(f"{ADDRESS}/page/#/ns/default/{view}")
    page.get_by_text(text, exact=False).first.wait_for()


def axe(page, where):
    page.evaluate(open(AXE).read())
    # Targets of 24 px are no part of what axe looks for unless it is asked to.
    options = "{resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}"
    for found in page.evaluate(f"axe.run(document, {options})")["violations"]:
        targets = [node["target"] for node in found["nodes"]][:3]
        PROBLEMS.append(f"{where}: {found['id']} ({found['impact']}): {found['help']}: {targets}")


def reflows(page, where):
    """At 400 % a window of 1280 px has 320, and nobody has to scroll to the side."""
    wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    if wide > 0:
        PROBLEMS.append(f"{where}: is {wide} px too wide")


def still(page, where):
    """Whoever wants no motion sees none."""
    moves = page.evaluate("document.getAnimations().length")
    if moves:
        PROBLEMS.append(f"{where}: {moves} things move")


def keyboard(page):
    """From the list to a job, to the slots, to the search and the help, without the mouse."""
    show(page, *VIEWS[0])
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*")
    for key in "gs":
        page.keyboard.press(key)
    page.wait_for_url("**/slots*")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.tagName === 'INPUT'")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    for view, text in VIEWS:
        show(page, view, text)
        for _ in range(60):
            page.keyboard.press("Tab")
            said = page.evaluate(FOCUS)
            if said is None:
                break
            if said != "fine":
                PROBLEMS.append(f"{view}: {said}")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
    for scheme in ("light", "dark"):
        for width in (360, 1280, 2560):
            page = opened(browser, scheme, width)
            for view, text in VIEWS:
                show(page, view, text)
                axe(page, f"{view} at {width}, {scheme}")
                if width == 360:
                    reflows(page, f"{view} at {width}, {scheme}")
            page.context.close()
    # As at 400 %, in forced colours, without motion.
    page = opened(browser, "dark", 320, forced_colors="active", reduced_motion="reduce")
    for view, text in VIEWS:
        show(page, view, text)
        axe(page, f"{view} in forced colours")
        reflows(page, f"{view} at 400 %")
        still(page, f"{view} with reduced motion")
    page.context.close()
    keyboard(opened(browser, "light", 1280))
    browser.close()

for problem in dict.fromkeys(PROBLEMS):
    print(problem)
sys.exit(1 if PROBLEMS else 0)
