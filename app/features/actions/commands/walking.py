"""Walking the circle: a step is written, sent, accepted or sent back, checked, made the standard, closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import action_steps
from app.domain import actions as rules
from app.domain.action_steps import Content
from app.domain.actions import Form, Phase, Step
from app.domain.dates import end_of_day
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.permissions import Act, Actor
from app.domain.repairs import is_disputed
from app.features.actions import queries
from app.features.actions.commands import (
    Hand,
    accepted,
    concerned,
    note,
    put_point,
    reopened,
    settle,
    tell,
    took_effect,
)
from app.features.actions.models import Action


def held(session: Session, actor: Actor, action_id: UUID, act: Act) -> Action:
    """The case, locked, for somebody who may do `act` to it. Raises NotFound, NotAllowed."""
    action = queries.get_visible_to(session, actor, action_id, lock=True)
    if not queries.allowed(actor, act, action):
        raise NotAllowed()
    return action


def write(
    session: Session,
    action: Action,
    step: Step,
    content: Content,
    version: int | None,
    hand: Hand,
    now: datetime,
) -> None:
    """Keeps what was typed for the open step, without sending it. Raises Stale when somebody else wrote it
    meanwhile, Invalid("step_in_review") while it is being judged.
    """
    circle = queries.circle_of(action)
    if circle.ended:
        raise Invalid("action_closed")
    if circle.step is not step:
        raise Invalid("step_not_open")
    if circle.phase is Phase.REVIEW:
        raise Invalid("step_in_review")
    row = queries.step_row(action, step)
    assert row is not None
    if version is not None and version != row.record_version:
        raise Stale()
    if dict(content) != row.content:
        row.content = dict(content)
        if step is Step.CAUSE:
            action.branches = _found_by(action_steps.branches(content))
        elif step is Step.MEASURE:
            action.measure_types = _found_by(action_steps.types(content))
        session.flush()
        note(session, action, "written", hand, now, step, {"content": dict(content)})


def _found_by(words: list[str]) -> str:
    return f" {' '.join(words)} " if words else ""


def send(
    session: Session,
    action: Action,
    step: Step,
    content: Content,
    version: int | None,
    hand: Hand,
    now: datetime,
) -> None:
    """Writes the step and sends it to be judged: the clock of this side stands still. Raises Invalid with
    what its gate still lacks, Stale("dispute_open") while it is disputed that anything has to be done.
    """
    if is_disputed(event.act for event in queries.events_of(session, action.id)):
        raise Stale("dispute_open")
    write(session, action, step, content, version, hand, now)
    circle = rules.submit(queries.circle_of(action), step, str(hand))
    action_steps.judge(step, content, queries.facts_of(action, step))
    row = queries.step_row(action, step)
    assert row is not None
    row.sent_at, row.sent_by, row.reason = now, str(hand), ""
    note(session, action, "sent", hand, now, step)
    settle(session, action, circle, now)
    if hand.person_id != action.owner_id:
        tell(session, action, "sent", now, person=action.owner_id, step=step.value)


def accept(session: Session, actor: Actor, action_id: UUID, step: Step, now: datetime) -> Action:
    """What was sent is good; the next step opens and its side is told."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    circle = rules.accept(queries.circle_of(action), step)
    hand = Hand(person_id=actor.id)
    accepted(action, step, hand, now)
    row = queries.step_row(action, step)
    if step is Step.IMPLEMENT and row is not None:
        took_effect(action, row.content, now)
        put_point(session, action, action.title, now, actor.id)
    note(session, action, "accepted", hand, now, step)
    settle(session, action, circle, now)
    tell(session, action, "accepted", now, contact=action.contact_id, step=step.value)
    if circle.step is Step.CHECK and action.verifier_id not in (None, actor.id):
        tell(session, action, "verify", now, person=action.verifier_id)
    return action


