"""Taking operations in: exactly once, each with one visible fate, one bad one never in the way of the rest.

`receive` judges in plain Python and stores with bulk inserts; only when the database itself refuses a batch
does `receive_carefully` halve it until the culprit stands alone (savepoints per operation would cost 25 times
as much).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.db import Prepared, id_text, insert_columns, new_id, select_many
from app.domain.canonical import canonical_text, digest
from app.domain.errors import PlumblineError
from app.domain.merge import Head, Key, Register, register, replace_heads
from app.domain.operations import VERSION, Operation, parse
from app.features.operations import models as m
from app.features.operations.queries import LATEST_FATE, heads_of
from app.features.operations.record import Access, Author, Deferred, Kinds, RecordKind

log = logging.getLogger("plumbline.operations")
HELD_FOR = timedelta(days=90)
QUARANTINE_AT_MOST = 2000  # bodies held per person, so that nobody can fill the disk
BODY_AT_MOST = 128 * 1024  # 32 KB of operation as ASCII: three times as much where it is all emoji
LEAP_AT_MOST = 1_000_000


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


OPERATIONS, PARENTS, FATES = _table(m.Operation), _table(m.OperationParent), _table(m.OperationFate)
HEADS, RECORDS, QUARANTINE = _table(m.FieldHead), _table(m.RecordHead), _table(m.Quarantined)


class Answer(NamedTuple):  # as operations: made a hundred times a push
    """What became of one operation: applied, duplicate, late, quarantined, rejected or deferred."""

    id: str | None
    result: str
    seq: int | None = None
    code: str = ""


class CannotStore(Exception):
    """The database refused a batch as a whole; the text says what kind of error it was."""


@dataclass(slots=True)
class _Record:
    """One record while a batch is taken in."""

    kind: RecordKind
    id: str
    row: Any
    seq: int
    lamport: int
    known: bool  # whether record_heads has its row
    heads: dict[Key, Any]  # sequences of Head
    known_heads: frozenset[Key] = frozenset()  # the registers that field_heads has rows of
    state: dict[Key, Register] = field(default_factory=dict)
    named: dict[Key, set[str]] = field(default_factory=dict)
    applied: list[Operation] = field(default_factory=list)
    stored: list[tuple[Operation, int, str, str]] = field(default_factory=list)
    touched: set[Key] = field(default_factory=set)


def receive(
    session: Session, kinds: Kinds, author: Author, raw: Sequence[Any], now: datetime
) -> list[Answer]:
    """Takes a batch in, in the caller's transaction; one answer per operation, in the same order.

    Raises CannotStore when the database refuses the batch: then the transaction is of no use any more, and
    `receive_carefully` does it in a new one.
    """
    try:
        return _receive(session, kinds, author, raw, now)
    except OperationalError:
        raise  # a lock or a full disk is nobody's fault: the phone tries again
    except (DBAPIError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise CannotStore(type(error).__name__) from error


def receive_carefully(
    session: Session, kinds: Kinds, author: Author, raw: Sequence[Any], now: datetime
) -> list[Answer]:
    """The same, halving a batch that cannot be stored until the culprit stands alone and is rejected."""
    try:
        with session.begin_nested():
            return receive(session, kinds, author, raw, now)
    except CannotStore as error:
        if len(raw) == 1:
            log.exception("an operation could not be stored")
            return [_refuse(session, author, raw[0], "op_value", now)]
        log.warning("a batch of %s could not be stored and is halved: %s", len(raw), error)
        middle = len(raw) // 2
        return [
            *receive_carefully(session, kinds, author, raw[:middle], now),
            *receive_carefully(session, kinds, author, raw[middle:], now),
        ]


def _receive(
    session: Session, kinds: Kinds, author: Author, raw: Sequence[Any], now: datetime
) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(raw)
    parsed: list[tuple[int, Operation]] = []
    first: dict[str, Operation] = {}
    device = str(author.device_id)
    served = {kind.name for kind in kinds}
    for index, body in enumerate(raw):
        try:
            op = parse(body)
        except PlumblineError as error:
            answers[index] = _refuse(session, author, body, error.code, now)
            continue
        if op.device != device:
            answers[index] = Answer(op.id, "rejected", code="device_of_other")
        elif op.record_kind not in served:
            answers[index] = _refuse(session, author, body, "op_record_kind", now)
        elif op.id in first:
            same = first[op.id].hash == op.hash
            answers[index] = (
                Answer(op.id, "duplicate") if same else _refuse(session, author, body, "op_id_reused", now)
            )
        else:
            first[op.id] = op
            parsed.append((index, op))
    known = _known(session, first)
    records = _open(session, kinds, author, [op for _, op in parsed], known)
    for index, op in parsed:
        record = records.get(op.record_id)
        if type(record) is _Record and op.kind != "create" and op.id not in known:
            answers[index] = _judge(session, author, record, op, raw[index], now)
        elif answers[index] is None:
            answers[index] = _take(session, kinds, author, op, known, records, raw[index], now)
    _store(session, records, author, now)
    for record in records.values():
        if isinstance(record, _Record) and record.stored:
            if late := len(record.stored) - len(record.applied):
                record.kind.late(record.row, late)
            if record.applied:
                record.kind.apply(session, record.row, record.state, record.applied, author, now)
            record.kind.save(session, record.row)
    session.flush()
    return [answer for answer in answers if answer is not None]


@dataclass(frozen=True, slots=True)
class _Known:
    hash: str
    seq: int


def _known(session: Session, ops: dict[str, Operation]) -> dict[str, _Known]:
    if not ops:
        return {}
    rows = select_many(session, "SELECT id, hash, seq FROM operations WHERE id IN (:ids)", list(ops))
    return {id_text(i): _Known(h, seq) for i, h, seq in rows}


def _open(
    session: Session,
    kinds: Kinds,
    author: Author,
    ops: Sequence[Operation],
    known: dict[str, _Known],
) -> dict[str, _Record | Access]:
    """The records this batch is about, locked; those the author has no access to as that fact alone."""
    opened: dict[str, _Record | Access] = {}
    wanted: dict[str, set[str]] = {}
    for op in ops:
        wanted.setdefault(op.record_kind, set()).add(op.record_id)
    for name in sorted(wanted):
        kind = kinds.get(name)
        assert kind is not None  # judged while parsing
        rows = kind.lock(session, [UUID(record_id) for record_id in sorted(wanted[name])])
        access = kind.access(session, author, list(rows.values()))
        mine = [
            record_id
            for record_id in rows
            if access[record_id] is Access.MAY and (author.active or author.vouched)
        ]
        heads = heads_of(session, mine) if mine else {}
        places = _places(session, mine)
        for record_id, row in rows.items():
            if record_id in heads:
                opened[str(record_id)] = _record(kind, record_id, row, places, heads[record_id])
            else:
                once = access[record_id] is not Access.NEVER
                opened[str(record_id)] = Access.ONCE if once else Access.NEVER
    taken = [record for record in opened.values() if isinstance(record, _Record)]
    if taken:
        name_parents(session, taken, [op.id for op in ops if op.id not in known])
    return opened


def _record(
    kind: RecordKind,
    record_id: UUID,
    row: Any,
    places: dict[UUID, tuple[int, int]],
    heads: dict[Key, list[Head]],
) -> _Record:
    seq, lamport = places.get(record_id, (0, 0))
    state = {key: register(held, key[1]) for key, held in heads.items()}
    known = record_id in places
    return _Record(kind, str(record_id), row, seq, lamport, known, heads, frozenset(heads), state)


def record_of(
    session: Session, kind: RecordKind, record_id: UUID, row: Any, heads: dict[Key, list[Head]]
) -> _Record:
    """A locked record, to be written to."""
    return _record(kind, record_id, row, _places(session, [record_id]), heads)


def _places(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    if not ids:
        return {}
    rows = select_many(
        session,
        "SELECT record_id, seq, lamport FROM record_heads WHERE record_id IN (:ids)",
        [str(record_id) for record_id in ids],
    )
    return {UUID(id_text(record_id)): (seq, lamport) for record_id, seq, lamport in rows}


def name_parents(session: Session, records: Sequence[_Record], ids: Sequence[str]) -> None:
    """Notes which of the new ids are named already by an applied child that came before its parent."""
    if not ids:
        return
    by_id = {record.id: record for record in records}
    rows = select_many(
        session,
        "SELECT p.parent_id, o.record_id, o.path, o.field FROM operation_parents p "  # noqa: S608 (our own)
        "JOIN operations o ON o.id = p.child_id "
        f"WHERE p.parent_id IN (:ids) AND {LATEST_FATE} = 'applied'",
        ids,
    )
    for parent_id, record_id, path, name in rows:
        record = by_id.get(id_text(record_id))
        if record is not None:
            record.named.setdefault((path, name), set()).add(id_text(parent_id))


def _take(
    session: Session,
    kinds: Kinds,
    author: Author,
    op: Operation,
    known: dict[str, _Known],
    records: dict[str, _Record | Access],
    body: Any,
    now: datetime,
) -> Answer:
    """The fate of one operation; stored ones are noted in their record."""
    seen = known.get(op.id)
    if seen is not None and seen.hash == op.hash:
        return Answer(op.id, "duplicate", seq=seen.seq)
    record = records.get(op.record_id)
    if record is None or record is Access.NEVER:
        if record is None and op.kind == "create" and seen is None:
            return _create(session, kinds, author, op, records, body, now)
        return Answer(op.id, "deferred", code="op_record_unknown")
    if record is Access.ONCE:
        return _hold(session, author, op, body, "quarantined", now)
    assert isinstance(record, _Record)
    if seen is not None:
        return _refuse(session, author, body, "op_id_reused", now)
    if op.kind == "create":
        return _refuse(session, author, body, "already_exists", now)
    return _judge(session, author, record, op, body, now)


def _create(
    session: Session,
    kinds: Kinds,
    author: Author,
    op: Operation,
    records: dict[str, _Record | Access],
    body: Any,
    now: datetime,
) -> Answer:
    if not author.active and not author.vouched:
        return _hold(session, author, op, body, "quarantined", now)
    kind = kinds.get(op.record_kind)
    assert kind is not None
    if op.lamport > LEAP_AT_MOST:
        return _refuse(session, author, body, "op_integer", now)
    try:
        row = kind.create(session, author, op, now)
    except PlumblineError as error:
        return _refuse(session, author, body, error.code, now)
    record = _Record(kind, op.record_id, row, 0, 0, False, {})
    records[record.id] = record
    return _apply(record, op, now)


def _judge(
    session: Session, author: Author, record: _Record, op: Operation, body: Any, now: datetime
) -> Answer:
    # a counter at its very end would leave nobody a number to write with: honest ones go up one by one
    if op.lamport > record.lamport + LEAP_AT_MOST:
        return _refuse(session, author, body, "op_integer", now)
    kind = record.kind
    closed = kind.closed(record.row, op)
    try:
        kind.judge(session, author, record.row, op, record.state, record.applied)
    except Deferred as early:
        if closed is None:
            return Answer(op.id, "deferred", code=early.code)
    except PlumblineError as error:
        return _refuse(session, author, body, error.code, now)
    if closed is not None:
        record.seq += 1
        record.lamport = max(record.lamport, op.lamport)
        record.stored.append((op, record.seq, "late", closed))
        return Answer(op.id, "late", seq=record.seq, code=closed)
    return _apply(record, op, now)


def _apply(record: _Record, op: Operation, now: datetime) -> Answer:
    merge(record, op, now)
    record.seq += 1
    record.lamport = max(record.lamport, op.lamport)
    record.stored.append((op, record.seq, "applied", ""))
    return Answer(op.id, "applied", seq=record.seq)


def merge(record: _Record, op: Operation, now: datetime) -> None:
    """Makes an operation count in its register."""
    key = (op.path, op.field)
    held, named = record.heads.get(key), record.named.get(key)
    if held or named or op.parents:
        named = record.named.setdefault(key, set())
        heads = replace_heads(held or (), [op], op.field, named)
        named.update(op.parents)  # a parent may still follow in this batch
        record.state[key] = register(heads, op.field)
    else:  # most of what a phone sends: the first answer of a register
        heads = (Head(op.id, op.lamport, op.value),)
        record.state[key] = Register(heads, op.value, False)
    record.heads[key] = heads
    record.touched.add(key)
    record.applied.append(op)
    record.kind.step(record.row, op, now)


_PLACE = Prepared(
    update(RECORDS)
    .where(RECORDS.c.record_id == bindparam("record"))
    .values(seq=bindparam("at"), lamport=bindparam("highest"))
)
_HEAD = ("record_id", "path", "field", "operation_id", "lamport", "value")


def _store(session: Session, records: dict[str, _Record | Access], author: Author, now: datetime) -> None:
    open_records = [r for r in records.values() if isinstance(r, _Record) and r.stored]
    stored = [each for record in open_records for each in record.stored]
    if not stored:
        return
    if session.new:
        session.flush()  # rows the kinds made, before what points to them
    ops, seqs, _, _ = zip(*stored, strict=True)
    insert_columns(session, OPERATIONS, _columns(ops, seqs, author, now), len(ops))
    parents = [(parent, op.id) for op in ops for parent in op.parents]
    if parents:
        named, children = zip(*parents, strict=True)
        insert_columns(session, PARENTS, {"parent_id": named, "child_id": children}, len(parents))
    others = [(op.id, fate, code) for op, _, fate, code in stored if fate != "applied" or author.through]
    if others:
        about = dict(zip(("operation_id", "fate", "code"), zip(*others, strict=True), strict=True))
        insert_columns(
            session, FATES, {**about, "turn": 1, "at": now, "person_id": author.through}, len(others)
        )
    store_heads(session, open_records)


def _columns(ops: Sequence[Operation], seqs: Sequence[int], author: Author, now: datetime) -> dict[str, Any]:
    by_member = dict(zip(Operation._fields, zip(*ops, strict=True), strict=True))
    of_op = ("id", "record_kind", "record_id", "kind", "path", "field", "hash")
    numbers = ("n", "lamport", "at", "offset", "tz", "v")
    return {
        **{name: by_member[name] for name in (*of_op, *numbers)},
        "seq": seqs,
        "value": [None if op.value is None else op.value_text for op in ops],
        "device_id": author.device_id,
        "person_id": author.actor.id,
        "received_at": now,
    }


def store_heads(session: Session, records: Iterable[_Record]) -> None:
    gone: list[dict[str, Any]] = []
    new: list[tuple[Any, ...]] = []
    for record in records:
        texts = {op.id: op.value_text for op in record.applied}
        for key in record.touched:
            if key in record.known_heads:
                gone.append({"r": UUID(record.id), "p": key[0], "f": key[1]})
            for head_id, lamport, value in record.heads[key]:
                text = None if value is None else texts.get(head_id) or canonical_text(value)
                new.append((record.id, *key, head_id, lamport, text))
    if gone:
        session.execute(
            delete(HEADS).where(
                HEADS.c.record_id == bindparam("r"),
                HEADS.c.path == bindparam("p"),
                HEADS.c.field == bindparam("f"),
            ),
            gone,
        )
    if new:
        columns = dict(zip(_HEAD, zip(*new, strict=True), strict=True))
        insert_columns(session, HEADS, columns, len(new))
    for record in records:
        place = {"at": record.seq, "highest": record.lamport}
        if record.known:
            _PLACE(session, record=UUID(record.id), **place)
        else:
            made = {"record_id": UUID(record.id), "record_kind": record.kind.name}
            session.execute(insert(RECORDS).values(**made, seq=record.seq, lamport=record.lamport))


def _refuse(session: Session, author: Author, body: Any, code: str, now: datetime) -> Answer:
    """Rejected; the body is kept beside the log so that nothing somebody typed is lost."""
    op_id = body.get("id") if isinstance(body, dict) else None
    answer = Answer(op_id if isinstance(op_id, str) else None, "rejected", code=code)
    _keep(session, author, body, code, now)
    return answer


def _hold(session: Session, author: Author, op: Operation, body: Any, code: str, now: datetime) -> Answer:
    kept = _keep(session, author, body, code, now)
    # the phone may forget what is held here, so what is not held must not be called so
    return Answer(op.id, "quarantined" if kept else "deferred", code=code)


def _keep(session: Session, author: Author, body: Any, code: str, now: datetime) -> bool:
    """Keeps the body beside the log; False when the person's share of that place is used up."""
    try:
        text = json.dumps(body, sort_keys=True, ensure_ascii=True, default=str)
    except RecursionError:
        text = '"nested too deeply to be written down"'
    if len(text) > BODY_AT_MOST:
        text = text[:BODY_AT_MOST]
    hashed = digest(text.encode())
    mine = QUARANTINE.c.person_id == author.actor.id
    if session.scalar(select(QUARANTINE.c.id).where(mine, QUARANTINE.c.hash == hashed).limit(1)) is not None:
        return True
    if (session.scalar(select(func.count()).where(mine)) or 0) >= QUARANTINE_AT_MOST:
        return False
    session.execute(
        insert(QUARANTINE).values(
            id=new_id(),
            operation_id=_uuid(body.get("id")) if isinstance(body, dict) else None,
            record_id=_uuid(body["record"].get("id"))
            if isinstance(body, dict) and isinstance(body.get("record"), dict)
            else None,
            person_id=author.actor.id,
            device_id=author.device_id,
            code=code,
            body=text,
            hash=hashed,
            received_at=now,
            expires_at=now + HELD_FOR,
        )
    )
    return True


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def forget_expired(session: Session, now: datetime) -> int:
    """Removes held bodies whose time is over (90 days); how many."""
    gone = session.execute(delete(QUARANTINE).where(QUARANTINE.c.expires_at <= now))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def write_at_desk(
    session: Session,
    kind: RecordKind,
    author: Author,
    record_id: UUID,
    changes: Sequence[tuple[str, str, str, Any]],
    now: datetime,
) -> None:
    """Writes (kind, path, field, value) as operations of the desk: the same road a phone's take.

    The desk has no device; its clock is the server's. Raises what the record kind raises.
    """
    rows = kind.lock(session, [record_id])
    heads = heads_of(session, [record_id])[record_id]
    record = record_of(session, kind, record_id, rows.get(record_id), heads)
    for name, path, register_field, value in changes:
        op = _at_desk(record, name, path, register_field, value, author, now)
        if record.row is None:
            record.row = kind.create(session, author, op, now)
        else:
            closed = kind.closed(record.row, op)
            if closed is not None:
                raise PlumblineError(closed)
            try:
                kind.judge(session, author, record.row, op, record.state, record.applied)
            except Deferred as early:  # nobody sends it again from a desk
                raise PlumblineError(early.code) from None
        _apply(record, op, now)
    _store(session, {record.id: record}, author, now)
    kind.apply(session, record.row, record.state, record.applied, author, now)
    session.flush()


def _at_desk(
    record: _Record, kind: str, path: str, name: str, value: Any, author: Author, now: datetime
) -> Operation:
    heads = record.heads.get((path, name), [])
    op = Operation(
        id=str(new_id()),
        record_kind=record.kind.name,
        record_id=record.id,
        kind=kind,
        path=path,
        field=name,
        value=value,
        parents=tuple(sorted(head.id for head in heads)),
        device="",
        n=record.seq + 1,
        lamport=record.lamport + 1,
        at=int(now.timestamp() * 1000),
        offset=0,
        tz=author.actor.time_zone,
        v=VERSION,
        value_text=canonical_text(value),
        hash="",
    )
    return op._replace(hash=digest(canonical_text(op.travel()).encode()))
