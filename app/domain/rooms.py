"""A checklist walked room by room: which check is asked in which room (domain.md C3).

Twin: ``static/src/js/domain/rooms.js``.

A question says by ``rooms`` in which kinds of room it is asked; the kind ``unit`` is the flat as a whole
(documents, meters, cleaning). Expanded, a checklist has a section for each room and a question for each check
in it, so that scoring, duty, merging and signing know questions as ever and nothing of rooms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.errors import Invalid
from app.domain.estates import LONGEST_ROOM_NAME, MOST_ROOMS, ROOM_ID, ROOM_KINDS
from app.domain.words import LANGUAGES

WHOLE = "unit"
WHOLE_NAME = {"en": "Whole flat", "zh-Hans": "整套房屋", "zh-Hant": "整戶"}

Room = Mapping[str, Any]  # {"id", "kind", "name": {"en", …} or {"text", "lang"}}


def judge_rooms(rooms: Any) -> None:
    """Raises Invalid when these cannot be the rooms of a unit, in walking order."""
    if type(rooms) is not list or not 1 <= len(rooms) <= MOST_ROOMS:
        raise Invalid("op_value")
    for room in rooms:
        if type(room) is not dict or set(room) != {"id", "kind", "name"} or room["kind"] not in ROOM_KINDS:
            raise Invalid("op_value")
        if type(room["id"]) is not str or not ROOM_ID.fullmatch(room["id"]) or not is_name(room["name"]):
            raise Invalid("op_value")
    if len({room["id"] for room in rooms}) != len(rooms):
        raise Invalid("op_value")


def words_of(name: Mapping[str, str]) -> dict[str, str]:
    """A room's name as words by language; what somebody typed stands in its own language only."""
    return {name["lang"]: name["text"]} if "text" in name else dict(name)


def walked(rooms: Sequence[Room]) -> list[Room]:
    """The rooms of a walk: those of the unit, and the flat as a whole at the end when no room is that."""
    if any(room["kind"] == WHOLE for room in rooms):
        return list(rooms)
    taken = {room["id"] for room in rooms}
    free = next(name for name in (WHOLE, *(f"{WHOLE}{n}" for n in range(2, 99))) if name not in taken)
    return [*rooms, {"id": free, "kind": WHOLE, "name": dict(WHOLE_NAME)}]


def expand(definition: Mapping[str, Any], rooms: Sequence[Room] | None) -> Mapping[str, Any]:
    """The checklist as it is walked: a section for each room that has a check, in walking order.

    A question's id is then ``<check>-<room>``; ``check`` and ``room`` say which. Without rooms (None) the
    definition is given back as it is.
    """
    if rooms is None:
        return definition
    asked = [question for section in definition["sections"] for question in section["questions"]]
    sections = []
    for room in rooms:
        here = [question for question in asked if room["kind"] in question.get("rooms", ())]
        if here:
            sections.append(
                {
                    "id": room["id"],
                    "kind": room["kind"],
                    "title": words_of(room["name"]),
                    "optional": False,
                    "questions": [
                        {**q, "id": f"{q['id']}-{room['id']}", "check": q["id"], "room": room["id"]}
                        for q in here
                    ],
                }
            )
    # weights are of the checklist's own groups, which are no sections any more
    return {**definition, "rules": {**definition["rules"], "group_weights": None}, "sections": sections}


def is_name(name: Any, most: int = LONGEST_ROOM_NAME) -> bool:
    """Whether these are words by language, or what somebody typed in one; none longer than ``most``."""
    if type(name) is not dict or not name:
        return False
    texts = list(name.values())
    if "text" in name:
        if set(name) != {"text", "lang"} or name["lang"] not in LANGUAGES:
            return False
        texts = [name["text"]]
    elif not set(name) <= set(LANGUAGES):
        return False
    return all(type(text) is str and text.strip() and len(text) <= most for text in texts)
