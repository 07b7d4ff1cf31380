"""The operation log: every change made on a device or at the desk, kept for ever.

`record_kind` and `record_id` say what an operation is about; this feature knows records only through the
RecordKind protocol. Bodies that could not be applied wait in `quarantine`, which expires.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Json

# SQLite: one tree per table instead of two, where the key is all that is ever asked for
BY_KEY = {"sqlite_with_rowid": False}


class Installation(Base):
    """The one row about this installation. A restore sets a new epoch, so that phones send again."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[UUID]
    demo: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]


class Operation(Base):
    """One operation as it was received. `value` is canonical JSON text; `hash` covers the whole body."""

    __tablename__ = "operations"
    __table_args__ = (UniqueConstraint("record_id", "seq"),)

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID]
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(120))
    field: Mapped[str] = mapped_column(String(110))
    value: Mapped[Any] = mapped_column(Json, nullable=True)
    hash: Mapped[str] = mapped_column(String(64))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    n: Mapped[int] = mapped_column(BigInteger)
    lamport: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger)
    tz: Mapped[str] = mapped_column(String(64))
    v: Mapped[int]
    received_at: Mapped[datetime]


class OperationParent(Base):
    __tablename__ = "operation_parents"
    __table_args__ = (Index("ix_operation_parents_child_id", "child_id"), BY_KEY)

    parent_id: Mapped[UUID] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(ForeignKey("operations.id"), primary_key=True)


class OperationFate(Base):
    """What became of a stored operation; a later decision is a later row, never a change.

    An operation without a row here was applied when it came in: what holds for a hundred answers of a
    hundred is not written a hundred times. `queries.LATEST_FATE` says it in SQL.
    """

    __tablename__ = "operation_fates"
    __table_args__ = BY_KEY

    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operations.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fate: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class LateDecision(Base):
    """What somebody decided about late work: `decision` amend or dismiss, why (typed text), and which
    operations it was about (their fates are rows of `operation_fates`). Append-only.
    """

    __tablename__ = "late_decisions"

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str] = mapped_column(String(20))
    reason: Mapped[dict[str, Any]] = mapped_column(Json)
    operations: Mapped[list[Any]] = mapped_column(Json)


class RecordHead(Base):
    """The last sequence number of a record, taken under lock: the pull cursor never skips a row."""

    __tablename__ = "record_heads"
    __table_args__ = BY_KEY

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_kind: Mapped[str] = mapped_column(String(20))
    seq: Mapped[int]
    lamport: Mapped[int] = mapped_column(BigInteger)


class FieldHead(Base):
    """The operations that nobody replaced, per register: a cache of `operations`, rebuildable at any time."""

    __tablename__ = "field_heads"
    __table_args__ = BY_KEY

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(120), primary_key=True)
    field: Mapped[str] = mapped_column(String(110), primary_key=True)
    operation_id: Mapped[UUID] = mapped_column(primary_key=True)
    lamport: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Any] = mapped_column(Json, nullable=True)


class Quarantined(Base):
    """A body that was not applied: refused, from whose access ended, or a second one under a used id."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("ix_quarantine_person_id_hash", "person_id", "hash"),)

    id: Mapped[Id]
    operation_id: Mapped[UUID | None] = mapped_column(index=True)
    record_id: Mapped[UUID | None] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id"))
    code: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    # dismissed by an admin, and why; what is accepted leaves this table for the log
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
