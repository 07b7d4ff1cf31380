"""Links as they are looked up: by a secret, by a browser's cookie, by the record they open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, column, func, or_, select, table
from sqlalchemy.orm import Session, selectinload

from app.adapters.passwords import secret_hash
from app.db import UtcDateTime, reading
from app.domain.errors import Invalid
from app.features.links.models import GuestSession, Link, LinkRecord, LinkSecret, LinkUse
from app.web.guests import Guest

# A feature above this one, named by its table only (DESIGN §3, arrows).
_contacts = table("contacts", column("id", Uuid), column("retired_at", UtcDateTime))


@dataclass(frozen=True)
class Known:
    """A link of a record, for its page: how often it was used and when last."""

    link: Link
    uses: int
    last_at: datetime | None
    good: bool


def good(link: Link, now: datetime) -> bool:
    return link.revoked_at is None and link.expires_at > now


def by_secret(session: Session, secret: str, purpose: str, now: datetime) -> Link:
    """The link this secret opens. Raises Invalid("link_expired") for one unknown, revoked or over."""
    link = session.scalars(
        select(Link)
        .join(LinkSecret, LinkSecret.link_id == Link.id)
        .where(LinkSecret.secret_hash == secret_hash(secret), Link.purpose == purpose)
        .options(selectinload(Link.records))
    ).first()
    if link is None or not good(link, now) or _gone(session, link):
        raise Invalid("link_expired")
    return link


def guest_of(session: Session, secret: str, now: datetime) -> Guest | None:
    """The guest behind a browser's cookie; None once the link is revoked or over."""
    row = session.scalars(
        select(GuestSession).where(
            GuestSession.secret_hash == secret_hash(secret), GuestSession.expires_at > now
        )
    ).first()
    if row is None or not good(row.link, now) or _gone(session, row.link):
        return None
    link = row.link
    records = frozenset((record.record_kind, record.record_id) for record in link.records)
    return Guest(link.id, link.contact_id, link.name, link.sent_to, link.language, link.expires_at, records)


def _gone(session: Session, link: Link) -> bool:
    """Whether the contact it was sent to has left their company since."""
    left = select(_contacts.c.id).where(
        _contacts.c.id == link.contact_id, _contacts.c.retired_at.is_not(None)
    )
    return link.contact_id is not None and session.scalar(left) is not None


def guest_loader(secret: str) -> Guest | None:
    """For the shell: the guest of this request."""
    from app.adapters import clock

    return guest_of(reading(), secret, clock.now())


def open_link(session: Session, contact_id: UUID, record_id: UUID, now: datetime) -> Link | None:
    """The good link of this contact to this record, if there is one."""
    return session.scalars(
        select(Link)
        .join(LinkRecord, LinkRecord.link_id == Link.id)
        .where(
            Link.purpose == "records",
            Link.contact_id == contact_id,
            LinkRecord.record_id == record_id,
            Link.revoked_at.is_(None),
            Link.expires_at > now,
        )
        .order_by(Link.created_at.desc())
    ).first()


def of_record(session: Session, record_id: UUID, now: datetime) -> list[Known]:
    """Every link there ever was to a record, the newest first."""
    used = (
        select(LinkUse.link_id, func.count().label("uses"), func.max(LinkUse.at).label("last"))
        .where(or_(LinkUse.record_id == record_id, LinkUse.record_id.is_(None)))
        .group_by(LinkUse.link_id)
        .subquery()
    )
    rows = session.execute(
        select(Link, used.c.uses, used.c.last)
        .join(LinkRecord, LinkRecord.link_id == Link.id)
        .outerjoin(used, used.c.link_id == Link.id)
        .where(LinkRecord.record_id == record_id)
        .order_by(Link.created_at.desc())
    )
    return [Known(link, uses or 0, last, good(link, now)) for link, uses, last in rows]


def names(session: Session, links: set[UUID]) -> dict[UUID, Link]:
    """Links by id, to say through which one an answer came."""
    if not links:
        return {}
    return {link.id: link for link in session.scalars(select(Link).where(Link.id.in_(links)))}
