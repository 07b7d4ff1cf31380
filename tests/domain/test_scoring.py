"""Scoring against vectors worked out by hand, and properties that hold for every checklist."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.scoring import one_decimal, round_half_up, score
from tests.domain.generate import audits
from tests.domain.reading import SCORING, answers, definition


@pytest.mark.parametrize("vector", SCORING["vectors"], ids=lambda v: v["name"])
def test_vector(vector):
    result = score(definition(vector), answers(vector), set(vector.get("out_of_scope", [])))
    expected = dict(vector["expect"])
    rules = [[r["rule"], r["question"] or r["section"], r["value"], r["limit"]] for r in result["rules"]]
    assert rules == expected.pop("rules")
    sections = {section["id"]: section for section in result["sections"]}
    for name, figures in expected.pop("sections", {}).items():
        assert {key: sections[name][key] for key in figures} == figures
    assert {key: result[key] for key in expected} == expected


def test_a_fired_rule_names_the_section_of_its_question():
    vector = next(v for v in SCORING["vectors"] if v["name"].startswith("B2.7"))
    fired = score(definition(vector), answers(vector))["rules"]
    assert fired[2] == {
        "rule": "cap_b_critical_4",
        "question": "machine-2",
        "section": "machine",
        "value": "4",
        "limit": None,
    }


def test_a_ratio_too_long_for_exact_json_is_left_out():
    # Twelve groups with coprime sums: the denominator outgrows 2**53, the total itself stays exact inside.
    primes = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157]
    vector = {
        "sections": {f"s{p}": [f"{p - 1}:10", "1:8"] for p in primes},
        "rules": {"group_weights": {"s101": 1}},
    }
    result = score(definition(vector), answers(vector))
    assert result["total_exact"] is None
    expected = sum(Fraction(100 * (10 * p - 2), 10 * p) for p in primes) / 12
    assert result["total"] == str(float(round(expected, 1)))


@pytest.mark.parametrize(
    ("value", "whole", "tenth"),
    [
        ("0", 0, "0.0"),
        ("79.4999", 79, "79.5"),
        ("79.5", 80, "79.5"),
        ("69.45", 69, "69.5"),
        ("69.449", 69, "69.4"),
        ("0.05", 0, "0.1"),
        ("99.95", 100, "100.0"),
        ("100", 100, "100.0"),
    ],
)
def test_half_up(value, whole, tenth):
    assert round_half_up(Fraction(value)) == whole
    assert one_decimal(Fraction(value)) == tenth


@given(audits())
def test_bounds(audit):
    result = score(*audit)
    assert result["evaluated"] + result["not_applicable"] == result["answered"] <= result["asked"]
    assert (result["total"] is None) == (result["evaluated"] == 0)
    if result["total_exact"]:
        assert 0 <= Fraction(*result["total_exact"]) <= 100
    assert result["grade"] in (None, result["grade_if_complete"])
    if result["grade_if_complete"]:
        assert result["grade_if_complete"] >= result["grade_before"]
    assert result["provisional"] == (
        result["answered"] < result["asked"]
        or result["evaluated"] == 0
        or not all(section["sufficient"] for section in result["sections"])
    )
    assert not (result["provisional"] and result["grade"])


@given(audits(), st.data())
def test_raising_a_score_never_lowers_anything(audit, data):
    definition, answers, left = audit
    points = {option["value"]: option["points"] for option in definition["scale"]["options"]}
    raisable = sorted(q for q, a in answers.items() if a["score"] in points)
    if not raisable:
        return
    question = data.draw(st.sampled_from(raisable))
    before = score(definition, answers, left)
    better = copy.deepcopy(answers)
    old = points[answers[question]["score"]]
    better[question]["score"] = data.draw(st.sampled_from([v for v, p in points.items() if p >= old]))
    after = score(definition, better, left)
    if before["total_exact"] and after["total_exact"]:
        assert Fraction(*after["total_exact"]) >= Fraction(*before["total_exact"])
    assert (after["grade_if_complete"] or "") <= (before["grade_if_complete"] or "")
    assert after["vetoed"] <= before["vetoed"]


@given(audits())
def test_the_order_of_answers_and_what_is_out_of_scope_do_not_count(audit):
    definition, answers, left = audit
    turned = dict(reversed(list(answers.items())))
    inside = {q["id"] for s in definition["sections"] if s["id"] not in left for q in s["questions"]}
    only = {question: answer for question, answer in answers.items() if question in inside}
    assert (
        score(definition, turned, left) == score(definition, answers, left) == score(definition, only, left)
    )
