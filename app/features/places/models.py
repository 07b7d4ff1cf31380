"""Places where inspections happen: sites of companies; estates with their buildings, units and plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Editable, Id, Json
from app.features.companies.models import Company


class Site(Editable, Base):
    """One address of a company, with its own time zone: due dates are local to it."""

    __tablename__ = "sites"

    id: Mapped[Id]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship()


class ImportDraft(Base):
    """A sheet as it was read, between its preview and its confirmation. It expires.

    `kind`: suppliers or units; `rows` is what domain/supplier_sheet.py or unit_sheet.py made of the sheet;
    `seen` fingerprints what the preview was compared with, so that a database changed meanwhile is noticed.
    """

    __tablename__ = "import_drafts"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="suppliers")
    file_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rows: Mapped[list[Any]] = mapped_column(Json)
    seen: Mapped[str] = mapped_column(String(64))


class Estate(Editable, Base):
    """Buildings that are handed over unit by unit, at a site of their developer: time zone, address and
    company come from there. `completed_on`: the completion acceptance was passed that day.
    """

    __tablename__ = "estates"

    id: Mapped[Id]
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(20), unique=True)
    completed_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    site: Mapped[Site] = relationship()


class Building(Editable, Base):
    """A house or tower of an estate; `position` orders them as people walk."""

    __tablename__ = "buildings"
    __table_args__ = (UniqueConstraint("estate_id", "name"),)

    id: Mapped[Id]
    estate_id: Mapped[UUID] = mapped_column(ForeignKey("estates.id"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    retired_at: Mapped[datetime | None]

    estate: Mapped[Estate] = relationship()


class UnitType(Editable, Base):
    """A layout that many units share. `rooms`: as domain/estates.py checks them, in walking order."""

    __tablename__ = "unit_types"
    __table_args__ = (UniqueConstraint("estate_id", "code"),)

    id: Mapped[Id]
    estate_id: Mapped[UUID] = mapped_column(ForeignKey("estates.id"))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120), default="")
    rooms: Mapped[list[Any]] = mapped_column(Json)
    retired_at: Mapped[datetime | None]

    estate: Mapped[Estate] = relationship()


class Unit(Editable, Base):
    """What one owner gets the keys of. `state` is one of domain/estates.py STATES and moves with its walks;
    `short_id` stands on its label and in the address its QR code opens.
    """

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("building_id", "name"),
        Index("ix_units_building_id_floor_order_name", "building_id", "floor_order", "name"),
    )

    id: Mapped[Id]
    building_id: Mapped[UUID] = mapped_column(ForeignKey("buildings.id"))
    type_id: Mapped[UUID] = mapped_column(ForeignKey("unit_types.id"), index=True)
    short_id: Mapped[str] = mapped_column(String(8), unique=True)
    floor: Mapped[str] = mapped_column(String(10))
    floor_order: Mapped[int]
    name: Mapped[str] = mapped_column(String(30))
    owner_name: Mapped[str] = mapped_column(String(120), default="")
    owner_email: Mapped[str] = mapped_column(String(254), default="")
    owner_phone: Mapped[str] = mapped_column(String(40), default="")
    delivery_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(20), default="idle")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    building: Mapped[Building] = relationship()
    type: Mapped[UnitType] = relationship()


class Plan(Base):
    """One revision of a type's floor plan: the original as it came, and the picture drawn of one page of it.

    Width and height are the picture's, in pixels. `registration`: how older pins find their place on it
    (domain/plan_points.py). `tiles`: [[width, height], …] of the levels that are sharper than the picture,
    none where there is nothing sharper, null until the worker has looked.
    """

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("type_id", "revision"),)

    id: Mapped[Id]
    type_id: Mapped[UUID] = mapped_column(ForeignKey("unit_types.id"))
    revision: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(10))  # pdf or image
    sha256: Mapped[str] = mapped_column(String(64))
    page: Mapped[int]
    pages: Mapped[int]
    picture_sha256: Mapped[str] = mapped_column(String(64), index=True)
    width: Mapped[int]
    height: Mapped[int]
    registration: Mapped[dict[str, Any] | None] = mapped_column(Json)
    tiles: Mapped[list[list[int]] | None] = mapped_column(Json)
    created_at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    type: Mapped[UnitType] = relationship()


class TradeContractor(Base):
    """Who repairs what a trade did at an estate."""

    __tablename__ = "trade_contractors"

    estate_id: Mapped[UUID] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    trade: Mapped[str] = mapped_column(String(40), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))

    company: Mapped[Company] = relationship()
