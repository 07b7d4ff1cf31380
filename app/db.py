"""The database: engine, sessions, column types, transactions. SQLite and PostgreSQL alike.

Reads see committed rows statement by statement (autocommit). Every write is one `transaction()`; on SQLite
that is `BEGIN IMMEDIATE`, because a deferred transaction that turns into a writer fails at once with
BUSY_SNAPSHOT, whatever the busy timeout says. Pushes go through `grouped()`: those that wait at the same
moment share one commit, because the fsync, not Python, is what limits a small server.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from flask import Flask, current_app, g
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    bindparam,
    create_engine,
    event,
    inspect,
    update,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from app.domain.errors import Full, Stale, Unavailable

T = TypeVar("T")
KEY = "plumbline.database"
# WAL-reset race: with two connections in WAL mode these libraries may lose commits (trust.md §0.1)
WAL_SAFE_FROM = (3, 51, 3)
WAL_SAFE_PATCHES: dict[tuple[int, ...], int] = {(3, 44): 6, (3, 50): 7}
GROUP_AT_MOST = 50


def new_id() -> UUID:
    """A UUIDv7: unique anywhere, roughly in order of making; never used as a clock."""
    return uuid7()


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; always comes back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a date-time without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Canonical JSON as text, byte for byte the same on both engines (so that hashes hold)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


Id = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]
Instant = Annotated[datetime, mapped_column(UtcDateTime)]
Words = Annotated[dict[str, str], mapped_column(Json)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Editable:
    """A row that people edit: it counts its versions, so that a stale edit is noticed and nothing is lost."""

    record_version: Mapped[int] = mapped_column(Integer, default=1, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 (SQLAlchemy hands over the class)
        return {"version_id_col": cls.record_version}

    def expect(self, version: int | None) -> None:
        """Raises Stale when the form was filled from an older version of this row."""
        if version is not None and version != self.record_version:
            raise Stale()


class Database:
    """One engine and its two kinds of session."""

    def __init__(self, url: str, pool_size: int = 12, info: Mapping[str, Any] | None = None) -> None:
        """`info` goes along with every writing session (Session.info): what commands may know of the
        settings, because grouped work runs in any thread.
        """
        self.sqlite = url.startswith("sqlite")
        self.engine = create_engine(
            url, pool_size=pool_size, max_overflow=4, pool_pre_ping=not self.sqlite, pool_use_lifo=True
        )
        if self.sqlite:
            _teach_sqlite(self.engine)
            readers = self.engine
        else:
            readers = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        writers = self.engine.execution_options(writes=True)
        self._reading = readers
        self._writers = sessionmaker(writers, expire_on_commit=False, info=dict(info or {}))
        self._readers = sessionmaker(readers, expire_on_commit=False, autoflush=False)
        event.listen(self._readers, "before_flush", _refuse_to_write)
        self._group = _GroupCommit(self)

    def reader(self) -> Session:
        return self._readers()

    def ask(self, prepared: Prepared, given: Mapping[str, Any]) -> Sequence[Any]:
        """Rows of one question, on a connection that is free again at once."""
        with self._reading.connect() as connection:
            return prepared.on(connection, given)

    @contextmanager
    def write(self) -> Iterator[Session]:
        with busy_is_said(), self._writers() as session, session.begin():
            yield session

    def after_commit(self, told: Callable[[Session], None]) -> None:
        """Calls back after every commit of a write."""
        event.listen(self._writers, "after_commit", told)

    def grouped(self, work: Callable[[Session], T]) -> T:
        if self.sqlite:
            return self._group.run(work)
        with self.write() as session:
            return work(session)


def _refuse_to_write(*_: object) -> None:
    raise RuntimeError("this session only reads; write inside `with transaction() as session:`")


def journal_mode_for(version: tuple[int, ...]) -> str:
    """WAL where the library has the WAL-reset fix, else TRUNCATE (DESIGN §5.6)."""
    safe = version >= WAL_SAFE_FROM or (
        version[:2] in WAL_SAFE_PATCHES and version[2] >= WAL_SAFE_PATCHES[version[:2]]
    )
    return "WAL" if safe else "TRUNCATE"


def _teach_sqlite(engine: Engine) -> None:
    mode = journal_mode_for(sqlite3.sqlite_version_info)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we begin and commit ourselves
        for pragma in (
            "busy_timeout=10000",
            f"journal_mode={mode}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cache_size=-4000",  # 4 MB for each connection of the pool; the kernel keeps the rest of the file
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def busy_is_said() -> Iterator[None]:
    """Turns a lock held too long, a full disk or a row changed in between into an answer in words."""
    try:
        yield
    except StaleDataError as error:
        raise Stale() from error
    except (OperationalError, NoConnectionFree) as error:
        said = in_words(error)
        if said is None:
            raise
        raise said from error


def in_words(error: OperationalError | NoConnectionFree) -> Unavailable | None:
    """What a database that does not answer just now is called; None when it is our own mistake."""
    if isinstance(error, NoConnectionFree):
        return Unavailable("locked")
    text = str(error.orig)
    if "locked" in text or "busy" in text:
        return Unavailable("locked")
    if "full" in text or "No space left" in text:
        return Full()
    # PostgreSQL calls only its own absence "operational"; SQLite also a table that is not there
    return None if isinstance(error.orig, sqlite3.Error) else Unavailable()


class _Job:
    def __init__(self, work: Callable[[Session], Any]) -> None:
        self.work = work
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None


class _GroupCommit:
    """Whoever finds the writer free commits for all who wait; each job has its own savepoint."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gate = threading.Lock()
        self._writer = threading.Lock()
        self._waiting: list[_Job] = []

    def run(self, work: Callable[[Session], T]) -> T:
        job = _Job(work)
        with self._gate:
            self._waiting.append(job)
        while not job.done:
            with self._writer:
                if not job.done:
                    with self._gate:
                        batch, self._waiting = self._waiting[:GROUP_AT_MOST], self._waiting[GROUP_AT_MOST:]
                    self._commit(batch)
        if job.error is not None:
            raise job.error
        value: T = job.value
        return value

    def _commit(self, batch: list[_Job]) -> None:
        try:
            with self._database.write() as session:
                for job in batch:
                    self._do(job, session, alone=len(batch) == 1)
        except BaseException as error:  # the commit failed: nobody's work is there
            for job in batch:
                job.error = job.error or error
        finally:
            for job in batch:
                job.done = True

    @staticmethod
    def _do(job: _Job, session: Session, alone: bool) -> None:
        if alone:
            job.value = job.work(session)
            return
        try:
            with session.begin_nested():
                job.value = job.work(session)
        except Exception as error:  # isolated: the others' work stands
            job.error = error
        session.expunge_all()


