"""Repairs of an estate: what is asked of whom, found by building, floor, trade, class and contractor; the
same for one contractor alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.action_clock import due_day
from app.domain.actions import ENDED, Phase, Step
from app.domain.dates import days_left
from app.domain.paging import Span
from app.domain.permissions import Actor
from app.domain.repairs import ASSIGNED_AT_MOST, Standing, standing
from app.features.actions.models import Action, ActionDefect, ActionEvent, ActionPicture
from app.features.actions.queries import visible
from app.features.companies.models import Company
from app.features.handovers.models import Dispute
from app.features.inspections.models import Defect
from app.features.places.models import Building, Plan, Unit

KIND = "repairs"  # of records a link opens: an estate, of which the contact's company sees its own cases
PAGE = 60
STATES = ("open", "todo", "overdue", "disputed", "sent", "done")
_ENDED = tuple(phase.value for phase in ENDED)
_CHECKED = (Step.CHECK.value, Step.ACT.value)
GOING = Action.phase.not_in((*_ENDED, Phase.WATCH.value))
_DISPUTED = select(Dispute.id).where(Dispute.action_id == Action.id, Dispute.decided_at.is_(None)).exists()
_SENT = or_(Action.phase == Phase.REVIEW.value, Action.step.in_(_CHECKED))
CAME_BACK = ("returned", "not_effective")


@dataclass(frozen=True)
class Filters:
    """What the address asks for. `state`: one of STATES; `floor` only with a building."""

    state: str = "open"
    building: UUID | None = None
    floor: str = ""
    trade: str = ""
    grade: str = ""
    company: UUID | None = None
    page: int = 1


@dataclass(frozen=True)
class Repair:
    """A row of the list. `left`: days until it is due, negative when overdue; None while its clock stands
    still. `failed`: how often it came back.
    """

    action: Action
    defect: Defect
    unit: Unit
    building: Building
    standing: Standing
    due: date | None
    left: int | None
    failed: int = 0
    photo: UUID | None = None  # the first picture of what was found

    @property
    def grade(self) -> str:
        return self.action.severity.upper()

    @property
    def floor(self) -> tuple[UUID, str]:
        return self.building.id, self.unit.floor


class Found(NamedTuple):
    repairs: list[Repair]
    span: Span


def here(estate_id: UUID) -> Any:
    """Every case of a defect at this estate, with its defect, unit and building."""
    return (
        select(Action, Defect, Unit, Building, _DISPUTED)
        .join(ActionDefect, ActionDefect.action_id == Action.id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .join(Unit, Unit.id == ActionDefect.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(Building.estate_id == estate_id)
    )


def here_visible(actor: Actor, estate_id: UUID, wanted: Iterable[UUID]) -> Select[UUID]:
    """The ids among these of cases at this estate that the actor sees."""
    ids = here(estate_id).where(visible(actor), Action.id.in_(list(wanted)))
    return ids.with_only_columns(Action.id).order_by(Action.number)


def estate_of(action_id: UUID) -> Select[UUID]:
    """The estate of a case."""
    return (
        select(Building.estate_id)
        .join(Unit, Unit.building_id == Building.id)
        .join(ActionDefect, ActionDefect.unit_id == Unit.id)
        .where(ActionDefect.action_id == action_id)
    )


def in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """As SQL: what the words of the filter mean."""
    open_steps = and_(Action.phase == Phase.OPEN.value, Action.step.not_in(_CHECKED), ~_DISPUTED)
    if state == "todo":
        return open_steps
    if state == "overdue":
        return and_(open_steps, Action.due_at < now)
    if state == "disputed":
        return and_(GOING, _DISPUTED)
    if state == "sent":
        return and_(GOING, _SENT, ~_DISPUTED)
    if state == "done":
        return ~GOING
    return GOING


def find(session: Session, actor: Actor, estate_id: UUID, filters: Filters, now: datetime) -> Found:
    """One page of the estate's repairs, by contractor, then as people walk."""
    wanted = _wanted(actor, estate_id, filters, now)
    matching = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    span = Span.at(filters.page, PAGE, matching)
    rows = session.execute(
        walking(wanted.outerjoin(Company, Company.id == Action.company_id), Company.name, Company.id)
        .limit(PAGE)
        .offset(span.before)
    )
    return Found(made_of(session, rows, now), span)


def matching_ids(
    session: Session, actor: Actor, estate_id: UUID, filters: Filters, now: datetime
) -> list[UUID]:
    """Every case the filters give, one more than may be assigned at most."""
    wanted = _wanted(actor, estate_id, filters, now).with_only_columns(Action.id)
    return list(session.scalars(wanted.order_by(Action.id).limit(ASSIGNED_AT_MOST + 1)))


