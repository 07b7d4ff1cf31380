"""What a register holds when several devices wrote it (offline.md 4.4). Twin:
``static/src/js/domain/merge.js``.

A register is one (path, field) of one record. Its heads are the operations no other operation of the same
register names as a parent. Nothing here reads a clock, and the order or repetition of operations changes
nothing. Photos and rows are sets in which adding wins: they never conflict. Only applied operations may be
given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from app.domain.canonical import canonical_text

Key = tuple[str, str]  # (path, field)


class Writes(Protocol):
    """What merging asks of an operation."""

    @property
    def id(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def parents(self) -> Iterable[str]: ...
    @property
    def lamport(self) -> int: ...


class Head(NamedTuple):
    """A head of a register: a row of ``field_heads``."""

    id: str
    lamport: int
    value: Any


class Register(NamedTuple):  # made for every operation of a push
    """A register's heads, the shown one first; what is shown; whether somebody must decide."""

    heads: tuple[Head, ...]
    value: Any
    conflict: bool


def is_member(field: str) -> bool:
    """Whether the register says that something is in a set (a photo, a row), where adding wins. Drawings on a
    photo never conflict either: those of all heads are shown together (domain/marks.py).
    """
    return field == "row" or field.startswith(("photo:", "marks:"))


def ordered(heads: Iterable[Head], field: str) -> tuple[Head, ...]:
    """The shown head first: the greatest (lamport, id), in a set the greatest that adds."""
    found = tuple(heads)
    if len(found) < 2:
        return found
    adding = is_member(field)
    return tuple(sorted(found, key=lambda h: (adding and h.value is not None, h.lamport, h.id), reverse=True))


def register(heads: Iterable[Head], field: str) -> Register:
    """The register with these heads. Without heads it holds nothing."""
    first = ordered(heads, field)
    if not first:
        return Register((), None, False)
    differ = len(first) > 1 and not is_member(field) and len({canonical_text(h.value) for h in first}) > 1
    return Register(first, first[0].value, differ)


def heads(operations: Iterable[Writes]) -> dict[Key, tuple[Head, ...]]:
    """The heads of every register, the shown one first."""
    written: dict[Key, dict[str, Head]] = {}
    named: dict[Key, set[str]] = {}
    for op in operations:
        key = (op.path, op.field)
        if key not in written:
            written[key], named[key] = {}, set()
        written[key][op.id] = Head(op.id, op.lamport, op.value)
        named[key].update(op.parents)
    return {
        key: ordered([head for head in ops.values() if head.id not in named[key]], key[1])
        for key, ops in written.items()
    }


def registers(operations: Iterable[Writes]) -> dict[Key, Register]:
    """Every register that was ever written."""
    return {key: register(found, key[1]) for key, found in heads(operations).items()}


def replace_heads(
    old: Iterable[Head], new: Iterable[Writes], field: str, named: frozenset[str] | set[str] = frozenset()
) -> tuple[Head, ...]:
    """The heads of ONE register after new operations of that register, from its heads before.

    ``named``: those ids of ``new`` which operations already stored in this register name as a parent (a child
    may arrive before its parent). Equal to ``heads`` from scratch whatever the order of arrival (tested).
    """
    found = {head.id: head for head in old}
    gone = set(named)
    for op in new:
        found[op.id] = Head(op.id, op.lamport, op.value)
        gone.update(op.parents)
    return ordered((head for head in found.values() if head.id not in gone), field)


def conflicts(state: Mapping[Key, Register]) -> list[Key]:
    """The registers somebody must decide about, in order."""
    return sorted(key for key, held in state.items() if held.conflict)


def live(members: Iterable[Register]) -> list[Any]:
    """What is in a set, oldest first: the values of its registers that are not removed."""
    there = [held for held in members if held.value is not None]
    return [held.value for held in sorted(there, key=lambda held: (held.heads[0].lamport, held.heads[0].id))]


def photos(state: Mapping[Key, Register], path: str) -> list[Any]:
    """The live photos below a path, oldest first."""
    return live(held for (at, field), held in state.items() if at == path and field.startswith("photo:"))


def rows(state: Mapping[Key, Register], prefix: str) -> dict[str, dict[str, Any]]:
    """The live rows below ``prefix``: row id → its fields, in the order of their ids."""
    live_paths = sorted(
        path
        for (path, field), held in state.items()
        if field == "row" and held.value is not None and path.startswith(prefix + "/")
    )
    return {
        path[len(prefix) + 1 :]: {
            f: held.value for (at, f), held in state.items() if at == path and f != "row"
        }
        for path in live_paths
    }
