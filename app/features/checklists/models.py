"""What is asked: checklists, their immutable versions, and the drawn form of each version."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id, Json, Words


class Checklist(Base):
    __tablename__ = "checklists"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[Words]
    library: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    versions: Mapped[list[Version]] = relationship(back_populates="checklist", order_by="Version.number")


class Version(Base):
    """Published and immutable (trigger): an inspection stays with the version it began with."""

    __tablename__ = "checklist_versions"
    __table_args__ = (UniqueConstraint("checklist_id", "number"),)

    id: Mapped[Id]
    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("checklists.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    checklist: Mapped[Checklist] = relationship(back_populates="versions")


class Fragment(Base):
    """The form of one version in one language and form format, drawn once and kept for ever (DESIGN §4.1)."""

    __tablename__ = "checklist_fragments"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("checklist_versions.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(12), primary_key=True)
    format: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    html: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
