"""The app of `wsgi.py`, with accidents that a test asks for through files in its data folder.

accident      "insert 2": killed after the second bulk insert of the next push; "commit": killed after the
              commit, before the answer. The file is taken away first: the server comes up again sound.
page-limit    so many pages may the database have: a full disk, as SQLite sees it
busy-timeout  milliseconds to wait for a lock
"""

from __future__ import annotations

import os
import signal
from typing import Any

from sqlalchemy import event

from app import db
from app.factory import create_app

app = create_app()
_data = app.config["PLUMBLINE"].data
_run, _grouped = db._run, db.Database.grouped


def _asked() -> list[str]:
    path = _data / "accident"
    return path.read_text().split() if path.exists() else []


def _die() -> None:
    (_data / "accident").unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def run(connection: Any, statement: str, given: Any) -> Any:
    done = _run(connection, statement, given)
    asked = _asked()
    if asked[:1] == ["insert"] and type(given) is list:
        left = int(asked[1]) - 1
        if left == 0:
            _die()
        (_data / "accident").write_text(f"insert {left}")
    return done


def grouped(self: Any, work: Any) -> Any:
    value = _grouped(self, work)
    if _asked() == ["commit"]:
        _die()
    return value


db._run, db.Database.grouped = run, grouped  # type: ignore[method-assign,assignment]
_engine = app.extensions[db.KEY].engine


@event.listens_for(_engine, "checkout")
def _pragmas(connection: Any, *_: Any) -> None:
    for file, pragma in (("page-limit", "max_page_count"), ("busy-timeout", "busy_timeout")):
        path = _data / file
        if path.exists():
            connection.execute(f"PRAGMA {pragma}={int(path.read_text())}")
