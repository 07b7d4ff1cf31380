"""Photos given as evidence: the bytes are in the blob store, here is what is known about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json


class Media(Base):
    """One content, by its SHA-256. A row means checked: every byte and the whole picture."""

    __tablename__ = "media"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id"))


class MediaHolder(Base):
    """Who has proved to have the bytes of a content: by sending them, or by being able to see them already.

    Knowing a hash is not having a photo: a use counts only when the person who wrote it stands here. `at` is
    when the person last did, so that nothing is swept away while their operation is on its way.
    """

    __tablename__ = "media_holders"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime]


class MediaUse(Base):
    """Which operation names which content: who may see the record may see the photo, if the use counts.

    A record without operations names it by the id of the row that shows it, and serves it by itself.
    """

    __tablename__ = "media_uses"

    operation_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID] = mapped_column(index=True)
