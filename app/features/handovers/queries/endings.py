"""Warranties of handed-over units: what ends when, and who is to be told of it today.

A term ends on the same day for every unit that was delivered on one day, so that days are worked out once for
each day of delivery, however many units there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.domain.dates import local_day
from app.domain.estates import naturally
from app.domain.handover import CATEGORIES, warranties
from app.domain.permissions import Role, ScopeKind
from app.domain.reminders import MORNING
from app.domain.warranty import CLOCKS, Ending, endings
from app.features.accounts.models import GivenGrant, Person
from app.features.handovers.models import WarrantyReminder
from app.features.places.models import Building, Estate, Site, Unit

WRITTEN_TO = (Role.OFFICER.value, Role.MANAGER.value)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; `days`: how far ahead."""

    days: int = 90
    category: str = ""
    clock: str = ""
    building: UUID | None = None


class Named(NamedTuple):
    """A unit in a list."""

    id: UUID
    short_id: str
    building: str
    name: str
    owner_name: str


class Group(NamedTuple):
    """Units whose term of one kind ends on one day, as people walk. `left`: days from today."""

    until: date
    left: int
    category: str
    clock: str
    units: list[Named]


def ending(session: Session, estate: Estate, filters: Filters, today: date) -> list[Group]:
    """What ends from today on within the days asked for, the soonest first."""
    units: dict[date | None, list[Named]] = defaultdict(list)
    rows = session.execute(
        select(Unit.id, Unit.short_id, Building.name, Unit.name, Unit.owner_name, Unit.delivery_on)
        .join(Building, Building.id == Unit.building_id)
        .where(
            Building.estate_id == estate.id,
            Unit.state == "handed_over",
            Unit.retired_at.is_(None),
            *([Unit.building_id == filters.building] if filters.building else []),
        )
        .order_by(Building.position, Unit.floor_order)
    )
    for unit_id, short_id, building, name, owner, delivered in rows:
        units[delivered].append(Named(unit_id, short_id, building, name, owner))
    found: dict[tuple[date, str, str], list[Named]] = defaultdict(list)
    for delivered, those in units.items():
        for one in warranties(estate.completed_on, delivered):
            for clock, until in zip(CLOCKS, one[1:], strict=True):
                wanted = filters.category in ("", one.category) and filters.clock in ("", clock)
                if wanted and until is not None and 0 <= (until - today).days <= filters.days:
                    found[until, one.category, clock] += those
    order = sorted(found, key=lambda key: (key[0], CATEGORIES.index(key[1]), key[2]))
    return [
        Group(
            until,
            (until - today).days,
            category,
            clock,
            sorted(found[until, category, clock], key=lambda one: (one.building, naturally(one.name))),
        )
        for until, category, clock in order
    ]


class Due(NamedTuple):
    """What is to be told of an estate today: each ending, and the units of which nobody was told yet."""

    estate_id: UUID
    today: date
    endings: list[tuple[Ending, list[UUID]]]


def due(session: Session, now: datetime) -> list[Due]:
    """What nobody was told of yet, estate by estate; at no estate before the morning. One query finds the
    days of delivery, and only of days with something to tell the units are read.
    """
    rows = session.execute(
        select(Estate.id, Estate.completed_on, Site.time_zone, Unit.delivery_on)
        .join(Site, Site.id == Estate.site_id)
        .join(Building, Building.estate_id == Estate.id)
        .join(Unit, Unit.building_id == Building.id)
        .where(Estate.retired_at.is_(None), Unit.state == "handed_over", Unit.retired_at.is_(None))
        .distinct()
    )
    days: dict[tuple[UUID, date], dict[Ending, list[date | None]]] = defaultdict(lambda: defaultdict(list))
    for estate_id, completed, zone, delivered in rows:
        today = local_day(now, zone)
        if _hour(now, zone) < MORNING:
            continue
        for one in endings(warranties(completed, delivered), today):
            days[estate_id, today][one].append(delivered)
    found = []
    for (estate_id, today), those in days.items():
        if _told_today(session, estate_id, today):
            continue  # one letter a day: what came to it since then waits for the next
        told = [(one, _untold(session, estate_id, one, delivered)) for one, delivered in those.items()]
        told = [(one, units) for one, units in told if units]
        if told:
            found.append(Due(estate_id, today, sorted(told, key=lambda pair: (pair[0].until, pair[0]))))
    return found


