"""Estates, buildings, unit types and units: what may be written down about them; the order of floors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.domain.errors import Invalid
from app.domain.parties import tidy
from app.domain.words import LANGUAGES

# The way of a unit to its owner; `idle`: nothing is planned yet.
STATES = ("idle", "planned", "walking", "defects", "repaired", "ready", "handed_over")
# Which checks belong to which kind is library data. `unit`: once for the unit as a whole.
ROOM_KINDS = (
    *("entrance", "living", "bedroom", "kitchen", "bathroom", "balcony", "corridor", "utility"),
    *("stairs", "roof", "parking", "unit"),
)
MOST_ROOMS = 60
LONGEST_ROOM_NAME = 60
ROOM_ID = re.compile(r"[a-z][a-z0-9]{0,11}")
SHORT_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that are taken for another
_LIMITS = {
    "building": 60,
    "unit": 30,
    "type": 20,
    "owner": 120,
    "estate": 200,
    "estate_code": 20,
    "type_name": 120,
}
_FLOOR = re.compile(r"(?P<below>B|UG|-|地下|负|負)?\s*(?P<number>\d{1,3})(?P<half>[A-Z]|\.5)?", re.IGNORECASE)
_GROUND = frozenset({"G", "GF", "EG", "L", "LG", "大堂"})
_TOP = frozenset({"R", "RF", "ROOF", "PH", "屋面", "顶层", "頂層"})
_AROUND = re.compile(
    r"^(?:floor|level|fl?\.?|l|第)\s*(?=\d)|(?<=[\dA-E])\s*(?:floor|fl?\.?|/f|层|層|楼|樓)$", re.IGNORECASE
)


def short_id(number: int) -> str:
    """Forty bits as eight letters and digits that nobody mistakes for others."""
    return "".join(_LETTERS[number >> shift & 31] for shift in range(35, -5, -5))


def read_short_id(text: str) -> str | None:
    """A short id as typed from a label: small letters, O for 0, I or L for 1; None when it is none."""
    wanted = text.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")
    return wanted if SHORT_ID.fullmatch(wanted) else None


def floor_order(floor: str) -> int:
    """Where a floor stands among the others, the lowest first: B2 < B1 < G < 1 < 3A < 15 < Roof.

    Raises Invalid("floor_unknown") for what names no floor.
    """
    text = _AROUND.sub("", unicodedata.normalize("NFKC", floor).strip()).strip()
    if text.upper() in _GROUND:
        return 0
    if text.upper() in _TOP:
        return 10_000
    found = _FLOOR.fullmatch(text)
    if found is None:
        raise Invalid("floor_unknown")
    half = found["half"]
    step = 0 if not half else 5 if half == ".5" else 1 + min(8, ord(half.upper()) - ord("A"))
    order = int(found["number"]) * 10 + step
    return -order if found["below"] else order


def checked_text(rule: str, text: str | None, field: str | None = None, required: bool = True) -> str:
    """A name as it is stored; `rule`: building, unit, type, owner, estate, estate_code or type_name.

    Raises Invalid with the field it is said beside (else the rule's name): required, too_long.
    """
    value = tidy(text or "")
    if required and not value:
        raise Invalid("required", field=field or rule)
    if len(value) > _LIMITS[rule]:
        raise Invalid("too_long", field=field or rule, limit=_LIMITS[rule])
    return value


def naturally(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts 2 before 10 and A9 before A10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.findall(r"\d+|\D+", name)
    ]


def column_of(name: str, floor: str) -> str:
    """What is left of a unit's name without its floor: 1502 on 15 → 02, 2-0301 on 3 → 2-01, B102 on B1 → 02.

    Units of one column stand above each other, share their shafts, and leak into each other.
    """
    stair, dash, door = name.rpartition("-")
    said = re.search(r"([A-Za-z]*)-?(\d+)", floor)
    if said is not None:
        below = f"(?:{said[1]})?" if said[1] else ""
        found = re.fullmatch(rf"(?i:{below})([A-Za-z]*)0*{int(said[2])}(\d{{2,3}}\D*)", door)
        if found is not None:
            return f"{stair}{dash}{found[1]}{found[2]}"
    return name


def checked_floor(text: str | None) -> tuple[str, int]:
    """A floor as it is stored, with its order. Raises Invalid (field floor): required, too_long,
    floor_unknown.
    """
    floor = tidy(text or "")
    if not floor:
        raise Invalid("required", field="floor")
    if len(floor) > 10:
        raise Invalid("too_long", field="floor", limit=10)
    try:
        return floor, floor_order(floor)
    except Invalid as error:
        raise Invalid(error.code, field="floor") from None


def checked_day(text: str | None, field: str) -> date | None:
    """A day as a sheet gives it: 2026-11-30, 2026/11/30, 2026.11.30, 2026年11月30日, or the beginning of an
    instant; None for nothing. Raises Invalid("not_a_date").
    """
    given = tidy(text or "")
    if not given:
        return None
    found = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:T[\d:.]+)?", given)
    try:
        if found is None:
            raise ValueError(given)
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Invalid("not_a_date", field=field) from None


def checked_rooms(rooms: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rooms in walking order: [{"id", "kind", "name": {"text", "lang"} or words in several languages}].

    Raises Invalid (field rooms): rooms_too_many, not_a_choice for a kind there is not, required for a room
    without a name, too_long, room_id_unfit, room_id_twice.
    """
    made = [_checked_room(room) for room in rooms]
    if len(made) > MOST_ROOMS:
        raise Invalid("rooms_too_many", field="rooms", limit=MOST_ROOMS)
    ids = [room["id"] for room in made]
    if len(set(ids)) < len(ids):
        raise Invalid("room_id_twice", field="rooms")
    return made


def _checked_room(room: Mapping[str, Any]) -> dict[str, Any]:
    if room.get("kind") not in ROOM_KINDS:
        raise Invalid("not_a_choice", field="rooms")
    if not isinstance(room.get("id"), str) or not ROOM_ID.fullmatch(room["id"]):
        raise Invalid("room_id_unfit", field="rooms")
    given = room.get("name") or {}
    if set(given) == {"text", "lang"} and given["lang"] in LANGUAGES:
        name = {"text": tidy(given["text"]), "lang": given["lang"]}
        said = [name["text"]]
    elif set(given) <= set(LANGUAGES):
        name = {language: tidy(given[language]) for language in LANGUAGES if given.get(language)}
        said = list(name.values())
    else:
        raise Invalid("bad_request", field="rooms")
    if not any(said):
        raise Invalid("required", field="rooms")
    if any(len(text) > LONGEST_ROOM_NAME for text in said):
        raise Invalid("too_long", field="rooms", limit=LONGEST_ROOM_NAME)
    return {"id": room["id"], "kind": room["kind"], "name": name}


def new_room_id(kind: str, taken: Iterable[str]) -> str:
    """The next free id for a room of a kind: bath1, bath2, …; what was walked before keeps its id."""
    stem, used = kind[:8], set(taken)
    number = 1
    while f"{stem}{number}" in used:
        number += 1
    return f"{stem}{number}"
