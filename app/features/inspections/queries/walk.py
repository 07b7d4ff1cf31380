"""The walk of a unit, read: what a phone must know of the unit, and what was written down on the way.

`told` is what phones keep of a unit; `walk_of` is what the frozen record says of defects, meters and keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.again import rechecks
from app.domain.defects import defects_of, said
from app.domain.handover import DueDays, default_due, reading_problem
from app.domain.marks import marks_of
from app.domain.merge import Key, Register, photos
from app.domain.money import currency_of
from app.domain.register_walk import KEYS, METERS
from app.domain.rooms import words_of
from app.features.companies.models import Company
from app.features.inspections.models import Assignment, Defect, Inspection, MeterReading
from app.features.inspections.queries.rechecks import last_revision
from app.features.places.models import Building, Plan, TradeContractor, Unit
from app.features.places.queries.plans import plans_of_types, ties

# What the organisation allows for repairs: wiring.py puts its setting here.
ALLOWED: list[DueDays] = [DueDays()]
OLDER_AT_MOST = 8  # revisions of a plan that phones hear of beside the one in use


def told(
    session: Session, inspections: Sequence[Inspection], plan_address: str = "/plans/{sha256}"
) -> dict[UUID, dict[str, Any]]:
    """Inspection id → its unit as phones keep it; those that are no walks have none. A handful of queries,
    however many there are.

    {"id", "short_id", "name", "building", "floor", "estate", "type", "owner_name", "rooms", "plan",
    "contractors": {trade: {"id", "name"}}, "due_days", "readings": {meter: {"reading", "number", "day"}},
    "defects" (of earlier walks), "currency", "others": [{"id", "number", "people"}] of walks of it that are
    open too}; of a re-inspection also "pairs": the photos it compares with, {"before", "after": [sha256]}
    """
    walks = [one for one in inspections if one.unit_id is not None]
    if not walks:
        return {}
    units = _units(session, {one.unit_id for one in walks if one.unit_id is not None})
    plans = plans_of_types(session, {unit.type_id for unit in units.values()})
    contractors = _contractors(session, {unit.building.estate_id for unit in units.values()})
    read = last_readings(session, list(units))
    found = earlier_defects(session, walks)
    open_beside = open_walks(session, units)
    answer = {}
    for one in walks:
        unit = units[one.unit_id]  # type: ignore[index]
        answer[one.id] = {
            "id": str(unit.id),
            "short_id": unit.short_id,
            "name": unit.name,
            "building": unit.building.name,
            "floor": unit.floor,
            "estate": unit.building.estate.name,
            "type": unit.type.name or unit.type.code,
            "owner_name": unit.owner_name,
            "rooms": one.rooms,
            "plan": told_plan(plans.get(unit.type_id, []), plan_address),
            "contractors": contractors.get(unit.building.estate_id, {}),
            "due_days": ALLOWED[0].told(),
            "readings": {
                meter: {"reading": row.reading, "number": row.number, "day": row.read_on.isoformat()}
                for meter, row in read.get(unit.id, {}).items()
            },
            "defects": [_earlier(row) for row in found.get(one.id, ())],
            "currency": currency_of(one.site.country, one.site.time_zone),
            "others": [told_walk(other) for other in open_beside.get(unit.id, ()) if other.id != one.id],
        }
        if one.repaired is not None:
            answer[one.id]["pairs"] = {
                name: [sha256 for row in one.repaired for sha256 in row[name]] for name in ("before", "after")
            }
    return answer


def last_readings(
    session: Session, units: Iterable[UUID], before: Inspection | None = None
) -> dict[UUID, dict[str, MeterReading]]:
    """Unit → meter → its last frozen reading; `before`: of other walks than this one."""
    rows = session.scalars(
        select(MeterReading)
        .where(
            MeterReading.unit_id.in_(list(units)),
            MeterReading.reading.is_not(None),
            MeterReading.revision == last_revision(MeterReading.inspection_id),
            *([MeterReading.inspection_id != before.id] if before is not None else []),
        )
        .order_by(MeterReading.read_on, MeterReading.id)
    )
    found: dict[UUID, dict[str, MeterReading]] = {}
    for row in rows:
        found.setdefault(row.unit_id, {})[row.meter] = row
    return found


def earlier_defects(session: Session, walks: Sequence[Inspection]) -> dict[UUID, list[Defect]]:
    """Walk → the defects that other walks of its unit left, each as its walk froze it last."""
    units = {one.unit_id for one in walks}
    rows = session.scalars(
        select(Defect)
        .where(Defect.unit_id.in_(units), Defect.revision == last_revision(Defect.inspection_id))
        .order_by(Defect.id)
    ).all()
    return {
        one.id: [row for row in rows if row.unit_id == one.unit_id and row.inspection_id != one.id]
        for one in walks
    }


def open_walks(session: Session, units: Iterable[UUID]) -> dict[UUID, list[Inspection]]:
    """Unit → its walks that are planned or under way. Two who begin one without signal both have one."""
    rows = session.scalars(
        select(Inspection)
        .where(Inspection.unit_id.in_(list(units)), Inspection.state.in_(("planned", "in_progress")))
        .order_by(Inspection.created_at, Inspection.id)
        .options(selectinload(Inspection.assignments).joinedload(Assignment.person))
    )
    found: dict[UUID, list[Inspection]] = {}
    for row in rows:
        assert row.unit_id is not None
        found.setdefault(row.unit_id, []).append(row)
    return found


def told_walk(row: Inspection) -> dict[str, Any]:
    """A walk of the same unit: {"id", "number", "people"}, the lead first."""
    people = sorted((one for one in row.assignments if one.ended_at is None), key=lambda one: one.position)
    return {"id": str(row.id), "number": row.number, "people": [one.person.name for one in people]}


class Subject(NamedTuple):
    """What the walk's record takes from around it."""

    contractors: Mapping[str, Mapping[str, str]]  # trade → {"id", "name"}
    named: Mapping[str, str]  # company id → name, of contractors somebody chose
    last: Mapping[str, MeterReading]
    allowed: DueDays
    rooms: Mapping[str, Mapping[str, str]] = {}  # id → words: every room of the unit, asked about or not
    again: bool = False