def reject(session: Session, actor: Actor, action_id: UUID, step: Step, reason: str, now: datetime) -> Action:
    """What was sent goes back, with a reason; the clock of the responsible side runs again."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    circle = rules.reject(queries.circle_of(action), step, reason)
    row = queries.step_row(action, step)
    assert row is not None
    row.state, row.reason = "returned", reason.strip()
    row.returned += 1
    row.decided_at, row.decided_by = now, actor.id
    note(session, action, "returned", Hand(person_id=actor.id), now, step, {"reason": reason.strip()})
    settle(session, action, circle, now)
    tell(session, action, "returned", now, contact=action.contact_id, step=step.value)
    if action.contact_id is None and action.owner_id != actor.id:
        tell(session, action, "returned", now, person=action.owner_id, step=step.value)
    return action


def verify(
    session: Session, actor: Actor, action_id: UUID, word: str, effective: bool, now: datetime
) -> Action:
    """Somebody who did not do it looked. Effective: Act opens. Not: back to the cause, with what was seen."""
    action = held(session, actor, action_id, Act.VERIFY_ACTION)
    hand = Hand(person_id=actor.id)
    circle = rules.verify(queries.circle_of(action), str(hand), effective, word)
    row = queries.step_row(action, Step.CHECK)
    assert row is not None
    content: dict[str, Any] = {"note": word.strip(), "effective": effective}
    if effective:
        action_steps.judge(Step.CHECK, content, queries.facts_of(action, Step.CHECK))
        row.content, row.sent_at, row.sent_by = content, now, str(hand)
        accepted(action, Step.CHECK, hand, now)
        note(session, action, "verified", hand, now, Step.CHECK, content)
        if circle.ended:
            action.outcome = "effective"
    else:
        note(session, action, "not_effective", hand, now, Step.CHECK, {"reason": word.strip()})
        reopened(action, circle.accepted)
        action.cut_in = action.watch_until = None
    settle(session, action, circle, now)
    if not effective:
        tell(session, action, "not_effective", now, contact=action.contact_id)
    if action.owner_id != actor.id:
        letter = "verified" if effective else "not_effective"
        tell(session, action, letter, now, person=action.owner_id)
    return action


def standardise(
    session: Session, actor: Actor, action_id: UUID, content: Content, version: int | None, now: datetime
) -> Action:
    """Act: the standard is changed, the lesson written, later inspections ask again. Then the effect is
    watched.
    """
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    hand = Hand(person_id=actor.id)
    write(session, action, Step.ACT, content, version, hand, now)
    action_steps.judge(Step.ACT, content, queries.facts_of(action, Step.ACT))
    end = queries.watch_end(action)
    circle = rules.standardise(queries.circle_of(action), watched=end is not None and now < end)
    accepted(action, Step.ACT, hand, now)
    note(session, action, "standardised", hand, now, Step.ACT)
    put_point(session, action, str(content.get("open_point") or action.title), now, actor.id)
    if circle.ended:
        action.outcome = "effective"
    settle(session, action, circle, now)
    tell(session, action, "standardised", now, contact=action.contact_id)
    return action


def end_watch(session: Session, action: Action, now: datetime) -> None:
    """The watch is over without a recurrence: effective, closed."""
    over = action.watch_until is None or now >= end_of_day(action.watch_until, action.time_zone)
    circle = rules.close(queries.circle_of(action), over)
    action.outcome = "effective"
    note(session, action, "closed", Hand(), now)
    settle(session, action, circle, now)
    for person in concerned(action):
        tell(session, action, "closed", now, person=person)
    tell(session, action, "closed", now, contact=action.contact_id)


def close(session: Session, actor: Actor, action_id: UUID, now: datetime) -> Action:
    """Closing by hand: only once the watch is over. Raises Invalid: act_missing, check_missing,
    watch_running.
    """
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    end_watch(session, action, now)
    return action


def raise_form(
    session: Session, actor: Actor, action_id: UUID, form: Form, reason: str, now: datetime
) -> Action:
    """A larger form than the rule asks for; never a smaller one."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    if not reason.strip():
        raise Invalid("reason_missing", field="reason")
    circle = rules.raise_form(queries.circle_of(action), form)
    note(
        session,
        action,
        "form_raised",
        Hand(person_id=actor.id),
        now,
        facts={"old": action.form, "new": form.value, "reason": reason.strip()},
    )
    settle(session, action, circle, now)
    tell(session, action, "form_raised", now, contact=action.contact_id)
    return action


def cancel(session: Session, actor: Actor, action_id: UUID, reason: str, now: datetime) -> Action:
    """Opened by mistake. It stays readable; nothing more is asked."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    circle = rules.cancel(queries.circle_of(action), reason)
    action.outcome = "cancelled"
    note(session, action, "cancelled", Hand(person_id=actor.id), now, facts={"reason": reason.strip()})
    settle(session, action, circle, now)
    tell(session, action, "cancelled", now, contact=action.contact_id)
    return action
