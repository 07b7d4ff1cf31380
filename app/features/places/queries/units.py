"""A sheet of units beside what is there: from an uploaded file to rows, and what each row would do."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.adapters.columns import match_columns
from app.domain.errors import Invalid
from app.domain.estates import checked_day
from app.domain.permissions import Actor
from app.domain.unit_columns import ALIASES
from app.domain.unit_sheet import NEEDED, UnitRow, read_rows, unreadable
from app.features.places.models import Building, Estate, Unit, UnitType
from app.features.places.queries.estates import choices
from app.features.places.queries.sheets import HEADING_WITHIN, opened


@dataclass(frozen=True)
class ReadUnits:
    """What a file holds: its rows in order, and the headings nobody understood."""

    rows: list[UnitRow]
    ignored: list[str]


@dataclass
class Doing:
    """What confirming would do. `new`: rows of units that are not there yet; `changed`: (unit, row, new
    values); `same`: rows that say nothing new; `retired`: rows of units out of use, left out; `kept`: rows
    whose floor or type is another than the unit's, which a sheet does not change. `buildings`, `types`:
    (estate id, name) of those that are not there; `completed`: estate id → its new day of completion.
    """

    estates: dict[str, Estate] = field(default_factory=dict)
    buildings: list[tuple[str, str]] = field(default_factory=list)
    types: list[tuple[str, str]] = field(default_factory=list)
    new: list[UnitRow] = field(default_factory=list)
    changed: list[tuple[UUID, UnitRow, dict[str, Any]]] = field(default_factory=list)
    same: list[UnitRow] = field(default_factory=list)
    retired: list[UnitRow] = field(default_factory=list)
    kept: list[UnitRow] = field(default_factory=list)
    completed: dict[str, str] = field(default_factory=dict)
    faulty: list[UnitRow] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return bool(self.new or self.changed or self.completed)


def read(upload: FileStorage, session: Session, actor: Actor, estate: str) -> ReadUnits:
    """Reads an XLSX or CSV file; `estate`: the id of the estate of rows that name none. Raises Invalid (field
    sheet) for a file that is no table of units.
    """
    sheet = opened(upload)
    candidates = [(sheet.header_row, sheet.header), *((row.number, row.cells) for row in sheet.rows)]
    for place, (_, cells) in enumerate(candidates[:HEADING_WITHIN]):
        matched = match_columns(cells, ALIASES)
        if not set(NEEDED) <= set(matched.columns):
            continue
        known = _estates_by_name(session, actor)
        rows = read_rows(candidates[place + 1 :], matched.columns, cells, known, estate)
        for problem in sheet.problems:
            index = None if problem.column is None else problem.column - 1
            rows.append(unreadable(problem.row, problem.code, index, cells))
        if not rows:
            raise Invalid("sheet_empty", field="sheet")
        return ReadUnits(sorted(rows, key=lambda row: row.number), matched.unknown)
    raise Invalid("unit_columns_missing", field="sheet")


def _estates_by_name(session: Session, actor: Actor) -> dict[str, str]:
    """Folded code or name → id; a name that two estates share means neither."""
    offered = choices(session, actor)
    names = Counter(name.casefold() for _, name, _ in offered)
    once = {name.casefold(): str(key) for key, name, _ in offered if names[name.casefold()] == 1}
    return once | {code.casefold(): str(key) for key, _, code in offered}


def compare(session: Session, actor: Actor, rows: Iterable[UnitRow]) -> Doing:
    """What the rows would do to the estates this person manages now."""
    doing = Doing()
    allowed = {str(estate_id) for estate_id, *_ in choices(session, actor)}
    readable: list[UnitRow] = []
    for row in rows:
        (doing.faulty if row.faults or row.estate not in allowed else readable).append(row)
    wanted = [UUID(key) for key in {row.estate for row in readable}]
    doing.estates = {
        str(estate.id): estate for estate in session.scalars(select(Estate).where(Estate.id.in_(wanted)))
    }
    there = _Present(session, wanted)
    for row in readable:
        _judge(row, there, doing)
    doing.buildings = _missing(((row.estate, row.building) for row in doing.new), there.buildings)
    doing.types = _missing(((row.estate, row.type) for row in doing.new), there.types)
    for row in readable:
        estate = doing.estates[row.estate]
        before = estate.completed_on.isoformat() if estate.completed_on else ""
        if row.completion and row.completion != before:
            doing.completed[row.estate] = row.completion
    return doing


def fingerprint(session: Session, estates: Iterable[str]) -> str:
    """Changes whenever one of these estates, or a building, type or unit of them, is added or changed."""
    wanted = sorted(UUID(key) for key in set(estates))
    inside = select(Building.id).where(Building.estate_id.in_(wanted))
    digest = hashlib.sha256()
    for query in (
        select(Estate.id, Estate.record_version).where(Estate.id.in_(wanted)).order_by(Estate.id),
        select(Building.id, Building.record_version)
        .where(Building.estate_id.in_(wanted))
        .order_by(Building.id),
        select(UnitType.id, UnitType.record_version)
        .where(UnitType.estate_id.in_(wanted))
        .order_by(UnitType.id),
        select(Unit.id, Unit.record_version).where(Unit.building_id.in_(inside)).order_by(Unit.id),
    ):
        for key, version in session.execute(query):
            digest.update(key.bytes + version.to_bytes(4))
    return digest.hexdigest()


@dataclass(frozen=True)
class _Known:
    """A unit that is there, as far as a sheet can speak of it."""

    id: UUID
    floor_order: int
    type: str
    values: dict[str, Any]
    retired: bool


class _Present:
    """What is there, by estate and folded name."""

    def __init__(self, session: Session, estates: list[UUID]) -> None:
        rows = session.execute(
            select(Building.estate_id, Building.id, Building.name).where(Building.estate_id.in_(estates))
        ).all()
        self.buildings = {(str(estate), name.casefold()): key for estate, key, name in rows}
        types = session.execute(
            select(UnitType.estate_id, UnitType.id, UnitType.code).where(UnitType.estate_id.in_(estates))
        ).all()
        self.types = {(str(estate), code.casefold()): key for estate, key, code in types}
        codes = {key: code.casefold() for _, key, code in types}
        columns = (Unit.owner_name, Unit.owner_email, Unit.owner_phone, Unit.delivery_on)
        names = tuple(column.key for column in columns)
        units = session.execute(
            select(
                Unit.id,
                Unit.building_id,
                Unit.name,
                Unit.floor_order,
                Unit.type_id,
                Unit.retired_at,
                *columns,
            ).where(Unit.building_id.in_([key for _, key, _ in rows]))
        )
        self.units = {
            (building, name.casefold()): _Known(
                key, order, codes.get(kind, ""), dict(zip(names, values, strict=True)), gone is not None
            )
            for key, building, name, order, kind, gone, *values in units
        }

    def unit(self, row: UnitRow) -> _Known | None:
        building = self.buildings.get((row.estate, row.building.casefold()))
        return self.units.get((building, row.unit.casefold())) if building else None


def values_of(row: UnitRow) -> dict[str, Any]:
    """What a row says of owner and delivery, only where it says something."""
    said = {
        "owner_name": row.owner,
        "owner_email": row.email,
        "owner_phone": row.phone,
        "delivery_on": checked_day(row.delivery, "delivery"),
    }
    return {name: value for name, value in said.items() if value}


def _judge(row: UnitRow, there: _Present, doing: Doing) -> None:
    known = there.unit(row)
    if known is None:
        doing.new.append(row)
        return
    if known.retired:
        doing.retired.append(row)
        return
    if known.floor_order != row.floor_order or known.type != row.type.casefold():
        doing.kept.append(row)
    changes = {name: value for name, value in values_of(row).items() if known.values[name] != value}
    if changes:
        doing.changed.append((known.id, row, changes))
    else:
        doing.same.append(row)


def _missing(named: Iterable[tuple[str, str]], there: dict[tuple[str, str], UUID]) -> list[tuple[str, str]]:
    """Those that are not there, each once, in order of appearance."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for estate, name in named:
        key = (estate, name.casefold())
        if key not in there:
            found.setdefault(key, (estate, name))
    return list(found.values())
