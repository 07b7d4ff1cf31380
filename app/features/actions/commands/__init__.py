"""What every change of a case shares: whose hand it was, the written-down event, where the case stands after
it.

Nothing in here commits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import journal, outbox
from app.db import new_id
from app.domain.action_steps import Content
from app.domain.action_watch import watch_until
from app.domain.actions import Circle, Phase, Step
from app.domain.canonical import canonical, digest
from app.domain.dates import local_day
from app.features.actions import queries
from app.features.actions.models import KIND, Action, ActionEvent, ActionStep
from app.features.inspections.models import OpenPoint

MAIL = "actions.mail"
# Filled by wiring.py; each runs inside the transaction, whenever a case moved on.
ON_SETTLED: list[Callable[[Session, Action, datetime], object]] = []


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand did it: a person with an account, or whoever holds a link; neither: the clock."""

    person_id: UUID | None = None
    link_id: UUID | None = None

    def __str__(self) -> str:
        if self.link_id is not None:
            return f"l:{self.link_id}"
        return f"p:{self.person_id}" if self.person_id is not None else "clock"


def note(
    session: Session,
    action: Action,
    act: str,
    hand: Hand,
    now: datetime,
    step: Step | None = None,
    facts: Mapping[str, Any] | None = None,
) -> ActionEvent:
    """Writes down what happened: the words in the events, their hash in the chain of the journal."""
    told = dict(facts or {})
    event = ActionEvent(
        id=new_id(),
        action_id=action.id,
        revision=action.revision,
        act=act,
        step=step.value if step else None,
        at=now,
        person_id=hand.person_id,
        link_id=hand.link_id,
        facts=told,
    )
    session.add(event)
    session.flush()
    seal = {
        "event": str(event.id),
        "revision": action.revision,
        "step": event.step,
        "link": str(hand.link_id) if hand.link_id else None,
        "words": digest(canonical(told)),
    }
    journal.write(session, f"action.{act}", (KIND, action.id), now, hand.person_id, seal)
    return event


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
    """When the open step is late; nothing while the other side reviews or nothing is open."""
    if action.phase == Phase.WATCH:
        action.due_at = queries.watch_end(action)
    elif action.phase == Phase.OPEN and action.step:
        step = Step(action.step)
        action.due_at = queries.due_of(action, step, queries.events_of(session, action.id), now)
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


def put_point(session: Session, action: Action, text: str, now: datetime) -> None:
    """What every later inspection of this site shows, pinned and unscored, until the case is closed."""
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
        )
    )


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
    if person is None and contact is None:
        return
    payload = {"letter": letter, "action": str(action.id), "revision": action.revision, **facts}
    payload |= {"person": str(person)} if person else {"contact": str(contact)}
    outbox.send(session, MAIL, payload, now)


def concerned(action: Action) -> set[UUID]:
    """Every person of ours in the case."""
    people = {action.owner_id, action.verifier_id, *(member.person_id for member in action.team)}
    return {person for person in people if person is not None}
