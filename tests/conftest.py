"""Where every test stands: a real database (SQLite, or a real PostgreSQL), the app on it, and the cast.

`database_url` gives SQLite; tests that must hold on both engines ask for `both_engines`.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import Config, read_config
from app.db import Database
from app.factory import create_app
from app.migrate import upgrade
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.many_apps import compile_once
from tests.postgres import Cluster

# What a test writes is thrown away minutes later, yet SQLite waits for the disk at each commit (up to 30 ms).
# No test cuts the power, so none can tell memory from a disk. A container's 64 MB of it would not do.
MEMORY = Path("/dev/shm")  # noqa: S108
ENOUGH = 3 * 1024**3  # bytes; two Chromiums' profiles at a time are the most of it
compile_once()


def pytest_configure() -> None:
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # an operator's own choice stands


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what was imported stays; looking for garbage in it took a tenth of the time
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated, empty SQLite file; every test works on a copy of it."""
    path = tmp_path_factory.mktemp("template") / "plumbline.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.engine.dispose()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A real PostgreSQL server for this run, with a migrated template database."""
    in_memory = os.environ.get("PYTEST_DEBUG_TEMPROOT") == str(MEMORY)
    with Cluster(MEMORY if in_memory else Path("/tmp")) as running:  # noqa: S108
        database = Database(running.create("plumbline_template"))
        upgrade(database.engine)
        database.engine.dispose()
        yield running


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    path = tmp_path / "data" / "plumbline.db"
    path.parent.mkdir()
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def both_engines(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of each engine in turn; overrides nothing, ask for `app_on`/`database` with it."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database_url")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name, url = cluster.copy("plumbline_template")
    yield url
    cluster.drop(name)


@pytest.fixture
def config_for(tmp_path: Path) -> Callable[..., Config]:
    def make(url: str, **environ: str) -> Config:
        return read_config(
            {
                "PLUMBLINE_DATA": str(tmp_path / "data"),
                "DATABASE_URL": url.replace("+psycopg", ""),
                "PLUMBLINE_DEMO": "0",
                "PUBLIC_URL": "http://localhost",
                **environ,
            }
        )

    return make


@pytest.fixture
def app(database_url: str, config_for: Callable[..., Config]) -> Iterator[Flask]:
    """The app on SQLite."""
    yield from _running(config_for(database_url))


@pytest.fixture
def app_on_both(both_engines: str, config_for: Callable[..., Config]) -> Iterator[Flask]:
    """The app on each engine in turn."""
    yield from _running(config_for(both_engines))


def _running(config: Config) -> Iterator[Flask]:
    made = create_app(config)
    made.testing = True
    yield made
    made.extensions["plumbline.database"].engine.dispose()


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def client_for(app: Flask) -> Callable[..., PageClient]:
    """A signed-in client: `client_for(cast.owner)`; `client_for(None)` is a visitor."""
    return lambda person=None: PageClient(app, person)


@pytest.fixture
def anonymous(app: Flask) -> PageClient:
    return PageClient(app, None)


assert sqlite3.sqlite_version_info >= (3, 35), "these tests need SQLite 3.35 or newer"
