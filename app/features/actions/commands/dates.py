"""Changing a date: asked for by whoever works at the step, decided by somebody who may."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.action_clock import due_day, judge_new_date
from app.domain.actions import Phase, Step
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed
from app.domain.permissions import Act, Actor, Scope, may
from app.features.actions import queries
from app.features.actions.commands import Hand, note, refresh_due, tell
from app.features.actions.commands.walking import held
from app.features.actions.models import Action, ActionDate


def ask(
    session: Session,
    action: Action,
    new: date,
    reason: str,
    hand: Hand,
    now: datetime,
    complex_cause: bool = False,
) -> ActionDate:
    """Asks for another date of the open step. Raises Invalid: step_not_open, due_unchanged."""
    if action.phase not in (Phase.OPEN, Phase.REVIEW) or not action.step:
        raise Invalid("step_not_open")
    step = Step(action.step)
    due = queries.due_of(action, step, queries.events_of(session, action.id), now)
    old = due_day(due, action.time_zone)
    judge_new_date(new, local_day(now, action.time_zone), reason)
    if new == old:
        raise Invalid("due_unchanged", field="due")
    row = ActionDate(
        id=new_id(),
        action_id=action.id,
        revision=action.revision,
        step=step.value,
        old=old,
        new=new,
        complex_cause=complex_cause,
        reason=reason.strip(),
        asked_at=now,
        asked_by=str(hand),
    )
    action.dates.append(row)
    session.flush()
    facts = {"old": old.isoformat(), "new": new.isoformat(), "reason": row.reason, "complex": complex_cause}
    note(session, action, "date_asked", hand, now, step, facts)
    if hand.person_id != action.owner_id:
        tell(session, action, "date_asked", now, person=action.owner_id, step=step.value)
    return row


def decide(
    session: Session, actor: Actor, action_id: UUID, date_id: UUID, approve: bool, now: datetime
) -> Action:
    """Says yes or no to a date asked for. Raises NotAllowed for whoever may not approve, or asked."""
    action = held(session, actor, action_id, Act.SEE_ACTIONS)
    row = next((one for one in action.dates if one.id == date_id and one.decided_at is None), None)
    if row is None:
        raise Invalid("nothing_asked")
    hand = Hand(person_id=actor.id)
    if not may_approve(actor, action) or row.asked_by == str(hand):
        raise NotAllowed()
    _decide(session, action, row, hand, approve, now)
    return action


def change(
    session: Session,
    actor: Actor,
    action_id: UUID,
    new: date,
    reason: str,
    now: datetime,
    complex_cause: bool = False,
) -> Action:
    """Changes the open step's date at once for whoever may approve; for others it is a question. More time
    for a complex cause always needs a second person.
    """
    action = held(session, actor, action_id, Act.WORK_ON_ACTION)
    hand = Hand(person_id=actor.id)
    row = ask(session, action, new, reason, hand, now, complex_cause)
    if may_approve(actor, action) and not complex_cause:
        _decide(session, action, row, hand, True, now)
    return action


def may_approve(actor: Actor, action: Action) -> bool:
    """Approving a date is for the desk; owning a case does not give it."""
    return may(actor, Act.MANAGE_ACTION, Scope(company=action.company_id))


def _decide(
    session: Session, action: Action, row: ActionDate, hand: Hand, approve: bool, now: datetime
) -> None:
    row.decided_at, row.approved, row.approver_id = now, approve, hand.person_id
    if approve and row.complex_cause:
        action.complex_cause = True
    session.flush()
    facts = {"old": row.old.isoformat(), "new": row.new.isoformat(), "reason": row.reason}
    act = "date_changed" if approve else "date_refused"
    note(session, action, act, hand, now, Step(row.step), facts)
    refresh_due(session, action, now)
    tell(session, action, act, now, contact=action.contact_id, step=row.step)
