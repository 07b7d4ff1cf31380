"""Places where inspections happen. Sites now; estates, buildings, units and plans come with handovers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
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
    """A sheet of suppliers as it was read, between its preview and its confirmation. It expires.

    `rows` is what domain/supplier_sheet.py made of the sheet; `seen` fingerprints the companies the preview
    was compared with, so that a database changed meanwhile is noticed.
    """

    __tablename__ = "import_drafts"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rows: Mapped[list[Any]] = mapped_column(Json)
    seen: Mapped[str] = mapped_column(String(64))
