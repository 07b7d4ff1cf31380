"""Values that stand in registers, judged: each function raises Invalid for what does not belong there.

Whatever a phone sends is judged before it is stored; the page that made it judged nothing.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.errors import Invalid
from app.domain.words import LANGUAGES

NAME_AT_MOST = 200  # characters of a name, organisation, role
AUDITORS_AT_MOST = 20
PHOTO_AT_MOST = 16 * 1024 * 1024  # bytes
SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch
_MIMES = ("image/jpeg", "image/png", "image/webp")
# 2000-01-01 to 2200-01-01 in milliseconds: a meeting or a photo outside is a typing or clock error
MOMENTS = range(946_684_800_000, 7_258_118_400_000)
_YEARS = range(2000, 2200)


def text(value: Any, canned: bool = False) -> None:
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


def short_text(value: Any) -> None:
    text(value)
    if value is not None and len(value["text"]) > NAME_AT_MOST:
        raise Invalid("op_text_too_long", limit=NAME_AT_MOST)


def photo(value: Any, media_id: str) -> None:
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
    if value["media_id"] != media_id or type(value["sha256"]) is not str or not SHA256(value["sha256"]):
        raise Invalid("op_value")
    if value["mime"] not in _MIMES or type(value["name"]) is not str or len(value["name"]) > NAME_AT_MOST:
        raise Invalid("op_value")
    for member, most in (("size", PHOTO_AT_MOST), ("w", 20_000), ("h", 20_000)):
        if type(value[member]) is not int or not 1 <= value[member] <= most:
            raise Invalid("op_value")
    moment(value["taken_at"])
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


def moment(value: Any) -> None:
    if value is not None and (type(value) is not int or value not in MOMENTS):
        raise Invalid("op_value")


def row(value: Any) -> None:
    if value is not None and value != {"on": True}:
        raise Invalid("op_value")


def flag(value: Any) -> None:
    if value is not None and type(value) is not bool:
        raise Invalid("op_value")


def day(value: Any) -> None:
    if value is not None and (type(value) is not str or not is_day(value)):
        raise Invalid("not_a_date")


def is_day(text: str) -> bool:
    """Whether this is a day as it travels ("2026-11-30"), of years in which audits can be due."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return False
    return found.isoformat() == text and found.year in _YEARS


def uuid(value: Any, code: str = "op_value") -> None:
    try:
        if type(value) is not str or str(UUID(value)) != value:
            raise Invalid(code)
    except ValueError:
        raise Invalid(code) from None


def people(value: Any) -> None:
    if (
        type(value) is not list
        or not 1 <= len(value) <= AUDITORS_AT_MOST
        or len(set(map(str, value))) != len(value)
    ):
        raise Invalid("auditor_missing" if value == [] else "op_value")
    for person in value:
        uuid(person)


def name(value: Any, needed: bool = True) -> None:
    """A name, role or organisation as plain text, as somebody prints it under a signature."""
    if type(value) is not str or (needed and not value.strip()):
        raise Invalid("op_value")
    if len(value) > NAME_AT_MOST:
        raise Invalid("op_text_too_long", limit=NAME_AT_MOST)


def members(value: Any, *named: str, optional: frozenset[str] = frozenset()) -> None:
    """An object with exactly these members, and perhaps some of the optional ones."""
    if type(value) is not dict or not set(named) <= set(value) <= set(named) | optional:
        raise Invalid("op_value")
