"""The other parties: suppliers, contractors, developers, and the people there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Editable, Id, Json


class Company(Editable, Base):
    """A supplier, contractor or developer (or several at once). Retired, never deleted."""

    __tablename__ = "companies"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    other_name: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str | None] = mapped_column(String(40), unique=True)
    kinds: Mapped[list[Any]] = mapped_column(Json)
    country: Mapped[str] = mapped_column(String(2), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    retired_at: Mapped[datetime | None]

    contacts: Mapped[list[Contact]] = relationship(back_populates="company", order_by="Contact.name")


class Contact(Editable, Base):
    """A person at a company: no account, reached by mail or link."""

    __tablename__ = "contacts"

    id: Mapped[Id]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    duty: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(12), default="")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship(back_populates="contacts")


class Part(Editable, Base):
    """What a supplier delivers to us, by its number. Recurrence matches its id, never its name."""

    __tablename__ = "parts"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[Id]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    name: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship()


class Lot(Base):
    """A delivery lot of a part, by its number."""

    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("part_id", "number"),)

    id: Mapped[Id]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("parts.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    made_on: Mapped[date | None] = mapped_column(Date)
    quantity: Mapped[int | None]
    created_at: Mapped[datetime]

    part: Mapped[Part] = relationship()


class DefectCode(Editable, Base):
    """What is wrong with a part: a code of the organisation's own, with words in three languages."""

    __tablename__ = "defect_codes"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[dict[str, Any]] = mapped_column(Json)
    area: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
