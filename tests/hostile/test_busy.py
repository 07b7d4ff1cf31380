"""The database is held by somebody else, or gone: every page says so in words, and nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.config import Config
from app.factory import create_app
from tests.cast import assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.postgres import Cluster


@pytest.fixture
def held(app: Flask, tmp_path: Path) -> Iterator[tuple[PageClient, Phone, sqlite3.Connection]]:
    """A person, a phone with an answer that waits, and the lock of another process still open."""
    cast = assemble(app)
    version = audit_version(app)
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(version, cast.site, cast.owner)
    client = PageClient(app, cast.manager)
    client.token()
    engine = app.extensions["plumbline.database"].engine
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50"))
    with engine.connect(), engine.connect(), engine.connect():
        pass  # a connection made while the lock is held would wait its ten seconds
    other = sqlite3.connect(tmp_path / "data" / "plumbline.db", isolation_level=None)
    yield client, phone, other
    other.close()


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "IMMEDIATE"])
def test_a_locked_database_is_a_sentence(
    held: tuple[PageClient, Phone, sqlite3.Connection], lock: str
) -> None:
    client, phone, other = held
    other.execute(f"BEGIN {lock}")
    pages = ["/inspections", "/suppliers", "/me", "/api/v1/work", "/api/v1/ping", "/", "/app/en/"]
    for path in pages if lock == "EXCLUSIVE" else []:
        answer = client.client.get(path)
        assert answer.status_code in (200, 302, 503), f"{path} → {answer.status}"
        assert "Something failed" not in answer.get_data(as_text=True)
    answer = client.client.get("/inspections", headers={"HX-Request": "true"})
    assert answer.status_code == (503 if lock == "EXCLUSIVE" else 200)
    waiting = list(phone.waiting)
    answer = phone.send(waiting)
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "locked"
    other.execute("ROLLBACK")
    answer = phone.send(waiting)
    assert answer.json is not None
    assert [result["result"] for result in answer.json["results"]] == ["applied"]
    assert client.get("/inspections").status_code == 200


def test_a_postgresql_that_is_gone_is_a_sentence(cluster: Cluster, config_for: Callable[..., Config]) -> None:
    name, url = cluster.copy("plumbline_template")
    app = create_app(config_for(url))
    app.testing = True
    cast = assemble(app)
    client = PageClient(app, cast.manager)
    assert client.get("/inspections").status_code == 200
    cluster.drop(name)
    for path in ("/inspections", "/api/v1/ping", "/api/v1/work"):
        answer = client.get(path)
        assert answer.status_code == 503, f"{path} → {answer.status}"
        assert "plumbline_template" not in answer.get_data(as_text=True)
    assert client.get("/health").status_code == 503
    app.extensions["plumbline.database"].engine.dispose()
