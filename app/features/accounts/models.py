"""People, what they may do, and where they are signed in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Editable, Id


class Person(Editable, Base):
    """Somebody with an account. `email` is kept in lower case; it is how people sign in."""

    __tablename__ = "people"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(12))
    time_zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    password_set_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str] = mapped_column(Text, default="")

    grants: Mapped[list[GivenGrant]] = relationship(
        back_populates="person", order_by="GivenGrant.created_at", foreign_keys="GivenGrant.person_id"
    )


class GivenGrant(Base):
    """A role within a scope. Ended, never deleted: who once had access stays known (DESIGN §8, access)."""

    __tablename__ = "grants"
    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    scope_kind: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])


class SignedIn(Base):
    """One server-side session. Only the SHA-256 of its secret is here; the secret is in the cookie.

    `kept`: the person asked to stay signed in, so that it may idle for days instead of hours.
    """

    __tablename__ = "sessions"

    id: Mapped[Id]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    kept: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))

    person: Mapped[Person] = relationship()


class Device(Base):
    """A browser in which a person works: the author of operations, together with that person.

    Its secret lives 180 days in an HttpOnly cookie, longer than a session, so that work answered offline
    can still be sent when the session has run out (offline.md §4.11).
    """

    __tablename__ = "devices"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    pending: Mapped[int] = mapped_column(default=0)
    build: Mapped[str] = mapped_column(String(32), default="")

    person: Mapped[Person] = relationship()


class Token(Base):
    """A one-time secret in a mail: invitation, password reset, or the first admin of an empty house."""

    __tablename__ = "tokens"

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")
