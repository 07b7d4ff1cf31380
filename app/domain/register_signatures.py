"""A signature or a refusal as it is sent: the registers of ``sign/<row>``.

Whether it counts is not judged here (domain/signatures.py): what was signed is kept even when the answers
have changed since.
"""

from __future__ import annotations

from typing import Any

from app.domain.errors import Invalid
from app.domain.register_values import SHA256, members, moment, name, text
from app.domain.signatures import CONSENT, MEANINGS, SLOTS, stroke_problem
from app.domain.words import LANGUAGES

_COUNTS = range(1_000_001)


def judge_signature(field: str, value: Any) -> None:
    """Raises Invalid for what can be neither a signature nor a refusal."""
    if field == "signed":
        _signed(value)
    elif field == "refused":
        _refused(value)
    else:
        raise Invalid("op_field", field="field")


def _signed(value: Any) -> None:
    members(value, *_PERSON, "organisation", "meaning", "consent", "strokes", "digest", "covers", "at")
    _person(value)
    if value["meaning"] not in MEANINGS[value["slot"]]:
        raise Invalid("op_value")
    members(value["consent"], "id", "language")
    if value["consent"]["id"] != CONSENT or value["consent"]["language"] not in LANGUAGES:
        raise Invalid("op_value")
    problem = stroke_problem(value["strokes"])
    if problem:
        raise Invalid(problem)
    members(value["covers"], "answers", "photos")
    for count in value["covers"].values():
        if type(count) is not int or count not in _COUNTS:
            raise Invalid("op_value")


def _refused(value: Any) -> None:
    members(value, *_PERSON, "organisation", "reason", "witness", "digest", "at")
    _person(value)
    if value["reason"] is None:
        raise Invalid("reason_missing")
    text(value["reason"])
    members(value["witness"], "name", "role")
    name(value["witness"]["name"])
    name(value["witness"]["role"], needed=False)


_PERSON = ("slot", "name", "role")


def _person(value: dict[str, Any]) -> None:
    if value["slot"] not in SLOTS:
        raise Invalid("op_value")
    name(value["name"])
    name(value["role"], needed=False)
    name(value["organisation"], needed=False)
    if type(value["digest"]) is not str or not SHA256(value["digest"]) or value["at"] is None:
        raise Invalid("op_value")
    moment(value["at"])
