"""What an inspection scores, and why (domain.md B2, with B1's downgrades as DESIGN §8 settles them).

The order is B2.5: compute, grade by total, A→B, →C, veto. A section set out of scope is not asked. A question
not answered is asked and not evaluated. The result is provisional, and has no grade, while a question is open
or fewer than 2/3 of a section's questions are evaluated; ``grade_if_complete`` then says what the answers so
far would give. Percentages are compared unrounded, except that a section is rounded to whole percent (half
up) before the downgrade test (B1). Twin: ``static/src/js/domain/scoring.js``, which gives the same JSON.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any, NamedTuple

from app.domain.canonical import MAX_INTEGER
from app.domain.scale import (
    INADEQUATE,
    Answers,
    Definition,
    against,
    is_critical,
    points,
    score_of,
    width,
)

SECTION_FOR_A = 80  # a section below: at most B (B1)
SECTION_FOR_B = 70  # a section below: C (B1)

Result = dict[str, Any]
Rule = dict[str, Any]


def score(definition: Definition, answers: Answers, out_of_scope: Collection[str] = frozenset()) -> Result:
    """The score with its own explanation.

    ``answers``: question id → {"score": option value | "na" | None, …}. ``out_of_scope``: section ids.

    Pairs are [numerator, denominator] in lowest terms, or None where one of them would not fit an exact JSON
    integer. ``percent`` and ``total`` are text with one decimal, half up. ``awarded`` and ``possible`` are
    weighted points above the scale's minimum. ``grade_before`` is the grade by total alone. ``rules`` lists
    everything that fired, in the order of B2.5, each with the question or section, the value that fired it
    and the limit.
    """
    asked = [section for section in definition["sections"] if section["id"] not in out_of_scope]
    points_of, most = points(definition), width(definition)
    parts = [_section(definition, section, answers, points_of, most) for section in asked]
    scored = _scored(definition, asked, answers)
    total = _total(definition, parts)
    before = _grade_by_total(definition, total)
    rules = [before] if before else []
    if before and definition["rules"].get("downgrade") == "vda":
        rules += _downgrades(definition, parts, scored)
    vetoes = [
        _rule("veto", given, section=section, question=question["id"])
        for section, question, given, got in scored
        if question.get("veto") and got == 0
    ]
    rules += vetoes
    unfinished = _unfinished(parts, total)
    rules += unfinished
    so_far = _capped(rules)
    return {
        "total": None if total is None else one_decimal(total),
        "total_exact": None if total is None else _pair(total),
        "grade": None if unfinished else so_far,
        "grade_before": before["grade"] if before else None,
        "grade_if_complete": so_far,
        "provisional": bool(unfinished),
        "vetoed": bool(vetoes),
        "answered": sum(part["answered"] for part in parts),
        "evaluated": sum(part["evaluated"] for part in parts),
        "asked": sum(part["asked"] for part in parts),
        "not_applicable": sum(part["na"] for part in parts),
        "sections": [{key: part[key] for key in part if key != "sums"} for part in parts],
        "rules": [{key: rule[key] for key in _RULE} for rule in rules],
    }


def round_half_up(value: Fraction) -> int:
    """Whole number nearest to a value that is not negative; a half goes up (79.5 → 80)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def one_decimal(value: Fraction) -> str:
    """Text with one decimal, half up (89.95 → "90.0")."""
    tenths = (20 * value.numerator + value.denominator) // (2 * value.denominator)
    return f"{tenths // 10}.{tenths % 10}"


_RULE = ("rule", "question", "section", "value", "limit")


def _rule(
    rule: str,
    value: str | None = None,
    limit: int | None = None,
    *,
    section: str | None = None,
    question: str | None = None,
    grade: str | None = None,
) -> Rule:
    return dict(zip((*_RULE, "grade"), (rule, question, section, value, limit, grade), strict=True))


def _pair(value: Fraction) -> list[int] | None:
    fits = abs(value.numerator) <= MAX_INTEGER and value.denominator <= MAX_INTEGER
    return [value.numerator, value.denominator] if fits else None