def attach(app: Flask, database: Database) -> None:
    """Gives the app its database and closes the reading session at the end of every request."""
    app.extensions[KEY] = database

    @app.teardown_appcontext
    def close(_: BaseException | None) -> None:
        session = g.pop("reading_session", None)
        if session is not None:
            session.close()


def database() -> Database:
    found: Database = current_app.extensions[KEY]
    return found


def reading() -> Session:
    """The reading session of this request (or of this app context)."""
    if "reading_session" not in g:
        g.reading_session = database().reader()
    session: Session = g.reading_session
    return session


def ask(prepared: Prepared, **given: Any) -> Sequence[Any]:
    """Rows of one prepared question, for a request that may need to read nothing else: it gets no reading
    session for that, which would cost several times the question and hold its connection to the end.
    """
    if "reading_session" in g:
        return prepared(g.reading_session, **given)
    return database().ask(prepared, given)


@contextmanager
def transaction() -> Iterator[Session]:
    """One short write: commits at the end, rolls back on any error."""
    if "reading_session" in g:
        # what was read before the write may be old after it
        g.reading_session.expire_all()
    with database().write() as session:
        yield session


def grouped(work: Callable[[Session], T]) -> T:
    """Runs `work(session)` in a commit shared with whoever pushes at the same moment.

    `work` may run in another thread than the caller's: it must not touch the request.
    """
    return database().grouped(work)


def insert_columns(session: Session, table: Table, columns: Mapping[str, Any], count: int) -> None:
    """Inserts `count` rows at once, past the statement machinery that would cost more than the insert.

    A column is a list or tuple with a value for each row, or one value that all rows share. Ids may be text
    with dashes; Json columns take canonical text. Hot path only (pushes).
    """
    connection = session.connection()
    statement, processors = _insert_statement(table, tuple(columns), connection.dialect)
    listed: list[Iterable[Any]] = []
    for given, processor in zip(columns.values(), processors, strict=True):
        if type(given) is not list and type(given) is not tuple:
            listed.append(repeat(given if processor is None else processor(given), count))
        elif processor is None:
            listed.append(given)
        elif processor is _hex and type(given[0]) is str:
            listed.append([value.replace("-", "") for value in given])
        else:
            listed.append(map(processor, given))
    _run(connection, statement, list(zip(*listed, strict=False)))


