"""A score explained: every rule tried is told, and one change does what a new score says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.explain import one_change, trials
from app.domain.scoring import score
from tests.domain.reading import SCORING, answers, definition

VDA = {
    "grade": {"a": 90, "b": 80},
    "coverage": [2, 3],
    "downgrade": "vda",
    "duty": "vda",
    "group_weights": None,
}
ORDER = [
    "coverage",
    "unanswered",
    "grade_by_total",
    "cap_b_section_below_80",
    "cap_b_critical_4",
    "cap_b_any_0",
    "cap_c_section_below_70",
    "cap_c_critical_0",
    "veto",
]


def checklist(**rules: Any) -> dict[str, Any]:
    def question(name: str, critical: bool = False, veto: bool = False) -> dict[str, Any]:
        return {"id": name, "weight": 3, "critical": critical or veto, "veto": veto}

    return {
        "scale": {
            "min": 0,
            "max": 10,
            "options": [{"value": str(value), "points": value} for value in (10, 8, 6, 4, 0)],
        },
        "na": True,
        "rules": {**VDA, **rules},
        "sections": [
            {"id": "man", "questions": [question("M1", critical=True), question("M2"), question("M3")]},
            {"id": "machine", "questions": [question("E1", veto=True), question("E2"), question("E3")]},
        ],
    }


def given_as(**scores: str) -> dict[str, dict[str, Any]]:
    asked = {question["id"]: "10" for section in checklist()["sections"] for question in section["questions"]}
    return {question: {"score": value} for question, value in (asked | scores).items()}


def told(rules: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(rule for rule in rules if rule["rule"] == name)


def test_all_rules_are_tried_in_the_order_of_the_book_and_only_the_total_decides() -> None:
    asked, answered = checklist(), given_as()
    tried = trials(asked, score(asked, answered), answered)
    assert [rule["rule"] for rule in tried] == ORDER
    assert [rule["rule"] for rule in tried if rule["fired"]] == ["grade_by_total"]
    assert told(tried, "grade_by_total")["effect"] == "A"
    assert {rule["effect"] for rule in tried if not rule["fired"]} == {"none"}
    assert told(tried, "cap_b_section_below_80")["near"] == {"id": "man", "value": "100"}
    assert told(tried, "coverage")["near"] == {"id": "man", "value": "3/3"}


def test_what_fired_names_the_places_and_its_effect() -> None:
    asked, answered = checklist(), given_as(M1="4", E1="0", M2="na")
    tried = trials(asked, score(asked, answered), answered)
    assert told(tried, "cap_b_critical_4")["found"] == [{"id": "M1", "value": "4"}]
    assert told(tried, "cap_b_critical_4")["effect"] == "no_a"
    assert told(tried, "cap_c_critical_0")["effect"] == "c"
    assert told(tried, "veto")["effect"] == "veto"
    assert told(tried, "cap_c_section_below_70")["found"] == [{"id": "machine", "value": "67"}]
    assert told(tried, "coverage")["near"] == {"id": "man", "value": "2/3"}


def test_a_checklist_without_grade_tries_only_what_it_has() -> None:
    asked = checklist(grade=None, coverage=None, downgrade="none")
    asked["sections"][1]["questions"][0]["veto"] = False
    answered = given_as(M1="0")
    tried = trials(asked, score(asked, answered), answered)
    assert [rule["rule"] for rule in tried] == ["unanswered"]


@pytest.mark.parametrize("vector", SCORING["vectors"], ids=lambda vector: vector.get("name", ""))
def test_the_trials_say_what_the_score_says(vector: dict[str, Any]) -> None:
    asked, answered = definition(vector), answers(vector)
    left_out = vector.get("out_of_scope", [])
    result = score(asked, answered, left_out)
    tried = trials(asked, result, answered, left_out)
    fired = [rule["rule"] for rule in result["rules"] if rule["rule"] != "nothing_evaluated"]
    assert {rule["rule"] for rule in tried if rule["fired"]} == set(fired)
    assert sum(len(rule["found"]) for rule in tried) == len(fired)


def test_the_best_change_is_the_one_that_lets_most_rules_go() -> None:
    asked, answered = checklist(), given_as(M1="4", M2="6", E2="8")
    change = one_change(asked, answered)
    assert change is not None
    assert (change["question"], change["from"], change["to"]) == ("M1", "4", "10")
    assert change["gone"] == [
        "cap_b_critical_4:M1",
        "cap_b_section_below_80:man",
        "cap_c_section_below_70:man",
    ]
    assert change["left"] == []
    assert change["grade"] == ["C", "A"]
    assert change["total"] == ["80.0", "90.0"]


def test_a_veto_is_what_one_change_takes_away_first() -> None:
    change = one_change(checklist(), given_as(M1="0", E1="0"))
    assert change is not None
    assert (change["question"], change["vetoed"]) == ("E1", [True, False])
    assert change["left"] == [
        "cap_b_any_0:M1",
        "cap_b_section_below_80:man",
        "cap_c_critical_0:M1",
        "cap_c_section_below_70:man",
    ]


def test_nothing_to_change_where_all_is_best_or_out_of_scope() -> None:
    assert one_change(checklist(), given_as()) is None
    assert one_change(checklist(), given_as(E1="0"), {"machine"}) is None
    assert one_change(checklist(), {}) is None


ANSWERS = st.sampled_from(["10", "8", "6", "4", "0", "na", None])


@given(st.lists(ANSWERS, min_size=6, max_size=6))
def test_a_change_never_makes_it_worse_and_holds_what_it_promises(scores: list[str | None]) -> None:
    asked = checklist()
    answered = {
        name: {"score": value}
        for name, value in zip(("M1", "M2", "M3", "E1", "E2", "E3"), scores, strict=True)
    }
    change = one_change(asked, answered)
    if change is None:
        assert all(value in ("10", "na", None) for value in scores)
        return
    after = score(asked, {**answered, change["question"]: {"score": "10"}})
    assert after["total"] == change["total"][1]
    assert float(change["total"][1]) >= float(change["total"][0])
    assert after["grade_if_complete"] == change["grade"][1]
    assert (change["grade"][1] or "Z") <= (change["grade"][0] or "Z")
