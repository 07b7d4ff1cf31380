"""Looking again at what was repaired: vectors shared with JavaScript, and what holds whatever it was."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.again import (
    DUTY,
    MOST_REPAIRED,
    RESULTS,
    SCALE,
    as_walked,
    first_time_pass_rate,
    judge_price,
    judge_repaired,
    question_id,
    rechecks,
)
from app.domain.answers import answers
from app.domain.canonical import canonical_text
from app.domain.checklists import questions
from app.domain.duty import blockers
from app.domain.errors import Invalid
from app.domain.money import currency_of, plain
from app.domain.operations import MAX_CREATED, MAX_DEPTH, MAX_TEXT
from app.domain.registers import Form, judge, judge_created
from app.domain.rooms import expand
from app.domain.scoring import score
from tests.domain.reading import vectors
from tests.domain.test_findings import state_of

VECTORS = vectors("again")
DEFINITION = {**vectors("rooms")["definition"], "rules": VECTORS["rules"]}
ROOMS, REPAIRED = VECTORS["rooms"], VECTORS["repaired"]
ASKED = as_walked(DEFINITION, ROOMS, REPAIRED)


def test_what_is_asked():
    before = copy.deepcopy(DEFINITION)
    assert {part["id"]: [one["id"] for one in part["questions"]] for part in ASKED["sections"]} == VECTORS[
        "asked"
    ]
    assert ASKED["sections"][0]["questions"][0] == VECTORS["question"]
    assert ASKED["rules"] == VECTORS["walked_rules"] and ASKED["scale"] == SCALE == VECTORS["scale"]
    assert before == DEFINITION
    assert as_walked(DEFINITION, ROOMS) == expand(DEFINITION, ROOMS)
    assert as_walked(DEFINITION, None) is DEFINITION


@pytest.mark.parametrize("vector", VECTORS["found"], ids=lambda vector: vector["name"])
def test_what_was_found(vector):
    state = state_of(vector["state"])
    found = rechecks(ASKED, state)
    told = [[one["repaired"]["row"], one["result"], one["price"], len(one["photos"])] for one in found]
    assert told == vector["rechecks"]
    lacks = blockers(ASKED, answers(state))
    assert [[one["question"], one["code"]] for one in lacks] == vector["blockers"]
    result = score(ASKED, answers(state))
    assert (result["total"], result["grade"], result["vetoed"]) == (vector["total"], None, False)


@pytest.mark.parametrize("vector", VECTORS["first"], ids=lambda vector: str(vector["looked"])[:40])
def test_how_many_passed_the_first_time(vector):
    looked = vector["looked"]
    if isinstance(looked, str):
        looked = [["pass"]] * 1999 + [["fail"]]
    found = first_time_pass_rate(looked)
    assert (found.passed, found.checked, found.percent) == tuple(
        vector[name] for name in ("passed", "checked", "percent")
    )


@given(st.lists(st.lists(st.sampled_from(RESULTS), max_size=4)))
def test_a_second_look_changes_no_first_time(looked):
    found = first_time_pass_rate(looked)
    assert found == first_time_pass_rate(one[:1] for one in looked)
    assert 0 <= found.passed <= found.checked <= len(looked)
    if found.percent is not None:
        off = Fraction(found.percent) - Fraction(100 * found.passed, found.checked)
        assert Fraction(-1, 20) < off <= Fraction(1, 20)


@given(st.lists(st.sampled_from(["bed", "bath1", "all", "gone", None]), min_size=1, max_size=20))
def test_each_repaired_defect_is_asked_about_once(rooms):
    repaired = [
        {**REPAIRED[0], "row": f"0199a000-0000-7000-8000-{n:012d}", "room": room}
        for n, room in enumerate(rooms)
    ]
    asked = as_walked(DEFINITION, ROOMS, repaired)
    assert sorted(one["id"] for one in questions(asked)) == sorted(
        question_id(one["row"]) for one in repaired
    )
    assert all(part["questions"] for part in asked["sections"])
    form = Form.of("v", DEFINITION, ROOMS, repaired)
    assert form.again and form.scores == set(RESULTS) and form.rooms == {room["id"] for room in ROOMS}


def created(repaired, **more):
    return {
        "checklist_version": REPAIRED[0]["row"],
        "site": REPAIRED[0]["row"],
        "auditors": [REPAIRED[0]["row"]],
        "due": None,
        "unit": REPAIRED[0]["row"],
        "rooms": ROOMS,
        "repaired": repaired,
        **more,
    }


def test_what_may_begin_a_re_inspection():
    judge_created(created(REPAIRED))
    many = [
        {**REPAIRED[0], "row": f"0199a000-0000-7000-8000-{n:012d}", "text": {"en": "x" * 100}}
        for n in range(MOST_REPAIRED)
    ]
    judge_repaired(many)
    assert len(canonical_text(created(many), MAX_TEXT, MAX_DEPTH).encode()) < MAX_CREATED - 16 * 1024
    for wrong in ([], {}, None, [*many, REPAIRED[0]], [REPAIRED[0], REPAIRED[0]]):
        with pytest.raises(Invalid):
            judge_created(created(wrong))
    audit = created(REPAIRED)
    del audit["unit"], audit["rooms"]
    with pytest.raises(Invalid):
        judge_created(audit)


@pytest.mark.parametrize(("name", "value"), VECTORS["bad"])
def test_what_may_not_stand_of_a_repaired_defect(name, value):
    with pytest.raises(Invalid):
        judge_repaired([{**REPAIRED[0], name: value}])


def test_a_price_stands_on_a_re_inspection_only():
    form = Form.of("v", DEFINITION, ROOMS, REPAIRED)
    path = f"q/{question_id(REPAIRED[0]['row'])}"
    for price in VECTORS["prices"]:
        judge(form, path, "price", price)
    for price in VECTORS["bad_prices"]:
        with pytest.raises(Invalid):
            judge_price(price)
    walk = Form.of("v", DEFINITION, ROOMS)
    with pytest.raises(Invalid):
        judge(walk, f"q/{sorted(walk.questions)[0]}", "price", VECTORS["prices"][1])
    assert ASKED["rules"]["duty"] == DUTY


def test_money():
    assert [plain(amount) for amount in (0, 5, 120_050)] == ["0.00", "0.05", "1200.50"]
    assert currency_of("TW", "Asia/Shanghai") == "TWD" == currency_of("", "Asia/Taipei")
    assert (currency_of("", "Asia/Shanghai"), currency_of("DE", "Europe/Berlin")) == ("CNY", "EUR")