def _told_today(session: Session, estate_id: UUID, today: date) -> bool:
    there = select(WarrantyReminder.id).where(
        WarrantyReminder.estate_id == estate_id, WarrantyReminder.told_on == today
    )
    return session.scalar(there.limit(1)) is not None


def _hour(now: datetime, zone: str) -> int:
    return now.astimezone(ZoneInfo(zone)).hour


def _untold(session: Session, estate_id: UUID, one: Ending, delivered: Sequence[date | None]) -> list[UUID]:
    """Units of an estate, delivered on one of these days, of which nobody was told that this ends."""
    told = select(WarrantyReminder.unit_id).where(
        WarrantyReminder.estate_id == estate_id,
        WarrantyReminder.category == one.category,
        WarrantyReminder.clock == one.clock,
        WarrantyReminder.until == one.until,
        WarrantyReminder.before == one.before,
    )
    days = [day for day in delivered if day is not None]
    ways: list[ColumnElement[bool]] = [Unit.delivery_on.in_(days)] if days else []
    if None in delivered:
        ways.append(Unit.delivery_on.is_(None))
    return list(
        session.scalars(
            select(Unit.id)
            .join(Building, Building.id == Unit.building_id)
            .where(
                Building.estate_id == estate_id,
                Unit.state == "handed_over",
                Unit.retired_at.is_(None),
                or_(*ways),
                Unit.id.not_in(told),
            )
            .order_by(Unit.id)
        )
    )


def told_on(session: Session, estate: Estate, day: date) -> list[Group]:
    """What the letter of a day says: the endings that were written down for it, with their units."""
    rows = session.execute(
        select(
            WarrantyReminder.until,
            WarrantyReminder.category,
            WarrantyReminder.clock,
            Unit.id,
            Unit.short_id,
            Building.name,
            Unit.name,
            Unit.owner_name,
        )
        .join(Unit, Unit.id == WarrantyReminder.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(WarrantyReminder.estate_id == estate.id, WarrantyReminder.told_on == day)
        .order_by(WarrantyReminder.until, Building.position, Unit.floor_order)
    )
    found: dict[tuple[date, str, str], list[Named]] = defaultdict(list)
    for until, category, clock, unit_id, short_id, building, name, owner in rows:
        found[until, category, clock].append(Named(unit_id, short_id, building, name, owner))
    return [
        Group(
            until,
            (until - day).days,
            category,
            clock,
            sorted(units, key=lambda u: (u.building, naturally(u.name))),
        )
        for (until, category, clock), units in sorted(found.items())
    ]


def concerned(session: Session, estate: Estate) -> list[Person]:
    """Who is written to about an estate: officers and managers who are granted it or its developer; where
    there are none, those who are granted everything.
    """
    rows = session.execute(
        select(GivenGrant.scope_kind, GivenGrant.scope_id, Person)
        .join(Person, Person.id == GivenGrant.person_id)
        .where(GivenGrant.role.in_(WRITTEN_TO), GivenGrant.ended_at.is_(None), Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    ).all()
    here = {
        (ScopeKind.ESTATE.value, estate.id),
        (ScopeKind.COMPANY.value, estate.site.company_id),
    }
    near = [row.Person for row in rows if (row.scope_kind, row.scope_id) in here]
    wide = [row.Person for row in rows if row.scope_kind == ScopeKind.EVERYTHING.value]
    return list(dict.fromkeys(near or wide))
