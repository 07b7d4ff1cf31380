"""The shape of an operation: one change made on a device, as it travels (DESIGN §5.2).

``parse`` is on the hot path of every push, so it judges and writes the canonical bytes in one pass and asks
for nothing twice. What an operation *means* for its record is the business of that record's feature.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from app.domain.canonical import MAX_INTEGER, canonical, canonical_text, digest
from app.domain.errors import Invalid, Malformed

__all__ = ["KINDS", "UPCASTERS", "VERSION", "Operation", "canonical", "digest", "parse"]

VERSION = 1
MAX_TEXT = 10_000  # characters (code points) of one string
MAX_BYTES = 32 * 1024  # of one operation's canonical form
MAX_CREATED = 224 * 1024  # of one that begins a record: a re-inspection names all it looks at
MAX_PARENTS = 50
MAX_DEPTH = 4  # of a value
_MIN = -MAX_INTEGER

# What field a kind writes. A trailing colon is a prefix; `set` writes every field none of the others owns,
# and of the numbered ones the drawings on photos.
KINDS: dict[str, str | None] = {
    "set": None,
    "create": "created",
    "media.add": "photo:",
    "media.remove": "photo:",
    "row.add": "row",
    "row.remove": "row",
    "cancel": "cancelled",
    "complete": "completed",
    "sign": "signed",
    "refuse": "refused",
    "approve": "approved",
    "return": "returned",
    "reopen": "reopened",
}
_OWNED = frozenset(owned for owned in KINDS.values() if owned and owned[-1] != ":")
_REMOVALS = frozenset({"media.remove", "row.remove"})
_ABOUT_THE_RECORD = frozenset({"create", "cancel", "complete", "approve", "return", "reopen"})

_MEMBERS = frozenset(
    {"v", "id", "record", "kind", "path", "field", "value"}
    | {"parents", "device", "n", "lamport", "at", "offset", "tz"}
)
# Lower case only: the same id written in two ways would be two operations.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_PATH = re.compile(r"[a-z]{1,32}(?:/[A-Za-z0-9_-]{1,64})?").fullmatch
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}(?::[0-9a-f-]{36})?").fullmatch
_WORD = re.compile(r"[a-z][a-z_]{0,31}").fullmatch
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}").fullmatch


class Operation(NamedTuple):  # made a hundred times a push: a frozen dataclass takes twice as long
    """One operation, checked. Ids are lower-case UUID strings; ``at`` and ``offset`` milliseconds of the
    device.

    ``value_text`` is the canonical JSON of ``value`` and ``hash`` the SHA-256 of the whole canonical form,
    both kept because storing needs them.
    """

    id: str
    record_kind: str
    record_id: str
    kind: str
    path: str
    field: str
    value: Any
    parents: tuple[str, ...]
    device: str
    n: int
    lamport: int
    at: int
    offset: int
    tz: str
    v: int
    value_text: str
    hash: str

    def travel(self) -> dict[str, Any]:
        """The operation as it travels; ``parse(op.travel()) == op``."""
        return {
            "v": self.v,
            "id": self.id,
            "record": {"kind": self.record_kind, "id": self.record_id},
            "kind": self.kind,
            "path": self.path,
            "field": self.field,
            "value": self.value,
            "parents": list(self.parents),
            "device": self.device,
            "n": self.n,
            "lamport": self.lamport,
            "at": self.at,
            "offset": self.offset,
            "tz": self.tz,
        }


def parse(raw: Any) -> Operation:
    """The operation in ``raw`` (decoded JSON), brought to the present version.

    Raises ``Malformed(code, field)``; one bad operation never says anything about the next.
    """
    if type(raw) is not dict:
        raise Malformed("op_not_object")
    version = raw.get("v")
    if version != VERSION or type(version) is not int:
        raw = _upcast(raw)
    if len(raw) != len(_MEMBERS):
        _judge_members(raw)
    try:
        op_id, record, kind, path, field = raw["id"], raw["record"], raw["kind"], raw["path"], raw["field"]
        value, parents, device, tz = raw["value"], raw["parents"], raw["device"], raw["tz"]
        n, lamport, at, offset = raw["n"], raw["lamport"], raw["at"], raw["offset"]
    except KeyError:
        _judge_members(raw)
        raise
    if type(record) is not dict or len(record) != 2:
        raise Malformed("op_type", "record")
    record_kind, record_id = record.get("kind"), record.get("id")
    if type(op_id) is not str or not _UUID(op_id):
        raise Malformed("op_id", "id")
    if not (type(record_id) is type(device) is type(record_kind) is type(tz) is str):
        _judge_types(record_id, device, record_kind, tz)
    _judge_frame(record_id, device, record_kind, tz)
    if type(path) is not str:
        raise Malformed("op_path", "path")
    if type(field) is not str:
        raise Malformed("op_field", "field")
    if not (type(n) is type(lamport) is type(at) is type(offset) is int) or not (
        1 <= n <= MAX_INTEGER
        and 1 <= lamport <= MAX_INTEGER
        and _MIN <= at <= MAX_INTEGER
        and _MIN <= offset <= MAX_INTEGER
    ):
        _judge_numbers(n, lamport, at, offset)
    if type(kind) is not str:
        raise Malformed("op_kind", "kind")
    _judge_register(kind, path, field, value is None, record_kind)
    named = _parents(parents, op_id)
    try:
        value_text = canonical_text(value, MAX_TEXT, MAX_DEPTH)
        # Members in code point order; all strings but the value's hold only characters JSON leaves as they
        # are.
        body = (
            f'{{"at":{at},"device":"{device}","field":"{field}","id":"{op_id}","kind":"{kind}",'
            f'"lamport":{lamport},"n":{n},"offset":{offset},"parents":[{named}],"path":"{path}",'
            f'"record":{{"id":"{record_id}","kind":"{record_kind}"}},"tz":"{tz}","v":{VERSION},'
            f'"value":{value_text}}}'
        ).encode()
    except UnicodeEncodeError:
        raise Malformed("op_text", "value") from None
    except Invalid as error:
        raise Malformed(error.code, "value", **error.params) from None
    limit = MAX_CREATED if kind == "create" else MAX_BYTES
    if len(body) > limit:
        raise Malformed("op_too_large", None, limit=limit)
    return Operation(  # by position: by name takes twice as long
        op_id,
        record_kind,  # type: ignore[arg-type]
        record_id,  # type: ignore[arg-type]
        kind,
        path,
        field,
        value,
        tuple(parents),
        device,
        n,
        lamport,
        at,
        offset,
        tz,
        VERSION,
        value_text,
        digest(body),
    )


# Operations of one push share their frame, and all checklists' answers a few hundred registers: judged once,
# remembered while it is good (what raises is not remembered).
@lru_cache(maxsize=4096)
def _judge_frame(record_id: str, device: str, record_kind: str, tz: str) -> None:
    for name, uuid in (("record.id", record_id), ("device", device)):
        if not _UUID(uuid):
            raise Malformed("op_id", name)
    if not _WORD(record_kind):
        raise Malformed("op_record_kind", "record.kind")
    if not _ZONE(tz):
        raise Malformed("op_type", "tz")


@lru_cache(maxsize=4096)
def _judge_register(kind: str, path: str, field: str, empty: bool, record_kind: str) -> None:
    if not _PATH(path):
        raise Malformed("op_path", "path")
    if not _FIELD(field):
        raise Malformed("op_field", "field")
    if kind not in KINDS:
        raise Malformed("op_kind", "kind")
    owned = KINDS[kind]
    if owned is None:
        fits = field not in _OWNED and (":" not in field or field.startswith("marks:"))
    elif owned[-1] == ":":
        fits = field.startswith(owned)
    else:
        fits = field == owned
    if not fits or (kind in _ABOUT_THE_RECORD and path != record_kind):
        raise Malformed("op_kind_field", "field")
    if owned is not None and empty != (kind in _REMOVALS):
        raise Malformed("op_value", "value")


def _judge_types(record_id: Any, device: Any, record_kind: Any, tz: Any) -> None:
    for name, uuid in (("record.id", record_id), ("device", device)):
        if type(uuid) is not str:
            raise Malformed("op_id", name)
    if type(record_kind) is not str:
        raise Malformed("op_record_kind", "record.kind")
    raise Malformed("op_type", "tz")


def _judge_numbers(n: Any, lamport: Any, at: Any, offset: Any) -> None:
    for name, number, least in (
        ("n", n, 1),
        ("lamport", lamport, 1),
        ("at", at, _MIN),
        ("offset", offset, _MIN),
    ):
        if type(number) is not int:
            raise Malformed("op_type", name)
        if not least <= number <= MAX_INTEGER:
            raise Malformed("op_integer", name)


def _parents(parents: Any, op_id: str) -> str:
    if type(parents) is not list:
        raise Malformed("op_type", "parents")
    if not parents:
        return ""
    if len(parents) > MAX_PARENTS:
        raise Malformed("op_parents_many", "parents", limit=MAX_PARENTS)
    for parent in parents:
        if type(parent) is not str or not _UUID(parent):
            raise Malformed("op_id", "parents")
    if op_id in parents or len(set(parents)) != len(parents):
        raise Malformed("op_parents", "parents")
    return '"' + '","'.join(parents) + '"'


def _judge_members(raw: dict[str, Any]) -> None:
    unknown = [key for key in raw if key not in _MEMBERS]
    if unknown:
        raise Malformed("op_member_unknown", str(unknown[0])[:64])
    for name in sorted(_MEMBERS):
        if name not in raw:
            raise Malformed("op_member_missing", name)


def _from_0(raw: dict[str, Any]) -> dict[str, Any]:
    # The prototype's operations belonged to inspections only and used short names.
    renamed = {"dev": "device", "lc": "lamport", "off": "offset"}
    new = {renamed.get(key, key): value for key, value in raw.items() if key not in ("v", "insp")}
    new["record"] = {"kind": "inspection", "id": raw.get("insp")}
    new["v"] = 1
    return new


# From a version to the next. Once shipped, an upcaster never changes: the stored hash is that of its result.
UPCASTERS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {0: _from_0}


def _upcast(raw: dict[str, Any]) -> dict[str, Any]:
    version = raw.get("v")
    while type(version) is int and version != VERSION and version in UPCASTERS:
        raw = UPCASTERS[version](raw)
        version = raw["v"]
    if type(version) is not int or version != VERSION:
        raise Malformed("op_version" if "v" in raw else "op_member_missing", "v")
    return raw
