"""Repairs of one contractor at one estate, as their link shows them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.paging import Span
from app.domain.register_values import SHA256
from app.features.actions.models import Action
from app.features.handovers.queries.repairs import (
    GOING,
    PAGE,
    Found,
    Repair,
    here,
    in_state,
    made_of,
    walking,
)
from app.features.inspections.models import Defect
from app.features.places.models import Building, Plan, Unit, UnitType

DONE_AT_MOST = 300  # of what is done, the newest


def for_contractor(
    session: Session,
    estate_id: UUID,
    company_id: UUID,
    state: str,
    now: datetime,
    building: UUID | None = None,
    page: int = 1,
) -> Found:
    """What a contractor's page shows of one state; done: the newest only."""
    wanted = here(estate_id).where(Action.company_id == company_id, in_state(state, now))
    if building is not None:
        wanted = wanted.where(Building.id == building)
    if state == "done":
        newest = wanted.with_only_columns(Action.id).order_by(Action.closed_at.desc()).limit(DONE_AT_MOST)
        wanted = wanted.where(Action.id.in_(newest))
    matching = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    span = Span.at(page, PAGE, matching)
    rows = session.execute(walking(wanted).limit(PAGE).offset(span.before))
    return Found(made_of(session, rows, now), span)


def counts_for(
    session: Session, estate_id: UUID, company_id: UUID, now: datetime, building: UUID | None = None
) -> dict[str, int]:
    """State → how many, for the tabs of a contractor's page."""
    states = ("todo", "overdue", "sent", "disputed", "done")
    wanted = here(estate_id).where(Action.company_id == company_id)
    if building is not None:
        wanted = wanted.where(Building.id == building)
    row = session.execute(
        wanted.with_only_columns(*(func.sum(case((in_state(state, now), 1), else_=0)) for state in states))
    ).one()
    return {state: int(number or 0) for state, number in zip(states, row, strict=True)}


def buildings_for(session: Session, estate_id: UUID, company_id: UUID) -> list[Building]:
    """Where a contractor has something to repair."""
    wanted = here(estate_id).where(Action.company_id == company_id, GOING)
    ids = wanted.with_only_columns(Building.id)
    rows = select(Building).where(Building.id.in_(ids)).order_by(Building.position, Building.name)
    return list(session.scalars(rows))


def one_for(session: Session, estate_id: UUID, company_id: UUID, action_id: UUID, now: datetime) -> Repair:
    """One repair of this contractor at this estate. Raises NotFound."""
    wanted = here(estate_id).where(Action.company_id == company_id, Action.id == action_id)
    found = made_of(session, session.execute(wanted), now)
    if not found:
        raise NotFound()
    return found[0]


def next_in_unit(
    session: Session, estate_id: UUID, company_id: UUID, repair: Repair, now: datetime
) -> Repair | None:
    """What else this contractor has to do in the same unit."""
    wanted = here(estate_id).where(
        Action.company_id == company_id,
        Unit.id == repair.unit.id,
        Action.id != repair.action.id,
        in_state("todo", now),
    )
    found = made_of(session, session.execute(walking(wanted).limit(1)), now)
    return found[0] if found else None


def plan_for(session: Session, estate_id: UUID, company_id: UUID, picture: str) -> Plan:
    """The plan drawn as this picture, if a pin of this contractor's repairs is on it. Raises NotFound."""
    if not SHA256(picture):  # an address says what it likes, and not every database takes every letter
        raise NotFound()
    plans = session.scalars(
        select(Plan)
        .join(UnitType, UnitType.id == Plan.type_id)
        .where(Plan.picture_sha256 == picture, UnitType.estate_id == estate_id)
    ).all()
    if plans:
        types = {plan.type_id for plan in plans}
        pins = session.scalars(
            here(estate_id)
            .where(Action.company_id == company_id, Unit.type_id.in_(types), Defect.pin.is_not(None))
            .with_only_columns(Defect.pin)
        )
        known = {pin["plan"] for pin in pins if pin}
        for plan in plans:
            if str(plan.id) in known:
                return plan
    raise NotFound()
