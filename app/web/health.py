"""GET /health: whether this installation is well, and for those who mend it, what is not and why.

Anyone learns ok or not. An admin, and whoever asks from this machine itself, gets each part. What the web
process cannot look at without loading it (the renderer's libraries) is asked of a short-lived child.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import db
from app.adapters import clock, heartbeat
from app.adapters.machine import advice, missing_packages
from app.adapters.pictures import PictureRoom
from app.adapters.schema import newest_revision
from app.domain.errors import Unavailable
from app.domain.permissions import Act, may_somewhere
from app.outbox import Outgoing
from app.web.errors import API
from app.web.identity import current_actor, open_to_anyone
from app.web.listeners import is_loopback

Finding = dict[str, Any]  # {"ok": bool, "why"?: str, …facts}
Probe = Callable[[], Finding]

PROBES = "plumbline.health"
LEAST_DISK = 200 * 1024 * 1024  # bytes: one walk with 100 photos
LATE = 300  # seconds that work may wait
KEEP = 30.0  # seconds that a costly finding stays good

blueprint = Blueprint("health", __name__)
log = logging.getLogger("plumbline")


@blueprint.get("/health")
@open_to_anyone
def health() -> tuple[Response, int]:
    vital = {"database": _safely(database), "disk": _safely(disk)}
    well = all(finding["ok"] for finding in vital.values())
    answer: Finding = {"api": API, "ok": well}
    if may_see_details():
        more = current_app.extensions[PROBES].items()
        answer["parts"] = {**vital, **{name: _safely(probe) for name, probe in more}}
        answer["build"] = current_app.config["PLUMBLINE"].build
    return jsonify(answer), 200 if well else 503


def may_see_details() -> bool:
    """An admin, or somebody on this machine: a connection from loopback that no proxy passed on."""
    original = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    peer = str(original.get("REMOTE_ADDR") or "")
    if is_loopback(peer) and not request.environ.get("plumbline.forwarded"):
        return True
    try:
        actor = current_actor()
    except SQLAlchemyError:  # no database, no session: the short answer still goes out
        return False
    return actor is not None and may_somewhere(actor, Act.SEE_HEALTH_DETAILS)


def register(app: Flask, name: str, probe: Probe, keep: float = 0.0) -> None:
    """Adds a part to the detailed answer; `keep` seconds a finding stays good."""
    app.extensions.setdefault(PROBES, {})[name] = _kept(probe, keep) if keep else probe


def init(app: Flask) -> None:
    app.register_blueprint(blueprint)
    register(app, "queue", queue)
    register(app, "reports", reports, keep=KEEP)


def database() -> Finding:
    """Engine, version and durability; not well when it does not answer or is not at the code's schema."""
    with db.database().engine.connect() as connection:
        facts = _sqlite(connection) if db.database().sqlite else _postgresql(connection)
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    wanted = newest_revision()
    facts |= {"ok": found == wanted, "migration": found}
    if found != wanted:
        facts["why"] = f"The schema is at {found}, the code needs {wanted}: run make migrate."
    return facts


def _sqlite(connection: Connection) -> Finding:
    mode = str(connection.execute(text("PRAGMA journal_mode")).scalar())
    levels = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
    level = connection.execute(text("PRAGMA synchronous")).scalar()
    return {
        "engine": "sqlite",
        "library": sqlite3.sqlite_version,
        "journal_mode": mode.upper(),
        "wal_reset_fix": db.journal_mode_for(sqlite3.sqlite_version_info) == "WAL",
        "synchronous": levels.get(int(level or 0), str(level)),
    }


def _postgresql(connection: Connection) -> Finding:
    show = ("server_version", "synchronous_commit", "fsync")
    values = {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in show}
    return {"engine": "postgresql", "library": values.pop("server_version"), **values}


def disk() -> Finding:
    """Free bytes where data is kept."""
    free = shutil.disk_usage(current_app.config["PLUMBLINE"].data).free
    if free >= LEAST_DISK:
        return {"ok": True, "free": free}
    return {"ok": False, "free": free, "why": "Less than 200 MB are free in the data folder."}


def queue() -> Finding:
    """What waits to leave, what gave up, and how long ago the worker was seen."""
    session, now = db.reading(), clock.now()
    waits = (Outgoing.done_at.is_(None), Outgoing.failed_at.is_(None))
    due, oldest = session.execute(
        select(func.count(), func.min(Outgoing.not_before)).where(*waits, Outgoing.not_before <= now)
    ).one()
    failed = session.scalar(select(func.count()).where(Outgoing.failed_at.is_not(None))) or 0
    late = int((now - oldest).total_seconds()) if oldest else 0
    silent = heartbeat.silent_for(current_app.config["PLUMBLINE"].data)
    facts: Finding = {"due": due, "failed": failed, "late_by": late}
    facts["worker_seen"] = None if silent is None else int(silent)
    if silent is None or silent > heartbeat.SILENT_AFTER:
        return facts | {"ok": False, "why": "The worker has not been seen lately: is it running?"}
    if late >= LATE:
        return facts | {"ok": False, "why": f"Work has been waiting for {late // 60} minutes."}
    return facts | {"ok": True}


def reports() -> Finding:
    """Whether the renderer's system libraries and a Chinese font are there."""
    missing = missing_packages()
    return {"ok": False, "missing": missing, "why": advice(missing)} if missing else {"ok": True}


def pictures(room: PictureRoom) -> Probe:
    """Whether photos can be checked: the room in which they are decoded can be entered."""

    def probe() -> Finding:
        try:
            room.warm()
        except Unavailable:
            return {"ok": False, "why": "The process that checks photos does not start: see the log."}
        return {"ok": True}

    return probe


def _safely(probe: Probe) -> Finding:
    """A part that cannot be looked at is not well; what exactly went wrong goes to the log only."""
    try:
        return probe()
    except Exception as error:  # whatever it is, this page must answer
        log.warning("health: %s", error)
        return {"ok": False, "why": f"It could not be looked at ({type(error).__name__})."}


def _kept(probe: Probe, seconds: float) -> Probe:
    lock, memory = threading.Lock(), dict[str, Any]()

    def remembered() -> Finding:
        with lock:
            if memory.get("until", 0.0) < time.monotonic():
                memory.update(finding=_safely(probe), until=time.monotonic() + seconds)
            found: Finding = memory["finding"]
            return found

    return remembered
