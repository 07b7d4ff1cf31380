"""A sheet of units between preview and confirmation, and storing what it holds. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.canonical import canonical, digest
from app.domain.errors import NotAllowed, Stale
from app.domain.estates import checked_day
from app.domain.permissions import Act, Actor, may_somewhere
from app.domain.unit_sheet import UnitRow
from app.features.places import queries as places
from app.features.places.commands.estates import new_unit
from app.features.places.commands.imports import KEPT
from app.features.places.models import Building, Estate, ImportDraft, Unit, UnitType
from app.features.places.queries.units import Doing, compare, fingerprint

KIND = "units"


@dataclass(frozen=True)
class Stored:
    """What a confirmed sheet did: how many of each."""

    units: int
    changed: int
    buildings: int
    types: int


def keep_draft(
    session: Session, actor: Actor, file_name: str, rows: list[UnitRow], now: datetime
) -> ImportDraft:
    """Keeps what was read for a day. Raises NotAllowed. Drafts that are over go on this occasion."""
    if not may_somewhere(actor, Act.MANAGE_PLACES):
        raise NotAllowed()
    session.execute(delete(ImportDraft).where(ImportDraft.expires_at < now))
    draft = ImportDraft(
        id=new_id(),
        person_id=actor.id,
        kind=KIND,
        file_name=file_name[:200],
        created_at=now,
        expires_at=now + KEPT,
        rows=[row.plain() for row in rows],
        seen=fingerprint(session, estates_in(rows)),
    )
    session.add(draft)
    session.flush()
    return draft


def rows_of(draft: ImportDraft) -> list[UnitRow]:
    """The rows kept in a draft."""
    return [UnitRow.of(plain) for plain in draft.rows]


def estates_in(rows: list[UnitRow]) -> set[str]:
    return {row.estate for row in rows if row.estate}


def look_again(session: Session, actor: Actor, draft_id: UUID) -> None:
    """The preview is drawn anew: what it was compared with is what is there now."""
    draft = places.own_draft(session, actor, draft_id, lock=True, kind=KIND)
    draft.seen = fingerprint(session, estates_in(rows_of(draft)))


def confirm(session: Session, actor: Actor, draft_id: UUID, now: datetime) -> Stored:
    """Adds and changes what the readable rows say: all of it or nothing. Raises NotFound, or Stale when
    something there changed since the preview.
    """
    draft = places.own_draft(session, actor, draft_id, lock=True, kind=KIND)
    rows = rows_of(draft)
    if draft.seen != fingerprint(session, estates_in(rows)):
        raise Stale()
    doing = compare(session, actor, rows)
    _store_places(session, doing)
    made = _store_units(session, doing, now)
    _change(session, doing)
    for key, day in doing.completed.items():
        session.get_one(Estate, UUID(key)).completed_on = checked_day(day, "completion")
    session.flush()
    origin = str(draft_id)
    births = [(unit_id, "unit.created", {"import": origin}) for unit_id in made]
    journal.begin(session, "unit", now, actor.id, births)
    for key in doing.estates:
        changed = [str(unit_id) for unit_id, row, _ in doing.changed if row.estate == key]
        facts: dict[str, Any] = {
            "import": origin,
            "sha256": digest(canonical(draft.rows)),
            "units": sum(row.estate == key for row in doing.new),
            "changed": changed,
        }
        journal.write(session, "units.imported", ("estate", UUID(key)), now, actor.id, facts)
    session.delete(draft)
    return Stored(len(made), len(doing.changed), len(doing.buildings), len(doing.types))


def discard(session: Session, actor: Actor, draft_id: UUID) -> None:
    """Forgets a sheet that was not confirmed."""
    session.delete(places.own_draft(session, actor, draft_id, lock=True, kind=KIND))


def _store_places(session: Session, doing: Doing) -> None:
    """The buildings and unit types that are not there yet; types get their rooms by hand."""
    positions: dict[str, int] = {}
    for key in doing.estates:
        known = session.scalars(select(Building.position).where(Building.estate_id == UUID(key))).all()
        positions[key] = max(known, default=0)
    for key, name in doing.buildings:
        positions[key] += 1
        session.add(Building(id=new_id(), estate_id=UUID(key), name=name, position=positions[key]))
    for key, code in doing.types:
        session.add(UnitType(id=new_id(), estate_id=UUID(key), code=code, rooms=[]))
    session.flush()


def _store_units(session: Session, doing: Doing, now: datetime) -> list[UUID]:
    """In one statement: others who write wait meanwhile."""
    wanted = [UUID(key) for key in doing.estates]
    buildings = {
        (str(row.estate_id), row.name.casefold()): row
        for row in session.scalars(select(Building).where(Building.estate_id.in_(wanted)))
    }
    types = {
        (str(row.estate_id), row.code.casefold()): row.id
        for row in session.scalars(select(UnitType).where(UnitType.estate_id.in_(wanted)))
    }
    made = []
    for row in doing.new:
        building = buildings[(row.estate, row.building.casefold())]
        building.retired_at = None
        made.append(
            {
                **new_unit(building.id, types[(row.estate, row.type.casefold())], now),
                "name": row.unit,
                "floor": row.floor,
                "floor_order": row.floor_order,
                "owner_name": row.owner,
                "owner_email": row.email,
                "owner_phone": row.phone,
                "delivery_on": checked_day(row.delivery, "delivery"),
            }
        )
    session.flush()
    if made:
        session.execute(insert(Unit), made)
    return [unit["id"] for unit in made]


def _change(session: Session, doing: Doing) -> None:
    changes = {unit_id: values for unit_id, _, values in doing.changed}
    keys = list(changes)
    for start in range(0, len(keys), 500):
        for unit in session.scalars(select(Unit).where(Unit.id.in_(keys[start : start + 500]))):
            for name, value in changes[unit.id].items():
                setattr(unit, name, value)
    session.flush()
