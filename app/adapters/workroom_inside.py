"""What runs inside a workroom: a loop that reads a job, does it, and writes the answer.

Started as its own program (never forked, so it inherits no lock and no secret), with only the memory and CPU
it was given. Frames are a 4-byte big-endian length and that many bytes of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

Job = dict[str, Any]


class Refused(Exception):
    """The job's input is unfit; the code says why. Anything else that is raised is our own mistake."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def serve(do: Callable[[Job], Job], tidy: Callable[[], object] = lambda: None) -> None:
    """Answers jobs until standard input closes. Limits come as JSON in the first argument. `tidy` runs
    after each answer, while nobody waits.
    """
    limits = json.loads(sys.argv[1])
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answers
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    most_cpu = (limits["jobs"] + 1) * (limits["cpu"] + 1)
    write(answers, {"ready": os.getpid()})
    while (job := read(jobs)) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(used.ru_utime + used.ru_stime) + limits["cpu"] + 1
        resource.setrlimit(resource.RLIMIT_CPU, (min(allowed, most_cpu), most_cpu))
        with contextlib.suppress(BrokenPipeError):  # nobody waits any more
            write(answers, _answer(do, job))
        tidy()


def _answer(do: Callable[[Job], Job], job: Job) -> Job:
    try:
        return {"done": do(job)}
    except Refused as refusal:
        return {"refused": refusal.code, "params": refusal.params}
    except MemoryError:
        return {"exhausted": "memory"}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[:500]}


def read(stream: BinaryIO) -> Job | None:
    """The next frame, or None when the other side has closed."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">I", head)
    body: Job = json.loads(stream.read(length))
    return body


def write(stream: BinaryIO, value: Job) -> None:
    """One frame, flushed."""
    body = json.dumps(value, separators=(",", ":")).encode()
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()
