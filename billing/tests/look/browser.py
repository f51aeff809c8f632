"""A real browser on a real server, which reaches nothing but that server."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client

from billing.tests.look import axe
from billing.tests.look.driver import Driver, Element

THEMES = ("light", "dark")
WIDTHS = (1400, 390)
HEIGHTS = {1400: 900, 390: 844}
NOBODY_LOOKED = "NOBODY LOOKED"
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
STRANGERS = """
    return performance.getEntriesByType("resource").map(each => each.name)
        .filter(each => !each.startsWith(location.origin + "/") && !each.startsWith("data:"));
"""
PATIENCE_SECONDS = 5
IS_NOT_THERE = "return Boolean(window.wasLeft) || document.readyState !== 'complete'"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", NO_NETWORK)


class Silent(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing of each request."""


@contextmanager
def server() -> Iterator[str]:
    """The admin's handler on a free port; answers its address."""
    httpd = ThreadedWSGIServer(("127.0.0.1", 0), Silent, connections_override={})
    httpd.set_app(WSGIHandler())
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def needed() -> tuple[str, str]:
    """Where the browser and its driver are; without them the looks are skipped, loudly (`conftest.py`)."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        missing = [name for name, found in (("chromium", browser), ("chromedriver", driver)) if not found]
        pytest.skip(f"{NOBODY_LOOKED}: no {' and no '.join(missing)} on this machine.")
    return browser, driver


class Browser:
    """Chromium, signed in, at one width and in one theme at a time."""

    def __init__(self, base: str, user: User) -> None:
        self.base = base
        self.driver = Driver(*needed(), FLAGS)
        self.user = user
        self.sign_in()

    def sign_in(self) -> None:
        client = Client()
        client.force_login(self.user)
        self.open("/healthz")
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "path": "/"}
        self.driver.ask("POST", "cookie", cookie=cookie)

    def dress(self, theme: str, width: int) -> None:
        metrics = {"width": width, "height": HEIGHTS[width], "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.command("Emulation.setDeviceMetricsOverride", **metrics)
        self.run(f"localStorage.setItem('adminTheme', JSON.stringify('{theme}'))")

    def open(self, address: str) -> None:
        """Open a page, and wait until it is all there and the one before is not."""
        self.run("window.wasLeft = true")
        self.driver.open(f"{self.base}{address}")
        until = time.monotonic() + PATIENCE_SECONDS
        while self.run(IS_NOT_THERE) and time.monotonic() < until:
            time.sleep(0.05)

    def find(self, selector: str) -> Element:
        (found,) = self.driver.find_all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        return [each.text for each in self.driver.find_all(selector)]

    def run(self, script: str, *given: object) -> Any:
        return self.driver.run(script, *given)

    def complaints(self) -> list[str]:
        """What the console says of errors: scripts, policies, files that are missing.

        Not that a page which was typed into by script may not ask before it is left.
        """
        severe = [each["message"] for each in self.driver.log() if each["level"] == "SEVERE"]
        return [each for each in severe if "beforeunload" not in each]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window; a telephone's `innerWidth` grows with the page."""
        wider: int = self.run(
            "return document.documentElement.scrollWidth - Math.round(visualViewport.width)"
        )
        return max(wider, 0)

    def strangers(self) -> list[str]:
        """What the page asked of anybody but this server."""
        asked: list[str] = self.run(STRANGERS)
        return asked

    def barriers(self) -> list[str]:
        """What keeps people from using the page: axe's serious and critical findings."""
        found: list[str] = self.run(axe.script(), axe.COUNTS)
        return found

    def faults(self) -> list[str]:
        """What is wrong with a page at any width: too wide, complaints, strangers asked."""
        wider = self.overflow()
        found = [f"{wider} pixels wider than the window"] if wider else []
        return [*found, *self.complaints(), *self.strangers()]

    def keep(self, name: str) -> None:
        """Save what is seen, where `LOOK_DIR` says."""
        if os.environ.get("LOOK_DIR"):
            folder = Path(os.environ["LOOK_DIR"])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(self.driver.picture())

    def quit(self) -> None:
        self.driver.quit()
