"""Estates, their unit types, contractors and units: added, changed, retired. Nothing here commits."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.errors import Invalid, NotAllowed
from app.domain.estates import STATES, checked_floor, checked_rooms, checked_text, short_id
from app.domain.parties import checked
from app.domain.permissions import Act, Actor, Scope, may
from app.domain.trades import TRADES
from app.features.companies import queries as companies
from app.features.companies.commands import in_use
from app.features.places import queries as places
from app.features.places.models import Building, Estate, TradeContractor, Unit, UnitType
from app.features.places.queries import estates as queries


def add_estate(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    site_id: UUID,
    name: str,
    code: str,
    completed_on: date | None = None,
) -> Estate:
    """An estate at a site of its developer. Raises NotFound, NotAllowed, Invalid with its field: required,
    too_long, already_exists (the code), estate_of_site (there is one at this site), company_retired.
    """
    site = places.get_visible_to(session, actor, site_id, lock=True)
    if not may(actor, Act.MANAGE_PLACES, Scope(company=site.company_id)):
        raise NotAllowed()
    in_use(site.company)
    if site.retired_at is not None:
        raise Invalid("site_retired", field="site")
    if session.scalar(select(Estate.id).where(Estate.site_id == site_id)) is not None:
        raise Invalid("estate_of_site", field="site")
    estate = Estate(
        id=new_id(),
        site_id=site_id,
        site=site,
        name=checked_text("estate", name, "name"),
        code=_free_code(session, code, None),
        completed_on=completed_on,
        created_at=now,
    )
    session.add(estate)
    _flush(session, "already_exists", "code")
    _note(session, "estate.created", estate, now, actor)
    return estate


def edit_estate(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    version: int | None,
    now: datetime,
    *,
    name: str,
    code: str,
    completed_on: date | None,
) -> Estate:
    """Raises Stale when `version` is not the row's; else as add_estate."""
    estate = managed(session, actor, estate_id)
    estate.expect(version)
    values = {
        "name": checked_text("estate", name, "name"),
        "code": _free_code(session, code, estate_id),
        "completed_on": completed_on,
    }
    changed = _set(estate, values)
    if changed:
        _flush(session, "already_exists", "code")
        _note(session, "estate.changed", estate, now, actor, {"fields": changed})
    return estate


def retire_estate(
    session: Session, actor: Actor, estate_id: UUID, version: int | None, retire: bool, now: datetime
) -> Estate:
    """Takes an estate out of use, or brings it back. What happened there stays."""
    estate = managed(session, actor, estate_id)
    estate.expect(version)
    if (estate.retired_at is not None) != retire:
        estate.retired_at = now if retire else None
        _note(session, "estate.retired" if retire else "estate.restored", estate, now, actor)
    return estate


def add_building(session: Session, estate: Estate, name: str) -> Building:
    """The building of this name, made when there is none; retired ones come back into use."""
    wanted = checked_text("building", name)
    known = session.scalars(select(Building).where(Building.estate_id == estate.id)).all()
    for building in known:
        if building.name.casefold() == wanted.casefold():
            building.retired_at = None
            return building
    building = Building(id=new_id(), estate_id=estate.id, name=wanted, position=len(known) + 1)
    session.add(building)
    session.flush()
    return building


def edit_building(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    building_id: UUID,
    version: int | None,
    now: datetime,
    *,
    name: str,
    position: int,
) -> Building:
    """Another name, another place among the buildings. Raises Invalid (already_exists), Stale."""
    estate = managed(session, actor, estate_id)
    building = queries.building_of(session, estate_id, building_id)
    building.expect(version)
    wanted = checked_text("building", name, "name")
    values: dict[str, Any] = {"name": wanted, "position": max(1, min(position, 999))}
    twin = select(Building.id).where(
        Building.estate_id == estate_id,
        Building.id != building_id,
        func.lower(Building.name) == wanted.lower(),
    )
    if session.scalar(twin) is not None:
        raise Invalid("already_exists", field="name")
    changed = _set(building, values)
    if changed:
        session.flush()
        facts = {"building": str(building_id), "fields": changed}
        _note(session, "building.changed", estate, now, actor, facts)
    return building


def add_type(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    now: datetime,
    *,
    code: str,
    name: str = "",
    rooms: Iterable[Mapping[str, Any]] = (),
) -> UnitType:
    """A layout of this estate. Raises Invalid with its field, already_exists for the code."""
    estate = managed(session, actor, estate_id)
    made = UnitType(
        id=new_id(),
        estate_id=estate_id,
        code=_free_type_code(session, estate_id, code, None),
        name=checked_text("type_name", name, "name", required=False),
        rooms=checked_rooms(rooms),
    )
    session.add(made)
    _flush(session, "already_exists", "code")
    _note(session, "unit_type.created", estate, now, actor, {"type": str(made.id)})
    return made


