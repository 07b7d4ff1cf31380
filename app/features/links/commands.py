"""Links: given, opened, revoked, each use noted. Nothing here commits.

A secret has 256 bits, is made when it is written into a letter or shown, and is stored as a hash. Whoever
holds it is "the link sent to x", never x: forwarding is assumed (trust.md §1.1 E).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import journal
from app.adapters.passwords import new_secret, secret_hash
from app.db import new_id
from app.features.links import queries
from app.features.links.models import GuestSession, Link, LinkRecord, LinkSecret, LinkUse

LIVES = timedelta(days=30)
FEED_LIVES = timedelta(days=366)
VISIT = timedelta(days=7)  # how long a browser may come back without the letter

# Called inside the transaction when a guest says that the link was not meant for them.
ON_STRAY: list[Callable[[Session, Link, datetime], None]] = []


@dataclass(frozen=True, slots=True)
class Where:
    """Where a use came from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Recipient:
    contact_id: UUID
    name: str
    email: str
    language: str


def give(session: Session, to: Recipient, record: tuple[str, UUID], by: UUID | None, now: datetime) -> Link:
    """A link for this contact to this record; the good one there is lives on from now."""
    kind, record_id = record
    link = queries.open_link(session, to.contact_id, record_id, now)
    if link is not None:
        link.expires_at = now + LIVES
        link.sent_to, link.name, link.language = to.email, to.name, to.language
        return link
    link = Link(
        id=new_id(),
        purpose="records",
        contact_id=to.contact_id,
        name=to.name,
        sent_to=to.email,
        language=to.language,
        created_at=now,
        created_by=by,
        expires_at=now + LIVES,
    )
    link.records = [LinkRecord(id=new_id(), record_kind=kind, record_id=record_id, added_at=now)]
    session.add(link)
    session.flush()
    journal.write(session, "link.given", record, now, by, {"link": str(link.id)})
    return link


def give_feed(session: Session, person_id: UUID, name: str, language: str, now: datetime) -> str:
    """The secret of a person's calendar feed; the one before ends."""
    session.execute(
        update(Link)
        .where(Link.purpose == "calendar", Link.person_id == person_id, Link.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=person_id)
    )
    link = Link(
        id=new_id(),
        purpose="calendar",
        person_id=person_id,
        name=name,
        sent_to="",
        language=language,
        created_at=now,
        created_by=person_id,
        expires_at=now + FEED_LIVES,
    )
    session.add(link)
    session.flush()
    journal.write(session, "link.feed", ("person", person_id), now, person_id, {"link": str(link.id)})
    return _secret(session, link, now)


def fresh_secret(session: Session, link_id: UUID, now: datetime) -> str | None:
    """A secret for a letter about to be written; None when the link was revoked or is over."""
    link = session.get(Link, link_id)
    return _secret(session, link, now) if link is not None and queries.good(link, now) else None


def open_with(session: Session, secret: str, where: Where, now: datetime) -> tuple[Link, str]:
    """Trades the letter's secret for a browser's. Raises Invalid("link_expired")."""
    link = queries.by_secret(session, secret, "records", now)
    own = new_secret()
    session.add(
        GuestSession(
            id=new_id(),
            link_id=link.id,
            secret_hash=secret_hash(own),
            created_at=now,
            expires_at=min(now + VISIT, link.expires_at),
        )
    )
    note(session, link.id, "opened", None, where, now)
    return link, own


def note(
    session: Session, link_id: UUID, act: str, record_id: UUID | None, where: Where, now: datetime
) -> None:
    """Writes down one use of a link."""
    session.add(
        LinkUse(
            id=new_id(),
            link_id=link_id,
            at=now,
            act=act,
            record_id=record_id,
            address=where.address[:64],
            user_agent=where.user_agent[:300],
        )
    )


def revoke(session: Session, link: Link, by: UUID | None, now: datetime) -> None:
    """Ends a link at once, with every browser that came in through it."""
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = now, by
        for record in link.records:
            journal.write(
                session,
                "link.revoked",
                (record.record_kind, record.record_id),
                now,
                by,
                {"link": str(link.id)},
            )


def say_stray(session: Session, link_id: UUID, where: Where, now: datetime) -> None:
    """Whoever holds the link says it was not meant for them: it ends, and its owner is told."""
    link = session.scalars(select(Link).where(Link.id == link_id).with_for_update()).one()
    note(session, link.id, "not_mine", None, where, now)
    for tell in ON_STRAY:
        tell(session, link, now)
    revoke(session, link, None, now)


def _secret(session: Session, link: Link, now: datetime) -> str:
    secret = new_secret()
    session.add(LinkSecret(secret_hash=secret_hash(secret), link_id=link.id, made_at=now))
    session.flush()
    return secret
