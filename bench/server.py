"""The real server in its own processes, on a data folder of its own, with its costs readable from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import ROOT

TICKS = os.sysconf("SC_CLK_TCK")
OURS = "wsgi:app"
PATIENCE = 60  # seconds until it must be up


@dataclass
class Server:
    """A running gunicorn, master and worker. `started_in`: seconds from exec to the first good answer."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    started_in: float

    def pids(self) -> list[int]:
        found, new = [self.process.pid], [self.process.pid]
        while new:
            children: list[int] = []
            for pid in new:
                children += children_of(pid)
            found += children
            new = children
        return found

    def cpu(self) -> float:
        """Seconds of CPU that all its processes have used, those that have ended too."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # its own, and of the children it has waited for
        return total / TICKS

    def memory(self, member: str = "Rss") -> list[float]:
        """MB of each process, the largest first: `Rss`, or `Pss` where shared pages count by share."""
        found = []
        for pid in self.pids():
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes = {line.split()[0]: line.split()[1] for line in rollup[1:]}
            found.append(int(sizes[f"{member}:"]) / 1024)
        return sorted(found, reverse=True)

    def commits(self) -> int:
        """How many transactions its SQLite database has seen: the file's own counter (fileformat2 §1.3.8), or
        the one in the WAL index (walformat §2.1).
        """
        index = self.data / "plumbline.db-shm"
        if index.exists():
            return int(struct.unpack_from("=I", index.read_bytes(), 8)[0])
        with (self.data / "plumbline.db").open("rb") as file:
            return int(struct.unpack_from(">I", file.read(100), 24)[0])


def children_of(pid: int) -> list[int]:
    """The processes that any thread of this one has started; none when it is gone."""
    found: list[int] = []
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread may end while it is asked
            found += map(int, told.read_text().split())
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data: Path, app: str = OURS, port: int | None = None) -> Iterator[Server]:
    """`gunicorn` as `make run` starts it, without the worker, until the block ends."""
    port = port or free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "scripts" / "gunicorn_conf.py")]
    command += ["--bind", f"127.0.0.1:{port}", app]
    given = {**os.environ, "PLUMBLINE_DATA": str(data), "PORT": str(port), "PLUMBLINE_DEMO": "0"}
    begun = time.perf_counter()
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)
    try:
        while not _is_well(port):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise RuntimeError((data / "server.log").read_text())
            time.sleep(0.01)
        yield Server(process, port, data, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        finally:
            process.kill()


@contextmanager
def working(data: Path) -> Iterator[Server]:
    """The worker beside it, until the block ends."""
    given = {**os.environ, "PLUMBLINE_DATA": str(data), "PLUMBLINE_DEMO": "0"}
    with (data / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.worker"], cwd=ROOT, env=given, stdout=log, stderr=log
        )
    try:
        yield Server(process, 0, data, 0.0)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        finally:
            process.kill()


def _is_well(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        # as a stranger asks: this machine itself would be told every part, which costs a process
        connection.request("GET", "/health", headers={"X-Forwarded-For": "192.0.2.1"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def data_folder() -> Iterator[Path]:
    """On the disk of the checkout: /tmp may live in memory, where an fsync costs nothing."""
    (ROOT / "data").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "data") as folder:
        yield Path(folder)