def subject_of(session: Session, inspection: Inspection, state: Mapping[Key, Register]) -> Subject:
    assert inspection.unit_id is not None and inspection.estate_id is not None
    chosen = {
        UUID(held.value)
        for (path, field), held in state.items()
        if field == "contractor" and path.startswith("d/") and held.value
    }
    names = session.execute(select(Company.id, Company.name).where(Company.id.in_(chosen)))
    return Subject(
        contractors=_contractors(session, {inspection.estate_id}).get(inspection.estate_id, {}),
        named={str(company_id): name for company_id, name in names},
        last=last_readings(session, [inspection.unit_id], inspection).get(inspection.unit_id, {}),
        allowed=ALLOWED[0],
        rooms={room["id"]: words_of(room["name"]) for room in inspection.rooms or ()},
        again=inspection.repaired is not None,
    )


def walk_of(
    definition: Mapping[str, Any], state: Mapping[Key, Register], day: date, subject: Subject
) -> dict[str, Any]:
    """What was written down on a walk, as it reads on `day`: {"defects", "meters", "keys"} and, of a
    re-inspection, "rechecks", whose members stand in frozen.py. `definition`: as it is walked.
    """
    rooms = {**subject.rooms, **{section["id"]: section["title"] for section in definition["sections"]}}
    return {
        "defects": [
            _defect(definition, rooms, one, state, day, subject) for one in defects_of(definition, state)
        ],
        "meters": meters_of(state, day, subject.last),
        "keys": keys_of(state),
        **({"rechecks": rechecks_in(definition, state)} if subject.again else {}),
    }


