"""Cases as records of operations: what is written on site without signal; and how each thing that happens to
a case is written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import journal
from app.db import new_id
from app.domain.action_notes import judge_note
from app.domain.actions import Step
from app.domain.canonical import canonical, digest
from app.domain.errors import Invalid
from app.domain.operations import Operation
from app.domain.permissions import Act, Actor
from app.domain.register_values import MOMENTS
from app.features.actions import queries
from app.features.actions.models import KIND, Action, ActionEvent
from app.features.evidence.commands import note_uses
from app.features.operations.record import Access, Author, State


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


class ActionKind:
    """RecordKind of cases: notes with photos, written on a phone. They change nothing of where a case stands,
    so they are taken whenever they arrive, also after its end.
    """

    name = KIND

    def lock(self, session: Session, ids: Sequence[UUID]) -> dict[UUID, Action]:
        wanted = select(Action).where(Action.id.in_(ids)).order_by(Action.id).with_for_update(of=Action)
        return {row.id: row for row in session.scalars(wanted.options(selectinload(Action.team)))}

    def access(self, session: Session, author: Author, rows: Sequence[Action]) -> dict[UUID, Access]:
        found = {}
        for row in rows:
            if author.vouched or queries.allowed(author.actor, Act.WORK_ON_ACTION, row):
                found[row.id] = Access.MAY
            else:
                found[row.id] = Access.ONCE if _had_a_hand(session, author, row) else Access.NEVER
        return found

    def create(self, session: Session, author: Author, operation: Operation, now: datetime) -> Action:
        raise Invalid("op_kind", field="kind")  # a case is opened at the desk, or by a finding

    def judge(
        self,
        session: Session,
        author: Author,
        row: Action,
        operation: Operation,
        state: State,
        fresh: Sequence[Operation],
    ) -> None:
        written = (operation.path, operation.field) in state
        judge_note(operation.path, operation.field, operation.value, written)

    def closed(self, row: Action, operation: Operation) -> str | None:
        return None

    def step(self, row: Action, operation: Operation, now: datetime) -> None:
        pass

    def apply(
        self,
        session: Session,
        row: Action,
        state: State,
        operations: Sequence[Operation],
        author: Author,
        now: datetime,
    ) -> None:
        note_uses(session, operations)
        hand = Hand(person_id=author.actor.id)
        step = Step(row.step) if row.step else None
        for operation in operations:
            act, facts = _told(operation, now)
            note(session, row, act, hand, now, step, facts)

    def late(self, row: Action, count: int) -> None:
        pass  # nothing of a case comes late

    def is_end(self, operation: Operation) -> bool:
        return False

    def save(self, session: Session, row: Action) -> None:
        pass  # `apply` left the row as it was

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return queries.visible_ids(session, actor, set(ids))


def _told(operation: Operation, now: datetime) -> tuple[str, dict[str, Any]]:
    """What an event says of it. `at`: when it was written, in milliseconds; `tz`: on which clock. A phone may
    say any number and any place: what cannot be gives way to the server's own.
    """
    at = operation.at + operation.offset
    try:
        tz = ZoneInfo(operation.tz).key
    except (KeyError, ValueError, OSError):
        tz = "UTC"
    facts: dict[str, Any] = {
        "row": operation.path.partition("/")[2],
        "at": at if at in MOMENTS else int(now.timestamp() * 1000),
        "tz": tz,
        "operation": operation.hash,
    }
    if operation.field == "text":
        return "site_note", {**facts, "text": operation.value}
    return "site_photo", {**facts, "sha256": operation.value["sha256"]}


def _had_a_hand(session: Session, author: Author, row: Action) -> bool:
    """Whether the author once did something to the case: then their work is held, not turned away."""
    did = (ActionEvent.action_id == row.id, ActionEvent.person_id == author.actor.id)
    return session.scalar(select(ActionEvent.id).where(*did).limit(1)) is not None
