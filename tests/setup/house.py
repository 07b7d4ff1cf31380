"""A house that `make run` would start, on a free port with a data folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from app.config import ROOT

READY = "Ctrl-C stops it."
STARTS_WITHIN = 150.0  # seconds, with the demo, on a machine that is busy with other tests


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class House:
    """`said` holds everything it printed. Leaving the `with` stops it."""

    def __init__(self, data: Path, port: int = 0, **environ: str) -> None:
        self.port = port or free_port()
        self.said = ""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {"PLUMBLINE_DATA": str(data), "PORT": str(self.port), "PLUMBLINE_DEMO": "0", **environ}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.serve"],
            cwd=ROOT,
            env=inherited | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line

    def __enter__(self) -> House:
        until = time.monotonic() + STARTS_WITHIN
        while READY not in self.said and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert READY in self.said, self.said
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(45)
        finally:
            self.process.kill()

    def ended(self, seconds: float = 45) -> int:
        """Its exit code, once it has said its last word."""
        code = self.process.wait(seconds)
        self._listener.join(5)
        return code

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.get("/health")[1])
        return answer

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.said)
        assert match, self.said
        return match[1] if match.groups() else match[0]

    def await_child(self, marker: str) -> int:
        """As `child`, for one that is about to start."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                return self.child(marker)
            except (AssertionError, OSError):  # not yet, or between two looks
                time.sleep(0.02)
        raise AssertionError(f"no child ran {marker}: {self.said}")

    def child(self, marker: str) -> int:
        """The id of the child whose command line holds `marker`."""
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for each in own:
            if marker in Path(f"/proc/{each}/cmdline").read_text().replace("\0", " "):
                return int(each)
        raise AssertionError(f"no child runs {marker}")
