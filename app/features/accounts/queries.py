"""Reading people, their grants, where they are signed in, and on which devices they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask import g
from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.adapters import clock
from app.adapters.passwords import secret_hash
from app.db import Prepared, ask, reading
from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, Grant, Role, Scope, ScopeKind, may
from app.features.accounts.models import Device, GivenGrant, Person, SignedIn

PAGE = 50
STATES = ("active", "invited", "disabled")


# Asked on every push and every page: made once, because making a statement costs as much as running it.
_DEVICE = Prepared(
    select(
        Device.id,
        Device.revoked_at,
        Device.expires_at,
        Person.id,
        Person.disabled_at,
        Person.language,
        Person.time_zone,
        Person.name,
        GivenGrant.role,
        GivenGrant.scope_kind,
        GivenGrant.scope_id,
    )
    .join(Person, Device.person_id == Person.id)
    .outerjoin(GivenGrant, and_(GivenGrant.person_id == Person.id, GivenGrant.ended_at.is_(None)))
    .where(Device.secret_hash == bindparam("hash"))
    .order_by(GivenGrant.created_at, GivenGrant.id)
)
_GRANTS = (
    select(GivenGrant.role, GivenGrant.scope_kind, GivenGrant.scope_id)
    .where(GivenGrant.person_id == bindparam("person"), GivenGrant.ended_at.is_(None))
    .order_by(GivenGrant.created_at, GivenGrant.id)
)


class DeviceState(StrEnum):
    LIVE = "live"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device its secret was shown for. Who is disabled or revoked is still known by it: what they send is
    held for an admin instead of being refused unread (DESIGN §8, access).
    """

    id: UUID
    actor: Actor
    active: bool  # whether the person's account is
    state: DeviceState


@dataclass(frozen=True, slots=True)
class PresentSession:
    """The server-side session of this request."""

    id: UUID
    person_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    kept: bool


def person_loader(secret: str) -> Actor | None:
    """Who holds this session secret; None when the session is unknown, ended or too old, or the person
    disabled. Two queries, no write: that the session was used is written after the request, and seldom.
    """
    session, now = reading(), clock.now()
    row = session.execute(
        select(SignedIn, Person.name, Person.language, Person.time_zone)
        .join(Person, SignedIn.person_id == Person.id)
        .where(
            SignedIn.secret_hash == secret_hash(secret),
            SignedIn.ended_at.is_(None),
            Person.disabled_at.is_(None),
        )
    ).first()
    if row is None or row.SignedIn.expires_at <= now:
        return None
    found = row.SignedIn
    g.present_session = PresentSession(
        found.id, found.person_id, found.created_at, found.last_seen_at, found.expires_at, found.kept
    )
    return Actor(found.person_id, grants_of(session, found.person_id), row.language, row.time_zone, row.name)


def present_session() -> PresentSession | None:
    """The server-side session that `person_loader` found for this request."""
    found: PresentSession | None = g.get("present_session")
    return found


def device_loader(secret: str) -> KnownDevice | None:
    """The device that holds this secret, with its person, whatever became of either; None when unknown."""
    rows = ask(_DEVICE, hash=secret_hash(secret))
    if not rows:
        return None
    device_id, revoked_at, expires_at, person_id, disabled_at, spoken, zone, name, *_ = rows[0]
    if revoked_at is not None:
        state = DeviceState.REVOKED
    else:
        state = DeviceState.LIVE if expires_at > clock.now() else DeviceState.EXPIRED
    held = [] if disabled_at else [row[-3:] for row in rows if row[-3] is not None]
    grants = tuple(Grant(Role(role), ScopeKind(kind), scope) for role, kind, scope in held)
    person = Actor(person_id, grants, spoken, zone, name)
    return KnownDevice(device_id, person, disabled_at is None, state)


