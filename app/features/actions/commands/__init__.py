"""What every change of a case shares: whose hand it was, the written-down event, where the case stands after
it.

Nothing in here commits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import outbox
from app.db import new_id
from app.domain.action_steps import Content
from app.domain.action_watch import watch_until
from app.domain.actions import Circle, Phase, Step
from app.domain.dates import local_day
from app.domain.repairs import is_disputed
from app.features.actions import queries
from app.features.actions.models import KIND, Action, ActionStep
from app.features.actions.record import Hand, note
from app.features.inspections.models import OpenPoint

__all__ = [
    "MAIL",
    "Hand",
    "accepted",
    "close_points",
    "concerned",
    "note",
    "put_point",
    "refresh_due",
    "reopened",
    "settle",
    "tell",
    "took_effect",
]

MAIL = "actions.mail"
# Of defects in flats there are hundreds: these letters are written for all of them together, by whoever knows
# estates and contractors.
GROUPED = frozenset({"sent", "before", "after", "escalation"})
# Filled by wiring.py; each runs inside the transaction, whenever a case moved on.
ON_SETTLED: list[Callable[[Session, Action, datetime], object]] = []


def settle(session: Session, action: Action, circle: Circle, now: datetime) -> None:
    """Writes down where the case stands now: the open step's row, and when it is late."""
    opened = circle.step is not None and (
        circle.step.value != action.step or circle.revision != action.revision
    )
    action.form, action.phase, action.revision = circle.form.value, circle.phase.value, circle.revision
    action.step = circle.step.value if circle.step else None
    action.doers = sorted(circle.doers)
    if opened:
        action.step_at = now
    if circle.step is not None:
        row = queries.step_row(action, circle.step)
        if row is None:
            row = ActionStep(
                id=new_id(),
                action_id=action.id,
                revision=action.revision,
                step=circle.step.value,
                content={},
                opened_at=now,
                state="open",
            )
            action.steps.append(row)
        row.state = (
            "sent" if circle.phase is Phase.REVIEW else "returned" if row.state == "returned" else "open"
        )
    session.flush()
    refresh_due(session, action, now)
    if circle.ended and action.closed_at is None:
        action.closed_at = now
        close_points(session, action, now)
    elif not circle.ended:
        action.closed_at = None
    session.flush()
    for listener in ON_SETTLED:
        listener(session, action, now)


def refresh_due(session: Session, action: Action, now: datetime) -> None:
    """When the open step is late; nothing while the other side reviews, nothing is open, or it is
    disputed.
    """
    if action.phase == Phase.WATCH:
        action.due_at = queries.watch_end(action)
    elif action.phase == Phase.OPEN and action.step:
        step, events = Step(action.step), queries.events_of(session, action.id)
        disputed = is_disputed(event.act for event in events)
        action.due_at = None if disputed else queries.due_of(action, step, events, now)
        row = queries.step_row(action, step)
        if row is not None:
            row.due_at = action.due_at
    else:
        action.due_at = None


def accepted(action: Action, step: Step, hand: Hand, now: datetime) -> None:
    """Marks a step's row as passed."""
    row = queries.step_row(action, step)
    assert row is not None
    row.state, row.decided_at, row.decided_by, row.reason = "accepted", now, hand.person_id, ""


def reopened(action: Action, kept: frozenset[Step]) -> None:
    """Back to an earlier step: the steps that no longer count are open again, with what was typed."""
    for row in queries.current(action):
        if Step(row.step) not in kept and row.state == "accepted":
            row.state = "open"


def took_effect(action: Action, content: Content, now: datetime) -> None:
    """From the day the countermeasure took effect its effect is watched."""
    today = local_day(now, action.time_zone)
    given = str(content.get("cut_in") or "")
    action.cut_in = date.fromisoformat(given) if given else today
    action.watch_until = watch_until(action.cut_in)


def put_point(
    session: Session, action: Action, text: str, now: datetime, person_id: UUID | None = None
) -> None:
    """What every later inspection of this site shows, pinned and unscored, until the case is closed.

    `person_id`: whose decision opens it.
    """
    if action.site_id is None:
        return
    close_points(session, action, now)
    session.add(
        OpenPoint(
            id=new_id(),
            subject_kind="site",
            subject_id=action.site_id,
            source_kind=KIND,
            source_id=action.id,
            text={"text": f"{action.number} · {text}", "lang": action.language},
            opened_at=now,
            number=action.number,
            person_id=person_id or action.owner_id,
            photo=_shown_by(action),
        )
    )


def _shown_by(action: Action) -> str | None:
    """The photo that tells somebody on site most: what was found, else the newest there is."""
    found = [one for one in action.pictures if one.moment == "found"] or action.pictures[-1:]
    return found[0].sha256 if found else None


def close_points(session: Session, action: Action, now: datetime) -> None:
    session.execute(
        update(OpenPoint)
        .where(OpenPoint.source_kind == KIND, OpenPoint.source_id == action.id, OpenPoint.closed_at.is_(None))
        .values(closed_at=now)
    )


def tell(
    session: Session,
    action: Action,
    letter: str,
    now: datetime,
    *,
    person: UUID | None = None,
    contact: UUID | None = None,
    **facts: Any,
) -> None:
    """A letter to a person of ours or to the other side's contact, who gets a link in it."""
    if (person is None and contact is None) or (letter in GROUPED and queries.is_of_walk(action)):
        return
    payload = {"letter": letter, "action": str(action.id), "revision": action.revision, **facts}
    payload |= {"person": str(person)} if person else {"contact": str(contact)}
    outbox.send(session, MAIL, payload, now)


def concerned(action: Action) -> set[UUID]:
    """Every person of ours in the case."""
    people = {action.owner_id, action.verifier_id, *(member.person_id for member in action.team)}
    return {person for person in people if person is not None}
