"""The outbox is carried out at least once, by whoever lives; the queue only makes it quick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import outbox
from app.adapters import jobs as module
from app.adapters.claims import LEASE, MOST_ATTEMPTS, Job, claim, settle
from app.adapters.jobs import Jobs, make_huey
from app.config import ROOT, Config
from app.db import Database, database, transaction
from app.factory import create_app
from app.outbox import Outgoing
from tests.valkey import Valkey

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Valkey(Path(folder)) as server,
    ):  # a socket's path must be short
        yield server


def send(app: Flask, *payloads: int, kind: str = "test", at: datetime = NOW) -> None:
    with app.app_context(), transaction() as session:
        for payload in payloads:
            outbox.send(session, kind, {"number": payload}, at)


def rows(app: Flask) -> list[Outgoing]:
    with app.app_context(), database().reader() as session:
        return list(session.scalars(select(Outgoing).order_by(Outgoing.created_at, Outgoing.id)))


def jobs_of(app: Flask) -> Jobs:
    found: Jobs = app.extensions[module.KEY]
    return found


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_what_is_due_is_carried_out_once_and_in_order(app_on_both: Flask) -> None:
    done: list[tuple[int, int]] = []
    jobs_of(app_on_both).handle("test", lambda job: done.append((job.payload["number"], job.attempt)))
    send(app_on_both, 1, 2, 3)
    send(app_on_both, 4, at=NOW + timedelta(hours=1))
    send(app_on_both, 5, kind="of a later version")
    assert jobs_of(app_on_both).run_due(app_on_both, NOW) == 3
    assert done == [(1, 1), (2, 1), (3, 1)]
    assert jobs_of(app_on_both).run_due(app_on_both, NOW) == 0
    assert [row.done_at is not None for row in rows(app_on_both)] == [True, True, True, False, False]


def test_a_failure_is_tried_again_later_and_given_up_with_its_reason(app_on_both: Flask) -> None:
    tried: list[int] = []

    def fail(job: Job) -> None:
        tried.append(job.attempt)
        raise ConnectionError("the mail server is away")

    work = jobs_of(app_on_both)
    work.handle("test", fail)
    now, pauses = datetime.now(UTC), []
    send(app_on_both, 1, at=now)
    for _ in range(MOST_ATTEMPTS):
        assert work.run_due(app_on_both, now) == 1
        assert work.run_due(app_on_both, now) == 0
        (row,) = rows(app_on_both)
        pauses.append(row.not_before - now)
        now = max(now, row.not_before) + timedelta(seconds=1)
    assert tried == list(range(1, MOST_ATTEMPTS + 1))
    assert pauses[0] < pauses[1] < pauses[2]
    assert row.failed_at is not None and row.done_at is None
    assert row.error == "ConnectionError: the mail server is away"
    assert work.run_due(app_on_both, now + timedelta(days=30)) == 0


def test_one_that_fails_does_not_hold_up_the_rest(app: Flask) -> None:
    done: list[int] = []

    def some(job: Job) -> None:
        if job.payload["number"] == 1:
            raise ValueError
        done.append(job.payload["number"])

    jobs_of(app).handle("test", some)
    send(app, 1, 2, 3)
    jobs_of(app).run_due(app, NOW)
    assert done == [2, 3]


def test_a_rolled_back_transaction_sends_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr(jobs_of(app), "wake", lambda: woken.append(1))
    with pytest.raises(ZeroDivisionError), app.app_context(), transaction() as session:
        outbox.send(session, "test", {}, NOW)
        session.flush()
        raise ZeroDivisionError
    assert rows(app) == [] and woken == []
    send(app, 1)
    assert woken == [1]
    with app.app_context(), transaction() as session:
        session.execute(select(Outgoing))
    assert woken == [1]  # a commit without an effect wakes nobody


def test_a_worker_that_died_gives_its_job_back_after_the_lease(app_on_both: Flask) -> None:
    kept: Database = app_on_both.extensions["plumbline.database"]
    send(app_on_both, 1)
    dead = claim(kept, ["test"], NOW)
    assert dead is not None and claim(kept, ["test"], NOW + LEASE / 2) is None
    alive = claim(kept, ["test"], NOW + LEASE)
    assert alive is not None and (alive.id, alive.attempt) == (dead.id, 2)
    settle(kept, dead, error="from the grave", failed_at=NOW)  # it was only slow: no say any more
    (row,) = rows(app_on_both)
    assert row.failed_at is None and row.error == ""
    settle(kept, alive, done_at=NOW, error="")
    assert rows(app_on_both)[0].done_at == NOW


def test_many_workers_share_without_doing_anything_twice(app_on_both: Flask) -> None:
    done: list[int] = []
    jobs_of(app_on_both).handle("test", lambda job: done.append(job.payload["number"]))
    send(app_on_both, *range(40))
    crew = [threading.Thread(target=lambda: jobs_of(app_on_both).run_due(app_on_both, NOW)) for _ in range(4)]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    jobs_of(app_on_both).run_due(app_on_both, NOW)
    assert sorted(done) == list(range(40))


def test_the_clock_writes_each_regular_job_once(app_on_both: Flask) -> None:
    done: list[datetime] = []
    work = jobs_of(app_on_both)
    work.every("hourly", timedelta(hours=1), lambda job: done.append(NOW))

    def due(now: datetime) -> int:
        crew = [threading.Thread(target=work.tick, args=(app_on_both, now)) for _ in range(3)]
        for member in crew:
            member.start()
        for member in crew:
            member.join()
        return sum(row.kind == "hourly" for row in rows(app_on_both))

    assert [due(NOW + timedelta(minutes=minutes)) for minutes in (0, 20, 59, 60, 119, 121)] == [
        1,
        1,
        1,
        2,
        2,
        3,
    ]
    work.run_due(app_on_both, NOW + timedelta(hours=3))
    assert len(done) == 3


def test_done_rows_are_swept_and_failed_ones_kept(app: Flask) -> None:
    send(app, 1, 2, 3)
    with app.app_context(), transaction() as session:
        first, second, third = session.scalars(select(Outgoing).order_by(Outgoing.id))
        first.done_at = datetime.now(UTC) - timedelta(days=31)
        second.done_at = datetime.now(UTC) - timedelta(days=29)
        third.failed_at = datetime.now(UTC) - timedelta(days=99)
    jobs_of(app).tick(app, NOW)
    jobs_of(app).run_due(app, NOW)
    assert [row.payload["number"] for row in rows(app) if row.kind == "test"] == [2, 3]


def with_queue(
    kind: str, request: pytest.FixtureRequest, config_for: Callable[..., Config], url: str
) -> Config:
    return config_for(url, VALKEY_URL=request.getfixturevalue("valkey").url if kind == "valkey" else "")


@pytest.mark.parametrize("kind", ["sqlite", "valkey"])
def test_a_worker_wakes_at_once(
    kind: str, request: pytest.FixtureRequest, database_url: str, config_for: Callable[..., Config]
) -> None:
    config = with_queue(kind, request, config_for, database_url)
    web, worker = create_app(config), create_app(config)  # two processes in truth: they share only the files
    done: list[float] = []
    jobs_of(worker).handle("test", lambda job: done.append(time.monotonic()))
    stop = threading.Event()
    crew = threading.Thread(target=jobs_of(worker).work, args=(worker, stop))
    module_look = module.LOOK_EVERY
    module.LOOK_EVERY = 60.0  # so that only the queue can be what wakes it
    try:
        crew.start()
        until(lambda: any(row.kind == "blobs.sweep" and row.done_at for row in rows(web)))
        time.sleep(0.5)
        for number in range(3):
            started = time.monotonic()
            send(web, number, at=datetime.now(UTC))
            until(lambda number=number: len(done) == number + 1)
            assert done[-1] - started < 3  # 0.3 s on an idle machine
    finally:
        stop.set()
        module.LOOK_EVERY = module_look
        crew.join(20)
    assert not crew.is_alive()
    for app in (web, worker):
        app.extensions["plumbline.database"].engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "valkey"])
def test_the_queue_takes_only_signed_messages(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, config_for: Callable[..., Config]
) -> None:
    config = with_queue(kind, request, config_for, f"sqlite:///{tmp_path}/x.db")
    work = Jobs(config)
    work.huey.storage.flush_queue()
    work.wake()
    task = work.huey.dequeue()
    assert task is not None and task.name == "wake"
    work.huey.execute(task)
    assert work._rung.is_set()
    assert work.huey.dequeue() is None
    stranger = Jobs(
        config_for(f"sqlite:///{tmp_path}/x.db", SECRET_KEY="another key, long enough to be taken")
    )
    stranger.huey.storage = work.huey.storage
    stranger.wake()
    with pytest.raises(ValueError):
        make_huey(config).dequeue()


def test_a_queue_that_is_away_delays_nothing_and_loses_nothing(
    database_url: str, config_for: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.2)
    with tempfile.TemporaryDirectory() as folder:
        server = Valkey(Path(folder))
        server.start()
        app = create_app(config_for(database_url, VALKEY_URL=server.url))
        done: list[int] = []
        jobs_of(app).handle("test", lambda job: done.append(job.payload["number"]))
        server.stop()
        stop = threading.Event()
        crew = threading.Thread(target=jobs_of(app).work, args=(app, stop))
        crew.start()
        try:
            started = time.monotonic()
            send(app, 1, 2, at=datetime.now(UTC))
            assert time.monotonic() - started < 2
            until(lambda: sorted(done) == [1, 2])
        finally:
            stop.set()
            crew.join(20)
        app.extensions["plumbline.database"].engine.dispose()


def test_the_worker_of_make_run_sends_a_letter_and_stops_when_asked(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    environ = {
        **os.environ,
        "PLUMBLINE_DATA": str(tmp_path / "data"),
        "DATABASE_URL": database_url,
        "PLUMBLINE_DEMO": "0",
        "PUBLIC_URL": "http://localhost",
    }
    command = [sys.executable, "-m", "scripts.worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: any(row.kind == "blobs.sweep" and row.done_at for row in rows(app)), 40)
        send(app, 1, kind="accounts.mail", at=datetime.now(UTC))  # no letter in it: fails, and is kept
        until(lambda: any(row.error.startswith("KeyError") for row in rows(app)))
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()
