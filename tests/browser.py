"""Looks at a page in a headless Chromium, by the Chrome DevTools Protocol over a pipe.

It is the machine's, where it has one, else the one that an npm package brings packed.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import select
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["NO_CHROMIUM", "Browser", "has_chromium", "open_browser"]

_INSTALLED = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_PACKED = Path(__file__).parent.parent / "node_modules" / "@sparticuz" / "chromium" / "bin"
NO_CHROMIUM = "there is no Chromium on PATH, and the one in node_modules is for Linux on x86_64 alone"
_SECONDS = 60.0
_UNPACK = """
const { createReadStream, createWriteStream } = require("node:fs");
const { createBrotliDecompress } = require("node:zlib");
createReadStream(process.argv[1]).pipe(createBrotliDecompress()).pipe(createWriteStream(process.argv[2]));
"""


def has_chromium() -> bool:
    """Whether there is one that runs here."""
    return _INSTALLED is not None or (_PACKED.is_dir() and (sys.platform, platform.machine()) == ("linux", "x86_64"))


def _chromium(folder: Path) -> tuple[str, dict[str, str]]:
    """The program and its environment. ``folder``: where to unpack it, if need be."""
    if _INSTALLED is not None:
        return _INSTALLED, dict(os.environ)
    program = folder / "chromium"
    _unpack("chromium.br", program)
    program.chmod(0o700)
    # Libraries and fonts that a machine without a desktop lacks.
    for name in ("al2023.tar.br", "fonts.tar.br"):
        archive = folder / name.removesuffix(".br")
        _unpack(name, archive)
        with tarfile.open(archive) as opened:
            opened.extractall(folder / name.partition(".")[0], filter="data")
    environment = {
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(folder / "fonts" / "fonts"),
        "HOME": str(folder),
    }
    return str(program), {**os.environ, **environment}


def _unpack(name: str, file: Path) -> None:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert node is not None
    subprocess.run([node, "-e", _UNPACK, _PACKED / name, file], check=True)


class Browser:
    """One page of a browser. ``told``: every event of the page so far."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._count = 0
        self.told: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    _session: str | None = None

    def ask(self, method: str, **parameters: Any) -> Any:
        """Run a command, and return its result."""
        self._count += 1
        session = {"sessionId": self._session} if self._session else {}
        command = {"id": self._count, "method": method, "params": parameters, **session}
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == self._count:
                assert "error" not in message, message
                return message["result"]
            self.told.append(message)

    def evaluate(self, script: str) -> Any:
        """The value of a script in the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def open(self, url: str, *, width: int, dark: bool = False) -> None:
        """Open a page in a window of a width, and wait until it is loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.told.clear()
        self.ask("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.told):
            self.told.append(self._read())

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        return base64.b64decode(data)

    def events(self, *methods: str) -> list[dict[str, Any]]:
        """What was told of these kinds since the page was opened."""
        return [event["params"] for event in self.told if event["method"] in methods]

    def _read(self) -> dict[str, Any]:
        end = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            self._buffer += os.read(self._from, 1 << 16)
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, gone afterwards.

    :param profile: A folder for it.
    """
    program, environment = _chromium(profile)
    commands, answers = os.pipe(), os.pipe()
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")

    def connect() -> None:
        # It reads commands from file descriptor 3 and writes to 4.
        reads, writes = os.dup(commands[0]), os.dup(answers[1])
        os.dup2(reads, 3)
        os.dup2(writes, 4)

    with subprocess.Popen(
        [program, *options, f"--user-data-dir={profile}", "about:blank"],
        env=environment,
        preexec_fn=connect,
        pass_fds=(3, 4),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(commands[0])
        os.close(answers[1])
        try:
            yield Browser(commands[1], answers[0])
        finally:
            process.kill()
            os.close(commands[1])
            os.close(answers[0])
