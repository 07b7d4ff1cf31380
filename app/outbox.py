"""Effects that leave the transaction: mail, jobs, later webhooks.

A row is born in the transaction of the state that needs it; the queue only wakes whoever carries it out.
Handlers run at least once and must be idempotent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Index, String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id, Json

AT_ONCE = 500  # ids one query takes


class Outgoing(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "not_before"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")


def send(session: Session, kind: str, payload: dict[str, Any], now: datetime) -> Outgoing:
    """Writes down an effect in the caller's transaction."""
    row = Outgoing(kind=kind, payload=payload, created_at=now, not_before=now)
    session.add(row)
    session.info["outgoing"] = True  # the commit wakes the worker
    return row


def id_once(kind: str, *key: object) -> UUID:
    """The id of the row that stands for an effect which happens once for this key."""
    return uuid5(NAMESPACE_URL, ":".join(("plumbline", kind, *map(str, key))))


def written(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these rows there are. What was done long ago is forgotten (adapters/claims.py, KEEP_DONE)."""
    there: set[UUID] = set()
    given = list(ids)
    for start in range(0, len(given), AT_ONCE):
        wanted = select(Outgoing.id).where(Outgoing.id.in_(given[start : start + AT_ONCE]))
        there.update(session.scalars(wanted))
    return there


def send_once(session: Session, row_id: UUID, kind: str, payload: dict[str, Any], now: datetime) -> bool:
    """Writes down an effect under the id that `id_once` gave; False when it is written down already."""
    if session.get(Outgoing, row_id) is not None:
        return False
    row = Outgoing(id=row_id, kind=kind, payload=payload, created_at=now, not_before=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another worker was faster
        return False
    session.info["outgoing"] = True
    return True
