"""Inviting, changing, disabling people; giving and ending grants; setting passwords."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import journal, outbox
from app.adapters import passwords
from app.domain.errors import Invalid, NotFound
from app.domain.permissions import Grant, Role
from app.features.accounts.commands import links, sessions
from app.features.accounts.models import GivenGrant, Person
from app.features.accounts.queries import by_email, grants_of


def invite(
    session: Session,
    email: str,
    name: str,
    language: str,
    time_zone: str,
    grant: Grant,
    by: UUID | None,
    now: datetime,
) -> tuple[Person, str]:
    """Makes the person and sends the invitation; gives the secret of a second link, to be shown once to who
    invites, because mail may be off. Raises Invalid("email_taken").
    """
    person = add_person(session, email, name, language, time_zone, now)
    _record(session, "person.invited", person, now, by)
    give_grant(session, person, grant, by, now)
    return person, links.invite(session, person, by, now)


def add_person(
    session: Session, email: str, name: str, language: str, time_zone: str, now: datetime
) -> Person:
    """The row of a person who has no password and no grant yet. Raises Invalid "not_an_email",
    "email_taken".
    """
    email = email.strip().lower()
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        raise Invalid("not_an_email", field="email") from error
    if by_email(session, email) is not None:
        raise Invalid("email_taken", field="email")
    person = Person(email=email, name=name.strip(), language=language, time_zone=time_zone, created_at=now)
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError as error:  # somebody else took it between the look and the write
        raise Invalid("email_taken", field="email") from error
    return person


def change(
    session: Session, person: Person, name: str, language: str, time_zone: str, by: UUID, now: datetime
) -> None:
    """Changes what is given; the journal says which members, never their values."""
    wanted = {"name": name.strip(), "language": language, "time_zone": time_zone}
    changed = sorted(key for key, value in wanted.items() if getattr(person, key) != value)
    for key in changed:
        setattr(person, key, wanted[key])
    if changed:
        _record(session, "person.changed", person, now, by, {"members": changed})


def disable(session: Session, person: Person, reason: str, by: UUID, now: datetime) -> None:
    """Shuts the person out from the next request on. Devices are not revoked: what they still send can be
    told apart and is held for an admin. Raises Invalid "own_account", "last_admin", "reason_missing".
    """
    if person.id == by:
        raise Invalid("own_account")
    if not reason.strip():
        raise Invalid("reason_missing", field="reason")
    if person.disabled_at:
        return
    _keep_an_admin(session, without_person=person.id)
    person.disabled_at = now
    person.disabled_reason = reason.strip()
    sessions.end_all(session, person.id, by, now, devices=False)
    links.cancel(session, person.id, now)
    # the reason is free text and may name people: the chain holds only what proves it unchanged
    _record(session, "person.disabled", person, now, by, {"reason_sha256": _sha256(reason.strip())})


def enable(session: Session, person: Person, by: UUID, now: datetime) -> None:
    if person.disabled_at is None:
        return
    person.disabled_at = None
    person.disabled_reason = ""
    _record(session, "person.enabled", person, now, by)


def give_grant(session: Session, person: Person, grant: Grant, by: UUID | None, now: datetime) -> None:
    """Gives a role within a scope. Raises Invalid("already_exists") when the person holds it."""
    if grant in grants_of(session, person.id):
        raise Invalid("already_exists", field="role")
    row = GivenGrant(
        person_id=person.id,
        role=grant.role.value,
        scope_kind=grant.scope_kind.value,
        scope_id=grant.scope_id,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    _record(session, "grant.given", person, now, by, _facts(row))


def end_grant(session: Session, person: Person, grant_id: UUID, by: UUID, now: datetime) -> None:
    """Ends a grant from the next request on. Raises NotFound, Invalid("last_admin")."""
    row = session.get(GivenGrant, grant_id)
    if row is None or row.person_id != person.id or row.ended_at:
        raise NotFound()
    if row.role == Role.ADMIN:
        _keep_an_admin(session, without_grant=row.id)
    row.ended_at, row.ended_by = now, by
    _record(session, "grant.ended", person, now, by, _facts(row))


def prepared(password: str, own_words: Iterable[str]) -> str:
    """The hash of an acceptable password, made before the write begins. Raises Invalid("password_weak",
    field="password", why=...) with `why` as `passwords.weakness` gives it.
    """
    why = passwords.weakness(password, own_words)
    if why:
        raise Invalid("password_weak", field="password", why=why)
    return passwords.hash_password(password)


def set_password(
    session: Session,
    person: Person,
    prepared_hash: str,
    by: UUID | None,
    now: datetime,
    but: UUID | None = None,
) -> None:
    """Sets the password and ends every other session (`but` the one it was changed in), because whoever had
    the old one may be signed in. A mail tells the person.
    """
    had_one = person.password_hash is not None
    person.password_hash = prepared_hash
    person.password_set_at = now
    links.cancel(session, person.id, now)
    sessions.end_all(session, person.id, by, now, but=but)
    _record(session, "password.set", person, now, by)
    if had_one:
        outbox.send(session, links.MAIL, {"letter": "changed", "person": str(person.id)}, now)


def has_admin(session: Session) -> bool:
    """Whether somebody who can sign in is an admin."""
    return bool(_admins(session))


def _admins(session: Session) -> list[tuple[UUID, UUID]]:
    # locked: two admins who end each other at the same moment must not both succeed
    rows = session.execute(
        select(GivenGrant.person_id, GivenGrant.id)
        .join(Person, GivenGrant.person_id == Person.id)
        .where(
            GivenGrant.role == Role.ADMIN.value,
            GivenGrant.ended_at.is_(None),
            Person.disabled_at.is_(None),
            Person.password_hash.is_not(None),
        )
        .order_by(GivenGrant.id)
        .with_for_update()
    )
    return [(row[0], row[1]) for row in rows]


def _keep_an_admin(
    session: Session, without_person: UUID | None = None, without_grant: UUID | None = None
) -> None:
    admins = _admins(session)
    left = [one for one in admins if one[0] != without_person and one[1] != without_grant]
    if admins and not left:
        raise Invalid("last_admin")


def _facts(row: GivenGrant) -> dict[str, Any]:
    scope = str(row.scope_id) if row.scope_id else None
    return {"grant": str(row.id), "role": row.role, "scope": [row.scope_kind, scope]}


def _record(
    session: Session,
    act: str,
    person: Person,
    now: datetime,
    by: UUID | None,
    facts: dict[str, Any] | None = None,
) -> None:
    journal.write(session, act, ("person", person.id), now, by, facts)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
