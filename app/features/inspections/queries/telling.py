"""Who is written to about an inspection, and of what they are to be reminded now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from app.domain.dates import local_day
from app.domain.reminders import OVERDUE, reminder
from app.features.inspections.models import Assignment, Inspection
from app.features.inspections.queries.conditions import OPEN, days_at_sites
from app.features.places.models import Site


@dataclass(frozen=True, slots=True)
class Reminder:
    """One letter to one person about one due day. `letter`: due_tomorrow or overdue; `week`: see
    domain/reminders.py.
    """

    letter: str
    inspection_id: UUID
    person_id: UUID
    due: date
    week: int


def concerned(session: Session, inspection_id: UUID) -> list[UUID]:
    """The team, the lead first, and whoever planned it. Who may not see it any more is left out when the
    letter is written.
    """
    held = select(Assignment.person_id).where(
        Assignment.inspection_id == inspection_id, Assignment.ended_at.is_(None)
    )
    people = list(session.scalars(held.order_by(Assignment.position)))
    planner = session.scalar(select(Inspection.created_by).where(Inspection.id == inspection_id))
    return people if planner is None or planner in people else [*people, planner]


def reminders(session: Session, now: datetime) -> list[Reminder]:
    """Everything that is to be said at this hour, whether it was said already or not.

    Of an open inspection, the day before it is due, to its team; once a week while it is overdue, also to
    whoever planned it. Who came to the team today has just had a letter that names the day.
    """
    tomorrow = timedelta(days=1)
    near = [
        and_(there, or_(Inspection.due == day + tomorrow, Inspection.due < day))
        for day, there in days_at_sites(session, now).items()
    ]
    rows = session.execute(
        select(
            Inspection.id,
            Inspection.due,
            Inspection.created_by,
            Site.time_zone,
            Assignment.person_id,
            Assignment.assigned_at,
        )
        .join(Site, Site.id == Inspection.site_id)
        .outerjoin(Assignment, and_(Assignment.inspection_id == Inspection.id, Assignment.ended_at.is_(None)))
        .where(Inspection.state.in_(OPEN), or_(false(), *near))
        .order_by(Inspection.due, Inspection.id, Assignment.position)
    ).all()
    team = {(row.id, row.person_id) for row in rows}
    told: dict[Reminder, None] = {}  # in order, each once
    for row in rows:
        found = reminder(row.due, row.time_zone, now)
        if found is None:
            continue
        letter, week = found
        today = local_day(now, row.time_zone)
        if row.person_id is not None and local_day(row.assigned_at, row.time_zone) < today:
            told[Reminder(letter, row.id, row.person_id, row.due, week)] = None
        if letter == OVERDUE and (row.id, row.created_by) not in team:
            told[Reminder(letter, row.id, row.created_by, row.due, week)] = None
    return list(told)
