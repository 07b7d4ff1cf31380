"""An inspection in words: its state, its grade, and why it got it. The phone says the same (sync/_words)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.words import pick

# state → icon, colour, word
STATES = {
    "planned": ("work", "mute", _l("Planned")),
    "in_progress": ("clock", "", _l("In progress")),
    "overdue": ("alert", "bad", _l("Overdue")),
    "in_review": ("eye", "warn", _l("In review")),
    "completed": ("check", "good", _l("Completed")),
    "cancelled": ("cross", "mute", _l("Cancelled")),
}
GRADES = {"A": "A", "B": "B", "C": "C", "veto": _l("Not approved (veto)")}


class Reason(NamedTuple):
    """One rule that fired, in words; where it points to, when it is about a question or a section."""

    text: str
    question: str | None
    section: str | None


def points(score: int | None) -> str:
    """Tenths of a percent as people read them: 863 → "86.3"; "" when nothing is scored."""
    return "" if score is None else f"{score // 10}.{score % 10}"


def why(result: Mapping[str, Any], definition: Mapping[str, Any], language: str) -> list[Reason]:
    """Every rule that fired, in the order of domain.md B2.5, for a reader of `language` (the current one)."""
    titles = {section["id"]: pick(section["title"], language) for section in definition["sections"]}
    return [
        Reason(_rule(rule, result, definition, titles), rule["question"], rule["section"])
        for rule in result["rules"]
    ]


def why_headline(result: Mapping[str, Any], reasons: int) -> str:
    """What the explanation opens with."""
    grade = result["grade"] or result["grade_if_complete"]
    if grade is None:
        return ngettext(
            "Why there is no grade yet: %(num)s reason",
            "Why there is no grade yet: %(num)s reasons",
            reasons,
        )
    return ngettext(
        "Why %(grade)s: %(num)s rule that fired",
        "Why %(grade)s: %(num)s rules that fired",
        reasons,
        grade=grade,
    )


def _rule(
    rule: Mapping[str, Any],
    result: Mapping[str, Any],
    definition: Mapping[str, Any],
    titles: Mapping[str, str],
) -> str:
    code, value, limit = rule["rule"], rule["value"], rule["limit"]
    question = rule["question"]
    section = titles.get(rule["section"] or "", rule["section"])
    if code == "grade_by_total":
        return _by_total(value, limit, result["grade_before"], definition["rules"]["grade"])
    if code == "cap_b_section_below_80":
        return _(
            "%(section)s is %(value)s, below %(limit)s: no A.", section=section, value=value, limit=limit
        )
    if code == "cap_b_critical_4":
        return _("%(question)s is critical and scored %(value)s: no A.", question=question, value=value)
    if code == "cap_b_any_0":
        return _("%(question)s scored %(value)s: no A.", question=question, value=value)
    if code == "cap_c_section_below_70":
        return _("%(section)s is %(value)s, below %(limit)s: C.", section=section, value=value, limit=limit)
    if code == "cap_c_critical_0":
        return _("%(question)s is critical and scored %(value)s: C.", question=question, value=value)
    if code == "veto":
        return _(
            "%(question)s is a veto question and scored %(value)s: not approved.",
            question=question,
            value=value,
        )
    if code == "coverage":
        return _(
            "%(section)s: %(value)s scored, fewer than two thirds: no grade yet.",
            section=section,
            value=value,
        )
    if code == "unanswered":
        return ngettext(
            "%(num)s question is not answered: the grade is provisional.",
            "%(num)s questions are not answered: the grade is provisional.",
            int(value),
        )
    return _("Nothing is scored yet.")


def _by_total(value: str, limit: int, grade: str, limits: Mapping[str, int]) -> str:
    if grade == "A":
        return _("Total %(value)s is at least %(limit)s: A.", value=value, limit=limit)
    if grade == "B":
        return _("Total %(value)s is below %(a)s and at least %(b)s: B.", value=value, a=limits["a"], b=limit)
    return _("Total %(value)s is below %(limit)s: C.", value=value, limit=limit)
