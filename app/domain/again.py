"""Looking again at what was repaired: a walk whose questions are the repaired defects of a unit.

Twin: ``static/src/js/domain/again.js``.

A re-inspection is an inspection like any walk. It names its repaired defects when it begins; expanded, each
is a question in the section of its room, answered pass, fail or accepted as it is. Only a pass scores, so its
total is the share that passed. A pass and a fail owe a photo, a fail and "as it is" a note
(domain/duty.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from app.domain.checklists import questions
from app.domain.errors import Invalid
from app.domain.merge import Key, Register, photos
from app.domain.money import CURRENCIES, PRICE_AT_MOST
from app.domain.register_values import SHA256, members, text, uuid
from app.domain.register_walk import CLASSES, EDGE
from app.domain.rooms import WHOLE, Room, expand, is_name, words_of

PASS, FAIL, AS_IS = RESULTS = ("pass", "fail", "as_is")
MOST_REPAIRED = 200  # of one re-inspection
TEXT_AT_MOST = 2000  # characters of what is wrong, in one language
MOST_PHOTOS = 4  # from before, and from after the repair, of one defect
DUTY = "again"
SCALE: dict[str, Any] = {
    "id": "again",
    "min": 0,
    "max": 1,
    "options": [
        {
            "value": PASS,
            "points": 1,
            "verdict": "v10",
            "label": {"en": "Pass", "zh-Hans": "通过", "zh-Hant": "通過"},
            "says": {"en": "Repaired", "zh-Hans": "已修复", "zh-Hant": "已修復"},
        },
        {
            "value": FAIL,
            "points": 0,
            "verdict": "v0",
            "label": {"en": "Fail", "zh-Hans": "不通过", "zh-Hant": "不通過"},
            "says": {"en": "Not repaired", "zh-Hans": "未修复", "zh-Hant": "未修復"},
        },
        {
            "value": AS_IS,
            "points": 0,
            "verdict": "v6",
            "label": {"en": "As is", "zh-Hans": "按现状", "zh-Hant": "按現狀"},
            "says": {"en": "Accepted as it is", "zh-Hans": "按现状接受", "zh-Hant": "按現狀接受"},
        },
    ],
}

Repaired = Mapping[str, Any]  # its members stand in judge_repaired
_MEMBERS = ("row", "case", "room", "room_name", "trade", "class", "check", "text", "pin", "contractor")
_MORE = ("before", "after", "done", "failed")


def question_id(row: str) -> str:
    """Under which id the repaired defect of a row is asked about."""
    return f"R-{row.replace('-', '')}"


def as_walked(
    definition: Mapping[str, Any], rooms: Sequence[Room] | None, repaired: Sequence[Repaired] | None = None
) -> Mapping[str, Any]:
    """What an inspection asks: a checklist as it is, room by room on a walk, or what was repaired."""
    if repaired is None or rooms is None:
        return expand(definition, rooms)
    known = [room["id"] for room in rooms]
    whole = next((room["id"] for room in rooms if room["kind"] == WHOLE), known[-1])
    # a defect of no room, or of one the unit no longer has, is looked for in the flat as a whole
    at = {one["row"]: one["room"] if one["room"] in known else whole for one in repaired}
    sections = [
        {
            "id": room["id"],
            "kind": room["kind"],
            "title": words_of(room["name"]),
            "optional": False,
            "questions": [_question(one, room["id"]) for one in repaired if at[one["row"]] == room["id"]],
        }
        for room in rooms
    ]
    rules = {
        **{
            name: definition["rules"][name]
            for name in ("signatures", "approval")
            if name in definition["rules"]
        },
        "grade": None,
        "coverage": None,
        "downgrade": "none",
        "duty": DUTY,
        "group_weights": None,
    }
    asked = [section for section in sections if section["questions"]]
    return {**definition, "na": False, "scale": SCALE, "rules": rules, "sections": asked}


def _question(one: Repaired, room: str) -> dict[str, Any]:
    return {
        "id": question_id(one["row"]),
        "check": one["case"]["number"],
        "room": room,
        "text": words_of(one["text"]),
        "weight": 1,
        "critical": False,
        "veto": False,
        "severity": one["class"],
        "trade": one["trade"],
        "repaired": dict(one),
    }


def rechecks(definition: Mapping[str, Any], state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    """What was found of each repaired defect, in the order of the walk: {"repaired", "question", "result",
    "note", "price", "photos"}; result None while nobody looked. A price stands with "as it is" only.
    ``definition``: as it is walked.
    """
    found = []
    for question in questions(definition):
        path = f"q/{question['id']}"
        result = _shown(state, path, "score")
        found.append(
            {
                "repaired": question["repaired"],
                "question": question["id"],
                "result": result if result in RESULTS else None,
                "note": _shown(state, path, "note"),
                "price": _shown(state, path, "price") if result == AS_IS else None,
                "photos": photos(state, path),
            }
        )
    return found


class Share(NamedTuple):
    """How many of how many; ``percent`` as text with one decimal, half up, None of nothing."""

    passed: int
    checked: int

    @property
    def percent(self) -> str | None:
        if not self.checked:
            return None
        tenths = Fraction(2000 * self.passed + self.checked, 2 * self.checked).__floor__()
        return f"{tenths // 10}.{tenths % 10}"


def first_time_pass_rate(looked: Iterable[Sequence[str]]) -> Share:
    """Of the repaired defects somebody looked at again, how many passed the first time.

    ``looked``: of each, its results in the order of the re-inspections. Accepted as it is is no pass; what
    nobody looked at does not count.
    """
    first = [results[0] for results in looked if results]
    return Share(sum(result == PASS for result in first), len(first))


def judge_price(value: Any) -> None:
    """Raises Invalid when this is no price: {"amount": in the smallest unit, "currency"}."""
    if value is None:
        return
    members(value, "amount", "currency")
    if value["currency"] not in CURRENCIES:
        raise Invalid("op_value")
    if type(value["amount"]) is not int or not 0 <= value["amount"] <= PRICE_AT_MOST:
        raise Invalid("op_value")


def judge_repaired(repaired: Any) -> None:
    """Raises Invalid when these cannot be the repaired defects a re-inspection begins with.

    Each is {"row", "case": {"id", "number"}, "room", "room_name", "trade", "class", "check", "text", "pin",
    "contractor": {"id", "name"} | None, "before", "after" (SHA-256 of photos), "done" (what the contractor
    says, typed text), "failed" (how often it was looked at in vain)}.
    """
    if type(repaired) is not list or not 1 <= len(repaired) <= MOST_REPAIRED:
        raise Invalid("op_value")
    for one in repaired:
        members(one, *_MEMBERS, *_MORE)
        uuid(one["row"])
        _named(one["case"], "number")
        for name, most in (("room", 12), ("trade", 60), ("check", 40)):
            _short(one[name], most)
        if one["class"] not in CLASSES or not is_name(one["text"], TEXT_AT_MOST):
            raise Invalid("op_value")
        if one["room_name"] is not None and not is_name(one["room_name"]):
            raise Invalid("op_value")
        if one["contractor"] is not None:
            _named(one["contractor"], "name")
        if one["pin"] is not None:
            _pin(one["pin"])
        for name in ("before", "after"):
            _hashes(one[name])
        text(one["done"])
        if type(one["failed"]) is not int or not 0 <= one["failed"] <= 1000:
            raise Invalid("op_value")
    if len({one["row"] for one in repaired}) != len(repaired):
        raise Invalid("op_value")


def _named(value: Any, name: str) -> None:
    members(value, "id", name)
    uuid(value["id"])
    if type(value[name]) is not str or not 1 <= len(value[name]) <= 200:
        raise Invalid("op_value")


def _short(value: Any, most: int) -> None:
    if value is not None and (type(value) is not str or not 1 <= len(value) <= most):
        raise Invalid("op_value")


def _pin(value: Any) -> None:
    members(value, "plan", "x", "y")
    uuid(value["plan"])
    if any(type(value[name]) is not int or not 0 <= value[name] <= EDGE for name in ("x", "y")):
        raise Invalid("op_value")


def _hashes(value: Any) -> None:
    if type(value) is not list or len(value) > MOST_PHOTOS:
        raise Invalid("op_value")
    for sha256 in value:
        if type(sha256) is not str or not SHA256(sha256):
            raise Invalid("op_value")


def _shown(state: Mapping[Key, Register], path: str, field: str) -> Any:
    held = state.get((path, field))
    return held.value if held else None
