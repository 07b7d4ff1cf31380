"""What the clock does to cases: reminders before and after, escalation up both sides, the end of a watch, the
weekly digest. Each run may be repeated: what was said is not said again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import outbox
from app.db import new_id
from app.domain.action_clock import age, due_day
from app.domain.actions import Phase
from app.domain.permissions import Role, ScopeKind
from app.features.accounts.models import GivenGrant, Person
from app.features.actions import queries
from app.features.actions.commands import MAIL, tell
from app.features.actions.commands.walking import end_watch
from app.features.actions.models import Action, ActionReminder
from app.features.companies.models import Contact

BEFORE = timedelta(days=2)
SHORTLY = timedelta(hours=6)  # before a deadline that is counted in hours
ESCALATE = (3, 8)  # days overdue


def due_for_look(session: Session, now: datetime) -> list[UUID]:
    """The cases the clock has something to say about."""
    return list(
        session.scalars(
            select(Action.id)
            .where(
                Action.phase.in_((Phase.OPEN.value, Phase.WATCH.value)),
                Action.due_at.is_not(None),
                Action.due_at <= now + BEFORE,
                # repairs of flats are spoken of together, once a day: features/handovers
                or_(Action.phase == Phase.WATCH.value, Action.id.not_in(queries.OF_WALKS)),
            )
            .order_by(Action.due_at)
        )
    )


def look(session: Session, action_id: UUID, now: datetime) -> None:
    """One case: ends its watch, or reminds whoever is next."""
    action = queries.one(session, action_id, lock=True)
    if action.due_at is None:
        return
    if action.phase == Phase.WATCH:
        if now >= action.due_at:
            end_watch(session, action, now)
        return
    if action.phase != Phase.OPEN or action.step is None:
        return
    late = age(action.due_at, now)
    if late == 0:
        whole = action.due_at - action.step_at
        if whole > BEFORE or action.due_at - now <= SHORTLY:
            _remind(session, action, "before", now)
        return
    _remind(session, action, "after", now)
    for days in ESCALATE:
        if late >= days:
            _remind(session, action, f"escalation{days}", now)


def managers_of(session: Session, company_id: UUID | None) -> list[UUID]:
    """Who is told when a case slips: the managers of this company, and those of everything."""
    scope = GivenGrant.scope_kind == ScopeKind.EVERYTHING.value
    if company_id is not None:
        scope = or_(scope, GivenGrant.scope_id == company_id)
    return list(
        session.scalars(
            select(GivenGrant.person_id)
            .join(Person, Person.id == GivenGrant.person_id)
            .where(
                GivenGrant.role == Role.MANAGER.value,
                GivenGrant.ended_at.is_(None),
                Person.disabled_at.is_(None),
                scope,
            )
            .distinct()
            .order_by(GivenGrant.person_id)
        )
    )


def send_digests(session: Session, now: datetime) -> None:
    """The weekly digest, to everyone who owns an open case."""
    owners: Iterable[UUID] = session.scalars(
        select(Action.owner_id)
        .where(Action.phase.in_((Phase.OPEN.value, Phase.REVIEW.value, Phase.WATCH.value)))
        .distinct()
        .order_by(Action.owner_id)
    )
    for person in owners:
        outbox.send(session, MAIL, {"letter": "digest", "person": str(person)}, now)


def _remind(session: Session, action: Action, kind: str, now: datetime) -> None:
    """Once for each step, due day and kind."""
    assert action.due_at is not None and action.step is not None
    row = ActionReminder(
        id=new_id(),
        action_id=action.id,
        revision=action.revision,
        step=action.step,
        kind=kind,
        due=due_day(action.due_at, action.time_zone),
        sent_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return
    letter = kind if not kind.startswith("escalation") else "escalation"
    ours = action.step in ("check", "act") or action.contact_id is None
    if letter == "escalation":
        for person in managers_of(session, action.company_id):
            tell(session, action, letter, now, person=person, step=action.step)
        others = select(Contact.id).where(
            Contact.company_id == action.company_id, Contact.retired_at.is_(None), Contact.email != ""
        )
        if not ours and kind == "escalation8":
            for contact in session.scalars(others):
                tell(session, action, "escalation", now, contact=contact, step=action.step)
        return
    if ours:
        person = action.verifier_id if action.step == "check" and action.verifier_id else action.owner_id
        tell(session, action, letter, now, person=person, step=action.step)
    else:
        tell(session, action, letter, now, contact=action.contact_id, step=action.step)
        if letter == "after":
            tell(session, action, letter, now, person=action.owner_id, step=action.step)