def select_many(session: Session, statement: str, ids: Sequence[str]) -> Sequence[Any]:
    """Rows of a plain `... IN (:ids)` statement for ids given as text, for the same reason."""
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    marks = ",".join(["?" if sqlite else "%s"] * len(ids))
    given = [i.replace("-", "") for i in ids] if sqlite else list(ids)
    if not sqlite:
        marks = ",".join(["%s::uuid"] * len(ids))
    return _run(connection, statement.replace(":ids", marks), tuple(given))


class Prepared:
    """A statement asked on every push, compiled once: `prepared(session, name=value, …)` gives its rows.

    SQLite runs it straight through the driver; the column types convert as ever. Rows are plain tuples. An
    UPDATE says with no rows that it is done. Values bound here must not be lists (no expanding IN).
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._made: tuple[str, list[tuple[str, Any, Any]], list[Any]] | None = None

    def __call__(self, session: Session, **given: Any) -> Sequence[Any]:
        return self.on(session.connection(), given)

    def on(self, connection: Connection, given: Mapping[str, Any]) -> Sequence[Any]:
        if connection.dialect.name != "sqlite":
            found = connection.execute(self._statement, given)
            return found.all() if found.returns_rows else ()
        text, binds, results = self._made or self._make(connection.dialect)
        values = [given.get(name, fixed) for name, fixed, _ in binds]
        for place, (_, _, convert) in enumerate(binds):
            if convert is not None:
                values[place] = convert(values[place])
        rows = _run(connection, text, tuple(values))
        if not any(results):
            return rows
        return [tuple([c(v) if c else v for c, v in zip(results, row, strict=True)]) for row in rows]

    def _make(self, dialect: Dialect) -> tuple[str, list[tuple[str, Any, Any]], list[Any]]:
        compiled = self._statement.compile(dialect=dialect)
        fixed = compiled.params
        binds = [
            (name, fixed[name], compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]
        columns = getattr(self._statement, "selected_columns", ())
        results = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._made = (compiled.string, binds, results)
        return self._made


def save(session: Session, row: Any) -> None:
    """Writes the changed columns of one row of a push, and lets go of it: the unit of work would cost more.

    For rows without `record_version`; relationships that changed must be flushed before.
    """
    state = inspect(row)
    if not state.persistent:
        return  # new: the session inserts it
    changed = tuple(sorted(name for name in state.committed_state if name in state.mapper.columns))
    if changed:
        update_one = _update_statement(type(row).__table__, changed)
        update_one(session, the_id=row.id, **{f"new_{name}": state.dict[name] for name in changed})
    session.expunge(row)


@lru_cache(maxsize=64)
def _update_statement(table: Table, columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        update(table)
        .where(table.c.id == bindparam("the_id"))
        .values({table.c[name]: bindparam(f"new_{name}") for name in columns})
    )


def _run(connection: Connection, statement: str, given: tuple[Any, ...] | list[tuple[Any, ...]]) -> Any:
    """A statement through the driver: a list of tuples is one execution each. Errors are SQLAlchemy's."""
    if connection.dialect.name != "sqlite":
        found = connection.exec_driver_sql(statement, given)
        return found.all() if found.returns_rows else ()
    driver: Any = connection.connection.dbapi_connection
    try:
        if type(given) is list:
            driver.executemany(statement, given)
            return ()
        return driver.execute(statement, given).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            statement, None, error, sqlite3.Error, dialect=connection.dialect
        ) from error


def id_text(value: Any) -> str:
    """The text with dashes of an id as the driver gave it."""
    if isinstance(value, UUID):
        return str(value)
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


@lru_cache(maxsize=32)
def _insert_statement(
    table: Table, columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[Callable[[Any], Any] | None]]:
    sqlite = dialect.name == "sqlite"
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    marks = ", ".join(["?" if sqlite else "%s"] * len(columns))
    processors: list[Callable[[Any], Any] | None] = []
    for name in columns:
        kind = table.c[name].type
        if isinstance(kind, Uuid):
            processors.append(_hex if sqlite else None)
        elif isinstance(kind, Json):
            processors.append(None)
        else:
            processors.append(kind.dialect_impl(dialect).bind_processor(dialect))
    return f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", processors  # noqa: S608 (our own names)


def _hex(value: UUID | str | None) -> str | None:
    if value is None:
        return None
    return value.replace("-", "") if isinstance(value, str) else value.hex


def append_only(table: str, dialect: str, may_delete: bool = False) -> list[str]:
    """The triggers that keep a table append-only, also against plain SQL."""
    changes = ["UPDATE"] if may_delete else ["UPDATE", "DELETE"]
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for change in changes
        ]
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(changes)} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
