"""What evidence an answer owes, and what still blocks completion (domain.md B2.3, B2.6).

Twin: ``static/src/js/domain/duty.js``. An answer is {"score", "note", "reason", "photos": [live photos]}; a
note or reason is typed text {"text", "lang"} or None. "Seen as hinted" is a note like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from app.domain.scale import (
    MAINLY,
    PARTLY,
    Answers,
    Definition,
    Question,
    above,
    against,
    is_critical,
    is_na,
    score_of,
)

# Spelled out because the two languages disagree on what white space is.
_INK = re.compile(r"[^ \t\r\n\u00a0\u3000]").search

Blocker = dict[str, str | None]


class Duty(NamedTuple):
    """What one answer needs beside its score."""

    note: bool
    photo: bool
    reason: bool


def duty(definition: Definition, question: Question, score: str | None) -> Duty:
    """What this score on this question needs.

    Not applicable: a reason, on every checklist. With ``duty`` "vda": a note below 8 and on every ★, a photo
    below 6 and on a ★ below 8. On a re-inspection ("again"): a photo of what passed or failed, a note of
    what did not pass. Nothing scored, nothing owed.
    """
    if is_na(definition, score):
        return Duty(False, False, True)
    got = above(definition, score)
    rule = definition["rules"].get("duty")
    if got is not None and rule == "again":
        return Duty(score != "pass", score != "as_is", False)
    if got is None or rule != "vda":
        return Duty(False, False, False)
    star = is_critical(question)
    short = against(definition, got, MAINLY) < 0
    return Duty(star or short, against(definition, got, PARTLY) < 0 or (star and short), False)


def missing(definition: Definition, question: Question, answer: Mapping[str, Any]) -> list[str]:
    """What this answer still lacks: unanswered, reason_missing, note_missing, photo_missing."""
    score = score_of({question["id"]: answer}, question)
    if not is_na(definition, score) and above(definition, score) is None:
        return ["unanswered"]
    owed = duty(definition, question, score)
    lacks = []
    if owed.reason and not has_text(answer.get("reason")):
        lacks.append("reason_missing")
    if owed.note and not has_text(answer.get("note")):
        lacks.append("note_missing")
    if owed.photo and not answer.get("photos"):
        lacks.append("photo_missing")
    return lacks


def blockers(
    definition: Definition,
    answers: Answers,
    out_of_scope: Collection[str] = frozenset(),
    conflicts: Iterable[str] = (),
    others: Iterable[Blocker] = (),
) -> list[Blocker]:
    """Everything that blocks completion, in the order of the checklist: {"code", "question", "section"}.

    ``conflicts``: ids of questions whose registers hold two answers. ``others``: blockers the rules cannot
    know (open points, unsent work), put last.
    """
    torn = set(conflicts)
    found: list[Blocker] = []
    for section in definition["sections"]:
        if section["id"] in out_of_scope:
            continue
        for question in section["questions"]:
            codes = missing(definition, question, answers.get(question["id"], {}))
            if question["id"] in torn:
                codes = [*codes, "conflict"]
            found += [{"code": code, "question": question["id"], "section": section["id"]} for code in codes]
    return [*found, *others]


def has_text(text: Mapping[str, Any] | None) -> bool:
    """Whether somebody wrote something there."""
    return bool(text and _INK(text.get("text") or ""))
