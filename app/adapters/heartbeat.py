"""The worker's sign of life: a file in the data folder whose time is when it was last seen."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

EVERY = 15.0  # seconds
SILENT_AFTER = 90.0
NAME = "worker-seen"


def beat(folder: Path, stop: threading.Event) -> None:
    """Says "I am here" until `stop` is set; a full disk does not end the worker."""
    while not stop.is_set():
        with suppress(OSError):  # /health says how full the disk is
            (folder / NAME).touch()
        stop.wait(EVERY)


def silent_for(folder: Path) -> float | None:
    """Seconds since the worker was last seen; None when it never was."""
    try:
        return max(0.0, time.time() - (folder / NAME).stat().st_mtime)
    except FileNotFoundError:
        return None
