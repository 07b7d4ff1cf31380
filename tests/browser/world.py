"""The server that `make run` starts on an empty data folder, and what its database says afterwards."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.browser.desk import Desk, Plan
from tests.setup.house import House

LISTENS_WITHIN = 30.0  # seconds


class World:
    """A running house with the demo. `kill()` and `restart()` are what a power cut does to it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.data = folder / "data"
        self.environ = {"PLUMBLINE_DEMO": "1", **environ}
        self.house = House(self.data, **self.environ).__enter__()
        self.port = self.house.port
        self.url = f"http://127.0.0.1:{self.port}"
        # as a person reads them, from the terminal
        found = re.findall(r"(\S+)@nordhaven\.example\s+(\S+)", self.house.said)
        self.passwords = dict(found)
        assert len(self.passwords) == 5, self.house.said

    @cached_property
    def _desk(self) -> Desk:
        return Desk(self.url, "mara@nordhaven.example", self.passwords["mara"])

    def plan(self, *people: str) -> Plan:
        """An audit that nobody else touches, planned for these people, the lead first ("Bo Chen")."""
        return self._desk.plan(*people)

    def close(self) -> None:
        self.house.__exit__()

    def freeze(self) -> None:
        """What comes in is taken by the kernel, and nobody reads it."""
        self._signal(signal.SIGSTOP, self._down()[::-1])

    def kill(self) -> None:
        """SIGKILL to all of it, as a power cut: nobody gets to finish anything."""
        os.kill(self.house.process.pid, signal.SIGSTOP)  # or it would end its children politely
        self._signal(signal.SIGKILL, self._down())  # parents first, or they would start children anew
        self.house.process.wait(10)

    def _down(self) -> list[int]:
        top = self.house.process.pid
        return [top, *reversed(_below(top))]

    @staticmethod
    def _signal(number: signal.Signals, pids: Iterable[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):  # one that drew a picture has ended by itself meanwhile
                os.kill(pid, number)

    def restart(self) -> None:
        """`make run` again, on the same folder and port."""
        until = time.monotonic() + LISTENS_WITHIN
        while True:
            house = House(self.data, self.port, **self.environ)
            try:
                self.house = house.__enter__()
                return
            except AssertionError:  # the port may be some other program's own end of a connection just now
                if "in use" not in house.said or time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        path = f"file:{self.data / 'plumbline.db'}?mode=ro"
        with closing(sqlite3.connect(path, uri=True, timeout=10)) as database:
            return database.execute(statement, [_plain(value) for value in values]).fetchall()

    def operations(self, record: str) -> list[str]:
        """Ids of the stored operations of an inspection, in the order the server took them."""
        return self.ids("SELECT id FROM operations WHERE record_id = ? ORDER BY seq", record)

    def ids(self, statement: str, *values: Any) -> list[str]:
        """The first column of a statement, as ids are written."""
        return [_dashed(row[0]) for row in self.rows(statement, *values)]

    def fates(self, record: str) -> dict[str, int]:
        return dict(
            self.rows(
                "SELECT coalesce(f.fate, 'applied'), count(*) FROM operations o "
                "LEFT JOIN operation_fates f ON f.operation_id = o.id WHERE o.record_id = ? GROUP BY 1",
                record,
            )
        )


def _below(pid: int) -> list[int]:
    children = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                children += [*_below(int(child)), int(child)]
    return children


def _plain(value: Any) -> Any:
    is_id = isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)
    return value.replace("-", "") if is_id else value


def _dashed(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
