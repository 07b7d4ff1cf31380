"""The real server in its own process, killed and started again, and phones that reach it by HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from app.config import ROOT
from tests.sync.store import Answer, Lost, Store
from tests.sync.world import SqliteWorld, Wire

TIMEOUT = 25.0


class Server:
    """`data` holds a prepared database (SqliteWorld). Everything of it is read by SQL from outside."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.world = SqliteWorld(self.data)
        self.record = self.world.record
        self.world.database.engine.dispose()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "scripts" / "gunicorn_conf.py")]
        command += ["--bind", f"127.0.0.1:{self.port}", "tests.faults.faulty:app"]
        given = {
            **os.environ,
            "PLUMBLINE_DATA": str(self.data),
            "PLUMBLINE_DEMO": "0",
            "PUBLIC_URL": "http://localhost",
        }
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=given, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError((self.data / "server.log").read_text())
            time.sleep(0.05)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL to master and workers, as a power cut."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def ask_for(self, file: str, text: str) -> None:
        (self.data / file).write_text(text)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data / "plumbline.db", timeout=20)) as database:
            return database.execute(statement).fetchall()

    def phone(self, which: int, port: int | None = None) -> Store:
        """The store of one of the two auditors' phones, over a real connection (through `port`, a proxy)."""
        wire = self.world.phones[which]
        return Store(Line(wire, port or self.port), wire.device)


class Line:
    """`ask` over HTTP; a connection that breaks is `Lost`."""

    def __init__(self, wire: Wire, port: int) -> None:
        self.cookie, self.port = wire.cookie, port

    def __call__(self, method: str, path: str, body: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Cookie": self.cookie, "X-Plumbline": "1", "Host": "localhost"}
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, content, headers)
            said = connection.getresponse()
            data = said.read()
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        finally:
            connection.close()
        kind = said.headers.get_content_type()
        is_json = kind in ("application/json", "application/problem+json")
        return Answer(said.status, kind, json.loads(data) if is_json and data else None)