def grants_of(session: Session, person_id: UUID) -> tuple[Grant, ...]:
    """What the person holds now."""
    rows = session.connection().execute(_GRANTS, {"person": person_id})
    return tuple(Grant(Role(role), ScopeKind(kind), scope_id) for role, kind, scope_id in rows)


def actor_of(session: Session, person: Person) -> Actor:
    """A person as the rules see them; whoever is disabled holds nothing."""
    grants = () if person.disabled_at else grants_of(session, person.id)
    return Actor(person.id, grants, person.language, person.time_zone, person.name)


def get_visible_to(session: Session, actor: Actor, person_id: UUID) -> Person:
    """The person, for whoever manages people. Raises NotFound for anybody else."""
    person = session.get(Person, person_id) if may(actor, Act.MANAGE_PEOPLE, Scope()) else None
    if person is None:
        raise NotFound()
    return person


def by_email(session: Session, email: str) -> Person | None:
    return session.scalars(select(Person).where(Person.email == email.strip().lower())).first()


def with_roles(session: Session, *roles: Role) -> list[Person]:
    """Everybody who holds one of the roles now and is not disabled, by name: what pickers offer."""
    held = select(GivenGrant.person_id).where(
        GivenGrant.role.in_([role.value for role in roles]), GivenGrant.ended_at.is_(None)
    )
    return list(
        session.scalars(
            select(Person)
            .where(Person.id.in_(held), Person.disabled_at.is_(None))
            .order_by(Person.name, Person.id)
        )
    )


@dataclass(frozen=True, slots=True)
class PeoplePage:
    people: list[Person]
    seen: dict[UUID, datetime]
    total: int


def list_people(
    session: Session, actor: Actor, search: str = "", state: str = "", page: int = 1
) -> PeoplePage:
    """One page of people by name, with when each was last here. Raises NotFound for who may not manage
    them.
    """
    if not may(actor, Act.MANAGE_PEOPLE, Scope()):
        raise NotFound()
    wanted: list[ColumnElement[bool]] = []
    for word in search.lower().split()[:5]:
        like = f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        wanted.append(or_(func.lower(Person.name).like(like, "!"), Person.email.like(like, "!")))
    if state in STATES:
        wanted.append(_in_state(state))
    total = session.scalar(select(func.count()).select_from(Person).where(*wanted)) or 0
    people = list(
        session.scalars(
            select(Person)
            .where(*wanted)
            .order_by(func.lower(Person.name), Person.id)
            .limit(PAGE)
            .offset((page - 1) * PAGE)
            .options(selectinload(Person.grants))
        )
    )
    seen = session.execute(
        select(SignedIn.person_id, func.max(SignedIn.last_seen_at))
        .where(SignedIn.person_id.in_([person.id for person in people]))
        .group_by(SignedIn.person_id)
    )
    return PeoplePage(people, {row[0]: row[1] for row in seen}, total)


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "disabled":
        return Person.disabled_at.is_not(None)
    known = Person.password_hash.is_not(None) if state == "active" else Person.password_hash.is_(None)
    return Person.disabled_at.is_(None) & known


def state_of(person: Person) -> str:
    """One of STATES."""
    if person.disabled_at:
        return "disabled"
    return "active" if person.password_hash else "invited"


def sessions_of(session: Session, person_id: UUID, now: datetime) -> list[SignedIn]:
    """Where the person is signed in now, last used first."""
    return list(
        session.scalars(
            select(SignedIn)
            .where(SignedIn.person_id == person_id, SignedIn.ended_at.is_(None), SignedIn.expires_at > now)
            .order_by(SignedIn.last_seen_at.desc())
        )
    )


def devices_of(session: Session, person_id: UUID, now: datetime) -> list[Device]:
    """The devices that may still send the person's work, last used first."""
    return list(
        session.scalars(
            select(Device)
            .where(Device.person_id == person_id, Device.revoked_at.is_(None), Device.expires_at > now)
            .order_by(Device.last_seen_at.desc())
        )
    )
