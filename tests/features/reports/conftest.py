"""One report drawn and sealed for the whole run; every test works on a copy of that installation."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from app.adapters.blobs import LocalBlobs
from app.adapters.claims import Job
from app.adapters.pictures import copy_name
from app.config import Config, read_config
from app.db import new_id, transaction
from app.factory import create_app
from app.features.reports import commands
from app.features.reports.cli import WORKS
from app.features.reports.jobs import Works
from app.features.reports.models import Report
from app.features.reports.routes import ROOM as CHECKS
from app.web import limits
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.photos import jpeg
from tests.features.reports.kind import Walk, Walks, known

TEMPLATES = Path(__file__).parent / "templates"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class House:
    """An installation with the test kind. `report`: the id of the issued one, `file`: its bytes."""

    app: Flask
    cast: Cast
    walks: Walks
    data: Path
    photos: list[str]
    report: UUID

    @property
    def works(self) -> Works:
        works: Works = self.app.extensions[WORKS]
        return works

    @property
    def authority(self) -> Path:
        return self.data / "seal" / "ca.crt"

    def client(self, person: UUID | None) -> PageClient:
        return PageClient(self.app, person)

    def ask(self, site: UUID, revision: int = 1, language: str = "en") -> UUID:
        with self.app.app_context(), transaction() as session:
            return commands.request(
                session,
                kind="walk",
                record_id=site,
                revision=revision,
                language=language,
                now=NOW,
                person_id=self.cast.manager,
            ).id

    def make(self, report: UUID, attempt: int = 1) -> None:
        """What the worker does with its outbox row."""
        with self.app.app_context():
            self.works.issue(Job(new_id(), commands.ISSUE, {"report": str(report)}, attempt))

    def row(self, report: UUID) -> Report:
        with self.app.app_context(), transaction() as session:
            found = session.get(Report, report)
            assert found is not None
            _ = found.files
            session.expunge_all()
            return found

    def file(self, report: UUID | None = None) -> bytes:
        present = self.row(report or self.report).file
        assert present is not None
        with LocalBlobs(self.data / "blobs").open(present.sha256) as held:
            return held.read()


def settings(data: Path, **environ: str) -> Config:
    return read_config(
        {
            "PLUMBLINE_DATA": str(data),
            "DATABASE_URL": f"sqlite:///{data / 'plumbline.db'}",
            "PLUMBLINE_DEMO": "0",
            "PUBLIC_URL": "http://localhost",
            **environ,
        }
    )


def open_app(config: Config) -> Flask:
    app = create_app(config)
    app.testing = True
    loader = app.jinja_env.loader
    assert loader is not None
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), loader])
    return app


def close_app(app: Flask) -> None:
    app.extensions[WORKS].room.close()
    app.extensions[CHECKS].close()
    app.extensions["plumbline.database"].engine.dispose()


def put_photo(data: Path, seed: int, size: tuple[int, int] = (640, 480)) -> str:
    """A photo as the server keeps it: evidence, and its copy for reports."""
    picture = jpeg(size, seed)
    sha256 = hashlib.sha256(picture).hexdigest()
    blobs = LocalBlobs(data / "blobs")
    blobs.put(sha256, picture)
    blobs.put_named(copy_name(sha256, 1280), picture)
    return sha256


@pytest.fixture(scope="session")
def made(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The installation whose report is issued once."""
    data = tmp_path_factory.mktemp("reports") / "data"
    data.mkdir()
    shutil.copy(migrated_sqlite, data / "plumbline.db")
    app = open_app(settings(data))
    cast, walks = assemble(app), known()
    photos = [put_photo(data, 1), put_photo(data, 2, (480, 640))]
    walks.told[cast.site] = Walk(cast.site, photos=photos)
    house = House(app, cast, walks, data, photos, new_id())
    house.report = house.ask(cast.site)
    house.make(house.report)
    assert house.row(house.report).state == "issued"
    yield house
    close_app(app)


@pytest.fixture
def copied(made: House, tmp_path: Path) -> Callable[..., House]:
    """A copy of the installation that a test may change, with other settings if it wants."""
    opened: list[Flask] = []

    def copy(**environ: str) -> House:
        data = tmp_path / f"copy-{len(opened)}"
        shutil.copytree(made.data, data)
        app = open_app(settings(data, **environ))
        app.extensions[WORKS].room = made.works.room  # one renderer for the whole run
        app.extensions[CHECKS] = made.app.extensions[CHECKS]
        opened.append(app)
        walks = known()
        walks.told = {
            made.cast.site: Walk(made.cast.site, photos=made.photos),
            made.cast.other_site: Walk(made.cast.other_site, title="Walk through Kunshan"),
        }
        return dataclasses.replace(made, app=app, data=data, walks=walks)

    yield copy  # type: ignore[misc]
    for app in opened:
        app.extensions["plumbline.database"].engine.dispose()


@pytest.fixture
def house(copied: Callable[..., House]) -> House:
    return copied()


@pytest.fixture
def cast_on_both(app_on_both: Flask) -> tuple[Cast, Walks]:
    """The cast and the test kind, on each engine in turn."""
    return assemble(app_on_both), known()


@pytest.fixture(autouse=True)
def nothing_counted_yet(made: House) -> None:
    """Each test begins with no attempts against any limit; the app lives as long as the run."""
    made.app.extensions[limits.KEY].storage.reset()