def came_back() -> ColumnElement[bool]:
    """As SQL: a re-inspection sent it back."""
    told = select(ActionEvent.id).where(ActionEvent.action_id == Action.id, ActionEvent.act.in_(CAME_BACK))
    return told.exists()


def trades_of(session: Session, actor: Actor, estate_id: UUID) -> list[str]:
    rows = here(estate_id).where(visible(actor), GOING, Action.trade != "")
    return list(session.scalars(rows.with_only_columns(Action.trade).distinct().order_by(Action.trade)))


def floors_of(session: Session, building_id: UUID) -> list[str]:
    """The floors of a building, from the top."""
    rows = session.execute(
        select(Unit.floor, func.max(Unit.floor_order).label("place"))
        .where(Unit.building_id == building_id, Unit.retired_at.is_(None))
        .group_by(Unit.floor)
        .order_by(func.max(Unit.floor_order).desc())
    )
    return [row.floor for row in rows]


def of_action(session: Session, action_id: UUID, now: datetime) -> Repair | None:
    """The defect behind a case, for its page; None for a case that repairs no unit."""
    estate_id = session.scalar(estate_of(action_id))
    if estate_id is None:
        return None
    found = made_of(session, session.execute(here(estate_id).where(Action.id == action_id)), now)
    return found[0] if found else None


def defects_of(session: Session, actions: Collection[UUID]) -> dict[UUID, Defect]:
    """Case → the defect it repairs, as its walk froze it: in every language where the words were chosen from
    the list. None for what was reported after the keys.
    """
    rows = session.execute(
        select(ActionDefect.action_id, Defect)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(ActionDefect.action_id.in_(actions))
    )
    return dict(rows.tuples().all())


def plan_of(session: Session, defect: Defect) -> Plan | None:
    """The revision of the plan the pin of a defect is on."""
    return session.get(Plan, UUID(defect.pin["plan"])) if defect.pin else None


# What stands behind a list.


def repairs_of(session: Session, wanted: Select[Any], now: datetime, limit: int) -> tuple[list[Repair], int]:
    """The first rows of a query made with `here`, as people walk, and how many there are."""
    number = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return made_of(session, session.execute(walking(wanted).limit(limit)), now), number


def _wanted(actor: Actor, estate_id: UUID, filters: Filters, now: datetime) -> Select[Any]:
    wanted = here(estate_id).where(visible(actor), in_state(filters.state, now))
    if filters.building:
        wanted = wanted.where(Building.id == filters.building)
        if filters.floor:
            wanted = wanted.where(Unit.floor == filters.floor)
    if filters.trade:
        wanted = wanted.where(Action.trade == filters.trade)
    if filters.grade:
        wanted = wanted.where(Action.severity == filters.grade.lower())
    if filters.company:
        wanted = wanted.where(Action.company_id == filters.company)
    return wanted


def walking(wanted: Select[Any], *first: Any) -> Select[Any]:
    """In the order in which somebody walks through the buildings, from the top floor down."""
    return wanted.order_by(
        *first,
        Building.position,
        Building.name,
        Unit.floor_order.desc(),
        Unit.name,
        Action.severity,
        Action.number,
    ).options(joinedload(Action.company))


def made_of(session: Session, rows: Iterable[Any], now: datetime) -> list[Repair]:
    """Rows as `here` selects them, with what a list shows beside them."""
    found = [tuple(row) for row in rows]
    ids = [action.id for action, *_rest in found]
    photos, failed = _first_photos(session, ids), _failed(session, ids)
    made = []
    for action, defect, unit, building, disputed in found:
        stands = standing(action.step, action.phase, bool(disputed))
        due = due_day(action.due_at, action.time_zone) if action.due_at else None
        running = due is not None and stands is Standing.TODO
        left = days_left(due, action.time_zone, now) if running and due else None
        shown = (photos.get(action.id), failed.get(action.id, 0))
        made.append(Repair(action, defect, unit, building, stands, due, left, shown[1], shown[0]))
    return made


def _first_photos(session: Session, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    rows = session.execute(
        select(ActionPicture.action_id, ActionPicture.id)
        .where(ActionPicture.action_id.in_(ids), ActionPicture.step.is_(None))
        .order_by(ActionPicture.id.desc())
    )
    return {row.action_id: row.id for row in rows}


def _failed(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(ActionEvent.action_id, func.count().label("times"))
        .where(ActionEvent.action_id.in_(ids), ActionEvent.act.in_(CAME_BACK))
        .group_by(ActionEvent.action_id)
    )
    return {row.action_id: row.times for row in rows}
