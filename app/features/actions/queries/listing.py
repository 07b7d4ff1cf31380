"""The list of cases: filtered, sorted, paged; the board by step; who and what can be chosen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from app import search
from app.domain.action_clock import age, due_day
from app.domain.actions import Phase, Step
from app.domain.paging import Span
from app.domain.permissions import Actor
from app.features.actions.models import KIND, Action
from app.features.actions.queries import named_in, visible
from app.features.companies.models import Company, DefectCode
from app.features.places.models import Site

PAGE = 50
BOARD_AT_MOST = 300
STATES = ("open", "overdue", "review", "watch", "closed", "cancelled", "all")
SORTS = ("due", "number", "severity")
AGES = {"1": (0, 7), "8": (7, 30), "31": (30, None)}
GOING = (Phase.OPEN.value, Phase.REVIEW.value)


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    text: str = ""
    state: str = "open"
    step: str = ""
    supplier: UUID | None = None
    site: UUID | None = None
    severity: str = ""
    code: UUID | None = None
    trade: str = ""
    branch: str = ""
    kind: str = ""  # of a measure
    again: bool = False  # it came back
    age: str = ""
    mine: bool = False
    sort: str = "due"
    page: int = 1


@dataclass(frozen=True)
class Line:
    """A row of the list and a card of the board."""

    action: Action
    late: int
    due: date | None


@dataclass(frozen=True)
class Found:
    lines: list[Line]
    span: Span
    visible: int


@dataclass(frozen=True)
class Offered:
    """What can be chosen: among the cases the reader sees."""

    suppliers: list[tuple[UUID, str]]
    sites: list[tuple[UUID, str]]
    codes: list[DefectCode]
    trades: list[str]


def find(session: Session, actor: Actor, filters: Filters, now: datetime) -> Found:
    """One page of the cases the actor sees."""
    wanted = _wanted(session, actor, filters, now)
    span = Span.at(filters.page, PAGE, _count(session, wanted))
    rows = session.scalars(_sorted(wanted, filters).limit(PAGE).offset(span.before))
    every = _count(session, select(Action.id).where(visible(actor)))
    return Found([line_of(row, now) for row in rows], span, every)


def all_lines(session: Session, actor: Actor, filters: Filters, now: datetime, limit: int) -> list[Line]:
    """Every case the filters give, for a sheet."""
    rows = session.scalars(_sorted(_wanted(session, actor, filters, now), filters).limit(limit))
    return [line_of(row, now) for row in rows]


def board(session: Session, actor: Actor, filters: Filters, now: datetime) -> list[tuple[str, list[Line]]]:
    """The open cases by step, the most urgent first in each; then those whose effect is watched."""
    wanted = _wanted(session, actor, filters, now).where(Action.phase.in_((*GOING, Phase.WATCH.value)))
    columns: dict[str, list[Line]] = {name: [] for name in (*(step.value for step in Step), "watch")}
    for row in session.scalars(_sorted(wanted, filters).limit(BOARD_AT_MOST)):
        columns[row.step or "watch"].append(line_of(row, now))
    return list(columns.items())


def choices(session: Session, actor: Actor) -> Offered:
    seen = select(Action.id).where(visible(actor))
    suppliers = session.execute(
        select(Company.id, Company.name)
        .where(Company.id.in_(select(Action.company_id).where(Action.id.in_(seen))))
        .order_by(Company.name)
    )
    sites = session.execute(
        select(Site.id, Site.name)
        .where(Site.id.in_(select(Action.site_id).where(Action.id.in_(seen))))
        .order_by(Site.name)
    )
    codes = session.scalars(
        select(DefectCode)
        .where(DefectCode.id.in_(select(Action.defect_code_id).where(Action.id.in_(seen))))
        .order_by(DefectCode.code)
    )
    trades = session.scalars(
        select(Action.trade).where(Action.id.in_(seen), Action.trade != "").distinct().order_by(Action.trade)
    )
    return Offered(
        suppliers=[(key, name) for key, name in suppliers],
        sites=[(key, name) for key, name in sites],
        codes=list(codes),
        trades=list(trades),
    )


def line_of(row: Action, now: datetime) -> Line:
    late = age(row.due_at, now) if row.due_at and row.phase == Phase.OPEN else 0
    return Line(row, late, due_day(row.due_at, row.time_zone) if row.due_at else None)


@dataclass(frozen=True)
class Ageing:
    """How many are overdue, by age and by supplier."""

    by_age: dict[str, int]
    by_supplier: list[tuple[str, dict[str, int]]]

    @property
    def total(self) -> int:
        return sum(self.by_age.values())


def ageing(session: Session, actor: Actor, now: datetime) -> Ageing:
    from app.domain.action_clock import ageing as class_of

    rows = session.execute(
        select(Action.due_at, Company.name)
        .outerjoin(Company, Company.id == Action.company_id)
        .where(visible(actor), Action.phase == Phase.OPEN.value, Action.due_at < now)
    )
    by_age = dict.fromkeys(AGES, 0)
    by_supplier: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(AGES, 0))
    for due_at, name in rows:
        found = class_of(age(due_at, now)) if due_at else ""
        if found:
            by_age[found] += 1
            by_supplier[name or ""][found] += 1
    ordered = sorted(by_supplier.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return Ageing(by_age, ordered)


def _wanted(session: Session, actor: Actor, filters: Filters, now: datetime) -> Select[Action]:
    conditions: list[ColumnElement[bool]] = [visible(actor)]
    late = and_(Action.phase == Phase.OPEN.value, Action.due_at < now)
    if filters.state == "open":
        conditions.append(Action.phase.in_(GOING))
    elif filters.state == "overdue":
        conditions.append(late)
    elif filters.state != "all":
        conditions.append(Action.phase == filters.state)
    if filters.step:
        conditions.append(Action.step == filters.step)
    if filters.supplier:
        conditions.append(Action.company_id == filters.supplier)
    if filters.site:
        conditions.append(Action.site_id == filters.site)
    if filters.severity:
        conditions.append(Action.severity == filters.severity)
    if filters.code:
        conditions.append(Action.defect_code_id == filters.code)
    if filters.trade:
        conditions.append(Action.trade == filters.trade)
    if filters.branch:
        conditions.append(Action.branches.contains(f" {filters.branch} ", autoescape=True))
    if filters.kind:
        conditions.append(Action.measure_types.contains(f" {filters.kind} ", autoescape=True))
    if filters.again:
        conditions.append(Action.revision > 1)
    if filters.mine:
        conditions.append(named_in(actor.id))
    if filters.age in AGES:
        first, last = AGES[filters.age]
        conditions += [late, Action.due_at <= now - timedelta(days=first)]
        if last is not None:
            conditions.append(Action.due_at > now - timedelta(days=last))
    found = search.matching(session, KIND, filters.text)
    if found is not None:
        conditions.append(Action.id.in_(found))
    return select(Action).where(*conditions)


def _sorted(query: Select[Action], filters: Filters) -> Select[Action]:
    order: tuple[Any, ...] = (Action.due_at.is_(None), Action.due_at, Action.number)
    if filters.sort == "number":
        order = (Action.number.desc(),)
    elif filters.sort == "severity":
        order = (Action.severity != "major", Action.severity, Action.due_at)
    return query.order_by(*order).options(
        joinedload(Action.company),
        joinedload(Action.site),
        joinedload(Action.part),
        joinedload(Action.owner),
        joinedload(Action.defect_code),
    )


def _count(session: Session, query: Select[object]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
