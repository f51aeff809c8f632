"""The few words of the WebDriver protocol that looking at pages takes, spoken to chromedriver over HTTP."""

from __future__ import annotations

import socket
import subprocess
import time
from base64 import b64decode
from typing import Any

import httpx

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE_SECONDS = 60


class Element:
    """Something on the page."""

    def __init__(self, driver: Driver, identity: str) -> None:
        self._driver, self._address = driver, f"element/{identity}"

    @property
    def text(self) -> str:
        said: str = self._driver.ask("GET", f"{self._address}/text")
        return said

    def click(self) -> None:
        self._driver.ask("POST", f"{self._address}/click")

    def type(self, text: str) -> None:
        self._driver.ask("POST", f"{self._address}/value", text=text)


class Driver:
    """Chromium in one window, driven by a chromedriver of its own."""

    def __init__(self, browser: str, driver: str, flags: tuple[str, ...]) -> None:
        port = _free_port()
        self._process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, trust_env=False
        )
        self._wait()
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": browser, "args": list(flags)},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        opened = self._http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
        self._session = f"/session/{opened['sessionId']}"

    def ask(self, method: str, what: str, **given: Any) -> Any:
        """One command. Raises AssertionError with what the driver says of its failure."""
        body = given if method == "POST" else None
        value = self._http.request(method, f"{self._session}/{what}", json=body).json()["value"]
        assert not (isinstance(value, dict) and "error" in value), f"{what}: {value.get('message', value)}"
        return value

    def open(self, address: str) -> None:
        self.ask("POST", "url", url=address)

    def run(self, script: str, *given: object) -> Any:
        return self.ask("POST", "execute/sync", script=script, args=list(given))

    def command(self, name: str, **given: Any) -> None:
        """A command of the browser's own protocol."""
        self.ask("POST", "goog/cdp/execute", cmd=name, params=given)

    def find_all(self, selector: str) -> list[Element]:
        found = self.ask("POST", "elements", using="css selector", value=selector)
        return [Element(self, each[ELEMENT]) for each in found]

    def log(self) -> list[dict[str, Any]]:
        """What the console said since it was last asked."""
        lines: list[dict[str, Any]] = self.ask("POST", "se/log", type="browser")
        return lines

    def picture(self) -> bytes:
        return b64decode(self.ask("GET", "screenshot"))

    def quit(self) -> None:
        self._http.delete(self._session)
        self._http.close()
        self._process.terminate()
        self._process.wait(20)

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                if self._http.get("/status").json()["value"]["ready"]:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("chromedriver did not start")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
