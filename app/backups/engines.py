"""A consistent copy of the database as a file, and that file as the database: SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from app.config import Config


class Unfit(Exception):
    """It cannot be done here; the text says why and what to do."""


class Engine(Protocol):
    name: str
    file: str  # its name inside a backup

    def dump(self, to: Path) -> None:
        """Writes the database as it stands at one moment; those who write meanwhile go on."""

    def users(self) -> int:
        """How many others have the database open."""

    def put_in_place(self, dump: Path, now: datetime) -> Path:
        """Makes the file the database, under an epoch of its own whatever ends us then; gives where the one
        before is kept.
        """


def engine_of(config: Config) -> Engine:
    if config.sqlite:
        return SqliteFile(Path(config.database_url.removeprefix("sqlite:///")))
    return Postgres(config.database_url.replace("+psycopg", "", 1), config.data)


class SqliteFile:
    name, file = "sqlite", "database.sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def dump(self, to: Path) -> None:
        # VACUUM INTO reads under one read lock: a snapshot, compact, and without a journal beside it
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=60)) as database:
            database.execute("VACUUM INTO ?", (str(to),))
        self._check(to)

    def users(self) -> int:
        """Processes that hold the file open, from /proc: a pool keeps connections that lock nothing."""
        here, found = self._path.resolve(), 0
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == str(os.getpid()):
                continue
            try:
                found += any(fd.readlink() == here for fd in (process / "fd").iterdir())
            except OSError:  # ended meanwhile, or somebody else's
                continue
        return found

    def put_in_place(self, dump: Path, now: datetime) -> Path:
        self._check(dump)
        with closing(sqlite3.connect(dump)) as database, database:
            database.execute("UPDATE installation SET epoch = ?", (uuid4().hex,))
        kept = self._path.with_name(f"{self._path.name}.before-restore-{now:%Y%m%d-%H%M%S}")
        if self._path.exists():
            with closing(sqlite3.connect(self._path, timeout=10)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._path.replace(kept)
        for tail in ("-wal", "-shm", "-journal"):
            Path(f"{self._path}{tail}").unlink(missing_ok=True)
        shutil.move(dump, self._path)
        return kept

    @staticmethod
    def _check(path: Path) -> None:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            said = database.execute("PRAGMA integrity_check").fetchone()[0]
            if said != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
                raise Unfit(f"The database in {path.name} is damaged: {said}")


class Postgres:
    name, file = "postgresql", "database.pgdump"

    def __init__(self, url: str, data: Path) -> None:
        from psycopg.conninfo import conninfo_to_dict  # not in the web process of a SQLite

        self._given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
        self._password = self._given.pop("password", None)  # not in the arguments, which anybody can list
        self._data = data

    def dump(self, to: Path) -> None:
        self._run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={to}"])

    def users(self) -> int:
        told = self._run(
            "psql",
            [
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--command",
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            ],
        )
        return int(told.strip())

    def put_in_place(self, dump: Path, now: datetime) -> Path:
        kept = self._data / f"postgresql.before-restore-{now:%Y%m%d-%H%M%S}.pgdump"
        self.dump(kept)
        empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        self._run("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", empty])
        # the dump brings the schema `public` only where it is not the server's own
        self._run("pg_restore", ["--no-owner", "--no-privileges", "--exit-on-error", str(dump)])
        anew = f"UPDATE installation SET epoch = '{uuid4()}'"  # noqa: S608 (our own)
        self._run("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", anew])
        return kept

    def _run(self, program: str, arguments: Sequence[str]) -> str:
        from psycopg.conninfo import make_conninfo

        found = _program(program)
        where = f"--dbname={make_conninfo(**self._given)}"
        environ = dict(os.environ)
        if self._password is not None:
            environ["PGPASSWORD"] = self._password
        done = subprocess.run(  # noqa: S603 (a program of PostgreSQL, our own arguments)
            [found, where, *arguments], env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise Unfit(f"{program} failed: {done.stderr.strip()}")
        return done.stdout


def _program(name: str) -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise Unfit(f"{name} is needed for this database: apt-get install postgresql-client")
    return found
