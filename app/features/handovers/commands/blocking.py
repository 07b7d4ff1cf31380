"""The letter of the morning: what keeps back the keys that change hands tomorrow. Once for each estate, day
and person, however often and by how many it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app import outbox
from app.domain.dates import local_day
from app.domain.permissions import Role, ScopeKind
from app.domain.reminders import MORNING
from app.features.accounts.models import GivenGrant, Person
from app.features.handovers.queries import gates
from app.features.places.models import Building, Estate, Site, Unit

MAIL = "blocks.mail"
AHEAD = timedelta(days=1)


class Blocked(NamedTuple):
    """One letter: to whom, of which estate, about which day."""

    estate_id: UUID
    person_id: UUID
    day: date

    @property
    def id(self) -> UUID:
        return outbox.id_once(MAIL, "blocks", *self)


def unsaid(session: Session, now: datetime) -> list[Blocked]:
    """The letters this hour asks for and nobody wrote yet, without a lock: of estates where it is morning and
    keys due tomorrow are kept back.
    """
    found: list[Blocked] = []
    estates = session.scalars(
        select(Estate)
        .join(Site, Site.id == Estate.site_id)
        .where(
            Estate.retired_at.is_(None),
            select(Unit.id)
            .join(Building, Building.id == Unit.building_id)
            .where(
                Building.estate_id == Estate.id,
                Unit.retired_at.is_(None),
                Unit.delivery_on.between(now.date() - AHEAD, now.date() + 3 * AHEAD),
            )
            .exists(),
        )
        .options(joinedload(Estate.site))
        .order_by(Estate.id)
    )
    for estate in estates:
        zone = estate.site.time_zone
        if now.astimezone(ZoneInfo(zone)).hour < MORNING:
            continue
        day = local_day(now, zone) + AHEAD
        wanted = [Blocked(estate.id, person, day) for person in people_of(session, estate)]
        said = outbox.written(session, [one.id for one in wanted])
        left = [one for one in wanted if one.id not in said]
        if left and any(unit.due.blocks for unit in gates.blocking(session, estate, day, day).units):
            found += left
    return found


def tell(session: Session, wanted: Iterable[Blocked], now: datetime) -> int:
    """Puts these letters into the outbox; how many were new."""
    return sum(
        outbox.send_once(
            session,
            one.id,
            MAIL,
            {
                "letter": "blocks",
                "estate": str(one.estate_id),
                "person": str(one.person_id),
                "day": one.day.isoformat(),
            },
            now,
        )
        for one in wanted
    )


def people_of(session: Session, estate: Estate) -> list[UUID]:
    """The officers and managers of an estate: whose grant names it or its developer; where there is nobody,
    the managers of everything.
    """
    near = or_(
        and_(GivenGrant.scope_kind == ScopeKind.ESTATE.value, GivenGrant.scope_id == estate.id),
        and_(GivenGrant.scope_kind == ScopeKind.COMPANY.value, GivenGrant.scope_id == estate.site.company_id),
    )
    everything = and_(
        GivenGrant.scope_kind == ScopeKind.EVERYTHING.value, GivenGrant.role == Role.MANAGER.value
    )
    for scope in (near, everything):
        people = session.scalars(
            select(GivenGrant.person_id)
            .join(Person, Person.id == GivenGrant.person_id)
            .where(
                GivenGrant.role.in_((Role.MANAGER.value, Role.OFFICER.value)),
                GivenGrant.ended_at.is_(None),
                Person.disabled_at.is_(None),
                scope,
            )
            .distinct()
            .order_by(GivenGrant.person_id)
        ).all()
        if people:
            return list(people)
    return []
