"""What cannot be published, each fault named with its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.checklists import check_definition
from app.domain.errors import Invalid
from app.domain.words import pick

Change = Callable[[dict[str, Any]], Any]
SMALL: dict[str, Any] = {
    "format": 1,
    "code": "small",
    "kind": "supplier_audit",
    "title": {"en": "Small"},
    "scale": {
        "id": "yesno",
        "min": 0,
        "max": 1,
        "options": [
            {"value": "yes", "points": 1, "verdict": "v10", "label": {"en": "Yes"}, "says": {"en": "Yes"}},
            {"value": "no", "points": 0, "verdict": "v0", "label": {"en": "No"}, "says": {"en": "No"}},
        ],
    },
    "na": True,
    "rules": {
        "grade": {"a": 90, "b": 80},
        "coverage": [2, 3],
        "downgrade": "none",
        "duty": "none",
        "group_weights": None,
    },
    "sections": [
        {
            "id": "one",
            "title": {"zh-Hans": "一"},
            "optional": False,
            "questions": [
                {"id": "Q1", "text": {"en": "Is it?"}, "weight": 1, "critical": True, "veto": True},
                {"id": "Q2", "text": {"en": "Was it?"}, "weight": 9, "critical": False, "veto": False},
            ],
        }
    ],
}


def question(definition: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = definition["sections"][0]["questions"][index]
    return found


FAULTS: list[tuple[str, str, Change]] = [
    ("format", "format", lambda d: d.update(format=2)),
    ("name_missing", "code", lambda d: d.update(code="")),
    ("words_missing", "title", lambda d: d.update(title={"en": "  "})),
    ("words_language", "title", lambda d: d.update(title={"de": "Klein"})),
    ("words_text", "Q1/text", lambda d: question(d).update(text={"en": "x" * 2001})),
    ("scale_range", "scale", lambda d: d["scale"].update(max=0)),
    ("option_points_twice", "scale/1", lambda d: d["scale"]["options"][1].update(points=1)),
    ("option_value_twice", "scale/yes", lambda d: d["scale"]["options"][1].update(value="yes")),
    ("option_value", "scale/na", lambda d: d["scale"]["options"][1].update(value="na")),
    ("option_points", "scale/no", lambda d: d["scale"]["options"][1].update(points=-1)),
    ("option_verdict", "scale/no", lambda d: d["scale"]["options"][1].update(verdict="red")),
    ("sections_missing", "sections", lambda d: d.update(sections=[])),
    ("questions_missing", "one", lambda d: d["sections"][0].update(questions=[])),
    ("section_twice", "one", lambda d: d["sections"].append(other_section("one", "Q3"))),
    ("question_twice", "Q1", lambda d: d["sections"].append(other_section("two", "Q1"))),
    ("identifier", "a b", lambda d: question(d).update(id="a b")),
    ("identifier", "q/1", lambda d: question(d).update(id="q/1")),
    ("weight", "Q1", lambda d: question(d).update(weight=0)),
    ("weight", "Q1", lambda d: question(d).update(weight=10)),
    ("weight", "Q1", lambda d: question(d).update(weight=True)),
    ("veto_not_critical", "Q1", lambda d: question(d).update(critical=False)),
    ("grade_limits", "rules", lambda d: d["rules"].update(grade={"a": 80, "b": 90})),
    ("coverage", "rules", lambda d: d["rules"].update(coverage=[3, 2])),
    ("downgrade", "rules", lambda d: d["rules"].update(downgrade="sometimes")),
    ("duty", "rules", lambda d: d["rules"].update(duty="sometimes")),
    ("group_weights_sections", "rules", lambda d: d["rules"].update(group_weights={"two": 1})),
    ("group_weights", "rules", lambda d: d["rules"].update(group_weights={"one": 0})),
    ("term_unknown", "Q1/trade", lambda d: (d.update(terms={"trade": {}}), question(d).update(trade="Gas"))),
    ("signatures", "rules", lambda d: d["rules"].update(signatures=["witness"])),
    ("signatures", "rules", lambda d: d["rules"].update(signatures=["auditor", "auditor"])),
    ("signatures", "rules", lambda d: d["rules"].update(signatures="auditor")),
    ("approval", "rules", lambda d: d["rules"].update(approval="yes")),
    ("canned_too_many", "Q1", lambda d: question(d).update(canned=[statement(f"s{n}") for n in range(21)])),
    ("canned_twice", "Q1/canned/s1", lambda d: question(d).update(canned=[statement("s1"), statement("s1")])),
    ("identifier", "Q1/canned", lambda d: question(d).update(canned=[statement("s 1")])),
    ("words_missing", "Q1/canned/s1", lambda d: question(d).update(canned=[statement("s1", " ")])),
    ("rooms", "Q1", lambda d: question(d).update(rooms=[])),
    ("rooms", "Q1", lambda d: question(d).update(rooms=["cellar"])),
    ("term_unknown", "defects/crack", lambda d: d.update(defects=[defect("crack")])),
    ("defect_class", "defects/crack", lambda d: with_trade(d, defect("crack", grade="D"))),
    ("identifier", "defects/a b", lambda d: with_trade(d, defect("a b"))),
    ("words_missing", "defects/crack", lambda d: with_trade(d, defect("crack", words=" "))),
    ("defect_twice", "defects/crack", lambda d: with_trade(d, defect("crack"), defect("crack"))),
    ("defects_too_many", "defects", lambda d: with_trade(d, *(defect(f"d{n}") for n in range(501)))),
    ("shape", "definition", lambda d: d.pop("scale")),
    ("shape", "definition", lambda d: d.update(sections=7)),
    ("op_value", "definition", lambda d: d.update(extra=0.5)),
    ("op_text", "definition", lambda d: d.update(extra="\ud800")),
]


def statement(name: str, words: str = "Missing") -> dict[str, Any]:
    return {"id": name, "text": {"en": words}}


def defect(name: str, grade: str = "B", words: str = "Crack") -> dict[str, Any]:
    return {"id": name, "trade": "Plaster", "class": grade, "text": {"en": words}}


def with_trade(definition: dict[str, Any], *defects: dict[str, Any]) -> None:
    definition.update(terms={"trade": {"Plaster": {"en": "Plaster"}}}, defects=list(defects))


def other_section(name: str, asked: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"en": name},
        "optional": False,
        "questions": [{**copy.deepcopy(question(SMALL, 1)), "id": asked}],
    }


def test_a_sound_definition_is_taken() -> None:
    check_definition(SMALL)
    whole = copy.deepcopy(SMALL)
    whole["rules"] |= {"signatures": ["auditor", "auditee", "other"], "approval": True}
    question(whole).update(canned=[statement("s1"), statement("s2")], rooms=["bathroom", "unit"])
    with_trade(whole, defect("crack"), defect("damp", grade="A"))
    check_definition(whole)


@pytest.mark.parametrize(("what", "where", "change"), FAULTS, ids=[f"{a}-{b}" for a, b, _ in FAULTS])
def test_a_fault_is_named_with_its_place(what: str, where: str, change: Change) -> None:
    broken = copy.deepcopy(SMALL)
    change(broken)
    with pytest.raises(Invalid) as caught:
        check_definition(broken)
    assert caught.value.code == "checklist_invalid"
    assert (what, where) in caught.value.params["problems"]


def test_what_is_no_object_is_refused() -> None:
    for nonsense in (None, [], "text", 7):
        with pytest.raises(Invalid):
            check_definition(nonsense)


def test_one_language_is_enough_because_readers_fall_back() -> None:
    assert pick(SMALL["sections"][0]["title"], "en") == "一"
