"""The units of an estate in figures: what was found, repaired and handed over, from the rows that say so.

A handful of queries, however many units there are; what is counted in them is domain/unit_figures.py.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.actions import ENDED, Phase
from app.domain.checklists import questions
from app.domain.dates import end_of_day
from app.domain.rooms import WHOLE
from app.domain.unit_figures import Found, Visits
from app.features.actions.models import Action, ActionDefect, ActionEvent
from app.features.checklists.models import Version
from app.features.companies.models import Company
from app.features.handovers.models import Dispute, Handover
from app.features.inspections.models import Defect, Inspection, Recheck, Revision
from app.features.places.models import Building, Estate, Unit, UnitType

BACK = ("returned", "not_effective", "recurred")  # what a case says when a repair was not good enough


@dataclass(frozen=True, slots=True)
class Asked:
    """Which units: of one building, and first walked from `since` to `until`, days at the estate, both
    included.
    """

    building: UUID | None = None
    since: date | None = None
    until: date | None = None


class Price(NamedTuple):
    """What was taken off for what was accepted as it is, in the smallest unit of the currency."""

    currency: str
    amount: int
    many: int


@dataclass(frozen=True)
class Told:
    """`units`: every unit of the population with its way; `companies`, `codes`: what keys are called."""

    found: list[Found]
    units: dict[str, Visits]
    prices: list[Price]
    companies: dict[str, str]
    codes: dict[str, dict[str, str]]


def load(session: Session, estate: Estate, asked: Asked, now: datetime) -> Told:
    """Everything that is counted of the units asked for.

    Which units those are is asked once: every other query reads all of the estate, and what is of no unit
    asked for is passed over here.
    """
    units, visits = _population(session, estate, asked)
    checks, priced = _rechecks(session, estate, units)
    found = _found(session, estate, units, checks, now)
    companies = [UUID(key) for key in {one.company for one in found} if key]
    named = session.execute(select(Company.id, Company.name).where(Company.id.in_(companies)))
    return Told(
        found=found,
        units=visits,
        prices=_prices(checks, priced),
        companies={key.hex: name for key, name in named},
        codes=_codes(session, estate),
    )


def _walked(estate: Estate, asked: Asked, *columns: Any) -> Any:
    """A select of the units in use whose first walk was completed in the period, each with the first
    revisions of its inspections; the caller groups by unit.
    """
    first = func.min(Revision.at)
    wanted = (
        select(*columns)
        .select_from(Unit)
        .join(Building, Building.id == Unit.building_id)
        .join(Inspection, Inspection.unit_id == Unit.id)
        .join(Revision, and_(Revision.inspection_id == Inspection.id, Revision.revision == 1))
        .where(Building.estate_id == estate.id, Inspection.estate_id == estate.id, Unit.retired_at.is_(None))
    )
    zone = estate.site.time_zone
    if asked.building:
        wanted = wanted.where(Building.id == asked.building)
    if asked.since:
        wanted = wanted.having(first >= end_of_day(asked.since - timedelta(days=1), zone))
    if asked.until:
        wanted = wanted.having(first < end_of_day(asked.until, zone))
    return wanted


def _population(session: Session, estate: Estate, asked: Asked) -> tuple[dict[str, str], dict[str, Visits]]:
    """The units asked for → their types; and → their walks and re-inspections until the keys changed
    hands.
    """
    handed = select(Handover.unit_id, func.min(Handover.at).label("at")).group_by(Handover.unit_id).subquery()
    before = or_(handed.c.at.is_(None), Revision.at <= handed.c.at)
    again = Inspection.repaired.is_not(None)
    rows = session.execute(
        _walked(
            *(estate, asked, _hex(Unit.id), _hex(Unit.type_id)),
            *(func.count(case((and_(before, ~again), 1))), func.count(case((and_(before, again), 1)))),
            func.count(handed.c.at),
        )
        .outerjoin(handed, handed.c.unit_id == Unit.id)
        .group_by(Unit.id)
    )
    types, visits = {}, {}
    for unit, type_id, walks, more, over in rows:
        types[unit], visits[unit] = type_id, Visits(walks, more, over > 0)
    return types, visits


def _units_of(estate: Estate) -> Select[UUID]:
    return select(Unit.id).join(Building).where(Building.estate_id == estate.id)


def _found(
    session: Session,
    estate: Estate,
    units: Mapping[str, str],
    checks: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> list[Found]:
    """The defects of these units, those of a cancelled case left out; in no order."""
    here = ActionDefect.unit_id.in_(_units_of(estate))
    back = set(
        session.scalars(
            select(_hex(ActionEvent.action_id))
            .join(ActionDefect, ActionDefect.action_id == ActionEvent.action_id)
            .where(ActionEvent.act.in_(BACK), here)
        )
    )
    disputes = _disputes(session, estate)
    closed = Action.phase == Phase.CLOSED.value
    running = and_(Action.phase == Phase.OPEN.value, Action.due_at.is_not(None))
    rows = session.execute(
        select(
            *(_hex(ActionDefect.action_id), _hex(ActionDefect.unit_id)),
            *(_hex(Action.company_id), ActionDefect.room),
            *(func.upper(Action.severity), Action.trade, Defect.code, Defect.check),
            *(~closed, and_(running, Action.due_at <= now)),
            *(case((closed, Action.created_at)), case((closed, Action.closed_at))),
        )
        .join(Action, Action.id == ActionDefect.action_id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(here, Action.phase != Phase.CANCELLED.value)
    )
    kinds = _kinds(session, set(units.values()))
    found = []
    for key, unit, company, room, grade, trade, code, check, running_on, late, since, until in rows:
        if (type_id := units.get(unit)) is None:
            continue
        took = None if until is None else int((until - since).total_seconds())
        called = code or (check or "").partition("-")[0]
        found.append(
            # by place, not by name: it is done tens of thousands of times for one page
            Found(
                *(key, unit, grade, trade, company or "", kinds.get((type_id, room), ""), called),
                *(bool(running_on), bool(late), took),
                *(key in back, checks.get(key, ()), disputes.get(key, "")),
            )
        )
    return found


def _hex(column: Any) -> ColumnElement[str]:
    """An id as the 32 digits of UUID.hex: of tens of thousands nobody needs the objects."""
    return func.replace(cast(column, String(36)), "-", "")


def _kinds(session: Session, types: Iterable[str]) -> dict[tuple[str, str], str]:
    """(unit type, room) → kind of the room. Rooms a walk had and its type has no more are of no kind."""
    found = {}
    wanted = UnitType.id.in_([UUID(type_id) for type_id in types])
    for type_id, rooms in session.execute(select(UnitType.id, UnitType.rooms).where(wanted)):
        found[type_id.hex, WHOLE] = WHOLE
        found.update({(type_id.hex, room["id"]): room["kind"] for room in rooms})
    return found


def _disputes(session: Session, estate: Estate) -> dict[str, str]:
    """Case → how its last dispute was decided, or "open"."""
    rows = session.execute(
        select(_hex(Dispute.action_id), Dispute.decision)
        .join(ActionDefect, ActionDefect.action_id == Dispute.action_id)
        .where(ActionDefect.unit_id.in_(_units_of(estate)))
        .order_by(Dispute.at, Dispute.id)
    )
    return {case: decision or "open" for case, decision in rows}


Priced = dict[str, tuple[int | None, str | None]]


def _rechecks(
    session: Session, estate: Estate, units: Container[str]
) -> tuple[dict[str, tuple[str, ...]], Priced]:
    """Case → what its re-inspections said, the oldest first, each as it was frozen last; and case → what was
    taken off by the last of them.
    """
    last = (
        select(
            Revision.inspection_id,
            func.max(Revision.revision).label("number"),
            func.min(Revision.at).label("at"),
        )
        .join(Inspection, Inspection.id == Revision.inspection_id)
        .where(Inspection.unit_id.in_(_units_of(estate)), Inspection.repaired.is_not(None))
        .group_by(Revision.inspection_id)
        .subquery()
    )
    rows: Any = session.execute(
        select(
            *(_hex(Recheck.unit_id), _hex(Recheck.action_id)),
            *(Recheck.result, Recheck.price, Recheck.currency),
        )
        .join(last, and_(last.c.inspection_id == Recheck.inspection_id, last.c.number == Recheck.revision))
        .order_by(last.c.at, Recheck.inspection_id)
    )
    checks: dict[str, tuple[str, ...]] = {}
    priced: Priced = {}
    for unit, key, result, price, currency in rows:
        if unit in units:
            checks[key] = (*checks.get(key, ()), result)
            priced[key] = (price, currency)
    return checks, priced


def _prices(checks: Mapping[str, tuple[str, ...]], priced: Priced) -> list[Price]:
    """What was taken off where the last re-inspection accepted a defect as it is."""
    sums: dict[str, list[int]] = {}
    for key, (price, currency) in priced.items():
        if checks[key][-1] == "as_is" and price is not None and currency:
            sums.setdefault(currency, []).append(price)
    return [Price(key, sum(each), len(each)) for key, each in sorted(sums.items())]


def _codes(session: Session, estate: Estate) -> dict[str, dict[str, str]]:
    """What defects were called by → its words: common defects and checks of the checklists walked here."""
    versions = session.scalars(
        select(Version)
        .where(
            Version.id.in_(
                select(Inspection.version_id).where(
                    Inspection.estate_id == estate.id, Inspection.unit_id.is_not(None)
                )
            )
        )
        .order_by(Version.number)
    )
    found: dict[str, dict[str, str]] = {}
    for version in versions:
        found.update({one["id"]: one["text"] for one in version.definition.get("defects", ())})
        found.update({one["id"]: one["text"] for one in questions(version.definition)})
    return found


class DefectRow(NamedTuple):
    """A defect in the list behind a figure."""

    found: Found
    id: UUID
    number: str
    title: str
    place: str
    short_id: str
    due: datetime | None
    zone: str
    closed: datetime | None


def rows_of(session: Session, found: Sequence[Found]) -> list[DefectRow]:
    """What a list says of these defects, in their order."""
    rows = session.execute(
        select(
            *(Action.id, Action.number, Action.title, Action.place, Unit.short_id),
            *(Action.due_at, Action.time_zone, Action.closed_at),
        )
        .join(ActionDefect, ActionDefect.action_id == Action.id)
        .join(Unit, Unit.id == ActionDefect.unit_id)
        .where(Action.id.in_([UUID(one.case) for one in found]))
    )
    held = {row.id.hex: row for row in rows}
    return [DefectRow(one, *held[one.case]) for one in found if one.case in held]


class UnitRow(NamedTuple):
    """A unit in the list behind a figure; `walked`: when its first walk was completed."""

    id: UUID
    short_id: str
    building: str
    floor: str
    name: str
    state: str
    walked: datetime
    handed_on: date | None


def units_of(session: Session, estate: Estate, asked: Asked) -> list[UnitRow]:
    """What a list says of the units asked for, as people walk."""
    handed = (
        select(Handover.unit_id, func.min(Handover.handed_on).label("day"))
        .group_by(Handover.unit_id)
        .subquery()
    )
    rows = session.execute(
        _walked(
            *(estate, asked, Unit.id, Unit.short_id, Building.name, Unit.floor, Unit.name, Unit.state),
            *(func.min(Revision.at), handed.c.day),
        )
        .outerjoin(handed, handed.c.unit_id == Unit.id)
        .group_by(
            *(Unit.id, Unit.short_id, Building.name, Unit.floor, Unit.name, Unit.state),
            *(Building.position, Unit.floor_order, handed.c.day),
        )
        .order_by(Building.position, Building.name, Unit.floor_order.desc(), Unit.name)
    )
    return [UnitRow(*row) for row in rows]


def heat(session: Session, estate_id: UUID, everything: bool) -> dict[str, dict[str, int]]:
    """Short id of a unit → how many defects of each class it has: those that are open, or all; and {} for a
    unit that was walked and has none.
    """
    walked = session.scalars(
        select(Unit.short_id)
        .join(Building, Building.id == Unit.building_id)
        .where(
            Building.estate_id == estate_id,
            Unit.id.in_(
                select(Inspection.unit_id)
                .join(Revision, and_(Revision.inspection_id == Inspection.id, Revision.revision == 1))
                .where(Inspection.estate_id == estate_id)
            ),
        )
    )
    found: dict[str, dict[str, int]] = {short_id: {} for short_id in walked}
    left_out = [Phase.CANCELLED.value] if everything else [phase.value for phase in ENDED]
    rows = session.execute(
        select(Unit.short_id, Action.severity, func.count())
        .join(ActionDefect, ActionDefect.unit_id == Unit.id)
        .join(Action, Action.id == ActionDefect.action_id)
        .join(Building, Building.id == Unit.building_id)
        .where(Building.estate_id == estate_id, Action.phase.not_in(left_out))
        .group_by(Unit.short_id, Action.severity)
    )
    for short_id, severity, count in rows:
        found.setdefault(short_id, {})[severity.upper()] = count
    return found
