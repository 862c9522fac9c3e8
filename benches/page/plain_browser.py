"""A browser that is driven without what debuggers keep of a page.

Playwright listens to the network of each page, and then a tab keeps up to 100 MB of the answers that it got: nothing that
a person's browser does, and most of what would be measured.
"""

import json
import os
import subprocess
import tempfile


class PlainBrowser:
    def __init__(self, path):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        (there, self.out), (self.into, here) = os.pipe(), os.pipe()

        def ends():
            # The browser reads its commands from 3 and answers to 4.
            os.dup2(there, 103), os.dup2(here, 104)
            os.dup2(103, 3), os.dup2(104, 4)

        arguments = ["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-pipe", "--window-size=1280,900"]
        self.process = subprocess.Popen(
            [path, *arguments, f"--user-data-dir={self.profile.name}", "about:blank"],
            preexec_fn=ends, close_fds=False, stderr=subprocess.DEVNULL,
        )
        os.close(there), os.close(here)
        self.number, self.rest = 0, b""

    def call(self, method, session=None, **parameters):
        self.number += 1
        asked = {"id": self.number, "method": method, "params": parameters}
        if session:
            asked["sessionId"] = session
        os.write(self.out, json.dumps(asked).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                part = os.read(self.into, 1 << 16)
                assert part, "the browser has ended"
                self.rest += part
            message, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(message)
            if answer.get("id") == self.number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def page(self, address, script):
        """A tab of its own, which runs this script before those of the page."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = PlainPage(self, session)
        page.send("Page.enable")
        page.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        page.send("Page.navigate", url=address)
        return page

    def close(self):
        self.process.kill()
        self.process.wait()
        self.profile.cleanup()


class PlainPage:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def send(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression):
        return self.send("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")
