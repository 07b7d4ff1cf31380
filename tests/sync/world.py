"""The real app and a real database under the model: reset in milliseconds, backed up, restored, crashed."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app import db
from app.config import read_config
from app.db import Database, new_id
from app.factory import create_app
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.checklists import library
from app.features.checklists.commands import publish
from app.features.inspections.commands import decide_late_work
from app.features.inspections.models import Inspection
from app.features.operations.queries import head_seq
from app.migrate import upgrade
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.postgres import Cluster
from tests.sync.store import Answer, Lost

QUESTIONS = ("A1", "A2", "A3")


class Crash(BaseException):
    """The server is killed here."""


def small_checklist() -> dict[str, Any]:
    """The shipped handover checklist cut down to a few questions that ask for nothing but a score."""
    whole = next(each for each in library.definitions() if each["code"] == "4m1e-supplier-audit")
    section = whole["sections"][0]
    plain = [q for q in section["questions"] if not q.get("critical") and not q.get("veto")]
    questions = [
        {**question, "id": name, "weight": 1} for question, name in zip(plain, QUESTIONS, strict=False)
    ]
    rules = {key: value for key, value in whole["rules"].items() if key not in ("duty", "signatures")}
    return {
        **whole,
        "code": "model",
        "rules": {**rules, "duty": "none"},
        "sections": [{**section, "questions": questions}],
    }


class World:
    """Devices of two auditors and a manager on one site. Subclasses know how a database is put back."""

    def __init__(self, data: Path, url: str) -> None:
        self.config = read_config(
            {
                "PLUMBLINE_DATA": str(data),
                "DATABASE_URL": url.replace("+psycopg", ""),
                "PLUMBLINE_DEMO": "0",
                "PUBLIC_URL": "http://localhost",
            }
        )
        database = Database(self.config.database_url)
        upgrade(database.engine)
        database.engine.dispose()
        self.app: Flask = create_app(self.config)
        self.app.testing = True
        self.cast: Cast = assemble(self.app)
        with self.app.app_context(), db.transaction() as session:
            self.version = publish(session, small_checklist(), BORN, self.cast.admin).id
        self.record = self._planned()
        self.phones = [Wire(self, person) for person in (self.cast.owner, self.cast.teammate)]
        self.crash: str | None = None
        self.acknowledges_before_commit = False
        self._tap()

    def _planned(self) -> str:
        """An inspection that a manager planned for both."""
        desk = Phone(PageClient(self.app, self.cast.manager)).register()
        desk.record = str(new_id())
        value = {
            "checklist_version": str(self.version),
            "site": str(self.cast.site),
            "auditors": [str(self.cast.owner), str(self.cast.teammate)],
            "due": "2026-12-18",
        }
        desk.operation("create", "inspection", "created", value)
        assert [result["result"] for result in desk.push()] == ["applied"]
        return desk.record

    def _tap(self) -> None:
        """Crashes happen around the one commit of a push."""
        database = self.database
        through: Callable[..., Any] = database.grouped

        def grouped(work: Callable[[Any], Any]) -> Any:
            crash, self.crash = self.crash, None
            if crash != "before commit":
                value = through(work)
                if crash == "after commit":
                    raise Crash
                return value
            given: list[Any] = []
            try:
                with database.write() as session:
                    given.append(work(session))
                    raise Crash
            except Crash:
                if self.acknowledges_before_commit:
                    return given[0]
                raise

        database.grouped = grouped  # type: ignore[method-assign]

    @property
    def database(self) -> Database:
        found: Database = self.app.extensions[db.KEY]
        return found

    def use(self, url: str) -> None:
        self.database.engine.dispose()
        self.app.extensions[db.KEY] = Database(url)
        self._tap()

    def begin_epoch(self) -> None:
        with self.database.write() as session:
            epoch = new_id().hex if self.database.sqlite else str(new_id())
            session.execute(text("UPDATE installation SET epoch = :epoch"), {"epoch": epoch})

    def late(self, record: str) -> int:
        with self.database.reader() as session:
            found = session.get(Inspection, UUID(record))
            return found.late if found else 0

    def decide(self, record: str, amends: bool) -> None:
        """A manager takes late work in or lays it aside."""
        with self.app.app_context(), db.transaction() as session:
            person = session.get(Person, self.cast.manager)
            assert person is not None
            actor, now = actor_of(session, person), datetime.now(UTC)
            seq = head_seq(session, UUID(record))
            decide_late_work(session, actor, UUID(record), seq, amends, "It came after the end.", now)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def save_template(self) -> None:
        raise NotImplementedError

    def reset(self) -> None:
        """As it was when the world was made."""
        raise NotImplementedError

    def backup(self) -> Any:
        raise NotImplementedError

    def restore(self, kept: Any) -> None:
        raise NotImplementedError


class SqliteWorld(World):
    def __init__(self, data: Path) -> None:
        self.file = data / "plumbline.db"
        super().__init__(data, f"sqlite:///{self.file}")
        self.template = self.backup()

    def backup(self) -> bytes:
        return self.file.read_bytes()  # between two transactions, journal_mode=TRUNCATE: nothing is beside it

    def reset(self) -> None:
        self._put(self.template)

    def restore(self, kept: bytes) -> None:
        self._put(kept)
        self.begin_epoch()

    def _put(self, content: bytes) -> None:
        self.database.engine.dispose()
        for tail in ("-journal", "-wal", "-shm"):
            Path(f"{self.file}{tail}").unlink(missing_ok=True)
        self.file.write_bytes(content)


class PostgresWorld(World):
    """A backup is a copy of the database; going back is a copy of the copy."""

    def __init__(self, data: Path, cluster: Cluster) -> None:
        self.cluster = cluster
        self.made: list[str] = []
        self.name, url = cluster.copy("plumbline_template")
        super().__init__(data, url)
        self.template = self.backup()

    def backup(self) -> str:
        self.database.engine.dispose()
        name, _ = self.cluster.copy(self.name)
        self.made.append(name)
        return name

    def reset(self) -> None:
        self.database.engine.dispose()
        old = [self.name, *(name for name in self.made if name != self.template)]
        self.name, url = self.cluster.copy(self.template)
        self.use(url)
        self.made = [self.template]
        for name in old:
            self.cluster.drop(name)

    def restore(self, kept: str) -> None:
        self.database.engine.dispose()
        self.made.append(self.name)
        self.name, url = self.cluster.copy(kept)
        self.use(url)
        self.begin_epoch()

    def close(self) -> None:
        self.database.engine.dispose()
        for name in (self.name, *self.made):
            self.cluster.drop(name)


class Wire:
    """From one phone to the app's front door; `fault` says what becomes of the next request."""

    def __init__(self, world: World, person: UUID) -> None:
        self.world = world
        self.person = person
        client = PageClient(world.app, person)
        self.device = Phone(client).register().device
        jar = client.client._cookies  # the test client's own, once; afterwards requests are made by hand
        self.cookie = "; ".join(f"{c.key}={c.value}" for c in jar.values())
        self.fault: str | None = None
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(self, method: str, path: str, body: Any) -> Answer:
        fault, self.fault = self.fault, None
        if fault == "drop before":
            raise Lost
        if fault == "hotel":
            return Answer(200, "text/html")
        if method == "POST":
            self.sent.append((method, path, json.loads(json.dumps(body))))
        if fault in ("before commit", "after commit"):
            self.world.crash = fault
        answer = self.carry(method, path, body)
        if fault == "twice":
            answer = self.carry(method, path, body)
        if fault == "drop after":
            raise Lost
        if fault == "proxy error":
            return Answer(502, "text/html")
        return answer

    def carry(self, method: str, path: str, body: Any) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        place, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": place,
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_X_PLUMBLINE": "1",
            "HTTP_COOKIE": self.cookie,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        said: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            said.update(status=int(status[:3]), mimetype=dict(headers).get("Content-Type", ""))

        try:
            body_out = b"".join(self.world.app.wsgi_app(environ, start))  # type: ignore[arg-type]
        except Crash:
            raise Lost from None
        is_json = "json" in said["mimetype"]
        return Answer(said["status"], said["mimetype"], json.loads(body_out) if is_json else None)


@contextmanager
def sqlite_world(folder: Path) -> Iterator[SqliteWorld]:
    folder.mkdir(parents=True, exist_ok=True)
    world = SqliteWorld(folder)
    yield world
    world.database.engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)
