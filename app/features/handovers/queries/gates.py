"""What the gate for the keys knows of units, of many at once: a fixed number of queries, however many."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, joinedload

from app.domain.action_clock import due_day
from app.domain.actions import ENDED, Phase, Step
from app.domain.blocking import COMPANY, OFFICER, PLANNER, Due, blocks
from app.domain.handover import Ready
from app.features.accounts.models import Person
from app.features.actions.models import Action, ActionDefect
from app.features.companies.models import Company
from app.features.handovers.models import Handover
from app.features.inspections.models import Assignment, Inspection, MeterReading, Revision
from app.features.inspections.queries.rechecks import last_revision
from app.features.places.models import Building, Estate, Unit

OPEN = ("planned", "in_progress", "in_review")
AT_ONCE = 500  # ids one query takes


class OpenCase(NamedTuple):
    """A defect of the unit that is not repaired for good; `due`: the last day in time, while a clock runs."""

    action: Action
    due: date | None

    @property
    def repaired(self) -> bool:
        """Whether the repair was sent and waits to be looked at."""
        return self.action.phase == Phase.REVIEW or self.action.step == Step.CHECK


def open_cases_of(session: Session, units: Collection[UUID]) -> dict[UUID, list[OpenCase]]:
    """Unit → what is still to repair there: class A first, then by due day."""
    found: dict[UUID, list[OpenCase]] = {unit: [] for unit in units}
    for some in _in_shares(units):
        rows = session.execute(
            select(ActionDefect.unit_id, Action)
            .join(ActionDefect, ActionDefect.action_id == Action.id)
            .where(ActionDefect.unit_id.in_(some), Action.phase.not_in([phase.value for phase in ENDED]))
            .order_by(Action.severity, Action.due_at, Action.number)
            .options(joinedload(Action.company))
        )
        for unit, row in rows:
            due = due_day(row.due_at, row.time_zone) if row.due_at else None
            found[unit].append(OpenCase(row, due))
    return found


def ready_of_units(
    session: Session, units: Collection[UUID], cases: dict[UUID, list[OpenCase]] | None = None
) -> dict[UUID, Ready]:
    """Unit → what the gate knows of it (domain/handover.py). Meters and keys are those written down last, of
    each kind, whichever walk that was; signatures those of the walk completed last.
    """
    cases = open_cases_of(session, units) if cases is None else cases
    found: dict[UUID, Ready] = {}
    for some in _in_shares(units):
        under_way = set(
            session.scalars(
                select(Inspection.unit_id).where(
                    Inspection.unit_id.in_(some), Inspection.state.in_(("in_progress", "in_review"))
                )
            )
        )
        meters, frozen = _meters(session, some), _frozen(session, some)
        for unit in some:
            walked, keys, signatures = frozen.get(unit, (False, {}, {}))
            found[unit] = Ready(
                walked=walked,
                under_way=unit in under_way,
                open_defects=[_defect(case) for case in cases.get(unit, ())],
                meters=meters.get(unit, {}),
                keys=keys,
                signatures=signatures,
            )
    return found


def _defect(case: OpenCase) -> dict[str, Any]:
    action = case.action
    return {
        "class": action.severity.upper(),
        "id": str(action.id),
        "number": action.number,
        "title": action.title,
        "place": action.place,
        "company": str(action.company_id) if action.company_id else None,
        "repaired": case.repaired,
    }


def _meters(session: Session, units: Collection[UUID]) -> dict[UUID, dict[str, dict[str, Any]]]:
    rows = session.execute(
        select(
            *(MeterReading.unit_id, MeterReading.meter, MeterReading.reading, MeterReading.problem),
            *(MeterReading.absent.is_not(None).label("absent"), MeterReading.photos),
            MeterReading.confirmed.is_not(None).label("confirmed"),
        )
        .where(
            MeterReading.unit_id.in_(units),
            MeterReading.revision == last_revision(MeterReading.inspection_id),
        )
        .order_by(MeterReading.read_on, MeterReading.id)
    )
    found: dict[UUID, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.unit_id, {})[row.meter] = {
            "reading": row.reading,
            "absent": bool(row.absent),
            "confirmed": bool(row.confirmed),
            "photos": len(row.photos),
            "problem": row.problem,
        }
    return found


def _frozen(
    session: Session, units: Collection[UUID]
) -> dict[UUID, tuple[bool, dict[str, int], dict[str, str]]]:
    """Unit → (True, keys, signatures) as its walks froze them, each in its last revision."""
    last = (
        select(Revision.inspection_id, func.max(Revision.revision).label("number"))
        .join(Inspection, Inspection.id == Revision.inspection_id)
        .where(Inspection.unit_id.in_(units))
        .group_by(Revision.inspection_id)
        .subquery()
    )
    rows = session.execute(
        select(Inspection.unit_id, _part(session, "walk", "keys"), _part(session, "slots"))
        .join(Inspection, Inspection.id == Revision.inspection_id)
        .join(last, and_(last.c.inspection_id == Revision.inspection_id, last.c.number == Revision.revision))
        .order_by(Revision.at, Revision.revision)
    )
    found: dict[UUID, tuple[bool, dict[str, int], dict[str, str]]] = {}
    for unit, keys, slots in rows:
        assert unit is not None
        _, counted, _ = found.get(unit, (True, {}, {}))
        counted |= {one["kind"]: one["count"] for one in json.loads(keys or "[]") if one["count"] is not None}
        signed = {
            one["slot"]: one["state"]
            for one in json.loads(slots or "[]")
            if one["state"] in ("signed", "refused")
        }
        found[unit] = True, counted, signed
    return found


def _part(session: Session, *path: str) -> ColumnElement[str]:
    """A part of the frozen record as JSON text: it is large, and the engine takes out what is wanted."""
    if session.get_bind().dialect.name == "sqlite":
        return func.json_extract(Revision.body, "$." + ".".join(path))
    return cast(cast(Revision.body, JSONB)[path], Text)


class Blocked(NamedTuple):
    """A unit whose keys are to change hands on `due.day`; `cases`: its open ones of class A."""

    id: UUID
    short_id: str
    building: str
    name: str
    due: Due


class Blocking(NamedTuple):
    """`names`: of the people and companies who must act."""

    units: list[Blocked]
    names: dict[str, str]


def blocking(session: Session, estate: Estate, first: date | None, last: date) -> Blocking:
    """The units to be handed over from `first` (None: however long ago) to `last` whose keys have not changed
    hands, by day and as people walk; with what keeps each back.
    """
    wanted = (
        select(Unit.id, Unit.short_id, Building.name, Unit.name, Unit.delivery_on)
        .join(Building, Building.id == Unit.building_id)
        .where(
            Building.estate_id == estate.id,
            Unit.retired_at.is_(None),
            Unit.delivery_on <= last,
            *([Unit.delivery_on >= first] if first else []),
            ~select(Handover.id).where(Handover.unit_id == Unit.id).exists(),
        )
        .order_by(Unit.delivery_on, Building.position, Building.name, Unit.floor_order.desc(), Unit.name)
    )
    rows = session.execute(wanted).all()
    ids = [row[0] for row in rows]
    ready, leads = ready_of_units(session, ids), _leads(session, ids)
    units: list[Blocked] = []
    acting: dict[str, set[UUID]] = {COMPANY: set(), OFFICER: set(), PLANNER: set()}
    for unit_id, short_id, building, name, day in rows:
        assert day is not None
        lead, planned = leads.get(unit_id, (None, False))
        found = tuple(blocks(ready[unit_id], str(lead) if lead else None, planned))
        units.append(Blocked(unit_id, short_id, building, name, Due(str(unit_id), day, found)))
        for block in found:
            if block.who.id:
                acting[block.who.kind].add(UUID(block.who.id))
    return Blocking(units, _names(session, acting[OFFICER], acting[COMPANY]))


def _leads(session: Session, units: Collection[UUID]) -> dict[UUID, tuple[UUID | None, bool]]:
    """Unit → who leads its open walk, else its last one; and whether one is open."""
    found: dict[UUID, tuple[UUID | None, bool]] = {}
    for some in _in_shares(units):
        rows = session.execute(
            select(Inspection.unit_id, Inspection.state, Assignment.person_id)
            .outerjoin(
                Assignment,
                and_(
                    Assignment.inspection_id == Inspection.id,
                    Assignment.ended_at.is_(None),
                    Assignment.position == 0,
                ),
            )
            .where(Inspection.unit_id.in_(some), Inspection.state != "cancelled")
            .order_by(Inspection.created_at, Inspection.id)
        )
        for unit, state, person in rows:
            assert unit is not None
            if state in OPEN or not found.get(unit, (None, False))[1]:
                found[unit] = person, state in OPEN
    return found


def _names(session: Session, people: Iterable[UUID], companies: Iterable[UUID]) -> dict[str, str]:
    named: dict[str, str] = {}
    for model, ids in ((Person, people), (Company, companies)):
        rows = session.execute(select(model.id, model.name).where(model.id.in_(list(ids))))
        named.update({str(key): name for key, name in rows})
    return named


def _in_shares(units: Collection[UUID]) -> Iterable[list[UUID]]:
    every = list(units)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
