"""Late work: operations that came after their record was closed, kept until somebody decides about them.

What is decided is a new row of `operation_fates` for each of them, never a change: `late`, then `applied` or
`dismissed`. The heads of the registers follow from whatever is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.errors import Invalid, PlumblineError
from app.domain.operations import Operation, parse
from app.features.operations import commands
from app.features.operations import models as m
from app.features.operations.queries import Entry, heads_of, late_of, travel
from app.features.operations.record import Author, Deferred, RecordKind

AMEND, DISMISS = "amend", "dismiss"


def decide_late(
    session: Session,
    kind: RecordKind,
    author: Author,
    record_id: UUID,
    decision: str,
    reason: dict[str, Any],
    now: datetime,
) -> m.LateDecision:
    """Applies what waits (AMEND, to a record that is open again) or lays it aside (DISMISS), all of it.

    Raises Invalid("late_none") when nothing waits. A completion among it never applies: who amends completes.
    Each is judged again, because another late one may stand where it would: what cannot stand is laid aside
    with the reason.
    """
    row = kind.lock(session, [record_id])[record_id]
    waiting = late_of(session, record_id)
    if not waiting:
        raise Invalid("late_none")
    fates = dict.fromkeys((entry.operation.id for entry in waiting), ("dismissed", ""))
    if decision == AMEND:
        fates |= _apply(session, kind, author, record_id, row, waiting, now)
    _write_fates(session, fates, author, now)
    kind.late(row, -len(waiting))
    made = m.LateDecision(
        id=new_id(),
        record_kind=kind.name,
        record_id=record_id,
        at=now,
        person_id=author.actor.id,
        decision=decision,
        reason=reason,
        operations=[str(operation_id) for operation_id in fates],
    )
    session.add(made)
    session.flush()
    return made


def _apply(
    session: Session,
    kind: RecordKind,
    author: Author,
    record_id: UUID,
    row: Any,
    waiting: Sequence[Entry],
    now: datetime,
) -> dict[UUID, tuple[str, str]]:
    """Fate and code of each."""
    heads = heads_of(session, [record_id])[record_id]
    record = commands.record_of(session, kind, record_id, row, heads)
    # whether its maker might write was judged when it came
    judging = replace(author, vouched=True, memory={})
    found: dict[UUID, tuple[str, str]] = {}
    commands.name_parents(session, [record], [str(entry.operation.id) for entry in waiting])
    for entry in waiting:
        op = parse(travel(entry)["op"])
        code = "late_end" if kind.is_end(op) else _why_not(session, kind, judging, record, op)
        if not code:
            commands.merge(record, op, now)
        found[entry.operation.id] = ("dismissed", code) if code else ("applied", "")
    if record.applied:
        commands.store_heads(session, [record])
        kind.apply(session, row, record.state, record.applied, author, now)
    return found


def _why_not(session: Session, kind: RecordKind, author: Author, record: Any, op: Operation) -> str:
    """The code of why it cannot stand, empty when it can."""
    try:
        kind.judge(session, author, record.row, op, record.state, record.applied)
    except (PlumblineError, Deferred) as error:
        return str(error.code)
    return ""


def _write_fates(session: Session, fates: dict[UUID, tuple[str, str]], author: Author, now: datetime) -> None:
    turns = {
        row[0]: row[1]
        for row in session.execute(
            select(m.OperationFate.operation_id, func.max(m.OperationFate.turn))
            .where(m.OperationFate.operation_id.in_(list(fates)))
            .group_by(m.OperationFate.operation_id)
        )
    }
    rows = [
        {
            "operation_id": operation_id,
            "turn": turns[operation_id] + 1,
            "fate": fate,
            "code": code,
            "at": now,
            "person_id": author.actor.id,
        }
        for operation_id, (fate, code) in fates.items()
    ]
    session.execute(insert(m.OperationFate), rows)
