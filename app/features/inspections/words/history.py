"""One operation in words: what was changed, what it said before and says now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.checklists import questions
from app.domain.register_walk import ROOMS_OF_WALK
from app.domain.registers import Form
from app.domain.words import pick
from app.features.accounts.models import Device, Person
from app.features.inspections.words import signing
from app.features.inspections.words import walk as walks
from app.features.operations import queries as log
from app.features.operations.models import Operation
from app.web.i18n import comma, day, moment, money

PAGE = 50
CLOCKS_AGREE = 120_000  # milliseconds; below, the device's own time says nothing new

_FIELDS = {
    "plan/auditors": _l("Team"),
    "plan/due": _l("Due date"),
    "plan/due_reason": _l("Reason of the new date"),
    "plan/objectives": _l("Objectives"),
    "plan/scope": _l("Scope"),
    "plan/criteria": _l("Criteria"),
    "plan/client": _l("Client"),
    "opening/areas_seen": _l("Areas seen"),
    "opening/areas_not_seen": _l("Areas not seen"),
    "opening/remarks": _l("Remarks at the opening"),
    "opening/held_at": _l("Opening meeting"),
    "closing/summary": _l("Summary"),
    "closing/good_practices": _l("Good practices"),
    "closing/areas_not_seen": _l("Areas not seen"),
    "closing/remarks": _l("Remarks at the closing"),
    "closing/held_at": _l("Closing meeting"),
    "inspection/created": _l("Inspection created"),
    "inspection/cancelled": _l("Inspection cancelled"),
    "inspection/completed": _l("Inspection completed"),
    "inspection/approved": _l("Inspection issued"),
    "inspection/returned": _l("Inspection returned to its team"),
    "inspection/reopened": _l("New revision begun"),
    "sign/signed": _l("Signed"),
    "sign/refused": _l("Signature refused"),
}
_ANSWERS = {
    "score": _l("Score"),
    "note": _l("Note"),
    "reason": _l("Why not applicable"),
    "price": _l("Price note"),
}
_POINT = {"seen": _l("what was seen"), "note": _l("Note")}
_SEEN = {"open": _l("Still open"), "closed": _l("Seen closed")}
_FINDING = {
    "severity": _l("severity of the finding"),
    "requirement": _l("requirement"),
    "statement": _l("statement"),
    "evidence": _l("evidence"),
    "owner": _l("owner of the finding"),
    "due": _l("due date of the finding"),
    "position": _l("position of the other party"),
}
_PARTICIPANT = {
    "row": _l("Participant"),
    "name": _l("Participant: name"),
    "organisation": _l("Participant: organisation"),
    "role": _l("Participant: role"),
    "opening": _l("Participant: at the opening"),
    "closing": _l("Participant: at the closing"),
}


class Shown(NamedTuple):
    """A value in words and the language it was typed in (None: the reader's)."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one operation did. `question`: the id to link to, `name`: what readers know it by; `before`,
    `after`: None where nothing stood.
    """

    what: str
    question: str | None
    before: Shown | None
    after: Shown | None
    name: str = ""


class Line(NamedTuple):
    """One operation of the history: who (and on which device: None is the desk), when by the server and, when
    it differs, by the device; what; its fate."""

    seq: int
    told: Told
    person: str
    device: str | None
    received_at: datetime
    device_time: str | None
    fate: str
    code: str


class PageOf(NamedTuple):
    """One page, the newest operations first. `number` of `last` pages; `total` operations."""

    lines: list[Line]
    number: int
    last: int
    total: int


class Written(NamedTuple):
    """What is told of an operation: its kind, register, value, and the value of the ones it replaced."""

    kind: str
    path: str
    field: str
    value: Any
    replaced: tuple[Any, ...] = ()


def describe(op: Written, form: Form, language: str, names: Mapping[str, str] | None = None) -> Told:
    """What the operation did, for a reader of `language` (the current one). `names`: person id → name."""
    room, _slash, place = op.path.partition("/")
    known = names or {}
    before = next((v for v in op.replaced if v is not None), None)
    return Told(
        what=_what(room, place, op, form, language),
        question=place if room in ("q", "f") and place in form.questions else None,
        before=None if before is None else value_in_words(op.path, op.field, before, form, language, known),
        after=None
        if op.value is None
        else value_in_words(op.path, op.field, op.value, form, language, known),
        name=_known_by(room, place, form),
    )


def _what(room: str, place: str, op: Written, form: Form, language: str) -> str:
    if room in ROOMS_OF_WALK:
        return _what_of_walk(room, place, op)
    if room == "point":
        place = _("an open point")
    place = _known_by(room, place, form)
    if op.kind == "media.add":
        return _("Photo added to %(question)s", question=place)
    if op.kind == "media.remove":
        return _("Photo removed from %(question)s", question=place)
    if op.kind == "row.add":
        return _("Participant added")
    if op.kind == "row.remove":
        return _("Participant removed")
    if op.field.startswith("marks:"):
        return _("Drawing on a photo of %(question)s", question=place)
    if room == "q":
        return _("%(question)s: %(field)s", question=place, field=_ANSWERS.get(op.field, op.field))
    if room == "f":
        return _("%(question)s: %(field)s", question=place, field=_FINDING.get(op.field, op.field))
    if room == "point":
        return _("Open point: %(field)s", field=_POINT.get(op.field, op.field))
    if room == "s":
        titles = {section["id"]: section["title"] for section in form.definition["sections"]}
        return _("Section %(section)s", section=pick(titles.get(place, {}), language) or place)
    if room == "participants":
        return str(_PARTICIPANT.get(op.field, op.field))
    return str(_FIELDS.get(f"{room}/{op.field}", f"{op.path} {op.field}"))


def _known_by(room: str, place: str, form: Form) -> str:
    """A question's own number; of a re-inspection the case that repaired it."""
    if room == "q" and form.again:
        return next((q["check"] for q in questions(form.definition) if q["id"] == place), place)
    return place


def _what_of_walk(room: str, place: str, op: Written) -> str:
    about = walks.place_in_words(room, place)
    if op.kind == "media.add":
        return _("Photo added to %(question)s", question=about)
    if op.kind == "media.remove":
        return _("Photo removed from %(question)s", question=about)
    if op.field.startswith("marks:"):
        return _("Drawing on a photo of %(question)s", question=about)
    if op.kind == "row.add":
        return _("Defect written down")
    if op.kind == "row.remove":
        return _("Defect taken back")
    return walks.what(room, place, op.field)


def value_in_words(
    path: str, field: str, value: Any, form: Form, language: str, names: Mapping[str, str]
) -> Shown | None:
    """A register's value as people read it; None when there is nothing to read (a row, a completion)."""
    room = path.partition("/")[0]
    if isinstance(value, dict) and "lang" in value:
        return Shown(value["text"], value["lang"])
    if field == "seen":
        return Shown(str(_SEEN.get(value, value)))
    if field == "price":
        return Shown(money(value))
    if field == "score":
        return Shown(score_in_words(form.definition, value, language))
    if field.startswith("photo:"):
        return Shown(value["name"] or _("Photo"))
    if field.startswith("marks:"):
        texts = [shape["text"] for shape in value if shape["kind"] == "text"]
        return Shown(comma().join([ngettext("%(num)s shape", "%(num)s shapes", len(value)), *texts]))
    if room in ROOMS_OF_WALK:
        return None if field == "row" else Shown(*walks.value_of(field, value, form.definition, language))
    if room == "s":
        return (
            Shown(_("in scope")) if value["in"] else Shown(value["reason"]["text"], value["reason"]["lang"])
        )
    if field == "auditors":
        return Shown(comma().join(names.get(person, _("somebody")) for person in value))
    if field == "due":
        return Shown(day(date.fromisoformat(value)))
    if field == "held_at":
        return Shown(instant(value, None))
    if field in ("cancelled", "returned", "reopened"):
        return Shown(value["reason"]["text"], value["reason"]["lang"])
    if room == "sign":
        return _signature(field, value)
    if room == "f":
        return _of_finding(field, value)
    if isinstance(value, bool):
        return Shown(_("yes") if value else _("no"))
    return None


def _signature(field: str, value: Mapping[str, Any]) -> Shown:
    who = _("%(name)s (%(slot)s)", name=value["name"], slot=signing.SLOTS.get(value["slot"], value["slot"]))
    if field == "signed":
        return Shown(f"{who}: {signing.MEANINGS.get(value['meaning'], value['meaning'])}")
    return Shown(f"{who}: {value['reason']['text']}", value["reason"]["lang"])


def _of_finding(field: str, value: Any) -> Shown | None:
    if field == "severity":
        name = signing.SEVERITIES[value["severity"]][2]
        return Shown(f"{name}: {value['reason']['text']}", value["reason"]["lang"])
    if field == "owner":
        return Shown(value["name"])
    if field == "position":
        stand = str(signing.STANDS[value["stand"]])
        text = value["text"]
        return Shown(f"{stand}: {text['text']}", text["lang"]) if text else Shown(stand)
    return None


def score_in_words(definition: Mapping[str, Any], score: str, language: str) -> str:
    """An answer on the scale with its word: "8, Mainly met"."""
    if score == "na":
        return _("Not applicable")
    for option in definition["scale"]["options"]:
        if option["value"] == score:
            label, says = pick(option["label"], language), pick(option["says"], language)
            return label if label == says else _("%(score)s, %(meaning)s", score=label, meaning=says)
    return score


def device_time(at: int, tz: str, received_at: datetime) -> str | None:
    """The device's own clock when it disagrees with the moment of arrival by more than two minutes."""
    if abs(int(received_at.timestamp() * 1000) - at) <= CLOCKS_AGREE:
        return None
    return instant(at, tz)


def instant(milliseconds: int, tz: str | None = None) -> str:
    """A device's clock as people read it, in a zone or the reader's."""
    try:
        return moment(datetime.fromtimestamp(milliseconds / 1000, UTC), tz)
    except (KeyError, ValueError, OverflowError, OSError):
        return _("an impossible time")  # a device may send any number as its clock


def page_of(session: Session, record_id: UUID, form: Form, language: str, number: int) -> PageOf:
    """A page of everything that was ever stored about a record; a number out of bounds gives the nearest."""
    total = log.head_seq(session, record_id)
    last = max(1, -(-total // PAGE))
    number = min(max(1, number), last)
    upper = total - PAGE * (number - 1)
    lower = max(0, upper - PAGE)
    entries = log.history(session, record_id, lower, upper - lower) if upper else []
    return PageOf(_lines(session, entries, form, language), number, last, total)


def late_lines(session: Session, record_id: UUID, form: Form, language: str) -> list[Line]:
    """What came after the end and waits for a decision, newest first."""
    return _lines(session, log.late_of(session, record_id), form, language)


def _lines(session: Session, entries: Sequence[log.Entry], form: Form, language: str) -> list[Line]:
    replaced = _values_of(session, [parent for entry in entries for parent in entry.parents])
    labels = _labels(session, {entry.operation.device_id for entry in entries} - {None})
    names = _names(session, [*(entry.operation.value for entry in entries), *replaced.values()])
    lines = []
    for entry in reversed(entries):
        op = entry.operation
        before = tuple(replaced[parent] for parent in entry.parents if parent in replaced)
        told = describe(Written(op.kind, op.path, op.field, op.value, before), form, language, names)
        label = labels.get(op.device_id) if op.device_id else None
        clock = device_time(op.at, op.tz, op.received_at)
        lines.append(Line(op.seq, told, entry.person, label, op.received_at, clock, entry.fate, entry.code))
    return lines


def _values_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    rows = session.execute(select(Operation.id, Operation.value).where(Operation.id.in_(ids))) if ids else ()
    return {row.id: row.value for row in rows}


def _labels(session: Session, ids: Collection[UUID | None]) -> dict[UUID, str]:
    rows = session.execute(select(Device.id, Device.label).where(Device.id.in_(ids))) if ids else ()
    return {row.id: row.label for row in rows}


def _names(session: Session, values: Iterable[Any]) -> dict[str, str]:
    """The names of the people that changes of a team name."""
    lists = (value for value in values if isinstance(value, list))  # of shapes, too: drawings on photos
    ids = {UUID(person) for value in lists for person in value if isinstance(person, str)}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))) if ids else ()
    return {str(row.id): row.name for row in rows}
