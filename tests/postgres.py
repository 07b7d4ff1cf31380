"""A PostgreSQL server of our own for the tests: Debian's binaries, a folder that goes away, a Unix socket."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import psycopg

_numbers = itertools.count(1)


class Cluster:
    """Started without fsync (tests only) in a folder of its own inside `folder`. `create`/`copy` give URLs of
    databases in it.
    """

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
        if not found:
            raise RuntimeError("The tests need PostgreSQL: apt-get install postgresql (make test does it).")
        self.bin = found[-1].parent
        # a socket path must stay below 108 characters, and the server's own user must reach it
        self.folder = Path(tempfile.mkdtemp(prefix="plpg-", dir=folder))
        self.log = self.folder / "server.log"

    def __enter__(self) -> Cluster:
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:  # initdb refuses root
            self.user = "postgres"
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        self._as_server(
            "initdb",
            "-D",
            str(data),
            "-U",
            "plumbline",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        options += " -c full_page_writes=off -c max_connections=60 -c synchronous_commit=off"
        options += " -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0"
        self._as_server("pg_ctl", "-D", str(data), "-l", str(self.log), "-w", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._as_server("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_server(self, program: str, *arguments: str) -> None:
        command = [str(self.bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self.user, "--", *command]
        # the server inherits our pipes, so its output goes to a file or capturing would wait for ever
        with (self.folder / "setup.log").open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{(self.folder / 'setup.log').read_text()}")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://plumbline@/{name}?host={self.folder}"

    def _run(self, statement: str) -> None:
        with psycopg.connect(
            f"host={self.folder} user=plumbline dbname=postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def create(self, name: str) -> str:
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def copy(self, template: str) -> tuple[str, str]:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name, self.url(name)

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