def edit_type(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    type_id: UUID,
    version: int | None,
    now: datetime,
    *,
    code: str,
    name: str,
    rooms: Iterable[Mapping[str, Any]],
) -> UnitType:
    """Walks that have begun keep the rooms they began with. Raises Invalid with its field, Stale."""
    estate = managed(session, actor, estate_id)
    found = queries.type_of(session, estate_id, type_id, lock=True)
    found.expect(version)
    values = {
        "code": _free_type_code(session, estate_id, code, type_id),
        "name": checked_text("type_name", name, "name", required=False),
        "rooms": checked_rooms(rooms),
    }
    changed = _set(found, values)
    if changed:
        _flush(session, "already_exists", "code")
        facts = {"type": str(type_id), "fields": changed}
        _note(session, "unit_type.changed", estate, now, actor, facts)
    return found


def add_unit(
    session: Session,
    actor: Actor,
    estate_id: UUID,
    now: datetime,
    *,
    building: str,
    floor: str,
    name: str,
    type_id: UUID,
    **owner: Any,
) -> Unit:
    """A unit by hand; its building is made when there is none of this name. `owner`: owner_name, owner_email,
    owner_phone, delivery_on. Raises Invalid with its field: floor_unknown, already_exists (the name), …
    """
    estate = _in_use(managed(session, actor, estate_id))
    queries.type_of(session, estate_id, type_id)
    values = _unit_values(floor=floor, name=name, **owner)
    house = add_building(session, estate, building)
    _refuse_twin(session, house.id, values["name"], None)
    unit = Unit(**new_unit(house.id, type_id, now), **values)
    session.add(unit)
    _flush(session, "already_exists", "name")
    journal.write(session, "unit.created", ("unit", unit.id), now, actor.id, {"estate": str(estate_id)})
    return unit


def new_unit(building_id: UUID, type_id: UUID, now: datetime) -> dict[str, Any]:
    """The columns that every new unit has filled, with a short id nobody else has."""
    return {
        "id": new_id(),
        "building_id": building_id,
        "type_id": type_id,
        "short_id": short_id(secrets.randbits(40)),
        "state": "idle",
        "created_at": now,
        "record_version": 1,
    }


def edit_unit(
    session: Session,
    actor: Actor,
    wanted: str,
    version: int | None,
    now: datetime,
    *,
    building: str,
    floor: str,
    name: str,
    type_id: UUID,
    **owner: Any,
) -> Unit:
    """Changes a unit, found by its short id; the fields are those of add_unit. Raises Stale, Invalid."""
    unit, estate = managed_unit(session, actor, wanted)
    unit.expect(version)
    queries.type_of(session, estate.id, type_id)
    house = add_building(session, estate, building)
    values = {
        **_unit_values(floor=floor, name=name, **owner),
        "building_id": house.id,
        "type_id": type_id,
    }
    _refuse_twin(session, house.id, values["name"], unit.id)
    changed = _set(unit, values)
    if changed:
        _flush(session, "already_exists", "name")
        journal.write(session, "unit.changed", ("unit", unit.id), now, actor.id, {"fields": changed})
    return unit


def retire_unit(
    session: Session, actor: Actor, wanted: str, version: int | None, retire: bool, now: datetime
) -> Unit:
    """Takes a unit out of use (merged with another, never built), or brings it back."""
    unit, _ = managed_unit(session, actor, wanted)
    unit.expect(version)
    if (unit.retired_at is not None) != retire:
        unit.retired_at = now if retire else None
        act = "unit.retired" if retire else "unit.restored"
        journal.write(session, act, ("unit", unit.id), now, actor.id)
    return unit


def move_unit(session: Session, unit_id: UUID, state: str, now: datetime, person_id: UUID | None) -> None:
    """The unit's way goes on: what higher features tell when a walk is planned, begun, ended, handed over."""
    if state not in STATES:
        raise Invalid("not_a_choice", field="state")
    unit = session.get_one(Unit, unit_id, with_for_update=True)
    if unit.state != state:
        unit.state = state
        session.flush()
        journal.write(session, "unit.moved", ("unit", unit_id), now, person_id, {"state": state})


