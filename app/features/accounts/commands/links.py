"""One-time links: invitation, password reset, the first admin of an empty installation.

Only the SHA-256 of a link's secret is stored, also while its mail waits: the letter's secret is made by
whoever carries out the outbox, at the moment it is written into the letter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import journal, outbox
from app.adapters.passwords import new_secret, secret_hash
from app.domain.errors import Invalid
from app.features.accounts.models import Person, Token
from app.features.accounts.queries import by_email

MAIL = "accounts.mail"
WRITTEN, AGAIN = "written", "again"  # what `note` says of a letter's link


class Purpose(StrEnum):
    INVITATION = "invitation"
    RESET = "password_reset"
    FIRST_ADMIN = "first_admin"


LIVES = {
    Purpose.INVITATION: timedelta(hours=72),
    Purpose.RESET: timedelta(hours=1),
    Purpose.FIRST_ADMIN: timedelta(hours=72),
}


def invite(session: Session, person: Person, by: UUID | None, now: datetime) -> str:
    """Sends the invitation and gives the secret of a second link to show once. Earlier ones end."""
    cancel(session, person.id, now)
    _post(session, Purpose.INVITATION, person, by, now)
    return show(session, Purpose.INVITATION, person, by, now)


def send_reset(session: Session, person: Person, by: UUID | None, now: datetime) -> None:
    """Sends a link for a new password. Only to the person: an admin may start a reset, never take it over."""
    _post(session, Purpose.RESET, person, by, now)


def ask_reset(session: Session, email: str, now: datetime) -> None:
    """Somebody asked for a reset at the open page. Whether there is such a person is looked up later, so that
    neither the answer nor its time tells.
    """
    outbox.send(session, MAIL, {"letter": "asked", "email": email.strip().lower()[:254]}, now)


def answer_asked(session: Session, email: str, now: datetime) -> None:
    """Sends the link somebody asked for, if there is such a person who may sign in: three an hour at most."""
    person = by_email(session, email)
    if person is None or person.disabled_at:
        return
    purpose = Purpose.RESET if person.password_hash else Purpose.INVITATION
    recent = session.scalar(
        select(func.count())
        .select_from(Token)
        .where(
            Token.person_id == person.id,
            Token.purpose == purpose.value,
            Token.created_at > now - timedelta(hours=1),
            Token.note != AGAIN,
        )
    )
    if (recent or 0) < 3:
        _post(session, purpose, person, None, now)


def show(session: Session, purpose: Purpose, person: Person, by: UUID | None, now: datetime) -> str:
    """Makes a link and gives its secret."""
    secret = new_secret()
    _add(session, purpose, person.id, by, now, secret)
    journal.write(session, "link.made", ("person", person.id), now, by, {"purpose": purpose.value})
    return secret


def fill_letter(session: Session, token_id: UUID, now: datetime) -> tuple[Token, Person, str] | None:
    """A fresh secret for a letter about to be written; None when its link is used up or the person is gone.
    A letter written again gets a link of its own: the one before may have arrived, so its link stays good.
    """
    token = session.get(Token, token_id, with_for_update=True)
    if token is None or token.used_at or token.expires_at <= now or token.person_id is None:
        return None
    person = session.get(Person, token.person_id)
    if person is None or person.disabled_at:
        return None
    secret = new_secret()
    if token.note == WRITTEN:
        again = _add(session, Purpose(token.purpose), person.id, token.created_by, now, secret)
        again.expires_at, again.note = token.expires_at, AGAIN
        return again, person, secret
    token.secret_hash, token.note = secret_hash(secret), WRITTEN
    return token, person, secret


def find(session: Session, purpose: Purpose, secret: str, now: datetime) -> Token:
    """The link that is still good. Raises Invalid("link_expired") for every other."""
    token = session.scalars(
        select(Token)
        .where(Token.secret_hash == secret_hash(secret), Token.purpose == purpose.value)
        .with_for_update()
    ).first()
    if token is None or token.used_at or token.expires_at <= now:
        raise Invalid("link_expired")
    if token.person_id is not None:
        person = session.get(Person, token.person_id)
        if person is None or person.disabled_at:
            raise Invalid("link_expired")
    return token


def use(session: Session, purpose: Purpose, secret: str, now: datetime) -> Person:
    """Uses the link up and gives its person. Raises Invalid("link_expired")."""
    token = find(session, purpose, secret, now)
    token.used_at = now
    person = session.get(Person, token.person_id) if token.person_id else None
    if person is None:
        raise Invalid("link_expired")
    cancel(session, person.id, now)
    return person


def use_first_admin(session: Session, secret: str, now: datetime) -> None:
    """Uses up the link for the first admin. Raises Invalid("link_expired") once there are people."""
    token = find(session, Purpose.FIRST_ADMIN, secret, now)
    if session.scalar(select(func.count()).select_from(Person)):
        raise Invalid("link_expired")
    token.used_at = now


def ensure_first_admin_token(session: Session, now: datetime) -> str | None:
    """The secret of a fresh link /first-admin/<secret> while the installation has no people, else None.
    Each start of the server makes a new one and ends the one before.
    """
    if session.scalar(select(func.count()).select_from(Person)):
        return None
    session.execute(
        update(Token)
        .where(Token.purpose == Purpose.FIRST_ADMIN.value, Token.used_at.is_(None))
        .values(used_at=now)
    )
    secret = new_secret()
    _add(session, Purpose.FIRST_ADMIN, None, None, now, secret)
    return secret


def cancel(session: Session, person_id: UUID, now: datetime) -> None:
    """Ends every open link of a person."""
    session.execute(
        update(Token).where(Token.person_id == person_id, Token.used_at.is_(None)).values(used_at=now)
    )


def _post(session: Session, purpose: Purpose, person: Person, by: UUID | None, now: datetime) -> None:
    # nobody knows this secret; `fill_letter` replaces it
    token = _add(session, purpose, person.id, by, now, new_secret())
    letter = "invitation" if purpose is Purpose.INVITATION else "reset"
    outbox.send(session, MAIL, {"letter": letter, "token": str(token.id)}, now)
    journal.write(session, "link.sent", ("person", person.id), now, by, {"purpose": purpose.value})


def _add(
    session: Session, purpose: Purpose, person_id: UUID | None, by: UUID | None, now: datetime, secret: str
) -> Token:
    token = Token(
        purpose=purpose.value,
        person_id=person_id,
        secret_hash=secret_hash(secret),
        created_at=now,
        created_by=by,
        expires_at=now + LIVES[purpose],
    )
    session.add(token)
    session.flush()
    return token
