"""An inspection's registers read as answers. Twin: ``static/src/js/domain/answers.js``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.merge import Key, Register, live


def answers(state: Mapping[Key, Register]) -> dict[str, dict[str, Any]]:
    """Question id → {"score", "note", "reason", "photos"}, as scoring, duty and findings take it."""
    found: dict[str, dict[str, Any]] = {}
    pictures: dict[str, list[Register]] = {}
    for (path, field), held in state.items():
        if path.startswith("q/"):
            answer = found.setdefault(path[2:], {"score": None, "note": None, "reason": None, "photos": []})
            if field in ("score", "note", "reason"):
                answer[field] = held.value
            elif field.startswith("photo:"):
                pictures.setdefault(path[2:], []).append(held)
    for question, taken in pictures.items():
        found[question]["photos"] = live(taken)
    return found


def out_of_scope(state: Mapping[Key, Register]) -> set[str]:
    """The sections the plan set out of scope."""
    return {
        path[2:]
        for (path, field), held in state.items()
        if path.startswith("s/") and field == "covered" and held.value and held.value.get("in") is False
    }


def torn_questions(state: Mapping[Key, Register]) -> list[str]:
    """The questions on which two answers stand, or two wordings of a finding, for somebody to decide."""
    torn = (path for (path, _), held in state.items() if held.conflict and path.startswith(("q/", "f/")))
    return sorted({path[2:] for path in torn})
