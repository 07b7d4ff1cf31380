"""What the clock says of repairs, once a day at each estate: one letter to each contractor's contact, one to
each officer, one to the managers when it slips; never one for each defect.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import outbox
from app.domain.action_clock import due_day
from app.domain.dates import local_day
from app.domain.reminders import MORNING
from app.domain.repairs import SOON, escalates, speaks
from app.features.actions.commands.clock import managers_of
from app.features.actions.models import Action, ActionDefect, ActionEvent
from app.features.handovers.commands.repairs import MAIL
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries.shares import living_links
from app.features.places.models import Building, Estate, Unit


def estates_due(session: Session, now: datetime) -> list[UUID]:
    """Estates with an open repair."""
    return list(
        session.scalars(
            select(Building.estate_id)
            .join(Unit, Unit.building_id == Building.id)
            .join(ActionDefect, ActionDefect.unit_id == Unit.id)
            .join(Action, Action.id == ActionDefect.action_id)
            .where(queries.in_state("open", now))
            .distinct()
        )
    )


def remind(session: Session, estate_id: UUID, now: datetime) -> None:
    """Today's letters of one estate, unless it is still night there or they are written already."""
    estate = session.get_one(Estate, estate_id)
    zone = estate.site.time_zone
    if now.astimezone(ZoneInfo(zone)).hour < MORNING:
        return
    today = local_day(now, zone)
    rows = session.execute(
        queries.here(estate_id)
        .where(queries.in_state("todo", now), Action.due_at <= now + timedelta(days=SOON + 1))
        .with_only_columns(Action.company_id, Action.owner_id, Action.due_at, Action.time_zone)
    )
    contractors = set(_yesterday(session, estate_id, queries.CAME_BACK, now))
    people, slipping = set(_yesterday(session, estate_id, ("sent",), now, owners=True)), False
    for company_id, owner_id, due_at, case_zone in rows:
        assert due_at is not None  # the query asks for it
        due = due_day(due_at, case_zone)
        if speaks(due, today):
            contractors.add(company_id)
            if due < today:
                people.add(owner_id)
        slipping = slipping or escalates(due, today)
    for company_id in contractors:
        if company_id is None:
            continue
        for link in living_links(session, estate_id, company_id, now):
            _once(session, "due", now, (estate_id, link.contact_id, today), link=link.id, estate=estate_id)
    for person in people:
        _once(session, "officer", now, (estate_id, person, today), person=person, estate=estate_id)
    if slipping:
        for person in set(managers_of(session, estate.site.company_id)) - people:
            _once(session, "late", now, (estate_id, person, today), person=person, estate=estate_id)


def _yesterday(
    session: Session, estate_id: UUID, acts: Iterable[str], now: datetime, owners: bool = False
) -> Iterable[UUID | None]:
    """Whose cases something happened to on the day before, at the estate: contractors, or owners."""
    rows = session.execute(
        queries.here(estate_id)
        .join(ActionEvent, ActionEvent.action_id == Action.id)
        .where(
            queries.in_state("open", now),
            ActionEvent.act.in_(list(acts)),
            ActionEvent.at > now - timedelta(days=2),
        )
        .with_only_columns(Action.company_id, Action.owner_id, Action.time_zone, ActionEvent.at)
    )
    for company_id, owner_id, zone, at in rows:
        if local_day(at, zone) == local_day(now, zone) - timedelta(days=1):
            yield owner_id if owners else company_id


def _once(session: Session, letter: str, now: datetime, key: tuple[object, ...], **facts: object) -> None:
    payload = {name: str(value) for name, value in facts.items()}
    outbox.send_once(
        session,
        outbox.id_once(f"repairs.{letter}", *key),
        MAIL,
        {"letter": letter, **payload},
        now,
    )
