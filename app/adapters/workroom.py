"""A warm, killable subprocess for work on files we do not trust (DESIGN §5.7).

One job at a time; memory and CPU limits inside, a wall clock outside; a new process after so many jobs or
after a kill. The process is told paths, not secrets: its environment is empty of ours.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

log = logging.getLogger("plumbline.workroom")

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST_ANSWER = 256 << 20


@dataclass(frozen=True)
class Limits:
    """Address space in bytes; CPU seconds and wall seconds a job; jobs a process; seconds to start."""

    memory: int
    cpu: int
    wall: float
    jobs: int = 100
    start: float = 20.0


class WorkroomError(Exception):
    """The job was not done; the subclass says whose fault it is."""


class Refused(WorkroomError):
    """The input is unfit: its own fault, trying again changes nothing."""

    def __init__(self, code: str, params: dict[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Exhausted(WorkroomError):
    """The input used up the CPU or the memory it may use: its own fault."""


class TimedOut(WorkroomError):
    """Too slow by the wall clock without using its CPU: the machine is busy."""


class Died(WorkroomError):
    """The process ended in the middle of the job."""

    def __init__(self, returncode: int) -> None:
        super().__init__(str(returncode))
        self.crashed = -returncode in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL)


class Failed(WorkroomError):
    """The work itself raised something nobody expected."""


class CannotStart(WorkroomError):
    """The process does not come up: a broken installation, or no memory for it."""


class Workroom:
    """Runs jobs in `python -m MODULE`. Shared between threads; after a fork each process starts its own."""

    def __init__(self, module: str, limits: Limits) -> None:
        self.module = module
        self.limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._noise: IO[bytes] | None = None
        self._ready = False
        self._owner = os.getpid()
        self._jobs = 0

    @property
    def pid(self) -> int | None:
        """The process now waiting or working, for tests and health."""
        return self._process.pid if self._process else None

    def warm(self) -> None:
        """Starts the process and waits until it is ready. Raises CannotStart."""
        with self._lock:
            self._start()
            self._await_ready()

    def do(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to one job. Raises a WorkroomError; the next job finds a working process again."""
        if not self._lock.acquire(timeout=self.limits.wall):
            raise TimedOut("busy")
        try:
            self._start()
            self._await_ready()
            answer = self._ask(job)
            self._jobs += 1
            if self._jobs >= self.limits.jobs:
                self._replace()
        except BaseException:
            self._kill()  # whatever it was doing, its answer must not reach the next job
            raise
        finally:
            self._lock.release()
        return _judge(answer)

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._kill()

    def _start(self) -> None:
        if self._owner != os.getpid():  # forked: the process is our parent's
            self._process, self._noise, self._owner = None, None, os.getpid()
        if self._process and self._process.poll() is None:
            return
        self._kill()
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        command = [sys.executable, "-m", self.module, json.dumps(asdict(self.limits))]
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                cwd=ROOT,
                env=environment,
                start_new_session=True,  # the Ctrl-C of a terminal is for us, not for it
            )
        except OSError as error:
            raise CannotStart(str(error)) from error
        self._ready, self._jobs = False, 0

    def _await_ready(self) -> None:
        if self._ready:
            return
        try:
            answer = self._receive(self.limits.start)
        except (Died, TimedOut) as error:
            reason = self._last_words()
            self._kill()
            log.error("%s does not start: %s", self.module, reason)
            raise CannotStart(reason) from error
        self._ready = "ready" in answer

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        process = self._running()
        body = json.dumps(job).encode()
        assert process.stdin is not None
        try:
            process.stdin.write(struct.pack(">I", len(body)) + body)
            process.stdin.flush()
        except OSError as error:
            raise Died(process.wait()) from error
        return self._receive(self.limits.wall)

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        (length,) = struct.unpack(">I", self._read(4, deadline))
        if length > LARGEST_ANSWER:
            raise Failed("answer too large")
        answer: dict[str, Any] = json.loads(self._read(length, deadline))
        return answer

    def _read(self, wanted: int, deadline: float) -> bytes:
        process = self._running()
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        parts, missing = [], wanted
        while missing:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise TimedOut("wall clock")
            part = os.read(descriptor, min(missing, 1 << 20))
            if not part:
                returncode = process.wait()
                if -returncode == signal.SIGXCPU:
                    raise Exhausted("cpu")
                raise Died(returncode)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _replace(self) -> None:
        self._kill()
        if self.limits.jobs > 1:  # a process for one job is started when there is one
            with contextlib.suppress(CannotStart):
                self._start()

    def _kill(self) -> None:
        process, self._process = self._process, None
        noise, self._noise = self._noise, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        if noise is not None:
            noise.close()

    def _last_words(self) -> str:
        if self._noise is None:
            return ""
        self._noise.seek(0, os.SEEK_END)
        self._noise.seek(max(0, self._noise.tell() - 500))
        return self._noise.read().decode("utf-8", "replace").strip()


def _judge(answer: dict[str, Any]) -> dict[str, Any]:
    if "done" in answer:
        done: dict[str, Any] = answer["done"]
        return done
    if "refused" in answer:
        raise Refused(answer["refused"], answer["params"])
    if "exhausted" in answer:
        raise Exhausted(answer["exhausted"])
    raise Failed(answer.get("failed", "no reason given"))
