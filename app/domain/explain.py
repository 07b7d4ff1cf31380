"""A score explained: which rules were tried, which fired, and what one better answer would do (domain.md B2).

``scoring.score`` lists what fired. Who doubts a grade also wants to see what did not, so that
nothing looks left out. Server only: reports and pages print it, a phone never asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.domain.scale import (
    Answers,
    Definition,
    Question,
    is_critical,
    is_na,
    points,
    score_of,
)
from app.domain.scoring import SECTION_FOR_A, SECTION_FOR_B, score

Trial = dict[str, Any]
Change = dict[str, Any]

# What each rule does when it fires; coverage and unanswered take the grade away.
_EFFECTS = {
    "cap_b_section_below_80": "no_a",
    "cap_b_critical_4": "no_a",
    "cap_b_any_0": "no_a",
    "cap_c_section_below_70": "c",
    "cap_c_critical_0": "c",
    "veto": "veto",
    "coverage": "no_grade",
    "unanswered": "no_grade",
}
_LIMITS = {"cap_b_section_below_80": SECTION_FOR_A, "cap_c_section_below_70": SECTION_FOR_B}


def trials(
    definition: Definition,
    result: Mapping[str, Any],
    answers: Answers,
    out_of_scope: Collection[str] = frozenset(),
) -> list[Trial]:
    """Every rule this checklist has, in the order it is applied:
    {"rule", "fired", "found": [{"id", "value"}], "limit", "effect", "near"}.

    ``found`` names the questions or sections that fired it. ``near``, for a rule that did not fire: what came
    closest ({"id", "value"}), or None. ``effect``: grade letter for the total, else no_a, c, veto, no_grade,
    and "none" where it did not fire.
    """
    rules, limits = definition["rules"], definition["rules"].get("grade")
    asked = [section for section in definition["sections"] if section["id"] not in out_of_scope]
    fired: dict[str, list[dict[str, Any]]] = {}
    for rule in result["rules"]:
        where = rule["question"] or rule["section"]
        fired.setdefault(rule["rule"], []).append({"id": where, "value": rule["value"]})
    order: list[tuple[str, dict[str, Any] | None]] = []
    if rules.get("coverage"):
        order.append(("coverage", _least_covered(result)))
    order.append(("unanswered", None))
    if limits:
        order.append(("grade_by_total", None))
        if rules.get("downgrade") == "vda":
            lowest = _lowest(result)
            order += [
                ("cap_b_section_below_80", lowest),
                ("cap_b_critical_4", _worst(definition, asked, answers, is_critical)),
                ("cap_b_any_0", _worst(definition, asked, answers, lambda _: True)),
                ("cap_c_section_below_70", lowest),
                ("cap_c_critical_0", _worst(definition, asked, answers, is_critical)),
            ]
    if any(question.get("veto") for section in asked for question in section["questions"]):
        order.append(("veto", _worst(definition, asked, answers, lambda q: bool(q.get("veto")))))
    return [_trial(rule, fired.get(rule, []), near, result, limits) for rule, near in order]


def _trial(
    rule: str,
    found: list[dict[str, Any]],
    near: dict[str, Any] | None,
    result: Mapping[str, Any],
    limits: Mapping[str, int] | None,
) -> Trial:
    if rule == "grade_by_total":
        effect = result["grade_before"] or "none"
        limit: Any = dict(limits) if limits else None
    else:
        effect, limit = _EFFECTS[rule] if found else "none", _LIMITS.get(rule)
    return {
        "rule": rule,
        "fired": bool(found),
        "found": found,
        "limit": limit,
        "effect": effect,
        "near": None if found else near,
    }


def _least_covered(result: Mapping[str, Any]) -> dict[str, Any] | None:
    parts = [part for part in result["sections"] if part["asked"]]
    if not parts:
        return None
    least = min(parts, key=lambda part: part["evaluated"] * 1_000_000 // part["asked"])
    return {"id": least["id"], "value": f"{least['evaluated']}/{least['asked']}"}


def _lowest(result: Mapping[str, Any]) -> dict[str, Any] | None:
    parts = [part for part in result["sections"] if part["rounded"] is not None]
    if not parts:
        return None
    lowest = min(parts, key=lambda part: part["rounded"])
    return {"id": lowest["id"], "value": str(lowest["rounded"])}


def _worst(definition: Definition, asked: list[Definition], answers: Answers, counts: Any) -> Any:
    """The lowest score among the questions a rule looks at; the first of several."""
    points_of = points(definition)
    scored = [
        (points_of[given], question["id"], given)
        for section in asked
        for question in section["questions"]
        if counts(question) and (given := score_of(answers, question)) in points_of and given is not None
    ]
    if not scored:
        return None
    _, question_id, given = min(scored, key=lambda each: each[0])
    return {"id": question_id, "value": given}


def one_change(
    definition: Definition, answers: Answers, out_of_scope: Collection[str] = frozenset()
) -> Change | None:
    """What raising one answer to full would do, for the answer where it does most: for the grade, else for
    the number of rules that still hold it down, else for the total. None where nothing is scored below full.

    {"question", "section", "from", "to", "total": [before, after], "section_percent": [before, after],
    "grade": [before, after], "vetoed": [before, after], "gone": [rules], "left": [rules]}
    """
    before = score(definition, answers, out_of_scope)
    best_option = max(definition["scale"]["options"], key=lambda option: option["points"])
    best: tuple[tuple[Any, ...], Change] | None = None
    for section in definition["sections"]:
        if section["id"] in out_of_scope:
            continue
        for question in section["questions"]:
            given = score_of(answers, question)
            if given is None or is_na(definition, given) or given == best_option["value"]:
                continue
            changed = {**answers, question["id"]: {"score": best_option["value"]}}
            after = score(definition, changed, out_of_scope)
            change = _change(section["id"], question, given, best_option["value"], before, after)
            worth = (
                change["vetoed"] == [True, False],
                -ord((after["grade_if_complete"] or "Z")[0]),
                -len(change["left"]),
                after["total_exact"] is not None and _tenths(after["total"]),
            )
            if best is None or worth > best[0]:
                best = worth, change
    return best[1] if best else None


def _change(
    section: str, question: Question, given: str, to: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Change:
    holding, still = _holding(before), _holding(after)
    percent = [next(p["percent"] for p in r["sections"] if p["id"] == section) for r in (before, after)]
    return {
        "question": question["id"],
        "section": section,
        "from": given,
        "to": to,
        "total": [before["total"], after["total"]],
        "section_percent": percent,
        "grade": [before["grade_if_complete"], after["grade_if_complete"]],
        "vetoed": [before["vetoed"], after["vetoed"]],
        "gone": sorted(holding - still),
        "left": sorted(still),
    }


def _holding(result: Mapping[str, Any]) -> set[str]:
    """The rules that hold the grade down, each once for each place: a rule may fire at two questions."""
    return {
        f"{rule['rule']}:{rule['question'] or rule['section'] or ''}"
        for rule in result["rules"]
        if rule["rule"] in _EFFECTS and _EFFECTS[rule["rule"]] != "no_grade"
    }


def _tenths(text: str | None) -> int:
    return int(text.replace(".", "")) if text else 0
