"""Late work: operations that came after their record was closed, kept until somebody decides about them.

What is decided is a new row of `operation_fates` for each of them, never a change: `late`, then `applied` or
`dismissed`. The heads of the registers follow from whatever is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.errors import Invalid
from app.domain.operations import Operation, parse
from app.features.operations import commands
from app.features.operations import models as m
from app.features.operations.queries import Entry, heads_of, late_of, travel
from app.features.operations.record import Author, RecordKind

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
    """
    row = kind.lock(session, [record_id])[record_id]
    waiting = late_of(session, record_id)
    if not waiting:
        raise Invalid("late_none")
    fates = dict.fromkeys((entry.operation.id for entry in waiting), ("dismissed", ""))
    if decision == AMEND:
        applied = _apply(session, kind, author, record_id, row, waiting, now)
        fates |= {entry.operation.id: ("dismissed", "late_end") for entry in waiting}
        fates |= dict.fromkeys(applied, ("applied", ""))
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
) -> list[UUID]:
    heads = heads_of(session, [record_id])[record_id]
    record = commands.record_of(session, kind, record_id, row, heads)
    taken: list[Operation] = []
    for entry in waiting:
        op = parse(travel(entry)["op"])
        if not kind.is_end(op):
            taken.append(op)
    commands.name_parents(session, [record], [op.id for op in taken])
    for op in taken:
        commands.merge(record, op, now)
    if taken:
        commands.store_heads(session, [record])
        kind.apply(session, row, record.state, record.applied, author, now)
    return [UUID(op.id) for op in taken]


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
