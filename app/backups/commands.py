"""Making a backup while the server runs, and making it the present while it does not."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from app import journal, numbering
from app.backups import issued
from app.backups.engines import Unfit, engine_of
from app.backups.package import Unpacked, writing
from app.config import Config
from app.db import Database, new_id
from app.features.inspections.models import KIND
from app.features.operations.models import Installation
from app.features.operations.queries import installation

KEYS = ("secret_key", "tls", "seal")
UNFINISHED = ("parts", "unfinished")  # of the blob store: uploads that phones go on with from the beginning


@dataclass(frozen=True, slots=True)
class Made:
    """`wrong`: blobs whose bytes are not what their name says; they are in the backup as they are."""

    path: Path
    files: int
    size: int
    wrong: list[str]


def create(config: Config, to: Path, now: datetime, with_keys: bool = False) -> Made:
    """One file in the folder `to`. The database first: blobs that come meanwhile are more, never fewer."""
    engine = engine_of(config)
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = to / f"plumbline-{now:%Y%m%d-%H%M%S}.tar"
    facts: dict[str, Any] = {"engine": engine.name, "made_at": now.isoformat(), "build": config.build}
    wrong = []
    with tempfile.TemporaryDirectory(prefix="dump-", dir=to) as scratch, writing(target, facts) as writer:
        dump = Path(scratch) / engine.file
        engine.dump(dump)
        _note_issued(config, now)
        facts |= _facts(config)
        writer.add(engine.file, dump)
        dump.unlink()
        for folder in ("blobs", issued.FOLDER, *(KEYS if with_keys else ())):
            for path in _files(config.data / folder):
                name = str(path.relative_to(config.data))
                if folder == "blobs" and path.relative_to(config.data / folder).parts[0] in UNFINISHED:
                    continue
                try:
                    sha256 = writer.add(name, path)
                except FileNotFoundError:  # swept away since it was listed: nothing names it any more
                    continue
                if name.startswith("blobs/blobs/") and path.name != sha256:
                    wrong.append(path.name)
        count = len(writer.files)
    return Made(target, count, target.stat().st_size, wrong)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    elif root.is_dir():
        yield from sorted(
            path for path in root.rglob("*") if path.suffix != issued.UNFINISHED and path.is_file()
        )


def _note_issued(config: Config, now: datetime) -> None:
    database = Database(config.database_url)
    try:
        with database.reader() as session:
            issued.keep(session, config.data, now)
    finally:
        database.engine.dispose()


def _facts(config: Config) -> dict[str, Any]:
    from app import migrate  # Alembic is for those who need it: the web process knows this command too

    database = Database(config.database_url)
    try:
        with database.reader() as session:
            return {"epoch": str(installation(session).epoch), "schema": migrate.present(database.engine)}
    finally:
        database.engine.dispose()


@dataclass(frozen=True, slots=True)
class Restored:
    """`before`: where the database of before is kept; `put_back`: rows that were issued after the backup."""

    made_at: str
    before: Path
    blobs: int
    put_back: int
    epoch: str


def restore(config: Config, file: Path, now: datetime) -> Restored:
    """Makes the backup the present. Nothing is touched before every hash of it is right.

    Raises Damaged or Unfit with a sentence. Blobs and issued things are only ever added; keys in the backup
    come back where there are none.
    """
    engine = engine_of(config)
    if others := engine.users():
        raise Unfit(f"The database is in use ({others} others have it open). Stop the server first.")
    config.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restoring-", dir=config.data) as scratch:
        unpacked = Unpacked.of(file, Path(scratch))
        made_with = unpacked.manifest["engine"]
        if made_with != engine.name:
            raise Unfit(f"This backup is of a {made_with} database, and DATABASE_URL names {engine.name}.")
        blobs = sum(_add(unpacked, config.data, folder) for folder in ("blobs", issued.FOLDER, *KEYS))
        before = engine.put_in_place(unpacked.folder / engine.file, now)
    put_back, epoch = _begin_anew(config, now)
    return Restored(unpacked.manifest["made_at"], before, blobs, put_back, epoch)


def _add(unpacked: Unpacked, data: Path, name: str) -> int:
    count = 0
    alone = unpacked.folder / name
    for path in [alone] if alone.is_file() else unpacked.below(name):
        target = data / path.relative_to(unpacked.folder)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(path, target)
            count += 1
    return count


def _begin_anew(config: Config, now: datetime) -> tuple[int, str]:
    """The present schema, what was issued since, and a new epoch: phones send again what they hold."""
    from app import migrate

    database = Database(config.database_url)
    try:
        migrate.upgrade(database.engine)
        with database.write() as session:
            put_back = issued.put_back(session, config.data)
            for number in issued.numbers(config.data):
                numbering.keep_clear_of(session, KIND, number)
            for number in issued.handover_numbers(config.data):
                numbering.keep_clear_of(session, "handover", number)
            epoch = new_id()
            before = session.execute(select(Installation.epoch)).scalar_one()
            session.execute(update(Installation).values(epoch=epoch))
            facts = {"epoch": str(epoch), "before": str(before)}
            journal.write(session, "installation.restored", ("installation", before), now, None, facts)
        return put_back, str(epoch)
    finally:
        database.engine.dispose()
