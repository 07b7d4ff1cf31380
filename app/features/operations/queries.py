"""Reading the log: the state of a record, and its history."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.db import Prepared, id_text, select_many
from app.domain.merge import Head, Key, Register, register
from app.features.accounts.models import Person
from app.features.operations.models import (
    Installation,
    LateDecision,
    Operation,
    OperationFate,
    OperationParent,
    RecordHead,
)

_Turn = aliased(OperationFate)
LATE_AT_MOST = 5000
# the fate of operation `o` in plain SQL: its latest row, or applied where there is none
LATEST_FATE = (
    "coalesce((SELECT f.fate FROM operation_fates f WHERE f.operation_id = o.id "
    "ORDER BY f.turn DESC LIMIT 1), 'applied')"
)
_EPOCH = Prepared(select(Installation.epoch))


def epoch_of(session: Session) -> str:
    """This history's name; a restored backup has another (offline.md §4.7)."""
    return str(_EPOCH(session)[0][0])


def installation(session: Session) -> Installation:
    """The one row about this installation."""
    found = session.get(Installation, 1)
    if found is None:
        raise LookupError("the database is not set up: run `flask --app wsgi database migrate`")
    return found


def heads_of(session: Session, record_ids: Sequence[UUID]) -> dict[UUID, dict[Key, list[Head]]]:
    """The heads of every register of these records."""
    found: dict[UUID, dict[Key, list[Head]]] = {record_id: {} for record_id in record_ids}
    by_text = {str(record_id): found[record_id] for record_id in record_ids}
    rows = select_many(
        session,
        "SELECT record_id, path, field, operation_id, lamport, value FROM field_heads "
        "WHERE record_id IN (:ids)",
        list(by_text),
    )
    for record_id, path, field, operation_id, lamport, value in rows:
        head = Head(id_text(operation_id), lamport, None if value is None else json.loads(value))
        by_text[id_text(record_id)].setdefault((path, field), []).append(head)
    return found


def state_of(session: Session, record_id: UUID) -> dict[Key, Register]:
    """What every register of a record holds."""
    return {key: register(heads, key[1]) for key, heads in heads_of(session, [record_id])[record_id].items()}


def hashes_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Operation id → SHA-256 of its canonical form, for those that are stored."""
    rows = select_many(session, "SELECT id, hash FROM operations WHERE id IN (:ids)", ids) if ids else ()
    return {id_text(operation_id): found for operation_id, found in rows}


class Decided(NamedTuple):
    """What became of a late operation: fate, code, the decision and who made it."""

    operation_id: UUID
    fate: str
    code: str
    decision: LateDecision
    person: str


class Entry(NamedTuple):
    """One stored operation with its latest fate, its maker and what it replaced."""

    operation: Operation
    fate: str
    code: str
    person: str
    parents: list[UUID]


def history(
    session: Session, record_id: UUID, after: int = 0, limit: int = 500, fate: str | None = None
) -> list[Entry]:
    """Stored operations of a record in the order the server took them, from `after` (a seq), oldest first.
    `fate`: only those with this one (not for "applied").
    """
    # asked per operation: grouping would read the fates of every record there is
    latest = (
        select(func.max(_Turn.turn)).where(_Turn.operation_id == Operation.id).correlate(Operation)
    ).scalar_subquery()
    rows = list(
        session.execute(
            select(Operation, OperationFate.fate, OperationFate.code, Person.name)
            .select_from(Operation)
            .outerjoin(
                OperationFate,
                and_(OperationFate.operation_id == Operation.id, OperationFate.turn == latest),
            )
            .join(Person, Person.id == Operation.person_id)
            .where(
                Operation.record_id == record_id,
                Operation.seq > after,
                *([] if fate is None else [OperationFate.fate == fate]),
            )
            .order_by(Operation.seq)
            .limit(limit)
        )
    )
    parents = _parents(session, [row[0].id for row in rows])
    return [Entry(op, fate or "applied", code or "", name, parents[op.id]) for op, fate, code, name in rows]


def late_of(session: Session, record_id: UUID) -> list[Entry]:
    """What came after the record was closed and nobody has decided about, in the order it came."""
    return history(session, record_id, limit=LATE_AT_MOST, fate="late")


def decisions_of(session: Session, record_id: UUID) -> list[Decided]:
    """What became of late work, oldest decision first; phones that fetched it as late learn from here."""
    rows = session.execute(
        select(OperationFate, LateDecision, Person.name)
        .join(Operation, Operation.id == OperationFate.operation_id)
        .join(
            LateDecision,
            and_(LateDecision.record_id == Operation.record_id, LateDecision.at == OperationFate.at),
        )
        .join(Person, Person.id == LateDecision.person_id)
        .where(Operation.record_id == record_id, OperationFate.turn > 1)
        .order_by(LateDecision.at, Operation.seq)
    )
    return [Decided(fate.operation_id, fate.fate, fate.code, one, name) for fate, one, name in rows]


def is_applied() -> ColumnElement[bool]:
    """The condition that an operation counts: nothing else was ever decided, or that it is applied."""
    latest = (
        select(_Turn.fate)
        .where(_Turn.operation_id == Operation.id)
        .order_by(_Turn.turn.desc())
        .limit(1)
        .correlate(Operation)
    ).scalar_subquery()
    return func.coalesce(latest, "applied") == "applied"


def _parents(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    if ids:
        for child, parent in session.execute(
            select(OperationParent.child_id, OperationParent.parent_id)
            .where(OperationParent.child_id.in_(ids))
            .order_by(OperationParent.parent_id)
        ):
            found[child].append(parent)
    return found


def head_seq(session: Session, record_id: UUID) -> int:
    """The last sequence number the server gave in this record; 0 before the first."""
    return session.scalar(select(RecordHead.seq).where(RecordHead.record_id == record_id)) or 0


def decided(session: Session, record_id: UUID) -> list[dict[str, Any]]:
    """The decisions about late work as phones read them."""
    return [
        {
            "id": str(one.operation_id),
            "fate": one.fate,
            "code": one.code,
            "decision": one.decision.decision,
            "reason": one.decision.reason,
            "person": one.person,
            "at": int(one.decision.at.timestamp() * 1000),
        }
        for one in decisions_of(session, record_id)
    ]


def travel(entry: Entry) -> dict[str, Any]:
    """An operation as phones know it, with what the server says of it."""
    op = entry.operation
    return {
        "seq": op.seq,
        "fate": entry.fate,
        "code": entry.code,
        "person": {"id": str(op.person_id), "name": entry.person},
        "received_at": int(op.received_at.timestamp() * 1000),
        "op": {
            "v": op.v,
            "id": str(op.id),
            "record": {"kind": op.record_kind, "id": str(op.record_id)},
            "kind": op.kind,
            "path": op.path,
            "field": op.field,
            "value": op.value,
            "parents": [str(parent) for parent in entry.parents],
            "device": str(op.device_id) if op.device_id else "",
            "n": op.n,
            "lamport": op.lamport,
            "at": op.at,
            "offset": op.offset,
            "tz": op.tz,
        },
    }
