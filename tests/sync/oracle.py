"""What must be true of the server's tables, judged without the server's code: plain SQL and offline.md §5."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.sync.store import Op, Store, heads

_OPERATIONS = (
    "SELECT id, record_kind, record_id, kind, path, field, value, device_id, n, lamport, at, "
    '"offset", tz, v, seq FROM operations ORDER BY record_id, seq'
)


class Violation(AssertionError):
    """A promise was broken; the text says which."""


class Stored(NamedTuple):
    op: Op
    fate: str
    seq: int


def require(holds: bool, promise: str, *about: object) -> None:
    if not holds:
        raise Violation(" ".join([promise, *map(str, about)]))


def _id(value: Any) -> str:
    text = str(value or "").replace("-", "")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}" if text else ""


def stored(world: Any) -> dict[str, Stored]:
    """Operation id → what the server holds of it, with its latest fate."""
    parents: dict[str, list[str]] = {}
    for child, parent in world.rows("SELECT child_id, parent_id FROM operation_parents"):
        parents.setdefault(_id(child), []).append(_id(parent))
    fates = {
        _id(operation): fate
        for operation, fate in world.rows("SELECT operation_id, fate FROM operation_fates ORDER BY turn")
    }
    found = {}
    for row in world.rows(_OPERATIONS):
        op_id, kind, record, op_kind, path, field, value, device, n, lamport, at, offset, tz, v, seq = row
        op = {
            "v": v,
            "id": _id(op_id),
            "record": {"kind": kind, "id": _id(record)},
            "kind": op_kind,
            "path": path,
            "field": field,
            "value": None if value is None else json.loads(value),
            "parents": sorted(parents.get(_id(op_id), [])),
            "device": _id(device),
            "n": n,
            "lamport": lamport,
            "at": at,
            "offset": offset,
            "tz": tz,
        }
        found[op["id"]] = Stored(op, fates.get(op["id"], "applied"), seq)
    return found


def same(one: Op, other: Op) -> bool:
    return _plain(one) == _plain(other)


def _plain(op: Op) -> str:
    return json.dumps({**op, "parents": sorted(op["parents"])}, sort_keys=True)


def nothing_acknowledged_is_missing(stores: Iterable[Store], there: dict[str, Stored]) -> None:
    """I2, while no backup was restored since."""
    for store in stores:
        for op_id, kept in store.ops.items():
            if kept.state in ("acked", "late"):
                require(op_id in there, "I2: acknowledged and not there:", op_id, kept.state)
                require(same(kept.op, there[op_id].op), "I2: acknowledged with another content:", op_id)


def settled(stores: list[Store], there: dict[str, Stored], record: str, world: Any) -> None:
    """Everything that must hold once all faults are over and everything is sent and fetched."""
    mine = {store.device for store in stores}
    said = {op_id: op for store in stores for op_id, op in store.saved.items()}
    for store in stores:
        require(not store.pending(), "I8: still waiting:", [kept.op["id"] for kept in store.pending()])
    for op_id, op in said.items():
        require(op_id in there, "I1: saved on a phone and not on the server:", op_id, op["path"])
        require(same(op, there[op_id].op), "I1: saved as", op, "stored as", there[op_id].op)
    for op_id, row in there.items():
        require(row.op["device"] not in mine or op_id in said, "I3: stored and never saved:", op_id)
    numbers = [row.seq for row in there.values() if row.op["record"]["id"] == record]
    require(sorted(numbers) == list(range(1, len(numbers) + 1)), "I1: a gap in the numbers:", numbers)
    _heads(stores, there, record, world)
    for store in stores:
        for op_id, kept in store.ops.items():
            require(kept.fate == there[op_id].fate, "I5: a phone says", kept.fate, "of", there[op_id].fate)


def _heads(stores: list[Store], there: dict[str, Stored], record: str, world: Any) -> None:
    ours = [row.op for row in there.values() if row.fate == "applied" and row.op["record"]["id"] == record]
    expected = {key: ids for key, ids in heads(ours).items() if ids}
    cached: dict[tuple[str, str], list[str]] = {}
    for row_record, path, field, operation in world.rows(
        "SELECT record_id, path, field, operation_id FROM field_heads"
    ):
        if _id(row_record) == record:
            cached.setdefault((path, field), []).append(_id(operation))
    require(
        {key: sorted(ids) for key, ids in cached.items()} == expected, "I4: the server's heads are", cached
    )
    for store in stores:
        found = {key: ids for key, ids in store.heads(record).items() if ids}
        require(found == expected, "I4: a phone's heads are", found, "and not", expected)
