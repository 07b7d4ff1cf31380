"""Which inspections a filter means and in which order they stand, as SQL that both engines read alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import Session

from app import search
from app.domain.dates import end_of_day, local_day
from app.domain.permissions import Actor
from app.domain.words import pick
from app.features.accounts.models import Person
from app.features.checklists.models import Checklist, Version
from app.features.companies.models import Company
from app.features.inspections.models import KIND, Assignment, Inspection
from app.features.inspections.queries import assigned_to
from app.features.places.models import Site

STATES = ("planned", "in_progress", "overdue", "in_review", "completed", "cancelled")
GRADES = ("A", "B", "C", "veto")
OPEN = ("planned", "in_progress")
SORTS = ("number", "subject", "checklist", "auditor", "state", "score", "grade", "date")
FALLING = ("number", "score", "date")  # sorted from the greatest down unless asked otherwise


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; `since` and `until` are days of the reader's calendar, both included."""

    supplier: UUID | None = None
    checklist: UUID | None = None
    auditor: UUID | None = None
    state: str = ""
    grade: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    sort: str = "number"
    falling: bool = True
    page: int = 1

    @property
    def applied(self) -> bool:
        """Whether anything is left out."""
        return self != Filters(sort=self.sort, falling=self.falling, page=self.page)


def conditions(session: Session, actor: Actor, filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.supplier:
        wanted.append(Inspection.company_id == filters.supplier)
    if filters.checklist:
        versions = select(Version.id).where(Version.checklist_id == filters.checklist)
        wanted.append(Inspection.version_id.in_(versions))
    if filters.auditor:
        wanted.append(assigned_to(filters.auditor))
    if filters.state == "overdue":
        wanted.append(_overdue(session, now))
    elif filters.state:
        wanted.append(Inspection.state == filters.state)
    if filters.grade == "veto":
        wanted.append(Inspection.vetoed.is_(True))
    elif filters.grade:
        # a provisional letter is no grade yet, and a veto stands above any letter
        wanted += [Inspection.grade == filters.grade, ~Inspection.provisional, ~Inspection.vetoed]
    if filters.since or filters.until:
        wanted.append(_within(filters.since, filters.until, actor.time_zone))
    found = search.matching(session, KIND, filters.text) if filters.text else None
    if found is not None:
        wanted.append(Inspection.id.in_(found))
    return wanted


def days_at_sites(session: Session, now: datetime) -> dict[date, ColumnElement[bool]]:
    """The days it is now at the sites (at most three on earth), each with the condition for the inspections
    where it is that day.
    """
    zones: dict[date, list[str]] = {}
    for zone in session.scalars(select(Site.time_zone).distinct()):
        zones.setdefault(local_day(now, zone), []).append(zone)
    return {
        day: Inspection.site_id.in_(select(Site.id).where(Site.time_zone.in_(names)))
        for day, names in zones.items()
    }


def _overdue(session: Session, now: datetime) -> ColumnElement[bool]:
    """Open, and the due day is over where the site is."""
    late = [and_(Inspection.due < day, there) for day, there in days_at_sites(session, now).items()]
    return and_(Inspection.state.in_(OPEN), or_(false(), *late))


def _within(since: date | None, until: date | None, zone: str) -> ColumnElement[bool]:
    """By the date the list shows: the due day while open, else when it was completed or cancelled."""
    first = end_of_day(since - timedelta(days=1), zone) if since and since > date.min else None
    after = end_of_day(until, zone) if until and until < date.max else None

    def between(column: Any, low: Any, high: Any) -> list[ColumnElement[bool]]:
        return [*([column >= low] if low else []), *([column < high] if high else [])]

    ended = func.coalesce(Inspection.completed_at, Inspection.cancelled_at)
    due = [Inspection.due >= since] if since else []
    due += [Inspection.due <= until] if until else []
    return or_(
        and_(ended.is_not(None), *between(ended, first, after)),
        and_(ended.is_(None), *due),
    )


def sorted_ids(session: Session, actor: Actor, wanted: ColumnElement[bool], filters: Filters) -> Select[Any]:
    """The ids that match, in order. Only ids are sorted: results are long, and most rows are not shown."""
    query = select(Inspection.id).where(wanted)
    if filters.sort == "subject":
        query = query.join(Company, Company.id == Inspection.company_id)
        query = query.join(Site, Site.id == Inspection.site_id)
    if filters.sort == "checklist":
        query = query.join(Version, Version.id == Inspection.version_id)
    if filters.sort == "auditor":
        leads = and_(
            Assignment.inspection_id == Inspection.id,
            Assignment.position == 0,
            Assignment.ended_at.is_(None),
        )
        query = query.outerjoin(Assignment, leads).outerjoin(Person, Person.id == Assignment.person_id)
    keys = _order(session, actor, filters.sort)
    # numbers are given in the order of making, so the time of making sorts them, by an index
    last: list[Any] = [Inspection.created_at.desc(), Inspection.id.desc()]
    if filters.sort == "number" and not filters.falling:
        last = [Inspection.created_at, Inspection.id]
    return query.order_by(*(key.desc() if filters.falling else key for key in keys), *last)


def _order(session: Session, actor: Actor, sort: str) -> list[Any]:
    if sort == "subject":
        return [func.lower(Company.name), func.lower(Site.name)]
    if sort == "checklist":
        titles = session.execute(select(Checklist.id, Checklist.title)).all()
        ranked = sorted(titles, key=lambda row: pick(row.title, actor.language).casefold())
        return [case({row.id: rank for rank, row in enumerate(ranked)}, value=Version.checklist_id, else_=0)]
    if sort == "auditor":
        return [func.lower(func.coalesce(Person.name, ""))]
    if sort == "state":
        ranks = {"in_progress": 0, "planned": 1, "in_review": 2, "completed": 3, "cancelled": 4}
        return [case(ranks, value=Inspection.state, else_=5)]
    if sort == "score":
        return [func.coalesce(Inspection.score, -1)]
    if sort == "grade":
        none = Inspection.grade.is_(None)
        return [
            case(
                (none, 9),
                (Inspection.vetoed, 4),
                else_=case({"A": 1, "B": 2, "C": 3}, value=Inspection.grade),
            )
        ]
    if sort == "date":
        sqlite = session.get_bind().dialect.name == "sqlite"  # dates and instants are both text there
        due = Inspection.due if sqlite else cast(Inspection.due, DateTime(timezone=True))
        return [func.coalesce(Inspection.completed_at, Inspection.cancelled_at, due)]
    return []