def set_contractors(
    session: Session, actor: Actor, estate_id: UUID, chosen: Mapping[str, UUID | None], now: datetime
) -> None:
    """Who repairs which trade from now on; None: nobody is named. Trades not given stay as they are.

    Raises Invalid: not_a_choice for a trade there is not, contractor_unknown for a company that is no
    contractor in use, or none this person may see and that does not work here already.
    """
    estate = managed(session, actor, estate_id)
    present = queries.contractors_of(session, estate_id)
    known = {company.id for company in present.values()}
    known |= {company.id for company in contractors_offered(session, actor)}
    changed = {}
    for trade, company_id in chosen.items():
        if trade not in TRADES:
            raise Invalid("not_a_choice", field="trade")
        now_there = present[trade].id if trade in present else None
        if company_id == now_there:
            continue
        if company_id is not None and company_id not in known:
            raise Invalid("contractor_unknown", field="trade")
        session.execute(
            delete(TradeContractor).where(
                TradeContractor.estate_id == estate_id, TradeContractor.trade == trade
            )
        )
        if company_id is not None:
            session.add(TradeContractor(estate_id=estate_id, trade=trade, company_id=company_id))
        changed[trade] = str(company_id) if company_id else None
    session.flush()
    if changed:
        _note(session, "contractors.changed", estate, now, actor, {"trades": changed})


def contractors_offered(session: Session, actor: Actor) -> list[Any]:
    """Contractors in use that this person may see, by name."""
    rows = session.scalars(companies.visible_companies(actor))
    found = [company for company in rows if "contractor" in company.kinds and company.retired_at is None]
    return sorted(found, key=lambda company: company.name.casefold())


def managed(session: Session, actor: Actor, estate_id: UUID) -> Estate:
    """The estate, locked, for somebody who may manage it. Raises NotFound or NotAllowed."""
    estate = queries.get_visible_to(session, actor, estate_id, lock=True)
    if not queries.may_manage(actor, estate):
        raise NotAllowed()
    return estate


def managed_unit(session: Session, actor: Actor, wanted: str) -> tuple[Unit, Estate]:
    """A unit by its short id, locked, with its estate, for somebody who may manage it."""
    unit = queries.unit_by_short_id(session, actor, wanted, lock=True)
    return unit, managed(session, actor, unit.building.estate_id)


def _in_use(estate: Estate) -> Estate:
    if estate.retired_at is not None:
        raise Invalid("estate_retired")
    return estate


def _unit_values(
    *,
    floor: str,
    name: str,
    owner_name: str = "",
    owner_email: str = "",
    owner_phone: str = "",
    delivery_on: date | None = None,
) -> dict[str, Any]:
    text, order = checked_floor(floor)
    return {
        "floor": text,
        "floor_order": order,
        "name": checked_text("unit", name, "name"),
        "owner_name": checked_text("owner", owner_name, "owner_name", required=False),
        "owner_email": checked("email", owner_email, "owner_email"),
        "owner_phone": checked("phone", owner_phone, "owner_phone"),
        "delivery_on": delivery_on,
    }


def _refuse_twin(session: Session, building_id: UUID, name: str, own: UUID | None) -> None:
    taken = select(Unit.id).where(Unit.building_id == building_id, func.lower(Unit.name) == name.lower())
    with session.no_autoflush:
        if any(found != own for found in session.scalars(taken)):
            raise Invalid("already_exists", field="name")


def _free_code(session: Session, code: str, own: UUID | None) -> str:
    wanted = checked_text("estate_code", code, "code")
    taken = select(Estate.id).where(func.lower(Estate.code) == wanted.lower())
    if any(found != own for found in session.scalars(taken)):
        raise Invalid("already_exists", field="code")
    return wanted


def _free_type_code(session: Session, estate_id: UUID, code: str, own: UUID | None) -> str:
    wanted = checked_text("type", code, "code")
    taken = select(UnitType.id).where(
        UnitType.estate_id == estate_id, func.lower(UnitType.code) == wanted.lower()
    )
    if any(found != own for found in session.scalars(taken)):
        raise Invalid("already_exists", field="code")
    return wanted


def _set(row: Estate | Building | UnitType | Unit, values: Mapping[str, Any]) -> list[str]:
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _flush(session: Session, code: str, field: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:  # somebody else took it between the look and the write
        raise Invalid(code, field=field) from error


def _note(
    session: Session,
    act: str,
    estate: Estate,
    now: datetime,
    actor: Actor,
    facts: dict[str, Any] | None = None,
) -> None:
    journal.write(session, act, ("estate", estate.id), now, actor.id, facts)
