"""Pins that move with their plan: vectors, there and back again, and points that lead nowhere."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import plan_points
from app.domain.errors import Invalid
from tests.domain.reading import vectors

VECTORS = vectors("plan_points")
A4, WIDE, TALL = (2048, 1448), (2048, 1152), (900, 2048)

part = st.integers(0, plan_points.EDGE)
point = st.tuples(part, part)
size = st.tuples(st.integers(200, 2048), st.integers(200, 2048))
pair = st.tuples(point, point)


def accepted(old: Any, new: Any, old_size: Any, new_size: Any) -> bool:
    try:
        plan_points.judge_points(old, new, old_size, new_size)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("case", VECTORS["moves"], ids=lambda case: case["name"])
def test_a_registration_moves_pins_as_the_vectors_say(case: dict[str, Any]) -> None:
    old, new = tuple(case["old_size"]), tuple(case["new_size"])
    plan_points.judge_points(case["old"], case["new"], old, new)
    move = plan_points.move_of({"from": "1", "old": case["old"], "new": case["new"]}, old, new)
    for before, after in case["pins"]:
        assert plan_points.moved(move, *before) == tuple(after)
        assert plan_points.is_on(tuple(after)) is all(0 <= each <= 10_000 for each in after)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_points_that_lead_nowhere_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        plan_points.judge_points(case["old"], case["new"], tuple(case["old_size"]), tuple(case["new_size"]))
    assert (refused.value.code, refused.value.field) == (case["code"], case["field"])


def test_the_phone_moves_pins_as_the_server_does(tmp_path: Path) -> None:
    cases = []
    for case in VECTORS["moves"]:
        registration = {"from": "1", "old": case["old"], "new": case["new"]}
        move = plan_points.move_of(registration, tuple(case["old_size"]), tuple(case["new_size"]))
        cases += [[list(move), x, y] for x in range(0, 10_001, 357) for y in (0, 17, 4999, 10_000)]
    script = (
        "import {moved, isOn} from './static/src/js/domain/plan_points.js';"
        "import {readFileSync} from 'node:fs';"
        "const out = JSON.parse(readFileSync(0)).map(([move, x, y]) => {"
        "const at = moved(move, {x, y}); return [at.x, at.y, isOn(at)]});"
        "console.log(JSON.stringify(out));"
    )
    asked = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [plan_points.moved(tuple(move), x, y) for move, x, y in cases]
    assert json.loads(asked.stdout) == [[x, y, plan_points.is_on((x, y))] for x, y in expected]


@given(pair, pair, size, size)
def test_the_points_themselves_meet(old: Any, new: Any, old_size: Any, new_size: Any) -> None:
    assume(accepted(old, new, old_size, new_size))
    move = plan_points.move_of({"old": old, "new": new}, old_size, new_size)
    for before, after in zip(old, new, strict=True):
        found = plan_points.moved(move, *before)
        assert all(abs(a - b) <= 1 for a, b in zip(found, after, strict=True))


@given(pair, pair, size, size, point)
def test_there_and_back_again(old: Any, new: Any, old_size: Any, new_size: Any, pin: Any) -> None:
    assume(accepted(old, new, old_size, new_size))
    move = plan_points.move_of({"old": old, "new": new}, old_size, new_size)
    same = plan_points.then(move, plan_points.back(move))
    assert same == pytest.approx(plan_points.STAYS, abs=1e-3)
    assert plan_points.moved(same, *pin) == pytest.approx(pin, abs=1)


@given(pair, pair, size, size, point, point)
def test_shapes_stay_shapes(old: Any, new: Any, old_size: Any, new_size: Any, one: Any, other: Any) -> None:
    """Distances in pixels all grow alike, whatever the proportions of the pictures: nothing is stretched."""
    assume(accepted(old, new, old_size, new_size))
    move = plan_points.move_of({"old": old, "new": new}, old_size, new_size)

    def apart(a: Any, b: Any, of: Any) -> float:
        return math.hypot((a[0] - b[0]) * of[0], (a[1] - b[1]) * of[1]) / plan_points.EDGE

    def exactly(p: Any) -> tuple[float, float]:
        a, b, c, d, e, f = move
        return a * p[0] + b * p[1] + c, d * p[0] + e * p[1] + f

    larger = apart(*new, new_size) / apart(*old, old_size)
    if (old, new) == (plan_points.OUTLINE, plan_points.OUTLINE):
        return
    assert apart(exactly(one), exactly(other), new_size) == pytest.approx(
        larger * apart(one, other, old_size), rel=1e-6, abs=1e-6
    )


def test_a_chain_of_revisions_leads_both_ways_and_gaps_stay_gaps() -> None:
    shifted = {"old": [[1000, 1000], [9000, 9000]], "new": [[2000, 1000], [10_000, 9000]]}
    plans: dict[str, Any] = {
        "one": (A4, None),
        "two": (A4, {"from": "one", **shifted}),
        "scrap": (WIDE, None),
        "four": (A4, {"from": "two", **shifted}),
        "five": (A4, plan_points.unmoved("four")),
    }
    newest = plan_points.moves_to("five", plans)
    assert set(newest) == {"one", "two", "four", "five"}, "the scrap is tied to nothing"
    assert plan_points.moved(newest["one"], 3000, 4000) == (5000, 4000)
    assert plan_points.moved(newest["two"], 3000, 4000) == (4000, 4000)
    first = plan_points.moves_to("one", plans)
    assert plan_points.moved(first["five"], 5000, 4000) == (3000, 4000)
    assert plan_points.moves_to("scrap", plans) == {"scrap": plan_points.STAYS}


def test_a_tie_to_a_plan_that_is_not_there_is_none() -> None:
    plans: dict[str, Any] = {"two": (A4, plan_points.unmoved("gone"))}
    assert plan_points.moves_to("two", plans) == {"two": plan_points.STAYS}


def test_the_same_sheet_in_another_resolution_stays() -> None:
    assert plan_points.same_shape((2048, 1448), (1024, 724))
    assert not plan_points.same_shape(A4, WIDE)
    assert not plan_points.same_shape(WIDE, TALL)
