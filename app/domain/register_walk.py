"""What is written down on the walk of a unit: defects, meters, keys.

The registers of ``d/<row>``, ``meter/<kind>`` and ``keys/<kind>``; only an inspection of a unit has them.
null is "by rule", or nothing written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import Any, Protocol

from app.domain.errors import Invalid
from app.domain.marks import FIELD as MARKS
from app.domain.marks import judge_marks
from app.domain.register_values import day, members, photo, row, text, uuid

CLASSES = ("A", "B", "C")
STANDS = ("agree", "dispute")
METERS = ("water", "hot_water", "power", "gas", "heat")
KEYS = (
    "entrance",
    "room",
    "mailbox",
    "meter_box",
    "garage",
    "remote",
    "access_card",
    "lift_card",
    "other",
)
KEYS_AT_MOST = 200  # of one kind
NUMBER_AT_MOST = 60  # characters of a meter's serial number
EDGE = 10_000  # a pin lies at x, y of this many parts of the plan's width and height
ROOMS_OF_WALK = ("d", "meter", "keys")  # of registers
READING = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.\d{1,3})?").fullmatch


class Walk(Protocol):
    """What judging asks of the form of a walk."""

    @property
    def questions(self) -> Set[str]: ...
    @property
    def rooms(self) -> Set[str]: ...
    @property
    def trades(self) -> Set[str]: ...
    @property
    def defects(self) -> Set[str]: ...


def judge_walk(form: Walk, room: str, name: str, field: str, value: Any) -> None:
    """Raises Invalid. ``room`` is one of ROOMS_OF_WALK, ``name`` what follows it in the path."""
    if room == "d":
        uuid(name, "op_path")
        _judge_defect(form, field, value)
    elif room == "meter" and name in METERS:
        _judge_fields(_METER, field, value)
    elif room == "keys" and name in KEYS:
        _judge_fields(_KEYS, field, value)
    else:
        raise Invalid("op_path", field="path")


def _judge_defect(form: Walk, field: str, value: Any) -> None:
    choices = {"check": form.questions, "room": form.rooms, "trade": form.trades, "code": form.defects}
    if field in choices:
        if value is not None and (type(value) is not str or value not in choices[field]):
            raise Invalid("question_unknown" if field == "check" else "op_value")
    else:
        _judge_fields(_DEFECT, field, value)


def _judge_fields(fields: Mapping[str, Callable[[Any], None]], field: str, value: Any) -> None:
    if value is not None and field.startswith("photo:"):
        photo(value, field.partition(":")[2])
    elif field.startswith(MARKS):
        judge_marks(value)
    elif field in fields:
        if value is not None:
            fields[field](value)
    elif not field.startswith("photo:"):
        raise Invalid("op_field", field="field")


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], None]:
    def judge(value: Any) -> None:
        if type(value) is not str or value not in choices:
            raise Invalid("op_value")

    return judge


def _pin(value: Any) -> None:
    members(value, "plan", "x", "y")
    uuid(value["plan"])
    for name in ("x", "y"):
        if type(value[name]) is not int or not 0 <= value[name] <= EDGE:
            raise Invalid("op_value")


def _reading(value: Any) -> None:
    if type(value) is not str or not READING(value):
        raise Invalid("reading_malformed", field="reading")


def _number(value: Any) -> None:
    if type(value) is not str or not value.strip():
        raise Invalid("op_value")
    if len(value) > NUMBER_AT_MOST:
        raise Invalid("op_text_too_long", limit=NUMBER_AT_MOST)


def _absent(value: Any) -> None:
    members(value, "reason")
    if value["reason"] is None:
        raise Invalid("reason_missing")
    text(value["reason"])


def _count(value: Any) -> None:
    if type(value) is not int or not 0 <= value <= KEYS_AT_MOST:
        raise Invalid("op_value")


_DEFECT: dict[str, Callable[[Any], None]] = {
    "row": row,
    "class": _one_of(CLASSES),
    "class_reason": text,
    "text": text,
    "pin": _pin,
    "contractor": uuid,
    "due": day,
    "due_reason": text,
    "stand": _one_of(STANDS),
    "stand_text": text,
}
_METER: dict[str, Callable[[Any], None]] = {
    "reading": _reading,
    "number": _number,
    "absent": _absent,
    "confirmed": text,
}
_KEYS: dict[str, Callable[[Any], None]] = {"count": _count, "note": text}
