"""Effects that leave the transaction: mail, jobs, later webhooks.

A row is born in the transaction of the state that needs it; the queue only wakes whoever carries it out.
Handlers run at least once and must be idempotent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id, Json


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
