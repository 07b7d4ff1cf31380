"""Which registers an inspection has and what may stand in them.

Whatever a phone sends is judged here before it is stored; the page that made it judged nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.errors import Invalid
from app.domain.marks import FIELD, judge_marks
from app.domain.permissions import Act
from app.domain.words import LANGUAGES

NAME_AT_MOST = 200  # characters of a participant's name, organisation, role
AUDITORS_AT_MOST = 20
OPEN_POINTS_AT_MOST = 500
PHOTO_AT_MOST = 16 * 1024 * 1024  # bytes
_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch
_MIMES = ("image/jpeg", "image/png", "image/webp")
# 2000-01-01 to 2200-01-01 in milliseconds: a meeting or a photo outside is a typing or clock error
_MOMENTS = range(946_684_800_000, 7_258_118_400_000)
_YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True)
class Form:
    """What a checklist version asks, as far as judging and scoring need it."""

    version: str
    definition: Mapping[str, Any]
    sections: Mapping[str, bool]  # id → optional
    questions: frozenset[str]
    scores: frozenset[str]

    @classmethod
    def of(cls, version: str, definition: Mapping[str, Any]) -> Form:
        scores = {str(option["value"]) for option in definition["scale"]["options"]}
        if definition.get("na"):
            scores.add("na")
        return cls(
            version=version,
            definition=definition,
            sections={s["id"]: bool(s.get("optional")) for s in definition["sections"]},
            questions=frozenset(q["id"] for s in definition["sections"] for q in s["questions"]),
            scores=frozenset(scores),
        )


def act_of(path: str, kind: str) -> Act:
    """What a person must be allowed to do to write there."""
    if kind == "cancel":
        return Act.CANCEL_INSPECTION
    if kind == "complete":
        return Act.COMPLETE_INSPECTION
    if kind == "create":
        return Act.START_INSPECTION
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
    elif room == "s":
        _judge_section(form, name, field, value)
    elif room == "participants":
        _one_of(_PARTICIPANT, field)(value)
        _uuid(name, "op_path")
    elif room in _PAGES and not name:
        _one_of(_PAGES[room], field)(value)
    elif path == "inspection" and field in ("created", "cancelled", "completed"):
        _RECORD[field](value)
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
            _photo(value, field.partition(":")[2])
    elif field.startswith(FIELD):
        judge_marks(value)
    elif field == "note":
        _text(value, canned=True)
    elif field == "reason":
        _text(value)
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
    _text(value["reason"])


def _text(value: Any, canned: bool = False) -> None:
    """Typed text `{text, lang}`; empty text travels as null. `canned` marks an untouched "seen as hinted"."""
    if value is None:
        return
    members = (
        {"text", "lang", "canned"}
        if canned and type(value) is dict and "canned" in value
        else {"text", "lang"}
    )
    if type(value) is not dict or set(value) != members:
        raise Invalid("op_value")
    if type(value["text"]) is not str or not value["text"].strip() or value["lang"] not in LANGUAGES:
        raise Invalid("op_value")
    if "canned" in members and value["canned"] != "hinted":
        raise Invalid("op_value")


def _short_text(value: Any) -> None:
    _text(value)
    if value is not None and len(value["text"]) > NAME_AT_MOST:
        raise Invalid("op_text_too_long", limit=NAME_AT_MOST)


def _photo(value: Any, media_id: str) -> None:
    if type(value) is not dict or set(value) != {
        "media_id",
        "sha256",
        "size",
        "mime",
        "w",
        "h",
        "taken_at",
        "gps",
        "name",
    }:
        raise Invalid("op_value")
    if value["media_id"] != media_id or type(value["sha256"]) is not str or not _SHA256(value["sha256"]):
        raise Invalid("op_value")
    if value["mime"] not in _MIMES or type(value["name"]) is not str or len(value["name"]) > NAME_AT_MOST:
        raise Invalid("op_value")
    for member, most in (("size", PHOTO_AT_MOST), ("w", 20_000), ("h", 20_000)):
        if type(value[member]) is not int or not 1 <= value[member] <= most:
            raise Invalid("op_value")
    _moment(value["taken_at"])
    gps = value["gps"]
    if gps is None:
        return
    if type(gps) is not dict or set(gps) != {"lat_e7", "lon_e7", "acc_m"}:
        raise Invalid("op_value")
    for member, most in (("lat_e7", 900_000_000), ("lon_e7", 1_800_000_000)):
        if type(gps[member]) is not int or abs(gps[member]) > most:
            raise Invalid("op_value")
    if gps["acc_m"] is not None and (type(gps["acc_m"]) is not int or gps["acc_m"] < 0):
        raise Invalid("op_value")


def _moment(value: Any) -> None:
    if value is not None and (type(value) is not int or value not in _MOMENTS):
        raise Invalid("op_value")


def _row(value: Any) -> None:
    if value is not None and value != {"on": True}:
        raise Invalid("op_value")


def _flag(value: Any) -> None:
    if value is not None and type(value) is not bool:
        raise Invalid("op_value")


def _day(value: Any) -> None:
    if value is not None and (type(value) is not str or not is_day(value)):
        raise Invalid("not_a_date")


def is_day(text: str) -> bool:
    """Whether this is a day as it travels ("2026-11-30"), of years in which audits can be due."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return False
    return found.isoformat() == text and found.year in _YEARS


