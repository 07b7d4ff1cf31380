"""What a phone keeps of an estate so that a walk nobody planned begins there without signal."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from app.domain.permissions import Act, Actor
from app.features.inspections.queries.walk import ALLOWED, told_plan
from app.features.places.models import Building, Estate, Site, Unit, UnitType
from app.features.places.queries import visible_estates
from app.features.places.queries.estates import contractors_of
from app.features.places.queries.plans import plans_of_types


class Startable(NamedTuple):
    """An estate where somebody may begin a walk, and how many units it has."""

    estate: Estate
    units: int


def estates_to_start(session: Session, actor: Actor) -> list[Startable]:
    """The estates in use that this person sees and may begin walks at, by name."""
    rows = session.scalars(
        visible_estates(actor)
        .where(
            Estate.id.in_(visible_estates(actor, Act.START_INSPECTION).with_only_columns(Estate.id)),
            Estate.retired_at.is_(None),
            Site.retired_at.is_(None),
        )
        .order_by(Estate.name, Estate.id)
        .options(contains_eager(Estate.site))
    ).all()
    counted = session.execute(
        select(Building.estate_id, func.count().label("number"))
        .join(Unit, Unit.building_id == Building.id)
        .where(
            Building.estate_id.in_([row.id for row in rows]),
            Unit.retired_at.is_(None),
            Building.retired_at.is_(None),
        )
        .group_by(Building.estate_id)
    )
    numbers: dict[UUID, int] = {row.estate_id: row.number for row in counted}
    return [Startable(row, numbers.get(row.id, 0)) for row in rows]


def units_to_start(session: Session, estate: Estate) -> dict[str, Any]:
    """The units of an estate as phones keep them: short, because there may be thousands. Nothing of owners:
    whoever carries all doors of an estate in a pocket need not carry the names behind them.

    {"id", "name", "site", "company", "contractors", "due_days", "types": [{"name", "rooms", "plan"}],
    "buildings": [{"name", "units": [[id without dashes, short id, floor, name, place in types]]}]}; units
    stand floor by floor from the top.
    """
    site, company = estate.site, estate.site.company
    types = session.scalars(
        select(UnitType).where(UnitType.estate_id == estate.id).order_by(UnitType.code, UnitType.id)
    ).all()
    plans = plans_of_types(session, [kind.id for kind in types])
    place = {kind.id: at for at, kind in enumerate(types)}
    rows = session.execute(
        select(Building.name, Unit.id, Unit.short_id, Unit.floor, Unit.name, Unit.type_id)
        .join(Unit, Unit.building_id == Building.id)
        .where(Building.estate_id == estate.id, Unit.retired_at.is_(None), Building.retired_at.is_(None))
        .order_by(Building.position, Building.name, Unit.floor_order.desc(), Unit.name)
    )
    buildings: dict[str, list[list[Any]]] = {}
    for building, unit_id, short_id, floor, name, type_id in rows:
        buildings.setdefault(building, []).append([unit_id.hex, short_id, floor, name, place[type_id]])
    return {
        "id": str(estate.id),
        "name": estate.name,
        "site": {
            "id": str(site.id),
            "name": site.name,
            "city": site.city,
            "time_zone": site.time_zone,
        },
        "company": {"id": str(company.id), "name": company.name},
        "contractors": {
            trade: {"id": str(one.id), "name": one.name}
            for trade, one in sorted(contractors_of(session, estate.id).items())
        },
        "due_days": ALLOWED[0].told(),
        "types": [
            {
                "name": kind.name or kind.code,
                "rooms": kind.rooms,
                "plan": told_plan(plans.get(kind.id, [])),
            }
            for kind in types
        ],
        "buildings": [{"name": name, "units": units} for name, units in buildings.items()],
    }
