"""What people write about a finding: the registers of ``f/<question>``.

That a finding exists follows from its answer (domain/findings.py). null is "by rule", or nothing written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.errors import Invalid
from app.domain.findings import SEVERITIES
from app.domain.register_values import day, members, name, text, uuid

STANDS = ("agree", "disagree")


def judge_finding(field: str, value: Any, canned: frozenset[str]) -> None:
    """Raises Invalid. ``canned``: the ids of the statements that the question offers."""
    if field not in _FIELDS:
        raise Invalid("op_field", field="field")
    if value is None:
        return
    if field == "statement" and type(value) is dict and "canned" in value:
        if type(value["canned"]) is not str or value["canned"] not in canned:
            raise Invalid("op_value")
        value = {member: held for member, held in value.items() if member != "canned"}
    _FIELDS[field](value)


def _severity(value: Any) -> None:
    members(value, "severity", "reason")
    if value["severity"] not in SEVERITIES:
        raise Invalid("op_value")
    if value["reason"] is None:
        raise Invalid("reason_missing")
    text(value["reason"])


def _owner(value: Any) -> None:
    members(value, "name", "contact")
    name(value["name"])
    if value["contact"] is not None:
        uuid(value["contact"])


def _position(value: Any) -> None:
    members(value, "stand", "text")
    if value["stand"] not in STANDS:
        raise Invalid("op_value")
    if value["stand"] == "disagree" and value["text"] is None:
        raise Invalid("reason_missing")
    text(value["text"])


def _action(value: Any) -> None:
    members(value, "open")
    if value["open"] is not True:
        raise Invalid("op_value")


_FIELDS: dict[str, Callable[[Any], None]] = {
    "severity": _severity,
    "requirement": text,
    "statement": text,
    "evidence": text,
    "owner": _owner,
    "due": day,
    "position": _position,
    "action": _action,  # a corrective action is to be opened, though no rule asks for one
}