def rechecks_in(definition: Mapping[str, Any], state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    """What a re-inspection found, defect by defect in walking order. `definition`: as it is walked."""
    return [
        {
            **{name: value for name, value in one["repaired"].items() if name != "check"},
            **{name: one[name] for name in ("question", "result", "price", "note")},
            "photos": [
                {**photo, "marks": marks_of(state, f"q/{one['question']}", photo["media_id"])}
                for photo in one["photos"]
            ],
        }
        for one in rechecks(definition, state)
    ]


def _defect(
    definition: Mapping[str, Any],
    rooms: Mapping[str, Any],
    one: Mapping[str, Any],
    state: Mapping[Key, Register],
    day: date,
    subject: Subject,
) -> dict[str, Any]:
    by_trade = subject.contractors.get(one["trade"])
    chosen = one["contractor"]
    by_rule = default_due(one["class"], one["trade"], day, subject.allowed).isoformat()
    return {
        **{name: value for name, value in one.items() if name != "id"},
        "row": one["id"],
        "room_name": rooms.get(one["room"]),
        "text": said(definition, one),
        "contractor": {"id": chosen, "name": subject.named.get(chosen, "")} if chosen else by_trade,
        "due": one["due"] or by_rule,
        "due_by_rule": by_rule,
        "photos": [
            {**photo, "marks": marks_of(state, f"d/{one['id']}", photo["media_id"])}
            for photo in one["photos"]
        ],
    }


def meters_of(
    state: Mapping[Key, Register], day: date, last: Mapping[str, MeterReading]
) -> list[dict[str, Any]]:
    """The meters of which something was written down, in the order people read them."""
    found = []
    for meter in METERS:
        path = f"meter/{meter}"
        held = {name: _shown(state, path, name) for name in ("reading", "number", "absent", "confirmed")}
        taken = photos(state, path)
        if not taken and not any(held.values()):
            continue
        before = last.get(meter)
        days = (day - before.read_on).days if before else None
        problem = (
            reading_problem(meter, held["reading"], before.reading if before else None, days)
            if held["reading"]
            else None
        )
        found.append(
            {
                "meter": meter,
                **held,
                "problem": problem,
                "last": {"reading": before.reading, "day": before.read_on.isoformat()} if before else None,
                "photos": taken,
            }
        )
    return found


def keys_of(state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    """The keys that were counted: [{"kind", "count", "note"}]."""
    found = [
        {"kind": kind, **{name: _shown(state, f"keys/{kind}", name) for name in ("count", "note")}}
        for kind in KEYS
    ]
    return [one for one in found if one["count"] is not None or one["note"] is not None]


def _shown(state: Mapping[Key, Register], path: str, field: str) -> Any:
    held = state.get((path, field))
    return held.value if held else None


def _units(session: Session, ids: Iterable[UUID]) -> dict[UUID, Unit]:
    rows = session.scalars(
        select(Unit)
        .where(Unit.id.in_(list(ids)))
        .options(joinedload(Unit.building).joinedload(Building.estate), joinedload(Unit.type))
    )
    return {unit.id: unit for unit in rows}


def _contractors(session: Session, estates: Iterable[UUID]) -> dict[UUID, dict[str, dict[str, str]]]:
    rows = session.scalars(
        select(TradeContractor)
        .where(TradeContractor.estate_id.in_(list(estates)))
        .options(joinedload(TradeContractor.company, innerjoin=True))
        .order_by(TradeContractor.trade)
    )
    found: dict[UUID, dict[str, dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row.estate_id, {})[row.trade] = {"id": str(row.company_id), "name": row.company.name}
    return found


def told_plan(plans: Sequence[Plan], address: str = "/plans/{sha256}") -> dict[str, Any] | None:
    """A type's plan as phones keep it, from its revisions, the newest first: {"id", "revision", "url",
    "width", "height", "tiles": levels, "moves": {plan id: how its pins lie here}, "older": [the others]}.
    """
    if not plans:
        return None
    newest, *older = plans
    moves = ties(plans, newest.id)
    del moves[str(newest.id)]
    return {
        **_picture(newest, address),
        "moves": {plan_id: list(move) for plan_id, move in moves.items()},
        "older": [_picture(plan, address) for plan in older[:OLDER_AT_MOST]],
    }


def _picture(plan: Plan, address: str) -> dict[str, Any]:
    return {
        "id": str(plan.id),
        "revision": plan.revision,
        "url": address.format(sha256=plan.picture_sha256),
        "width": plan.width,
        "height": plan.height,
        "tiles": plan.tiles or [],
    }


def _earlier(row: Defect) -> dict[str, Any]:
    return {
        "row": str(row.row),
        "room": row.room,
        "trade": row.trade,
        "class": row.grade,
        "text": row.text,
        "pin": row.pin,
        "due": row.due.isoformat(),
        "photos": row.photos,
    }
