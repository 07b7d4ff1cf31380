"""Which registers an inspection has and what may stand in them.

Whatever a phone sends is judged here before it is stored; the page that made it judged nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.domain.again import DUTY as AGAIN
from app.domain.again import as_walked, judge_price, judge_repaired
from app.domain.errors import Invalid
from app.domain.marks import FIELD, judge_marks
from app.domain.permissions import Act
from app.domain.register_ends import RECORD
from app.domain.register_findings import judge_finding
from app.domain.register_signatures import judge_signature
from app.domain.register_values import day, flag, moment, people, photo, row, short_text, text, uuid
from app.domain.register_walk import ROOMS_OF_WALK, judge_walk
from app.domain.rooms import Room, judge_rooms

OPEN_POINTS_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Form:
    """What a checklist version asks, as far as judging and scoring need it; of a unit's walk as it is walked,
    room by room: then it has ``rooms``. ``again``: it asks about what was repaired.
    """

    version: str
    definition: Mapping[str, Any]
    sections: Mapping[str, bool]  # id → optional
    questions: frozenset[str]
    scores: frozenset[str]
    canned: Mapping[str, frozenset[str]] = field(default_factory=dict)  # question → ids of its statements
    rooms: frozenset[str] = frozenset()  # of a walk: their ids
    trades: frozenset[str] = frozenset()
    defects: frozenset[str] = frozenset()  # ids of the common ones
    again: bool = False

    @classmethod
    def of(
        cls,
        version: str,
        definition: Mapping[str, Any],
        rooms: Sequence[Room] | None = None,
        repaired: Sequence[Mapping[str, Any]] | None = None,
    ) -> Form:
        definition = as_walked(definition, rooms, repaired)
        scores = {str(option["value"]) for option in definition["scale"]["options"]}
        if definition.get("na"):
            scores.add("na")
        return cls(
            version=version,
            definition=definition,
            sections={s["id"]: bool(s.get("optional")) for s in definition["sections"]},
            questions=frozenset(q["id"] for s in definition["sections"] for q in s["questions"]),
            scores=frozenset(scores),
            canned={
                q["id"]: frozenset(statement["id"] for statement in q.get("canned", ()))
                for s in definition["sections"]
                for q in s["questions"]
            },
            rooms=frozenset(room["id"] for room in rooms or ()),
            trades=frozenset(definition.get("terms", {}).get("trade", ())),
            defects=frozenset(defect["id"] for defect in definition.get("defects", ())),
            again=definition["rules"].get("duty") == AGAIN,
        )


_ACTS = {
    "create": Act.START_INSPECTION,
    "cancel": Act.CANCEL_INSPECTION,
    "complete": Act.COMPLETE_INSPECTION,
    "approve": Act.APPROVE_INSPECTION,
    "return": Act.APPROVE_INSPECTION,
    "reopen": Act.REVISE_INSPECTION,
}


@lru_cache(maxsize=4096)
def act_of(path: str, kind: str) -> Act:
    """What a person must be allowed to do to write there."""
    if kind in _ACTS:
        return _ACTS[kind]
    room = path.partition("/")[0]
    if room == "plan":
        return Act.CHANGE_PLAN
    if room == "s":
        return Act.SET_SECTION_SCOPE
    if room == "participants":  # expected ones are named in the plan, those who came on site
        return Act.NAME_PARTICIPANTS
    return Act.ANSWER_INSPECTION


def judge(form: Form, path: str, field: str, value: Any) -> None:
    """Raises Invalid when the register is not one of an inspection's, or the value does not belong there."""
    room, _, name = path.partition("/")
    if room == "q":
        _judge_question(form, name, field, value)
    elif room == "f":
        if name not in form.questions:
            raise Invalid("question_unknown")
        judge_finding(field, value, form.canned.get(name, frozenset()))
    elif room == "sign":
        uuid(name, "op_path")
        judge_signature(field, value)
    elif room == "point":
        uuid(name, "op_path")
        _judge_point(field, value)
    elif room in ROOMS_OF_WALK and form.rooms:
        judge_walk(form, room, name, field, value)
    elif room == "s":
        _judge_section(form, name, field, value)
    elif room == "participants":
        _one_of(_PARTICIPANT, field)(value)
        uuid(name, "op_path")
    elif room in _PAGES and not name:
        _one_of(_PAGES[room], field)(value)
    elif path == "inspection" and field in _RECORD:
        _RECORD[field](value)
        if field == "returned" and not {c["question"] for c in value["comments"]} <= form.questions:
            raise Invalid("question_unknown")
    else:
        raise Invalid("op_path", field="path")


