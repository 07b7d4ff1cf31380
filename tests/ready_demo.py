"""The data folder that `make run` makes of an empty one, made once for a whole run; each asks for a copy.

Filling it takes as long as dozens of tests. That it is filled at the first start is shown once, in
tests/setup/test_start.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import ROOT


def copy_to(data: Path, folders: pytest.TempPathFactory) -> None:
    """Makes `data` a filled demo that nobody has used."""
    shutil.copytree(_filled(folders), data)


def _filled(folders: pytest.TempPathFactory) -> Path:
    base = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the folder of the run, of which each worker has a part
    filled = base / "demo"
    with (base / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not filled.exists():
            making = base / "demo-in-the-making"
            shutil.rmtree(making, ignore_errors=True)
            inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            done = subprocess.run(
                [sys.executable, "-m", "scripts.prepare"],
                cwd=ROOT,
                env={**inherited, "PLUMBLINE_DATA": str(making), "PLUMBLINE_DEMO": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            making.rename(filled)
    return filled
