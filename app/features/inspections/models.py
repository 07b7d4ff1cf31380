"""Inspections: the rows that lists and pages read. What was answered is in the operation log;
everything here but number and identity is a projection of it (record.py)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Json
from app.features.accounts.models import Person
from app.features.checklists.models import Version
from app.features.companies.models import Company
from app.features.places.models import Site, Unit

KIND = "inspection"  # of records: in operations, journal, search


class Inspection(Base):
    """One walk through one checklist version at one site. `score`: tenths of a percent, half up.

    Of a unit's walk: the unit, and its `rooms` as they were when the walk began (domain/rooms.py); site and
    company are the estate's. `repaired`: the defects a re-inspection is about, as they were then.
    `estate_id`: of everything at an estate's site.
    """

    __tablename__ = "inspections"
    __table_args__ = (
        Index("ix_inspections_state_due", "state", "due"),
        Index("ix_inspections_company_id_state", "company_id", "state"),
        Index("ix_inspections_site_id_version_id", "site_id", "version_id"),
        Index("ix_inspections_unit_id", "unit_id"),
        Index("ix_inspections_estate_id_state", "estate_id", "state"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("checklist_versions.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    estate_id: Mapped[UUID | None] = mapped_column(ForeignKey("estates.id"))
    rooms: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    repaired: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    planned: Mapped[bool]
    due: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    answered: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    score: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(2))
    provisional: Mapped[bool] = mapped_column(default=True)
    vetoed: Mapped[bool] = mapped_column(default=False)
    conflicts: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)

    version: Mapped[Version] = relationship()
    site: Mapped[Site] = relationship()
    company: Mapped[Company] = relationship()
    unit: Mapped[Unit | None] = relationship()
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="inspection", order_by="Assignment.position"
    )


class Assignment(Base):
    """Who carries it out; position 0 leads. Ended, never deleted: who once had access stays known."""

    __tablename__ = "assignments"

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    position: Mapped[int]
    assigned_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    inspection: Mapped[Inspection] = relationship(back_populates="assignments")
    person: Mapped[Person] = relationship()


class Revision(Base):
    """One issued revision, for ever (append-only). `body`: the canonical JSON of frozen.py; `digest`: SHA-256
    of its UTF-8 bytes. While it is the inspection's present revision, a trigger keeps the row's result.
    """

    __tablename__ = "inspection_revisions"
    __table_args__ = (UniqueConstraint("inspection_id", "revision"),)

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    revision: Mapped[int]
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    reason: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Finding(Base):
    """A finding as it was frozen with a revision (append-only); before that it only follows from its answer
    (domain/findings.py, where the members are explained). Texts are typed text {"text", "lang"}.
    """

    __tablename__ = "findings"
    __table_args__ = (UniqueConstraint("inspection_id", "revision", "number"),)

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    revision: Mapped[int]
    number: Mapped[int]
    question: Mapped[str] = mapped_column(String(40))
    section: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(20))
    rule_severity: Mapped[str] = mapped_column(String(20))
    severity_reason: Mapped[dict[str, Any] | None] = mapped_column(Json)
    at_once: Mapped[bool]
    requirement: Mapped[dict[str, Any] | None] = mapped_column(Json)
    statement: Mapped[dict[str, Any] | None] = mapped_column(Json)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(Json)
    photos: Mapped[list[str]] = mapped_column(Json)
    owner_name: Mapped[str | None] = mapped_column(String(200))
    owner_contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    due: Mapped[date | None] = mapped_column(Date, index=True)
    stand: Mapped[str | None] = mapped_column(String(20))
    stand_text: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Defect(Base):
    """A defect of a unit as it was frozen with a revision of its walk (append-only). `row`: the id it was
    written down under, the same in every revision; `check`: the check as it was asked in its room, None for
    a free one; `grade`: its class. Texts are typed text {"text", "lang"}; `text` may be, and `room_name` is,
    words {"en", …}.
    """

    __tablename__ = "defects"
    __table_args__ = (UniqueConstraint("inspection_id", "revision", "number"),)

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    revision: Mapped[int]
    number: Mapped[int]
    row: Mapped[UUID]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    room: Mapped[str | None] = mapped_column(String(12))
    room_name: Mapped[dict[str, Any] | None] = mapped_column(Json)
    check: Mapped[str | None] = mapped_column(String(40))
    trade: Mapped[str | None] = mapped_column(String(60))
    code: Mapped[str | None] = mapped_column(String(40))
    grade: Mapped[str] = mapped_column(String(1))
    grade_reason: Mapped[dict[str, Any] | None] = mapped_column(Json)
    text: Mapped[dict[str, Any] | None] = mapped_column(Json)
    pin: Mapped[dict[str, Any] | None] = mapped_column(Json)
    contractor_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    due: Mapped[date] = mapped_column(Date)
    due_reason: Mapped[dict[str, Any] | None] = mapped_column(Json)
    photos: Mapped[list[str]] = mapped_column(Json)
    stand: Mapped[str | None] = mapped_column(String(20))
    stand_text: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Recheck(Base):
    """A repaired defect as a re-inspection found it, frozen with a revision of that walk (append-only).

    `row`: the id the defect was written down under; `result`: pass, fail, or as_is: accepted as it is, for
    `price` in the smallest unit of `currency`. `note` is typed text {"text", "lang"}; `photos`: SHA-256.
    """

    __tablename__ = "rechecks"
    __table_args__ = (UniqueConstraint("inspection_id", "revision", "row"),)

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    revision: Mapped[int]
    row: Mapped[UUID] = mapped_column(index=True)
    action_id: Mapped[UUID]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    result: Mapped[str] = mapped_column(String(10))
    price: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    note: Mapped[dict[str, Any] | None] = mapped_column(Json)
    photos: Mapped[list[str]] = mapped_column(Json)
    checked_on: Mapped[date] = mapped_column(Date)


class MeterReading(Base):
    """What a meter of a unit read when a revision of its walk was frozen (append-only). `problem`: what was
    odd about it (domain/handover.py), `confirmed`: why it is right.
    """

    __tablename__ = "meter_readings"
    __table_args__ = (
        UniqueConstraint("inspection_id", "revision", "meter"),
        Index("ix_meter_readings_unit_id_meter_read_on", "unit_id", "meter", "read_on"),
    )

    id: Mapped[Id]
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"))
    revision: Mapped[int]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    meter: Mapped[str] = mapped_column(String(20))
    reading: Mapped[str | None] = mapped_column(String(16))
    number: Mapped[str | None] = mapped_column(String(60))
    absent: Mapped[dict[str, Any] | None] = mapped_column(Json)
    confirmed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    problem: Mapped[str | None] = mapped_column(String(20))
    photos: Mapped[list[str]] = mapped_column(Json)
    read_on: Mapped[date] = mapped_column(Date)


class OpenPoint(Base):
    """What an earlier visit left open at a subject: shown pinned and unscored in every later inspection.

    Written by higher features; named in the `create` operation (DESIGN §5.10). `number`: of what it comes
    from, which also begins its text; `person_id`: who opened it; `photo`: SHA-256 of one that shows it.
    """

    __tablename__ = "open_points"

    id: Mapped[Id]
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    source_kind: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[UUID]
    text: Mapped[dict[str, Any]] = mapped_column(Json)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    number: Mapped[str] = mapped_column(String(20), default="", server_default="")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    photo: Mapped[str | None] = mapped_column(String(64))

    person: Mapped[Person | None] = relationship()

    @property
    def words(self) -> dict[str, Any]:
        """Its text without the number, for where that stands beside it."""
        return {**self.text, "text": self.text["text"].removeprefix(f"{self.number} · ")}
