"""Units given to their owners, and contractors who do not accept a defect as theirs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Json
from app.features.accounts.models import Person
from app.features.actions.models import Action
from app.features.places.models import Unit


class Handover(Base):
    """The keys of a unit changed hands: what was true then, frozen; append-only. A correction is another
    revision with the same number.

    `languages`: of the certificate, one or two side by side, the first leads. `body`: canonical JSON, what
    the certificate is drawn from; `digest`: its SHA-256. `handed_on`: the day at the estate.
    """

    __tablename__ = "handovers"
    __table_args__ = (UniqueConstraint("unit_id", "revision"), UniqueConstraint("number", "revision"))

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    handed_on: Mapped[date] = mapped_column(Date)
    languages: Mapped[list[str]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    reason: Mapped[dict[str, Any] | None] = mapped_column(Json)  # why it was corrected, typed text
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    unit: Mapped[Unit] = relationship()
    person: Mapped[Person] = relationship()


class Dispute(Base):
    """A contractor says that a defect is not theirs, or none. One is open at a time for a case; `decision`:
    upheld (no defect), kept, given_on (to another contractor), withdrawn (by who disputed), ended (its case
    ended with it open, nobody decided); `text`: why, in the language it was typed in; `company_id`: whose
    dispute it is, whoever has the case later.
    """

    __tablename__ = "disputes"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    text: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(20))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[dict[str, Any] | None] = mapped_column(Json)

    action: Mapped[Action] = relationship()


class WarrantyReminder(Base):
    """Somebody was told that a term of a unit ends: once for each of domain/warranty.py TOLD_BEFORE, in the
    letter about its estate of the day `told_on`; append-only.
    """

    __tablename__ = "warranty_reminders"
    __table_args__ = (
        UniqueConstraint("unit_id", "category", "clock", "until", "before"),
        Index("ix_warranty_reminders_estate_id_told_on", "estate_id", "told_on"),
    )

    id: Mapped[Id]
    estate_id: Mapped[UUID] = mapped_column(ForeignKey("estates.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    category: Mapped[str] = mapped_column(String(20))
    clock: Mapped[str] = mapped_column(String(20))
    until: Mapped[date] = mapped_column(Date)
    before: Mapped[int]
    told_on: Mapped[date] = mapped_column(Date)
