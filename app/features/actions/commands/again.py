"""What a re-inspection found, told to the case that repaired it: done for good, back to the work, or closed
because the defect is accepted as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import new_id
from app.domain import actions as rules
from app.domain.actions import Phase, Step
from app.domain.again import AS_IS, FAIL, PASS
from app.features.actions import queries
from app.features.actions.commands import Hand, accepted, note, reopened, settle, tell, took_effect
from app.features.actions.commands.beside import PHOTOS_AT_MOST
from app.features.actions.models import Action, ActionPicture


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody found of the repair. `result` as in domain/again.py; `price` {"amount", "currency"} of
    what is accepted as it is; `note` as it was typed; `photos`: SHA-256. `corrected`: a later revision of the
    same visit says something else than before.
    """

    inspection_id: UUID
    inspection: str
    revision: int
    result: str
    note: str
    price: dict[str, Any] | None
    photos: Sequence[str]
    person_id: UUID
    corrected: bool = False


def follow(session: Session, action_id: UUID, looked: Looked, now: datetime) -> None:
    """Writes down what was found, and moves the case with it: passed is accepted and checked, failed goes
    back to whoever repairs, accepted as it is closes. A case that has moved on meanwhile, whose repair is
    this person's own, or of which a correction speaks, stays where it is and only knows.
    """
    action = queries.one(session, action_id, lock=True)
    hand = Hand(person_id=looked.person_id)
    circle = queries.circle_of(action)
    waits = circle.step is Step.CHECK or (circle.step is Step.IMPLEMENT and circle.phase is Phase.REVIEW)
    own = looked.result == PASS and str(hand) in circle.doers
    ready = not circle.ended if looked.result == AS_IS else waits
    stays = "corrected" if looked.corrected else "moved" if not ready else "own" if own else ""
    facts = {
        "inspection": looked.inspection,
        "inspection_id": str(looked.inspection_id),
        "revision": looked.revision,
        "result": looked.result,
        "note": looked.note,
        "price": looked.price,
        "stays": stays,
    }
    note(session, action, "rechecked", hand, now, Step.CHECK, facts)
    _show(session, action, looked, now)
    if stays:
        return
    if looked.result == PASS:
        _passed(session, action, looked, hand, now)
    elif looked.result == FAIL:
        _failed(session, action, looked, hand, now)
    else:
        action.outcome = "as_is"
        settle(session, action, rules.accept_as_is(circle, looked.note), now)


def _passed(session: Session, action: Action, looked: Looked, hand: Hand, now: datetime) -> None:
    circle = queries.circle_of(action)
    if circle.step is Step.IMPLEMENT:
        circle = rules.accept(circle, Step.IMPLEMENT)
        accepted(action, Step.IMPLEMENT, hand, now)
        sent = queries.step_row(action, Step.IMPLEMENT)
        took_effect(action, sent.content if sent else {}, now)
        note(session, action, "accepted", hand, now, Step.IMPLEMENT)
        settle(session, action, circle, now)
    circle = rules.verify(queries.circle_of(action), str(hand), effective=True)
    row = queries.step_row(action, Step.CHECK)
    assert row is not None
    row.content = {"note": looked.note or looked.inspection, "effective": True}
    row.sent_at, row.sent_by = now, str(hand)
    accepted(action, Step.CHECK, hand, now)
    note(session, action, "verified", hand, now, Step.CHECK, row.content)
    if circle.ended:
        action.outcome = "effective"
    settle(session, action, circle, now)


def _failed(session: Session, action: Action, looked: Looked, hand: Hand, now: datetime) -> None:
    circle = queries.circle_of(action)
    if circle.step is Step.IMPLEMENT:
        circle = rules.reject(circle, Step.IMPLEMENT, looked.note)
        row = queries.step_row(action, Step.IMPLEMENT)
        assert row is not None
        row.state, row.reason = "returned", looked.note
        row.returned += 1
        row.decided_at, row.decided_by = now, hand.person_id
        note(session, action, "returned", hand, now, Step.IMPLEMENT, {"reason": looked.note})
    else:
        circle = rules.verify(
            circle, "", effective=False, reason=looked.note
        )  # even its doer may say it is bad
        note(session, action, "not_effective", hand, now, Step.CHECK, {"reason": looked.note})
        reopened(action, circle.accepted)
        action.cut_in = action.watch_until = None
    settle(session, action, circle, now)
    tell(session, action, "returned", now, contact=action.contact_id, step=Step.IMPLEMENT.value)


def _show(session: Session, action: Action, looked: Looked, now: datetime) -> None:
    """The photos of the visit, beside those from before and after the repair."""
    step = Step.CHECK.value
    known = {one.sha256 for one in action.pictures if (one.revision, one.step) == (action.revision, step)}
    new = [sha256 for sha256 in dict.fromkeys(looked.photos) if sha256 not in known]
    for sha256 in new[: max(0, PHOTOS_AT_MOST - len(known))]:
        action.pictures.append(
            ActionPicture(
                id=new_id(),
                action_id=action.id,
                revision=action.revision,
                step=step,
                moment="evidence",
                sha256=sha256,
                caption=looked.inspection,
                added_at=now,
                person_id=looked.person_id,
            )
        )
    session.flush()
