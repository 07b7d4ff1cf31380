"""The walk of a unit in words: meters, keys, classes of defects, what was odd about a reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.domain.words import pick
from app.web.i18n import day

# meter → word, unit
METERS = {
    "water": (_lp("meter", "Cold water"), "m³"),
    "hot_water": (_lp("meter", "Hot water"), "m³"),
    "power": (_lp("meter", "Electricity"), "kWh"),
    "gas": (_lp("meter", "Gas"), "m³"),
    "heat": (_lp("meter", "Heating"), "kWh"),
}
KEYS = {
    "entrance": _lp("key", "Entrance door"),
    "room": _lp("key", "Rooms"),
    "mailbox": _lp("key", "Mailbox"),
    "meter_box": _lp("key", "Meter box"),
    "garage": _lp("key", "Garage"),
    "remote": _lp("key", "Remote control"),
    "access_card": _lp("key", "Access card"),
    "lift_card": _lp("key", "Lift card"),
    "other": _lp("key", "Other"),
}
# class → icon, colour, what it means
CLASSES = {
    "A": ("alert", "bad", _l("keys held")),
    "B": ("flag", "warn", _l("use impaired")),
    "C": ("eye", "mute", _l("appearance")),
}
# result of a re-inspection → icon, colour, what it means
RESULTS = {
    "pass": ("check", "good", _lp("repair", "Passed")),
    "fail": ("undo", "bad", _lp("repair", "Failed")),
    "as_is": ("info", "warn", _l("Accepted as it is")),
}
# slot → who it is on a walk
SLOTS = {
    "auditor": _l("Property officer"),
    "auditee": _l("Owner or developer"),
    "other": _l("Further signature"),
}
STANDS = {"agree": _l("Agrees"), "dispute": _l("Disputes")}
PROBLEMS = {
    "reading_lower": _l("lower than the last reading"),
    "reading_high": _l("far more than a flat usually uses"),
}
_DEFECT = {
    "row": _l("Defect"),
    "check": _l("Defect: check"),
    "room": _l("Defect: room"),
    "trade": _l("Defect: trade"),
    "code": _l("Defect: common defect"),
    "class": _l("Defect: class"),
    "class_reason": _l("Defect: why this class"),
    "text": _l("Defect: what is wrong"),
    "pin": _l("Defect: place on the plan"),
    "contractor": _l("Defect: contractor"),
    "due": _l("Defect: due date"),
    "due_reason": _l("Defect: why this date"),
    "stand": _l("Defect: position of the other party"),
    "stand_text": _l("Defect: position in words"),
}
_METER = {
    "reading": _l("reading"),
    "number": _l("number of the meter"),
    "absent": _l("there is no such meter"),
    "confirmed": _l("why the reading is right"),
}
_KEYS = {"count": _l("count"), "note": _l("note")}


def place_in_words(room: str, place: str) -> str:
    """What of a walk a register is about: "Defect", "Cold water", "Mailbox"."""
    if room == "d":
        return _("Defect")
    if room == "meter":
        return str(METERS[place][0]) if place in METERS else place
    return str(KEYS.get(place, place))


def what(room: str, place: str, field: str) -> str:
    """What an operation on a walk's register changed."""
    if room == "d":
        return str(_DEFECT.get(field, field))
    fields = _METER if room == "meter" else _KEYS
    about = str(fields.get(field, field))
    return _("%(question)s: %(field)s", question=place_in_words(room, place), field=about)


def value_of(field: str, value: Any, definition: Mapping[str, Any], language: str) -> tuple[str, str | None]:
    """A register's value in words, with the language it was typed in (None: the reader's)."""
    if field == "absent":
        return value["reason"]["text"], value["reason"]["lang"]
    if field == "due":
        return day(date.fromisoformat(value)), None
    if field == "class":
        return f"{value} {CLASSES[value][2]}", None
    if field == "stand":
        return str(STANDS[value]), None
    if field == "pin":
        x, y = (f"{value[axis] // 100} %" for axis in ("x", "y"))
        return f"{x} / {y}", None
    if field == "trade":
        return pick(definition.get("terms", {}).get("trade", {}).get(value, {}), language) or value, None
    if field == "code":
        found = next((one for one in definition.get("defects", ()) if one["id"] == value), None)
        return (pick(found["text"], language) if found else value), None
    if field == "room":
        title = next((part["title"] for part in definition["sections"] if part["id"] == value), None)
        return (pick(title, language) if title else value), None
    if field == "contractor":
        return _("another contractor"), None
    return str(value), None
