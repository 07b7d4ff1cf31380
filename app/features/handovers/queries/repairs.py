"""Repairs of an estate: what is asked of whom, found by building, floor, trade, class and contractor; the
same for one contractor alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.action_clock import due_day
from app.domain.actions import ENDED, Phase, Step
from app.domain.dates import days_left
from app.domain.paging import Span
from app.domain.permissions import Actor
from app.domain.repairs import ASSIGNED_AT_MOST, Standing, Tally, standing
from app.features.actions.models import Action, ActionDefect, ActionEvent, ActionPicture
from app.features.actions.queries import visible
from app.features.companies.models import Company, Contact
from app.features.handovers.models import Dispute
from app.features.inspections.models import Defect
from app.features.links.models import Link, LinkRecord
from app.features.links.queries import Known, of_record
from app.features.places.models import Building, Plan, TradeContractor, Unit

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


@dataclass(frozen=True)
class Share:
    """What one contractor has to repair: a tally for each class, and the links to its list."""

    company: Company | None
    tallies: dict[str, Tally]
    links: list[Known]

    @property
    def total(self) -> Tally:
        found = Tally()
        for one in self.tallies.values():
            found = found + one
        return found


class Elsewhere(NamedTuple):
    """Open repairs of a trade that are not with the estate's contractor of that trade."""

    trade: str
    company: Company | None
    wanted: Company
    number: int


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


def tallies(
    session: Session, estate_id: UUID, now: datetime, *only: ColumnElement[bool]
) -> dict[UUID | None, dict[str, Tally]]:
    """Contractor → class → how many are open; `only`: conditions beside the estate."""
    rows = session.execute(
        here(estate_id)
        .where(GOING, *only)
        .with_only_columns(
            Action.company_id,
            Action.severity,
            *(
                func.sum(case((in_state(state, now), 1), else_=0))
                for state in ("todo", "overdue", "sent", "disputed")
            ),
        )
        .group_by(Action.company_id, Action.severity)
        .order_by(Action.severity)
    )
    found: dict[UUID | None, dict[str, Tally]] = {}
    for company_id, severity, *numbers in rows:
        found.setdefault(company_id, {})[severity.upper()] = Tally(*(int(one or 0) for one in numbers))
    return found


class Slipping(NamedTuple):
    """What a contractor is late with: how many, and since when the oldest."""

    company: str
    number: int
    oldest: datetime


def slipping(
    session: Session, estate_id: UUID, now: datetime, until: datetime, *only: ColumnElement[bool]
) -> list[Slipping]:
    """Repairs that were due before `until`, by contractor, the most first."""
    rows = session.execute(
        here(estate_id)
        .outerjoin(Company, Company.id == Action.company_id)
        .where(in_state("overdue", now), Action.due_at <= until, *only)
        .with_only_columns(Company.name, func.count(), func.min(Action.due_at))
        .group_by(Company.name)
        .order_by(func.count().desc(), Company.name)
    )
    return [Slipping(name or "", number, oldest) for name, number, oldest in rows]


def came_back() -> ColumnElement[bool]:
    """As SQL: a re-inspection sent it back."""
    told = select(ActionEvent.id).where(ActionEvent.action_id == Action.id, ActionEvent.act.in_(CAME_BACK))
    return told.exists()


def shares(session: Session, actor: Actor, estate_id: UUID, now: datetime) -> list[Share]:
    """Each contractor with open repairs, or with a link to its list; those without a name last."""
    counted = tallies(session, estate_id, now, visible(actor))
    links = links_of(session, estate_id, now)
    ids = {key for key in (*counted, *links) if key is not None}
    companies = {
        one.id: one
        for one in session.scalars(
            select(Company).where(Company.id.in_(ids)).options(joinedload(Company.contacts))
        ).unique()
    }
    found = [
        Share(companies.get(key) if key else None, counted.get(key, {}), links.get(key, []) if key else [])
        for key in {*counted, *links}
    ]
    return sorted(found, key=lambda one: (one.company is None, one.company.name if one.company else ""))


def links_of(session: Session, estate_id: UUID, now: datetime) -> dict[UUID, list[Known]]:
    """Company → the links to its list of repairs here, the newest first."""
    known = [one for one in of_record(session, estate_id, now) if one.link.contact_id]
    rows = session.execute(
        select(Contact.id, Contact.company_id).where(
            Contact.id.in_({one.link.contact_id for one in known if one.link.contact_id})
        )
    )
    owners = {row.id: row.company_id for row in rows}
    found: dict[UUID, list[Known]] = {}
    for one in known:
        if one.link.contact_id in owners:
            found.setdefault(owners[one.link.contact_id], []).append(one)
    return found


def living_links(session: Session, estate_id: UUID, company_id: UUID, now: datetime) -> list[Link]:
    """The good links of a company's contacts to its list here."""
    return list(
        session.scalars(
            select(Link)
            .join(LinkRecord, LinkRecord.link_id == Link.id)
            .join(Contact, Contact.id == Link.contact_id)
            .where(
                LinkRecord.record_kind == KIND,
                LinkRecord.record_id == estate_id,
                Contact.company_id == company_id,
                Contact.retired_at.is_(None),
                Link.revoked_at.is_(None),
                Link.expires_at > now,
            )
            .order_by(Link.created_at)
        )
    )


def elsewhere(session: Session, actor: Actor, estate_id: UUID, now: datetime) -> list[Elsewhere]:
    """What stayed with somebody else when a trade got another contractor."""
    rows = session.execute(
        here(estate_id)
        .join(
            TradeContractor,
            and_(TradeContractor.estate_id == estate_id, TradeContractor.trade == Action.trade),
        )
        .where(
            visible(actor),
            in_state("todo", now),
            or_(Action.company_id != TradeContractor.company_id, Action.company_id.is_(None)),
        )
        .with_only_columns(Action.trade, Action.company_id, TradeContractor.company_id, func.count())
        .group_by(Action.trade, Action.company_id, TradeContractor.company_id)
        .order_by(Action.trade)
    ).all()
    ids = {key for _trade, *keys, _number in rows for key in keys if key}
    named = {one.id: one for one in session.scalars(select(Company).where(Company.id.in_(ids)))}
    return [
        Elsewhere(trade, named.get(company_id) if company_id else None, named[wanted], number)
        for trade, company_id, wanted, number in rows
    ]


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
