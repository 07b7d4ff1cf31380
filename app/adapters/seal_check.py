"""Looking at a PDF somebody sent: what its seals say, whether they hold, what was done since.

The file is a stranger's: it is read in a process of its own with limits, and nothing of it is kept. What the
facts mean is for domain/verifying.py to say.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.adapters.workroom import (
    CannotStart,
    Died,
    Exhausted,
    Failed,
    Limits,
    Refused,
    TimedOut,
    Workroom,
    WorkroomError,
)
from app.domain.errors import TooLarge, Unavailable
from app.domain.verifying import Facts, facts_of, unreadable

LARGEST = 50 << 20  # bytes
LIMITS = Limits(memory=1 << 30, cpu=20, wall=40.0, jobs=50)
CHUNK = 1 << 20
AT_ONCE = 3  # one that is read and two that wait: files of strangers never hold all threads of the server


class CheckRoom:
    """One warm process in which strangers' files are read; it starts with the first one."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._room = Workroom("app.adapters.seal_check_worker", limits)
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @property
    def pid(self) -> int | None:
        """The process that checks, if it has started."""
        return self._room.pid

    def close(self) -> None:
        """Ends the process; the next file starts another."""
        self._room.close()

    def check(self, path: Path, authority: Path, time_roots: Sequence[Path]) -> Facts:
        """What is in the file. `authority`: our certificate, the only one that counts (DER).

        A file that cannot be read, or costs too much to read, gives facts that say so. Raises Unavailable
        (seal_check_unavailable, or seal_check_busy: others wait already, or it took too long).
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable("seal_check_busy")
        try:
            return self._check(path, authority, time_roots)
        finally:
            self._places.release()

    def _check(self, path: Path, authority: Path, time_roots: Sequence[Path]) -> Facts:
        job = {
            "path": str(path.resolve()),
            "authority": str(authority.resolve()),
            "time_roots": [str(root.resolve()) for root in time_roots],
        }
        try:
            return facts_of(self._room.do(job))
        except (Exhausted, Refused):
            return unreadable(path.stat().st_size)
        except Died as death:
            if death.crashed:
                return unreadable(path.stat().st_size)
            raise Unavailable("seal_check_unavailable") from death
        except TimedOut as late:
            raise Unavailable("seal_check_busy") from late
        except (CannotStart, Failed, WorkroomError) as broken:
            raise Unavailable("seal_check_unavailable") from broken

    def check_upload(self, stream: IO[bytes], authority: Path, time_roots: Sequence[Path]) -> Facts:
        """The same for bytes that come in; they lie in a file of ours only as long as it takes.

        Raises TooLarge beside what `check` raises.
        """
        with tempfile.NamedTemporaryFile(prefix="plumbline-check-", suffix=".pdf") as file:
            size = 0
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge("report_file_too_large")
                file.write(chunk)
            file.flush()
            return self.check(Path(file.name), authority, time_roots)
