"""A backup while a phone sends: what it takes, and what the one who sends notices of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from app.adapters.blobs import LocalBlobs
from app.config import ROOT
from bench.push import pushed
from bench.server import Server, data_folder, serving
from bench.table import Line, cut, ms, number, times
from bench.world import Load, World

BLOBS, BLOB_BYTES = 800, 500_000  # 400 MB of photos
QUIET, UNDER = 60, 240  # audits sent before the backup and, at most, while it is made
WARM_UP = 8
TARGET = 2.0


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            load = world.loads(1, WARM_UP + QUIET + UNDER)[0]
        _fill(data)
        with serving(data) as server:
            pushed(server, [load], 0, WARM_UP)
            quiet = pushed(server, [load], WARM_UP, QUIET).took
            under, seconds, size = _meanwhile(server, load)
        beside = _raw(data)
    before, during = cut(quiet, 95), cut(under, 95)
    return [
        Line(
            f"From sending to a durable receipt while a backup of {number(size / 1e6)} MB is made, 1 phone",
            f"p50 {ms(cut(under, 50))}, p95 {ms(during)} ({len(under)} audits)",
            f"without a backup: p50 {ms(cut(quiet, 50))}, p95 {ms(before)}",
            times(during, before) + " at p95",
            f"≤ {TARGET:.0f} x at p95",
            during <= TARGET * before,
        ),
        Line(
            "That backup, every file hashed, while the phone sends",
            f"{number(seconds)} s",
            f"raw VACUUM INTO and a copy of the same files, nobody sending: {number(beside)} s",
            times(seconds, beside),
        ),
    ]


def _fill(data: Path) -> None:
    """Photos as the server keeps them; what is in them does not matter here."""
    store = LocalBlobs(data / "blobs")
    for _ in range(BLOBS):
        content = os.urandom(BLOB_BYTES)
        store.put(hashlib.sha256(content).hexdigest(), content)


def _meanwhile(server: Server, load: Load) -> tuple[list[float], float, int]:
    """How long receipts took while `backup create` ran; its seconds; the size of its file."""
    target = server.data / "copies"
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "backup", "create", "--to", str(target)]
    given = {**os.environ, "PLUMBLINE_DATA": str(server.data), "PLUMBLINE_DEMO": "0"}
    took: list[float] = []
    ended = None
    with (server.data / "backup.log").open("wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)
        for at in range(WARM_UP + QUIET, WARM_UP + QUIET + UNDER):
            took += pushed(server, [load], at, 1).took
            if process.poll() is not None:
                ended = time.perf_counter()
                break
        process.wait()
    if process.returncode:
        raise RuntimeError((server.data / "backup.log").read_text())
    seconds = (ended or time.perf_counter()) - begun
    return took, seconds, sum(path.stat().st_size for path in target.glob("*.tar"))


def _raw(data: Path) -> float:
    """The same content as plainly as it goes: the database by SQLite, the files one after the other."""
    begun = time.perf_counter()
    with closing(connect(data / "plumbline.db")) as database:
        database.execute("VACUUM INTO ?", (str(data / "raw.db"),))
    with (data / "raw.copy").open("wb") as copy:
        for path in sorted(path for path in (data / "blobs").rglob("*") if path.is_file()):
            copy.write(path.read_bytes())
        copy.flush()
        os.fsync(copy.fileno())
    return time.perf_counter() - begun
