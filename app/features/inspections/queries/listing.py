"""The list of inspections: filtered, searched, sorted, paged.

Stays quick at 100,000 rows: one query counts, one finds a page's ids, one reads its rows, one its people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.dates import is_overdue
from app.domain.defects import by_class
from app.domain.paging import Span
from app.domain.permissions import Act, Actor, reach
from app.features.accounts.models import Person
from app.features.checklists.models import Checklist, Version
from app.features.companies.models import Company
from app.features.inspections.models import Assignment, Defect, Inspection
from app.features.inspections.queries import visible
from app.features.inspections.queries.conditions import OPEN, Filters, conditions, sorted_ids
from app.features.places.models import Building, Site, Unit

PAGE = 25
AT_ONCE = 500  # ids one query takes


@dataclass(frozen=True, slots=True)
class Line:
    """One inspection as the list shows it. `score`: tenths of a percent; `state`: one of STATES."""

    id: UUID
    number: str
    company: str
    site: str
    city: str
    checklist: dict[str, str]
    state: str
    score: int | None
    grade: str | None
    grade_before: str | None
    provisional: bool
    vetoed: bool
    due: date | None
    moment: datetime | None  # when it was completed or cancelled; None while it is open
    conflicts: int
    late: int
    team: tuple[str, ...]
    unit: str = ""  # of a walk: building and unit
    # of a walk that was completed: class → how many; of a re-inspection only if it found new ones
    defects: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page, how many match, and how many there are for this person without any filter."""

    lines: list[Line]
    span: Span
    visible: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: only what occurs among the inspections this person may see."""

    suppliers: list[tuple[UUID, str]]
    checklists: list[tuple[UUID, dict[str, str]]]
    auditors: list[tuple[UUID, str]]


def find(session: Session, actor: Actor, filters: Filters, now: datetime) -> Found:
    """One page of what the actor may see. A page beyond the last gives the last."""
    mine = visible(actor)
    wanted = and_(mine, *conditions(session, actor, filters, now))
    matching = session.scalar(select(func.count(Inspection.id)).where(wanted)) or 0
    everything = matching
    if filters.applied:
        everything = session.scalar(select(func.count(Inspection.id)).where(mine)) or 0
    span = Span.at(filters.page, PAGE, matching)
    ids = sorted_ids(session, actor, wanted, filters).limit(PAGE).offset(span.before)
    return Found(_lines(session, list(session.scalars(ids)), now), span, everything)


def all_lines(session: Session, actor: Actor, filters: Filters, now: datetime, limit: int) -> list[Line]:
    """Everything the filters match, for a sheet; `limit` rows at most."""
    wanted = and_(visible(actor), *conditions(session, actor, filters, now))
    ids = list(session.scalars(sorted_ids(session, actor, wanted, filters).limit(limit)))
    lines = []
    for start in range(0, len(ids), AT_ONCE):
        lines += _lines(session, ids[start : start + AT_ONCE], now)
    return lines


def choices(session: Session, actor: Actor) -> Choices:
    """What the filters offer this person."""
    far = reach(actor, Act.SEE_INSPECTIONS)
    mine = [] if far.everything else [visible(actor)]
    there = select(Inspection.id).where(Inspection.company_id == Company.id, *mine).exists()
    suppliers = session.execute(
        select(Company.id, Company.name).where(there).order_by(func.lower(Company.name))
    )
    used = select(Inspection.id).join(Version, Version.id == Inspection.version_id)
    with_it = used.where(Version.checklist_id == Checklist.id, *mine).exists()
    checklists = session.execute(
        select(Checklist.id, Checklist.title).where(with_it).order_by(Checklist.created_at)
    )
    held = aliased(Assignment)  # another one than in `visible`, which must not take it for its own
    teams = select(held.id).where(held.person_id == Person.id, held.ended_at.is_(None))
    if mine:
        teams = teams.where(held.inspection_id.in_(select(Inspection.id).where(*mine)))
    auditors = session.execute(select(Person.id, Person.name).where(teams.exists()).order_by(Person.name))
    return Choices(
        [(row.id, row.name) for row in suppliers],
        [(row.id, row.title) for row in checklists],
        [(row.id, row.name) for row in auditors],
    )


def _lines(session: Session, ids: Sequence[UUID], now: datetime) -> list[Line]:
    """The rows of these ids, in their order."""
    found = session.execute(
        select(
            *(Inspection, Company.name, Site.name, Site.city, Site.time_zone, Checklist.title),
            *(Building.name, Unit.name),
        )
        .join(Company, Company.id == Inspection.company_id)
        .join(Site, Site.id == Inspection.site_id)
        .join(Version, Version.id == Inspection.version_id)
        .join(Checklist, Checklist.id == Version.checklist_id)
        .outerjoin(Unit, Unit.id == Inspection.unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(Inspection.id.in_(ids))
    ).all()
    teams, defects = _teams(session, ids), _defects(session, [row[0] for row in found])
    place = {inspection_id: index for index, inspection_id in enumerate(ids)}
    lines = []
    for row, company, site, city, zone, title, building, unit in found:
        late = row.state in OPEN and row.due is not None and is_overdue(row.due, zone, now)
        lines.append(
            Line(
                id=row.id,
                number=row.number,
                company=company,
                site=site,
                city=city,
                checklist=title,
                state="overdue" if late else row.state,
                score=row.score,
                grade=row.grade,
                grade_before=(row.result or {}).get("grade_before"),
                provisional=row.provisional,
                vetoed=row.vetoed,
                due=row.due,
                moment=row.completed_at or row.cancelled_at,
                conflicts=row.conflicts,
                late=row.late,
                team=tuple(teams.get(row.id, ())),
                unit=f"{building}, {unit}" if unit else "",
                defects=defects.get(row.id),
            )
        )
    return sorted(lines, key=lambda line: place[line.id])


def _defects(session: Session, rows: Sequence[Inspection]) -> dict[UUID, dict[str, int]]:
    """Walk → its defects by class, of those that are completed."""
    walks = {row.id: by_class(()) for row in rows if row.unit_id and row.state == "completed"}
    if walks:
        counted = session.execute(
            select(Defect.inspection_id, Defect.grade, func.count())
            .join(Inspection, Inspection.id == Defect.inspection_id)
            .where(Defect.inspection_id.in_(walks), Defect.revision == Inspection.revision)
            .group_by(Defect.inspection_id, Defect.grade)
        )
        for walk, grade, count in counted:
            walks[walk][grade] = count
    again = {row.id for row in rows if row.repaired is not None}
    return {walk: found for walk, found in walks.items() if walk not in again or any(found.values())}


def _teams(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    teams: dict[UUID, list[str]] = {}
    rows = session.execute(
        select(Assignment.inspection_id, Person.name)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.inspection_id.in_(ids), Assignment.ended_at.is_(None))
        .order_by(Assignment.position)
    )
    for inspection_id, name in rows:
        teams.setdefault(inspection_id, []).append(name)
    return teams
