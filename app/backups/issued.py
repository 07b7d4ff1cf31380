"""What was issued, once more outside the database: frozen revisions, handovers and reports, one JSON file for
each row.

A restored database is older than what people hold in their hands. From these files the reports come back
before anything else is taken in, and a `complete` that a phone sends again ends in the revision that was
issued, not in a second one with the same number. Files are only ever added. The bytes of reports are in the
blob store, which a restore never takes anything out of.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Table, Uuid, and_, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app import search
from app.db import Base, UtcDateTime

FOLDER, REVISIONS, HANDOVERS = "issued", "inspection_revisions", "handovers"
OVERLAP = timedelta(hours=1)  # a transaction may have been under way when we looked
SINCE, UNFINISHED = "looked-at", ".unfinished"


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a table that never change again. `at`: the instant they came to be; `state`: only those in it;
    `restored`: put back into a restored database at once (a frozen revision waits for its `complete`).
    """

    table: str
    at: str
    state: str | None = None
    restored: bool = True


KEPT = (
    Kept(REVISIONS, "at", restored=False),
    Kept(HANDOVERS, "at"),
    Kept("reports", "issued_at", state="issued"),
    Kept("report_files", "at"),
)


def _tables() -> Iterator[tuple[Kept, Table]]:
    for kept in KEPT:
        table = Base.metadata.tables.get(kept.table)
        if table is not None:
            yield kept, table


def keep(session: Session, data: Path, now: datetime) -> int:
    """Writes down what was issued since it last looked; how many rows."""
    count = 0
    for kept, table in _tables():
        folder = data / FOLDER / kept.table
        looked = folder / SINCE
        wanted = [] if kept.state is None else [table.c.state == kept.state]
        since = _looked_at(looked)
        if since is not None:
            wanted.append(table.c[kept.at] >= since - OVERLAP)
        for row in session.execute(select(table).where(*wanted)).mappings():
            count += _write(folder / _name(table, row), _written(table, row))
        if folder.is_dir():
            _settle(looked, now.isoformat().encode())
    return count


def _looked_at(path: Path) -> datetime | None:
    """When it last looked; None: never, or the note was cut off, and then everything is looked at again."""
    try:
        return datetime.fromisoformat(path.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return None


def put_back(session: Session, data: Path) -> int:
    """Inserts what the database does not have of it; how many rows. What it points to may be younger too."""
    count = 0
    for kept, table in _tables():
        if not kept.restored:
            continue
        for path in sorted((data / FOLDER / kept.table).glob("*.json")):
            row = _read(table, json.loads(path.read_text("utf-8")))
            key = and_(*(column == row[column.name] for column in table.primary_key))
            if session.execute(select(*table.primary_key).where(key)).first() is None:
                count += (put := _insert(session, table, row))
                if put and table.name == HANDOVERS:
                    _given_away(session, row)
                if put and table.name == "reports":
                    texts = (row[name] for name in ("number", "title", "company", "subject"))
                    search.put(session, "report", row["id"], *texts)  # as when it was asked for
    return count


def revision(data: Path, inspection_id: UUID, number: int) -> dict[str, Any] | None:
    """The frozen revision that was issued before the database was restored, by its columns; else None."""
    table = Base.metadata.tables[REVISIONS]
    folder = data / FOLDER / REVISIONS
    try:
        changed = folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    name = _revisions(folder, changed).get(f"{inspection_id}.{number}")
    return None if name is None else _read(table, json.loads((folder / name).read_text("utf-8")))


@lru_cache(maxsize=1)
def _revisions(folder: Path, changed: int) -> dict[str, str]:
    """ "<inspection>.<revision>" → file name; read again when the folder has `changed`."""
    names = (entry.name for entry in os.scandir(folder) if entry.name.endswith(".json"))
    return {name.removesuffix(".json").partition(".")[2]: name for name in names}


def numbers(data: Path) -> Iterator[str]:
    """The numbers of inspections that were issued: nobody else ever gets them."""
    for path in (data / FOLDER / REVISIONS).glob("*.json"):
        yield json.loads(json.loads(path.read_text("utf-8"))["body"])["number"]


def handover_numbers(data: Path) -> Iterator[str]:
    """The numbers of handovers that were issued, without the letters before them."""
    for path in (data / FOLDER / HANDOVERS).glob("*.json"):
        yield json.loads(path.read_text("utf-8"))["number"].removeprefix("HO-")


def _given_away(session: Session, row: dict[str, Any]) -> None:
    """A unit whose handover came back is with its owner again, delivered as its certificate says."""
    units = Base.metadata.tables["units"]
    delivered = json.loads(row["body"])["unit"]["delivery_on"]
    values = {"state": "handed_over", "delivery_on": date.fromisoformat(delivered)}
    session.execute(update(units).where(units.c.id == row["unit_id"]).values(values))


def _insert(session: Session, table: Table, row: dict[str, Any]) -> int:
    for key in table.foreign_keys:
        column = key.parent
        value = row[column.name]
        if value is None:
            continue
        if session.execute(select(key.column).where(key.column == value)).first() is None:
            if not column.nullable:
                return 0
            row[column.name] = None
    session.execute(insert(table).values(row))
    return 1


def _name(table: Table, row: Any) -> str:
    parts = [row[column.name] for column in table.primary_key]
    if table.name == REVISIONS:  # found again by what it is of
        parts += [row["inspection_id"], row["revision"]]
    return ".".join(str(part) for part in parts) + ".json"


def _written(table: Table, row: Any) -> bytes:
    found = {column.name: _plain(row[column.name]) for column in table.columns}
    return json.dumps(found, sort_keys=True, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(table: Table, found: dict[str, Any]) -> dict[str, Any]:
    """Columns that came later keep their default; those that went are left out."""
    return {name: _typed(table.c[name].type, value) for name, value in found.items() if name in table.columns}


def _typed(kind: TypeEngine[Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(kind, Uuid):
        return UUID(value)
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _write(path: Path, body: bytes) -> bool:
    if path.exists():
        return False
    _settle(path, body)
    return True


def _settle(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