def _judge_question(form: Form, question: str, field: str, value: Any) -> None:
    if question not in form.questions:
        raise Invalid("question_unknown")
    if field == "score":
        if value is not None and value not in form.scores:
            raise Invalid("score_not_on_scale")
    elif field.startswith("photo:"):
        if value is not None:
            photo(value, field.partition(":")[2])
    elif field.startswith(FIELD):
        judge_marks(value)
    elif field == "note":
        text(value, canned=True)
    elif field == "reason":
        text(value)
    elif field == "price" and form.again:
        judge_price(value)
    else:
        raise Invalid("op_field", field="field")


def _judge_point(field: str, value: Any) -> None:
    """What was seen of an open point of an earlier visit: it counts in no score and no duty."""
    if field == "seen":
        if value not in (None, "open", "closed"):
            raise Invalid("op_value")
    elif field.startswith("photo:"):
        if value is not None:
            photo(value, field.partition(":")[2])
    elif field.startswith(FIELD):
        judge_marks(value)
    elif field == "note":
        text(value)
    else:
        raise Invalid("op_field", field="field")


def _judge_section(form: Form, section: str, field: str, value: Any) -> None:
    if section not in form.sections:
        raise Invalid("section_unknown")
    if field != "covered":
        raise Invalid("op_field", field="field")
    if value is None or value == {"in": True}:
        return
    if type(value) is not dict or set(value) != {"in", "reason"} or value["in"] is not False:
        raise Invalid("op_value")
    if value["reason"] is None:
        raise Invalid("reason_missing")
    text(value["reason"])


def judge_created(value: Any) -> None:
    """Raises Invalid when this cannot be the value of a `create` operation."""
    needed = {"checklist_version", "site", "auditors", "due"}
    if type(value) is not dict or not needed <= set(value) <= needed | {
        "open_points",
        "unit",
        "rooms",
        "repaired",
    }:
        raise Invalid("op_value")
    if ("unit" in value) != ("rooms" in value):  # a walk has both, an audit neither
        raise Invalid("op_value")
    if "unit" in value:
        uuid(value["unit"])
        judge_rooms(value["rooms"])
    if "repaired" in value:
        if "unit" not in value:
            raise Invalid("op_value")
        judge_repaired(value["repaired"])
    uuid(value["checklist_version"])
    uuid(value["site"])
    people(value["auditors"])
    day(value["due"])
    points = value.get("open_points", [])
    if type(points) is not list or len(points) > OPEN_POINTS_AT_MOST:
        raise Invalid("op_value")
    for point in points:
        uuid(point)


_RECORD: dict[str, Callable[[Any], None]] = {"created": judge_created, **RECORD}
_PARTICIPANT: dict[str, Callable[[Any], None]] = {
    "row": row,
    "name": short_text,
    "organisation": short_text,
    "role": short_text,
    "opening": flag,
    "closing": flag,
}
_PAGES: dict[str, dict[str, Callable[[Any], None]]] = {
    "plan": {
        "auditors": people,
        "due": day,
        "due_reason": text,
        "objectives": text,
        "scope": text,
        "criteria": text,
        "client": text,
    },
    "opening": {"areas_seen": text, "areas_not_seen": text, "remarks": text, "held_at": moment},
    "closing": {
        "summary": text,
        "good_practices": text,
        "areas_not_seen": text,
        "remarks": text,
        "held_at": moment,
    },
}


def _one_of(fields: Mapping[str, Callable[[Any], None]], field: str) -> Callable[[Any], None]:
    found = fields.get(field)
    if found is None:
        raise Invalid("op_field", field="field")
    return found