def _section(
    definition: Definition, section: Definition, answers: Answers, points_of: dict[str, int], most: int
) -> dict[str, Any]:
    na_counts = bool(definition.get("na"))
    awarded = possible = evaluated = not_applicable = 0
    for question in section["questions"]:
        given = score_of(answers, question)
        if given is None:
            continue
        if given == "na" and na_counts:
            not_applicable += 1
        elif given in points_of:
            evaluated += 1
            awarded += question["weight"] * points_of[given]
            possible += question["weight"] * most
    asked = len(section["questions"])
    percent = Fraction(100 * awarded, possible) if possible else None
    coverage = Fraction(evaluated, asked) if asked else Fraction(1)
    needed = definition["rules"].get("coverage")
    return {
        "id": section["id"],
        "asked": asked,
        "answered": evaluated + not_applicable,
        "evaluated": evaluated,
        "na": not_applicable,
        "awarded": [awarded, 1],
        "possible": [possible, 1],
        "percent": None if percent is None else one_decimal(percent),
        "percent_exact": None if percent is None else _pair(percent),
        "rounded": None if percent is None else round_half_up(percent),
        "coverage": _pair(coverage),
        "sufficient": not needed or coverage.numerator * needed[1] >= needed[0] * coverage.denominator,
        "sums": (awarded, possible),
    }


def _total(definition: Definition, parts: list[dict[str, Any]]) -> Fraction | None:
    # Pooled over all questions, or groups weighed; weights renormalise over groups with something evaluated
    # (B2.2).
    weights = definition["rules"].get("group_weights")
    if not weights:
        awarded, possible = (sum(part["sums"][at] for part in parts) for at in (0, 1))
        return Fraction(100 * awarded, possible) if possible else None
    above, below = Fraction(0), 0
    for part in parts:
        awarded, possible = part["sums"]
        if possible:
            weight = weights.get(part["id"], 1)
            above, below = above + Fraction(weight * awarded, possible), below + weight
    return 100 * above / below if below else None


def _grade_by_total(definition: Definition, total: Fraction | None) -> Rule | None:
    limits = definition["rules"].get("grade")
    if not limits or total is None:
        return None
    if total >= limits["a"]:
        return _rule("grade_by_total", one_decimal(total), limits["a"], grade="A")
    if total >= limits["b"]:
        return _rule("grade_by_total", _below(total, limits["a"]), limits["b"], grade="B")
    return _rule("grade_by_total", _below(total, limits["b"]), limits["b"], grade="C")


def _below(total: Fraction, limit: int) -> str:
    # 89.95 is no A, so the reason must not read "90.0": cut it to two decimals where rounding would reach the
    # limit.
    if round_half_up(total * 10) < limit * 10:
        return one_decimal(total)
    hundredths = int(total * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


class _Scored(NamedTuple):
    section: str
    question: Definition
    given: str
    got: int  # points above the scale's minimum


def _scored(definition: Definition, asked: list[Definition], answers: Answers) -> list[_Scored]:
    points_of = points(definition)
    return [
        _Scored(section["id"], question, given, points_of[given])
        for section in asked
        for question in section["questions"]
        if (given := score_of(answers, question)) is not None and given in points_of
    ]


def _downgrades(definition: Definition, parts: list[dict[str, Any]], scored: list[_Scored]) -> list[Rule]:
    cap_b, cap_c = [], []
    for section, question, given, got in scored:
        star, at = is_critical(question), {"section": section, "question": question["id"]}
        if star and got > 0 and against(definition, got, INADEQUATE) <= 0:
            cap_b.append(_rule("cap_b_critical_4", given, grade="B", **at))
        if got == 0:
            cap_b.append(_rule("cap_b_any_0", given, grade="B", **at))
        if got == 0 and star:
            cap_c.append(_rule("cap_c_critical_0", given, grade="C", **at))
    return [
        *_low_sections(parts, "cap_b_section_below_80", SECTION_FOR_A, "B"),
        *cap_b,
        *_low_sections(parts, "cap_c_section_below_70", SECTION_FOR_B, "C"),
        *cap_c,
    ]


def _low_sections(parts: list[dict[str, Any]], rule: str, limit: int, grade: str) -> list[Rule]:
    return [
        _rule(rule, str(part["rounded"]), limit, section=part["id"], grade=grade)
        for part in parts
        if part["rounded"] is not None and part["rounded"] < limit
    ]


def _unfinished(parts: list[dict[str, Any]], total: Fraction | None) -> list[Rule]:
    rules = [
        _rule("coverage", f"{part['evaluated']}/{part['asked']}", section=part["id"])
        for part in parts
        if not part["sufficient"]
    ]
    missing = sum(part["asked"] - part["answered"] for part in parts)
    if missing:
        rules.append(_rule("unanswered", str(missing)))
    if total is None:
        rules.append(_rule("nothing_evaluated"))
    return rules


def _capped(rules: list[Rule]) -> str | None:
    # "A" < "B" < "C": a cap never lifts a grade.
    return max((rule["grade"] for rule in rules if rule["grade"]), default=None)
