"""Claiming rows of the outbox: at most one worker has a row, and a worker that dies gives it back by itself.

A row is claimed by moving its not_before ahead by a lease. Attempts number the claims, so that a worker which
was only slow cannot overrule the one that has the row now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.adapters import clock
from app.db import Database, transaction
from app.outbox import Outgoing

LEASE = timedelta(minutes=15)  # longer than any job takes
MOST_ATTEMPTS = 8  # the last one some ten hours after the first
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
KEEP_DONE = timedelta(days=30)


@dataclass(frozen=True)
class Job:
    """One claimed row; attempt counts from 1."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    attempt: int


def claim(database: Database, kinds: list[str], now: datetime) -> Job | None:
    """The row longest due among these kinds, now ours for LEASE; None when nothing is due."""
    due = (
        select(Outgoing)
        .where(
            Outgoing.done_at.is_(None),
            Outgoing.failed_at.is_(None),
            Outgoing.not_before <= now,
            Outgoing.kind.in_(kinds),  # another kind waits for the version that knows it
        )
        .order_by(Outgoing.not_before, Outgoing.id)
        .limit(1)
    )
    with database.reader() as session:
        if session.execute(due).first() is None:  # most looks end here, without the writer's lock
            return None
    with database.write() as session:
        row = session.scalars(due.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        row.attempts += 1
        row.not_before = now + LEASE
        return Job(row.id, row.kind, row.payload, row.attempts)


def settle(database: Database, job: Job, **values: Any) -> None:
    """Writes the outcome, unless the lease ran out and another worker has the row now."""
    mine = (Outgoing.id == job.id, Outgoing.attempts == job.attempt, Outgoing.done_at.is_(None))
    with database.write() as session:
        session.execute(update(Outgoing).where(*mine).values(**values))


def after_failure(job: Job, error: Exception, now: datetime) -> dict[str, Any]:
    """What settle() writes: when to try again, or that it is given up; the reason stays either way."""
    said = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
    if job.attempt >= MOST_ATTEMPTS:
        return {"failed_at": now, "error": said}
    pause: timedelta = min(FIRST_PAUSE * 4 ** (job.attempt - 1), LONGEST_PAUSE)
    return {"not_before": now + pause, "error": said}


def sweep(_: Job) -> None:
    """Removes what was done long ago; what failed stays until somebody has looked."""
    with transaction() as session:
        session.execute(delete(Outgoing).where(Outgoing.done_at < clock.now() - KEEP_DONE))
