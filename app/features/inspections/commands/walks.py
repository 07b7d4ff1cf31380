"""Planning the walks of many units at once: one inspection each, for the same people on the same day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app import outbox
from app.db import new_id
from app.domain.dates import local_day
from app.domain.errors import Invalid
from app.domain.permissions import Actor
from app.domain.rooms import walked
from app.features.inspections import queries
from app.features.inspections.commands.writing import MAIL
from app.features.inspections.models import Inspection
from app.features.inspections.record import KIND, InspectionKind
from app.features.operations.commands import write_at_desk
from app.features.operations.record import Author
from app.features.places.models import Building, Estate, Unit

UNITS_AT_MOST = 60  # a day of one officer is less, and each is written down by itself
OFFICERS_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Walks:
    """What a planner decides: which units, who walks them (the lead first), on which day. `repaired`: of a
    re-inspection, unit → what it looks at again (domain/again.py).
    """

    version_id: UUID
    units: Sequence[UUID]
    officers: Sequence[UUID]
    day: date
    repaired: Mapping[UUID, Sequence[Mapping[str, Any]]] | None = None


def plan_walks(session: Session, actor: Actor, estate: Estate, wanted: Walks, now: datetime) -> list[UUID]:
    """Plans a walk of each unit and writes to the officers once; in the order of the units, all or none.

    Raises Invalid: units_missing, units_too_many, unit_unknown, walk_open (a unit has a walk that is not
    finished), nothing_repaired, rooms_no_checks, date_in_past, auditor_not_eligible; NotFound where the actor
    may not plan.
    """
    if not wanted.units:
        raise Invalid("units_missing", field="units")
    if len(wanted.units) > UNITS_AT_MOST:
        raise Invalid("units_too_many", field="units", limit=UNITS_AT_MOST)
    if wanted.day < local_day(now, estate.site.time_zone):
        raise Invalid("date_in_past", field="due")
    units = _units(session, estate, wanted.units)
    _none_open(session, units)
    made = []
    for unit in units:
        walk_id = new_id()
        created: dict[str, Any] = {
            "checklist_version": str(wanted.version_id),
            "site": str(estate.site_id),
            "auditors": [str(person) for person in wanted.officers],
            "due": wanted.day.isoformat(),
            "open_points": [str(point.id) for point in queries.open_points(session, unit.id)],
            "unit": str(unit.id),
            "rooms": walked(unit.type.rooms),
        }
        if wanted.repaired is not None:
            if not wanted.repaired.get(unit.id):
                raise Invalid("nothing_repaired", field="units", unit=f"{unit.building.name} {unit.name}")
            created["repaired"] = list(wanted.repaired[unit.id])
        changes = [("create", KIND, "created", created)]
        write_at_desk(session, InspectionKind(), Author(actor, None), walk_id, changes, now)
        made.append(walk_id)
    for person in wanted.officers:
        if person != actor.id:
            payload = {
                "letter": "walks",
                "inspection": str(made[0]),
                "person": str(person),
                "walks": [str(one) for one in made],
            }
            outbox.send(session, MAIL, payload, now)
    return made


def _units(session: Session, estate: Estate, ids: Sequence[UUID]) -> list[Unit]:
    """The units in the order people walk: building, floor from the top, name. Locked: of two people who plan
    the same unit at once, one is told.
    """
    found = session.scalars(
        select(Unit)
        .join(Unit.building)
        .where(Unit.id.in_(ids), Building.estate_id == estate.id)
        .order_by(Building.position, Unit.floor_order.desc(), Unit.name)
        .options(joinedload(Unit.building), joinedload(Unit.type))
        .with_for_update(of=Unit)
    ).all()
    if len(found) != len(set(ids)):
        raise Invalid("unit_unknown", field="units")
    return list(found)


def _none_open(session: Session, units: Sequence[Unit]) -> None:
    taken = session.scalars(
        select(Inspection.unit_id).where(
            Inspection.unit_id.in_([unit.id for unit in units]),
            Inspection.state.in_(("planned", "in_progress", "in_review")),
        )
    ).all()
    for unit in units:
        if unit.id in taken:
            raise Invalid("walk_open", field="units", unit=f"{unit.building.name} {unit.name}")
