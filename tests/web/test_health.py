"""GET /health: a word for everybody, the parts for those who mend."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import migrate
from app.adapters import heartbeat
from app.adapters.pictures import PictureRoom
from app.adapters.schema import newest_revision
from app.config import Config
from app.db import database, transaction
from app.domain.errors import Unavailable
from app.factory import create_app
from app.outbox import send
from app.web import health
from app.web.listeners import Listeners
from tests.cast import Cast
from tests.client import PageClient

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def asked(app: Flask, peer: str, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = app.test_client().get("/health", environ_overrides={"REMOTE_ADDR": peer}, headers=headers)
    return answer.status_code, answer.get_json()


def parts(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = asked(app, "127.0.0.1")[1]["parts"]
    return found


def test_anybody_learns_ok_and_nothing_more(app: Flask) -> None:
    assert asked(app, "203.0.113.9") == (200, {"api": "plumbline/1", "ok": True})


def test_this_machine_gets_every_part(app: Flask) -> None:
    status, answer = asked(app, "127.0.0.1")
    assert status == 200 and answer["ok"]
    assert set(answer["parts"]) >= {"database", "disk", "queue", "reports", "pictures"}
    assert answer["build"]
    for name, part in answer["parts"].items():
        assert isinstance(part["ok"], bool), name
        assert part["ok"] or part["why"], name


def test_an_admin_gets_the_parts_from_anywhere_and_a_manager_does_not(
    app: Flask, cast: Cast, client_for: Callable[..., PageClient]
) -> None:
    far = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
    assert "parts" in client_for(cast.admin).get("/health", **far).get_json()
    for person in (cast.manager, cast.owner, cast.officer):
        assert "parts" not in client_for(person).get("/health", **far).get_json()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_whoever_comes_through_a_proxy_on_this_machine_is_not_this_machine(app: Flask, header: str) -> None:
    app.wsgi_app = Listeners(app.wsgi_app, 0, None, bytes)  # type: ignore[method-assign,assignment]
    value = "for=203.0.113.9" if header == "Forwarded" else "203.0.113.9"
    assert "parts" not in asked(app, "127.0.0.1", **{header: value})[1]
    assert "parts" in asked(app, "127.0.0.1")[1]


def test_a_forwarded_address_of_loopback_does_not_open_the_parts(
    database_url: str, config_for: Callable[..., Config]
) -> None:
    config = config_for(database_url, PLUMBLINE_PROXIES="1")
    app = create_app(config)
    app.wsgi_app = Listeners(app.wsgi_app, 1, None, bytes)  # type: ignore[method-assign,assignment]
    assert "parts" not in asked(app, "203.0.113.9", **{"X-Forwarded-For": "127.0.0.1"})[1]
    assert "parts" not in asked(app, "127.0.0.1", **{"X-Forwarded-For": "127.0.0.1"})[1]


def test_sqlite_says_its_library_and_how_durable_it_is(app: Flask) -> None:
    part = parts(app)["database"]
    assert part["engine"] == "sqlite"
    assert part["library"] == sqlite3.sqlite_version
    assert part["journal_mode"] == ("WAL" if part["wal_reset_fix"] else "TRUNCATE")
    assert part["synchronous"] == "FULL"
    assert part["migration"] == newest_revision()


def test_both_engines_are_looked_at(app_on_both: Flask) -> None:
    part = parts(app_on_both)["database"]
    assert part["ok"], part
    assert part["engine"] == ("sqlite" if app_on_both.config["PLUMBLINE"].sqlite else "postgresql")


def test_an_older_schema_is_not_well(app: Flask) -> None:
    with app.app_context(), database().engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert asked(app, "203.0.113.9") == (503, {"api": "plumbline/1", "ok": False})
    assert "make migrate" in parts(app)["database"]["why"]


def test_an_empty_database_is_not_well_and_does_not_break_the_page(
    tmp_path_factory: pytest.TempPathFactory, config_for: Callable[..., Config]
) -> None:
    empty = tmp_path_factory.mktemp("empty") / "plumbline.db"
    config = config_for(f"sqlite:///{empty}")
    config.data.mkdir(exist_ok=True)
    status, answer = asked(create_app(config), "127.0.0.1")
    assert status == 503
    assert answer["parts"]["database"] == {
        "ok": False,
        "why": "It could not be looked at (OperationalError).",
    }


@pytest.fixture
def little_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    usage = type("Usage", (), {"free": health.LEAST_DISK - 1})
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage)
    yield


@pytest.mark.usefixtures("little_disk")
def test_a_full_disk_is_not_well(app: Flask) -> None:
    assert asked(app, "203.0.113.9")[0] == 503
    assert parts(app)["disk"]["why"].startswith("Less than 200 MB")


def test_work_that_waits_too_long_is_said_but_the_web_app_still_serves(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction() as session:
        send(session, "test.mail", {}, NOW)
        send(session, "test.mail", {}, NOW).failed_at = NOW
        send(session, "test.mail", {}, NOW).done_at = NOW
        send(session, "test.mail", {}, NOW + timedelta(days=1))
    (app.config["PLUMBLINE"].data / heartbeat.NAME).touch()
    monkeypatch.setattr(health.clock, "now", lambda: NOW + timedelta(minutes=2))
    assert parts(app)["queue"] | {"worker_seen": 0} == {
        "ok": True,
        "due": 1,
        "failed": 1,
        "late_by": 120,
        "worker_seen": 0,
    }
    monkeypatch.setattr(health.clock, "now", lambda: NOW + timedelta(minutes=7))
    part = parts(app)["queue"]
    assert not part["ok"] and "7 minutes" in part["why"]
    assert asked(app, "203.0.113.9")[0] == 200


def test_a_worker_that_falls_silent_is_missed(app: Flask) -> None:
    assert parts(app)["queue"]["worker_seen"] is None
    sign = app.config["PLUMBLINE"].data / heartbeat.NAME
    sign.touch()
    assert parts(app)["queue"]["ok"]
    long_ago = time.time() - heartbeat.SILENT_AFTER - 5
    os.utime(sign, (long_ago, long_ago))
    part = parts(app)["queue"]
    assert not part["ok"] and part["worker_seen"] >= heartbeat.SILENT_AFTER
    assert asked(app, "203.0.113.9")[0] == 200, "what people do is kept, it leaves later"


def test_the_worker_shows_itself_until_it_is_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=heartbeat.beat, args=(tmp_path, stop))
    worker.start()
    until = time.monotonic() + 5
    while heartbeat.silent_for(tmp_path) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert (heartbeat.silent_for(tmp_path) or 0.0) < 5
    stop.set()
    worker.join(5)
    assert not worker.is_alive()


def test_missing_libraries_are_named_with_their_packages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    health.register(app, "reports", health.reports)
    monkeypatch.setattr(health, "missing_packages", lambda: ["libpango-1.0-0", "fonts-noto-cjk"])
    part = parts(app)["reports"]
    assert part["missing"] == ["libpango-1.0-0", "fonts-noto-cjk"]
    assert part["why"].endswith("apt-get install libpango-1.0-0 fonts-noto-cjk")
    assert asked(app, "203.0.113.9")[0] == 200, "the web app still serves"


def test_photos_that_cannot_be_checked_are_said(app: Flask) -> None:
    class Shut(PictureRoom):
        def warm(self) -> None:
            raise Unavailable("picture_check_unavailable")

    health.register(app, "pictures", health.pictures(Shut()))
    assert "does not start" in parts(app)["pictures"]["why"]


def test_a_costly_part_is_looked_at_once_for_a_while(app: Flask) -> None:
    looked: list[int] = []

    def probe() -> dict[str, Any]:
        looked.append(1)
        return {"ok": True}

    health.register(app, "costly", probe, keep=60)
    parts(app)
    parts(app)
    assert looked == [1]


def test_the_newest_revision_is_what_alembic_says() -> None:
    assert newest_revision() == migrate.head()
