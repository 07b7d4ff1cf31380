"""Signing in and out. Passwords are hashed and compared before the write begins: it must stay short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from app import journal
from app.adapters import passwords
from app.domain.errors import Invalid, NotFound
from app.features.accounts import queries
from app.features.accounts.models import Device, Person, SignedIn

IDLE = timedelta(hours=12)
IDLE_KEPT = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Checked:
    """A person whose password was right, and the hash it was compared with."""

    person_id: UUID
    stored: str
    renewed: str | None


def check_password(session: Session, email: str, password: str) -> Checked:
    """Compares; reads only. Raises Invalid("sign_in_failed"), the same after the same work, for a wrong
    password, an unknown e-mail, somebody who has no password yet and somebody disabled.
    """
    person = queries.by_email(session, email)
    stored = person.password_hash if person and not person.disabled_at else None
    if not passwords.fits(password, stored) or person is None or stored is None:
        raise Invalid("sign_in_failed")
    renewed = passwords.hash_password(password) if passwords.outdated(stored) else None
    return Checked(person.id, stored, renewed)


def start_checked(
    session: Session, checked: Checked, kept: bool, address: str, user_agent: str, now: datetime
) -> str:
    """Opens a session after `check_password`; gives its secret. Raises Invalid("sign_in_failed") when the
    person was disabled or got another password since.
    """
    person = session.get(Person, checked.person_id)
    if person is None or person.disabled_at or person.password_hash != checked.stored:
        raise Invalid("sign_in_failed")
    if checked.renewed:
        person.password_hash = checked.renewed
    return start(session, person, kept, address, user_agent, now)


def start(session: Session, person: Person, kept: bool, address: str, user_agent: str, now: datetime) -> str:
    """Opens a session and gives its secret, of which only the hash is stored."""
    secret = passwords.new_secret()
    session.add(
        SignedIn(
            secret_hash=passwords.secret_hash(secret),
            person_id=person.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + (IDLE_KEPT if kept else IDLE),
            kept=kept,
            address=address[:64],
            user_agent=user_agent[:300],
        )
    )
    session.flush()
    return secret


def due_for_seen(last_seen_at: datetime, now: datetime) -> bool:
    """Whether it is time to write down again that a session is in use."""
    return now - last_seen_at >= SEEN_EVERY


def seen(session: Session, session_id: UUID, now: datetime) -> None:
    """Writes down that the session is in use and lets it live on, never beyond its absolute end."""
    row = session.get(SignedIn, session_id)
    if row is None or row.ended_at:
        return
    row.last_seen_at = now
    row.expires_at = min(now + (IDLE_KEPT if row.kept else IDLE), row.created_at + ABSOLUTE)


def sign_out(session: Session, session_id: UUID, now: datetime) -> None:
    """Ends the session. Its device stays known, so that what waits on the phone can still be sent."""
    session.execute(
        update(SignedIn).where(SignedIn.id == session_id, SignedIn.ended_at.is_(None)).values(ended_at=now)
    )


def end(session: Session, person_id: UUID, session_id: UUID, by: UUID, now: datetime) -> None:
    """Ends one session from elsewhere, with the devices born from it: the phone may be lost. Raises NotFound
    when the person has no such session.
    """
    row = session.get(SignedIn, session_id)
    if row is None or row.person_id != person_id or row.ended_at:
        raise NotFound()
    row.ended_at = now
    _revoke(session, select(Device).where(Device.session_id == session_id), by, now)
    journal.write(session, "session.ended", ("person", person_id), now, by, {"session": str(session_id)})


def end_all(
    session: Session,
    person_id: UUID,
    by: UUID | None,
    now: datetime,
    but: UUID | None = None,
    devices: bool = True,
) -> int:
    """Ends every session of the person (`but` one) and, unless told otherwise, revokes their devices."""
    theirs = select(SignedIn).where(SignedIn.person_id == person_id, SignedIn.ended_at.is_(None))
    rows = [row for row in session.scalars(theirs) if row.id != but]
    for row in rows:
        row.ended_at = now
    if devices:
        mine = select(Device).where(Device.person_id == person_id)
        if but:
            mine = mine.where(or_(Device.session_id.is_(None), Device.session_id != but))
        _revoke(session, mine, by, now)
    if rows:
        facts = {"sessions": sorted(str(row.id) for row in rows)}
        journal.write(session, "sessions.ended", ("person", person_id), now, by, facts)
    return len(rows)


def revoke_device(
    session: Session, person_id: UUID, device_id: UUID, by: UUID, now: datetime, but: UUID | None = None
) -> None:
    """The device's secret is worth nothing any more, and the session it was born from ends (unless it is
    `but`): a lost phone that is still signed in would make itself known again. Raises NotFound when it is not
    the person's.
    """
    mine = select(Device).where(Device.id == device_id, Device.person_id == person_id)
    if not _revoke(session, mine, by, now):
        raise NotFound()
    born_from = session.get_one(Device, device_id).session_id
    row = session.get(SignedIn, born_from) if born_from and born_from != but else None
    if row is not None and row.ended_at is None:
        row.ended_at = now
        journal.write(session, "session.ended", ("person", person_id), now, by, {"session": str(row.id)})


def _revoke(session: Session, which: Select[Device], by: UUID | None, now: datetime) -> int:
    found = session.scalars(which.where(Device.revoked_at.is_(None))).all()
    for device in found:
        device.revoked_at = now
        journal.write(
            session, "device.revoked", ("person", device.person_id), now, by, {"device": str(device.id)}
        )
    return len(found)
