"""Reports: one row for each (record, revision, language), and every state of its file ever issued.

A row is frozen by a trigger once it is issued; what later seals add is a row of `report_files`, which is
append-only. What a report is about lies above and is named by kind and id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Json

KIND = "report"  # of records: in journal and search
STATES = ("queued", "waiting", "drawing", "sealing", "issued", "failed")
UNDER_WAY = ("queued", "drawing", "sealing")


class Report(Base):
    """`progress`: {step, done, of}; `error`: a code of domain/errors.py with its `error_params`.

    `verify_id`: 128 random bits in base 32, on the paper's QR code. `identifier`: the first /ID of the PDF.
    `stamp_failures`: how often the time-stamp authority did not answer; after three the seal does without.
    """

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("kind", "record_id", "revision", "language"),
        Index("ix_reports_state_touched_at", "state", "touched_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(String(40), index=True)
    revision: Mapped[int]
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    progress: Mapped[dict[str, Any]] = mapped_column(Json)
    error: Mapped[str] = mapped_column(String(60), default="")
    error_params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    stamp_failures: Mapped[int] = mapped_column(default=0)
    verify_id: Mapped[str] = mapped_column(String(32), unique=True)
    identifier: Mapped[str | None] = mapped_column(String(32), index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    company: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(String(4))
    date: Mapped[datetime] = mapped_column(index=True)
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    touched_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    supersedes: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id"))

    files: Mapped[list[ReportFile]] = relationship(order_by="ReportFile.turn", lazy="selectin")

    @property
    def file(self) -> ReportFile | None:
        """The present state of its file: the one that carries every seal."""
        return self.files[-1] if self.files else None


class ReportFile(Base):
    """One issued state of a report's file: turn 1, and one more with each seal that came later.

    `seals`: [{field, name}] in the order they were set. `authority`: SHA-256 of the certificate above them.
    """

    __tablename__ = "report_files"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int]
    level: Mapped[str] = mapped_column(String(8))
    seals: Mapped[list[Any]] = mapped_column(Json)
    authority: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