def _uuid(value: Any, code: str = "op_value") -> None:
    try:
        if type(value) is not str or str(UUID(value)) != value:
            raise Invalid(code)
    except ValueError:
        raise Invalid(code) from None


def _people(value: Any) -> None:
    if (
        type(value) is not list
        or not 1 <= len(value) <= AUDITORS_AT_MOST
        or len(set(map(str, value))) != len(value)
    ):
        raise Invalid("auditor_missing" if value == [] else "op_value")
    for person in value:
        _uuid(person)


def judge_created(value: Any) -> None:
    """Raises Invalid when this cannot be the value of a `create` operation."""
    needed = {"checklist_version", "site", "auditors", "due"}
    if type(value) is not dict or not needed <= set(value) <= needed | {"open_points"}:
        raise Invalid("op_value")
    _uuid(value["checklist_version"])
    _uuid(value["site"])
    _people(value["auditors"])
    _day(value["due"])
    points = value.get("open_points", [])
    if type(points) is not list or len(points) > OPEN_POINTS_AT_MOST:
        raise Invalid("op_value")
    for point in points:
        _uuid(point)


def _cancelled(value: Any) -> None:
    if type(value) is not dict or set(value) != {"reason"} or value["reason"] is None:
        raise Invalid("reason_missing")
    _text(value["reason"])


def _completed(value: Any) -> None:
    if type(value) is not dict or set(value) != {"operations", "media"}:
        raise Invalid("op_value")
    if type(value["operations"]) is not int or type(value["media"]) is not list or len(value["media"]) > 5000:
        raise Invalid("op_value")
    if not all(type(sha) is str and _SHA256(sha) for sha in value["media"]):
        raise Invalid("op_value")


_RECORD: dict[str, Callable[[Any], None]] = {
    "created": judge_created,
    "cancelled": _cancelled,
    "completed": _completed,
}
_PARTICIPANT: dict[str, Callable[[Any], None]] = {
    "row": _row,
    "name": _short_text,
    "organisation": _short_text,
    "role": _short_text,
    "opening": _flag,
    "closing": _flag,
}
_PAGES: dict[str, dict[str, Callable[[Any], None]]] = {
    "plan": {
        "auditors": _people,
        "due": _day,
        "due_reason": _text,
        "objectives": _text,
        "scope": _text,
        "criteria": _text,
        "client": _text,
    },
    "opening": {"areas_seen": _text, "areas_not_seen": _text, "remarks": _text, "held_at": _moment},
    "closing": {
        "summary": _text,
        "good_practices": _text,
        "areas_not_seen": _text,
        "remarks": _text,
        "held_at": _moment,
    },
}


def _one_of(fields: Mapping[str, Callable[[Any], None]], field: str) -> Callable[[Any], None]:
    found = fields.get(field)
    if found is None:
        raise Invalid("op_field", field="field")
    return found
