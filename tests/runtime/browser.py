"""A headless Chromium, driven over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--hide-scrollbars", "--remote-debugging-port=0", "--force-color-profile=srgb", "--lang=en-US"),
)
PATIENCE_S = 60.0


def browser() -> str | None:
    """The program: $DREAMC_BROWSER, or the first of the usual names on the path."""
    return os.environ.get("DREAMC_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Page:
    """One tab. `complaints` are what the page said on its console, refused resources included."""

    socket: Any
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    complaints: list[str] = field(default_factory=list)

    def tell(self, method: str, **params: Any) -> Any:
        wanted = next(self.ids)
        self.socket.send(json.dumps({"id": wanted, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if said.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complaints.append(json.dumps(said["params"])[:500])
            if said.get("id") == wanted:
                assert "error" not in said, said["error"]
                return said["result"]

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        said = self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def wait(self, script: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < deadline, (script, self.run("document.body.innerText"), self.complaints)
            time.sleep(0.05)

    def open(self, url: str) -> None:
        self.tell("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def size(self, width: int, *, dark: bool = False) -> None:
        """A window of that width, as a phone below 600 pixels."""
        phone = width < 600
        sizes = {"width": width, "height": 800, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.tell("Emulation.setDeviceMetricsOverride", **sizes)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, file: Path) -> None:
        """The whole page, as a PNG."""
        shot = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def opened(program: str, profile: Path) -> Iterator[Page]:
    """A tab of a browser of its own, with its profile in that folder."""
    from websockets.sync.client import connect

    command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with (profile.parent / "browser.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        address = _address(process, profile / "DevToolsActivePort")
        with connect(address, max_size=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Log"):
                page.tell(f"{domain}.enable")
            yield page
    finally:
        process.terminate()
        process.wait(20)


def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while not file.exists() or not file.read_text().strip():
        assert process.poll() is None, "the browser ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    port = file.read_text().split()[0]
    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_S) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
