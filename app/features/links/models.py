"""Guest access without an account: who holds a link, to what, until when, and every use of it (trust.md
§1.1 E).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Id


class Link(Base):
    """What opens exact records for one guest. Its secrets are kept as hashes only (LinkSecret).

    `purpose`: "records" (a contact's pages) or "calendar" (a person's feed of due dates).
    """

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_contact_id", "contact_id"), Index("ix_links_person_id", "person_id"))

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(String(20))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(120))
    sent_to: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    records: Mapped[list[LinkRecord]] = relationship(order_by="LinkRecord.added_at")


class LinkRecord(Base):
    """One record a link opens. Nothing else is seen through it."""

    __tablename__ = "link_records"
    __table_args__ = (UniqueConstraint("link_id", "record_id"),)

    id: Mapped[Id]
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id"))
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID] = mapped_column(index=True)
    added_at: Mapped[datetime]


class LinkSecret(Base):
    """The SHA-256 of a secret that opens the link. It is made at the moment it is written into a letter or
    shown, and kept nowhere; the next letter brings another.
    """

    __tablename__ = "link_secrets"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id"), index=True)
    made_at: Mapped[datetime]


class GuestSession(Base):
    """A browser that came in through a link: the narrow cookie holds its secret, the address holds none."""

    __tablename__ = "guest_sessions"

    id: Mapped[Id]
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    link: Mapped[Link] = relationship()


class LinkUse(Base):
    """One use of a link; append-only."""

    __tablename__ = "link_uses"

    id: Mapped[Id]
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))
