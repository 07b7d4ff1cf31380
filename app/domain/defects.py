"""The defects of a unit's walk, as its registers ``d/<row>`` tell them (judged in domain/register_walk.py).

Twin: ``static/src/js/domain/defects.js``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.checklists import questions
from app.domain.merge import Key, Register, photos, rows
from app.domain.register_walk import CLASSES

DEFECT = "defect"  # the answer that asks for a defect to be written down
FIELDS = (
    *("check", "room", "trade", "code", "class", "class_reason", "text", "pin", "contractor"),
    *("due", "due_reason", "stand", "stand_text"),
)


def defects_of(definition: Mapping[str, Any], state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    """Every defect that is not taken back, room by room in walking order, in a room as they were found:
    {"id", "number", *FIELDS, "photos"}. ``number`` counts from 1 in the order of finding. What nobody wrote
    stands as the check has it. ``definition``: as it is walked (domain/rooms.py).
    """
    order = {section["id"]: at for at, section in enumerate(definition["sections"])}
    checks = {question["id"]: question for question in questions(definition)}
    found = []
    for at, (row, fields) in enumerate(rows(state, "d").items(), start=1):
        held = {name: fields.get(name) for name in FIELDS}
        asked = checks.get(held["check"]) or {}
        found.append(
            {
                "id": row,
                "number": at,
                **held,
                "room": held["room"] or asked.get("room"),
                "trade": held["trade"] or asked.get("trade"),
                "class": held["class"] or asked.get("severity") or "B",
                "photos": photos(state, f"d/{row}"),
            }
        )
    return sorted(found, key=lambda one: order.get(one["room"], len(order)))


def said(definition: Mapping[str, Any], defect: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is wrong: the text somebody wrote {"text", "lang"}, else the words of the common defect chosen,
    else those of the check.
    """
    if defect["text"]:
        return dict(defect["text"])
    common = next((one for one in definition.get("defects", ()) if one["id"] == defect["code"]), None)
    asked = next((one for one in questions(definition) if one["id"] == defect["check"]), None)
    found = common or asked
    return dict(found["text"]) if found else None


def by_class(defects: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many there are of each class."""
    found = dict.fromkeys(CLASSES, 0)
    for one in defects:
        found[one["class"]] += 1
    return found


def unwritten(
    definition: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    defects: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Checks answered "defect" of which nobody wrote down what it is: their ids, in the order of the walk."""
    written = {one["check"] for one in defects}
    return [
        question["id"]
        for question in questions(definition)
        if answers.get(question["id"], {}).get("score") == DEFECT and question["id"] not in written
    ]
