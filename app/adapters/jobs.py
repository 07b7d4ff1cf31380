"""Carrying out the outbox: the rows in the database are the truth, the queue only wakes the worker.

Handlers run at least once and must be idempotent (DESIGN §3.6). The queue is Huey on its own SQLite file,
or on Valkey; when it is away, the worker looks for itself every few seconds.
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.adapters import clock
from app.adapters.claims import Job, after_failure, claim, settle, sweep
from app.config import Config
from app.db import KEY as DATABASE
from app.db import Database, journal_mode_for
from app.outbox import Outgoing

if TYPE_CHECKING:
    from huey import Huey

log = logging.getLogger("plumbline.jobs")

KEY = "plumbline.jobs"
LOOK_EVERY = 5.0  # seconds, when nobody wakes us
TICK_EVERY = 30.0
BELL_EVERY = 0.25
SILENCE = 30.0  # seconds without trying a queue that is away: requests must not wait for it


Handler = Callable[[Job], None]


class Jobs:
    """What is done for which kind of outbox row, and how often what is done regularly."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._handlers: dict[str, Handler] = {}
        self._periods: dict[str, timedelta] = {}
        self._first: list[Callable[[], None]] = []
        self._rung = threading.Event()
        self._silent_until = 0.0
        self.every("outbox.sweep", timedelta(days=1), sweep)

    def handle(self, kind: str, handler: Handler) -> None:
        """Registers who carries out rows of a kind. Runs in an app context, outside any transaction."""
        if kind in self._handlers:
            raise ValueError(f"{kind} has a handler already")
        self._handlers[kind] = handler

    def every(self, kind: str, period: timedelta, handler: Handler) -> None:
        """Registers something done once in each period, by whichever worker comes first."""
        self.handle(kind, handler)
        self._periods[kind] = period

    def first(self, work: Callable[[], None]) -> None:
        """Registers what a worker does once, before its first job, in an app context."""
        self._first.append(work)

    @cached_property
    def huey(self) -> Huey:
        """The queue, opened when it is first needed: a web process that sends nothing does not load it."""
        return make_huey(self._config)

    @cached_property
    def _bell(self) -> Callable[[], object]:
        """Calling it queues a message whose execution, in the worker, rings."""

        def wake() -> None:
            self._rung.set()

        return self.huey.task(name="wake")(wake)

    def wake(self) -> None:
        """Tells the worker that there is something to do. Never raises: it would look by itself soon."""
        if time.monotonic() < self._silent_until:
            return
        try:
            self._bell()
        except Exception as error:
            self._silent_until = time.monotonic() + SILENCE
            log.warning("the queue does not answer: %s", error)

    def run_due(self, app: Flask, now: datetime | None = None) -> int:
        """Carries out everything that is due, one after the other; how many."""
        done = 0
        while self._run_one(app, now or clock.now()):
            done += 1
        return done

    def tick(self, app: Flask, now: datetime) -> None:
        """Writes down what is due by the clock. A row's id comes from kind and period: once each."""
        database: Database = app.extensions[DATABASE]
        for kind, period in self._periods.items():
            slot = now.timestamp() // period.total_seconds()
            row_id = uuid5(NAMESPACE_URL, f"plumbline:{kind}:{period.total_seconds():.0f}:{slot:.0f}")
            with database.reader() as session:
                if session.get(Outgoing, row_id) is not None:
                    continue
            row = Outgoing(id=row_id, kind=kind, payload={}, created_at=now, not_before=now)
            try:
                with database.write() as session:
                    session.add(row)
            except IntegrityError:  # another worker's clock is a moment ahead
                continue

    def work(self, app: Flask, stop: threading.Event, threads: int = 2) -> None:
        """Works until `stop` is set; jobs under way are finished first."""
        for work in self._first:
            try:
                with app.app_context():
                    work()
            except Exception:
                log.exception("what a worker does first could not be done")
        crew = [threading.Thread(target=self._listen, args=(stop,), name="bell")]
        crew += [threading.Thread(target=self._toil, args=(app, stop)) for _ in range(threads)]
        for member in crew:
            member.start()
        while not stop.is_set():
            try:
                self.tick(app, clock.now())
                self._rung.set()
            except Exception:
                log.exception("the clock's jobs could not be written down")
            stop.wait(TICK_EVERY)
        self._rung.set()
        for member in crew:
            member.join()

    def _listen(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                _ = self._bell  # known to the queue before a message is read
                task = self.huey.dequeue()
                if task is not None:
                    self.huey.execute(task)
                    continue
            except Exception as error:
                log.warning("the queue does not answer: %s", error)
                stop.wait(LOOK_EVERY)
            stop.wait(BELL_EVERY)

    def _toil(self, app: Flask, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                if self._run_one(app, clock.now()):
                    continue
            except Exception:
                log.exception("the outbox cannot be read")
            self._rung.wait(LOOK_EVERY)
            if not stop.is_set():
                self._rung.clear()

    def _run_one(self, app: Flask, now: datetime) -> bool:
        database: Database = app.extensions[DATABASE]
        job = claim(database, list(self._handlers), now)
        if job is None:
            return False
        self._rung.set()  # there may be more: the others of the crew look too
        try:
            with app.app_context():
                self._handlers[job.kind](job)
        except Exception as error:
            log.warning("%s %s failed, attempt %s", job.kind, job.id, job.attempt, exc_info=True)
            settle(database, job, **after_failure(job, error, clock.now()))
        else:
            settle(database, job, done_at=clock.now(), error="")
        return True


def make_huey(config: Config) -> Huey:
    """The queue: on Valkey when VALKEY_URL says so, else in a file of its own. Messages are signed."""
    from huey import RedisHuey, SqliteHuey
    from huey.serializer import SignedSerializer

    key = hmac.digest(config.secret_key.encode(), b"plumbline queue", "sha256").hex()
    common = {"name": "plumbline", "results": False, "serializer": SignedSerializer(secret=key)}
    if config.valkey_url:
        from redis import ConnectionPool

        url = config.valkey_url.removeprefix("redis+")  # redis+unix:// is what the rate limiter calls unix://
        pool = ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=3)
        return RedisHuey(connection_pool=pool, **common)
    mode = journal_mode_for(sqlite3.sqlite_version_info)
    config.data.mkdir(parents=True, exist_ok=True)
    # fsync off: what a power cut takes from this file is found again in the outbox
    return SqliteHuey(filename=str(config.data / "queue.db"), journal_mode=mode, fsync=False, **common)


def connect(app: Flask) -> Jobs:
    """Gives the app its jobs; every commit that wrote to the outbox wakes the worker."""
    jobs = Jobs(app.config["PLUMBLINE"])
    app.extensions[KEY] = jobs

    def committed(session: Session) -> None:
        if session.info.pop("outgoing", False):
            jobs.wake()

    app.extensions[DATABASE].after_commit(committed)
    return jobs


def run_worker(app: Flask, stop: threading.Event) -> None:
    """The whole of the worker process, until `stop` is set."""
    jobs: Jobs = app.extensions[KEY]
    jobs.work(app, stop)
