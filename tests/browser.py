"""A headless Chromium for tests, driven by the DevTools protocol over two pipes: nothing to install but the browser."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --no-default-browser-check --mute-audio "
    "--disable-background-networking --disable-component-update --disable-sync --disable-default-apps "
    "--disable-dev-shm-usage --remote-debugging-pipe"
).split()
PATIENCE = 60.0
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def find() -> str | None:
    """The command of a Chromium or Chrome that is installed, if there is one (CHROMIUM names another)."""
    return next(
        (path for name in (os.environ.get("CHROMIUM", ""), *NAMES) if name and (path := shutil.which(name))), None
    )


def found(selector: str) -> str:
    """A JavaScript expression: the first element that a selector means, in the page or in a shadow root."""
    return (
        "(function look(root) { const e = root.querySelector(" + repr(selector) + "); if (e) return e; for (const h of "
        "root.querySelectorAll('*')) { const f = h.shadowRoot && look(h.shadowRoot); if (f) return f; } return null; })(document)"
    )


class Browser:
    """One page: what its console said, what it asked the network for, and hands to click and to press keys."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, back: int) -> None:
        self._process, self._to, self._back = process, to, back
        self._number, self._read = 0, b""
        self._events: list[dict[str, Any]] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if getattr(self, "_session", None) is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            got = self._receive()
            if got.get("id") == self._number:
                if "error" in got:
                    raise AssertionError(f"{method}: {got['error']}")
                return got["result"]
            self._events.append(got)

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._back], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"the browser said nothing for {PATIENCE:.0f} s")
            piece = os.read(self._back, 1 << 20)
            if not piece:
                raise AssertionError("the browser has ended")
            self._read += piece
        text, _, self._read = self._read.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found

    # --- what a reader does ---
    def open(self, path: Path, *, width: int = 1400, height: int = 1000, dark: bool = False, calm: bool = True) -> None:
        """Load a file, and wait until its script is done. calm: the reader wants no motion."""
        self.size(width, height)
        self.prefer(dark=dark, calm=calm)
        self.visit(path.resolve().as_uri(), "document.documentElement?.hasAttribute('data-ready')")

    def visit(self, address: str, ready: str) -> None:
        """Load an address, and wait until an expression is true."""
        self._events.clear()
        self._ask("Page.navigate", url=address)
        self.wait(ready)

    def size(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, *, dark: bool = False, calm: bool = True, media: str = "") -> None:
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"},
        ]
        self._ask("Emulation.setEmulatedMedia", media=media, features=features)

    def js(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON. Raises AssertionError where it throws."""
        got = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise AssertionError(got["exceptionDetails"])
        return got["result"].get("value")

    def wait(self, expression: str, patience: float = 20.0) -> None:
        end = time.monotonic() + patience
        while not self.js(expression):
            assert time.monotonic() < end, f"waited {patience:.0f} s for {expression}"
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse; it may stand in the shadow of others."""
        place = self.js(
            f"(() => {{ const e = {found(selector)}; e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, key: str, times: int = 1) -> None:
        """Press a key: a DOM key name (Tab, Enter, ArrowDown, Home) or a space."""
        codes = {
            "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36,
            "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
        }  # fmt: skip
        words = {"Enter": "\r", " ": " "}
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        for _ in range(times):
            down = {"type": "keyDown", "text": words[key]} if key in words else {"type": "rawKeyDown"}
            self._ask("Input.dispatchKeyEvent", **down, **common)
            self._ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        got = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(got["data"]))

    def print(self) -> bytes:
        """The page as it prints, a PDF."""
        got = self._ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(got["data"])

    # --- what was seen meanwhile ---
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, and errors that nobody caught, since the page was opened."""
        self.js("0")
        found = []
        for e in self._events:
            params = e.get("params", {})
            if e.get("method") == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"]))
            if e.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str(params["args"]))
            if e.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """Addresses that were asked for since the page was opened, itself included."""
        self.js("0")
        sent = [e["params"]["request"]["url"] for e in self._events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith("blob:")]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own for a while, with an empty profile."""
    command = find()
    assert command is not None
    to_read, to_write = os.pipe()
    back_read, back_write = os.pipe()

    def place() -> None:  # in the child: the browser reads 3 and writes 4
        os.dup2(to_read, 30)
        os.dup2(back_write, 31)
        os.dup2(30, 3)
        os.dup2(31, 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [command, *FLAGS, f"--user-data-dir={profile}"], preexec_fn=place, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(back_write)
        try:
            yield Browser(process, to_write, back_read)
        finally:
            os.close(to_write)  # the browser ends when its pipe does
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(back_read)


def times() -> dict[str, float]:
    """Seconds of processor time of each thread of this process's children and theirs, by process and thread."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    mine, more = {os.getpid()}, {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in more} - mine:
        mine |= more
    found: dict[str, float] = {}
    for pid in mine - {os.getpid()}:
        try:
            command = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
            kind = next((word for word in command[0].split() + command if word.startswith("--type=")), "")
            kind = kind.removeprefix("--type=") or Path(command[0].split()[0]).name
            for task in (Path("/proc") / str(pid) / "task").iterdir():
                name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
                used = rest.split()
                key = f"{kind} {pid}, {name}"
                found[key] = found.get(key, 0.0) + (int(used[11]) + int(used[12])) / TICK
        except OSError:
            continue
    return found
