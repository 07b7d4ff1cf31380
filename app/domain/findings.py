"""What finding an answer opens, and how it reads (domain.md B2.6).

Twin: ``static/src/js/domain/findings.js``.

By share of the scale: at most 4/10 major, below 8/10 minor, below full with a note of one's own an
observation. A ★ at 4 or below and a veto question at 0 want action at once. What people write about a
finding stands in the registers of ``f/<question>``; a finding itself is never written, only its answer makes
it exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.domain.answers import answers, out_of_scope
from app.domain.duty import has_text
from app.domain.merge import Key, Register
from app.domain.scale import (
    FULL,
    INADEQUATE,
    MAINLY,
    Definition,
    Question,
    above,
    against,
    is_critical,
    score_of,
)
from app.domain.words import pick_with_language

SEVERITIES = ("major", "minor", "observation")
AT_ONCE = 1  # days to the due day
DAYS = {"major": 7, "minor": 30}


class Finding(NamedTuple):
    severity: str  # "major" | "minor" | "observation"
    at_once: bool  # action is due at once


def severity(
    definition: Definition, question: Question, score: str | None, note: Mapping[str, Any] | None
) -> Finding | None:
    """The finding this answer opens, or None.

    A note that is still the untouched "seen as hinted" makes no observation. Checklists without evidence duty
    (a handover) class their defects themselves and open no finding here.
    """
    got = above(definition, score)
    if got is None or definition["rules"].get("duty") != "vda":
        return None
    if against(definition, got, INADEQUATE) <= 0:
        return Finding("major", is_critical(question))
    if against(definition, got, MAINLY) < 0:
        return Finding("minor", False)
    own_note = has_text(note) and note is not None and note.get("canned") != "hinted"
    if own_note and against(definition, got, FULL) < 0:
        return Finding("observation", False)
    return None


def due_by_rule(severity: str, at_once: bool, day: date) -> date | None:
    """When the finding is due if nobody sets another day; ``day``: the site's own day of completion."""
    days = AT_ONCE if at_once else DAYS.get(severity)
    return None if days is None else day + timedelta(days=days)


class Entry(NamedTuple):
    """A finding as it reads: by rule, unless somebody wrote something else. Texts are {"text", "lang"}."""

    number: int  # from 1, in the order of the checklist
    question: str
    section: str
    severity: str
    rule_severity: str
    severity_reason: dict[str, Any] | None  # why it is not the rule's; None when it is
    at_once: bool
    requirement: dict[str, Any] | None
    statement: dict[str, Any] | None
    evidence: dict[str, Any] | None
    photos: list[str]  # SHA-256 of each, oldest first
    owner: dict[str, Any] | None  # {"name", "contact"}
    due: str | None  # "2026-12-02"
    stand: str | None  # of the other party: "agree" | "disagree"
    stand_text: dict[str, Any] | None


def findings(definition: Definition, state: Mapping[Key, Register], day: date, language: str) -> list[Entry]:
    """The findings of an inspection. What the plan set out of scope opens none.

    ``day``: the site's day of completion, or its today before that. ``language``: of the question's text
    where it stands as the requirement.
    """
    given, left = answers(state), out_of_scope(state)
    found: list[Entry] = []
    for section in definition["sections"]:
        for question in section["questions"] if section["id"] not in left else ():
            answer = given.get(question["id"], {})
            rule = severity(definition, question, score_of(given, question), answer.get("note"))
            if rule is not None:
                at = (len(found) + 1, question, section["id"])
                found.append(_entry(at, rule, answer, state, day, language))
    return found


def _entry(
    at: tuple[int, Question, str],
    rule: Finding,
    answer: Mapping[str, Any],
    state: Mapping[Key, Register],
    day: date,
    language: str,
) -> Entry:
    number, question, section = at

    def written(field: str) -> Any:
        held = state.get((f"f/{question['id']}", field))
        return held.value if held else None

    other, position = written("severity"), written("position") or {}
    final = other["severity"] if other else rule.severity
    at_once = rule.at_once and final == "major"  # a ★ whose finding was lowered is no emergency any more
    by_rule = due_by_rule(final, at_once, day)
    return Entry(
        number=number,
        question=question["id"],
        section=section,
        severity=final,
        rule_severity=rule.severity,
        severity_reason=other["reason"] if other else None,
        at_once=at_once,
        requirement=written("requirement") or _text_of(question, language),
        statement=written("statement"),
        evidence=written("evidence") or _note(answer.get("note")),
        photos=[photo["sha256"] for photo in answer.get("photos", ())],
        owner=written("owner"),
        due=written("due") or (by_rule.isoformat() if by_rule else None),
        stand=position.get("stand"),
        stand_text=position.get("text"),
    )


def _text_of(question: Question, language: str) -> dict[str, Any] | None:
    text, lang = pick_with_language(question.get("text") or {}, language)
    return {"text": text, "lang": lang} if text else None


def _note(note: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"text": note["text"], "lang": note["lang"]} if note and has_text(note) else None
