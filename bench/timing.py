"""Waiting for answers and for the disk."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Asking:
    """One kept connection to the server, as a browser has."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = dict(headers or {})

    def get(self, path: str) -> float:
        """Seconds until the whole answer is here. Raises RuntimeError unless it is 200."""
        begun = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {content[:300]!r}")
        return took

    def read(self, path: str) -> Any:
        """The JSON that stands there."""
        self.connection.request("GET", path, headers=self.headers)
        return json.loads(self.connection.getresponse().read())

    def post(self, path: str, body: bytes) -> tuple[float, int, bytes]:
        begun = time.perf_counter()
        self.connection.request("POST", path, body, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        return time.perf_counter() - begun, answer.status, content

    def close(self) -> None:
        self.connection.close()


def fsyncs(folder: Path) -> float:
    """Seconds one durable 4 KB write takes."""
    path = folder / "fsync.tmp"
    took = []
    with path.open("wb") as file:
        for _ in range(50):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    path.unlink()
    return statistics.median(took)
