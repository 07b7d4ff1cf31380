"""What is counted of units handed over: worked examples, and what must hold of any defects."""

from __future__ import annotations

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import heat
from app.domain.unit_figures import (
    A_DAY,
    CLASSES,
    STATES,
    Days,
    Found,
    Share,
    Visits,
    days,
    figures,
    first_pass,
    in_state,
    lines,
    one_visit,
    sent_back,
    weight,
)
from tests.domain.pen import squares


def defect(case: str = "c1", unit: str = "u1", grade: str = "B", **more: object) -> Found:
    held = {
        "trade": "Painting",
        "company": "p",
        "kind": "bedroom",
        "code": "H07",
        "open": True,
        "late": False,
    }
    return Found(case, unit, grade, **{**held, "took": None, "back": False, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ([], Days(None, None, None, 0)),
        ([A_DAY], Days(10, 10, 10, 1)),
        ([A_DAY, 2 * A_DAY], Days(15, 20, 15, 2)),
        ([4320], Days(1, 1, 1, 1)),  # a twentieth of a day is a tenth: half up
        ([4319], Days(0, 0, 0, 1)),
        # ten of 1 … 10 days: half of 5 and 6, the ninth, the mean
        ([n * A_DAY for n in range(1, 11)], Days(55, 90, 55, 10)),
        # eleven: nearest rank is the tenth
        ([n * A_DAY for n in range(1, 12)], Days(60, 100, 60, 11)),
    ],
)
def test_days_in_tenths(seconds: list[int], told: Days) -> None:
    assert days(seconds) == told
    assert days(reversed(seconds)) == told


@given(st.lists(st.integers(0, 400 * A_DAY), min_size=1, max_size=60))
def test_days_agree_with_exact_fractions(seconds: list[int]) -> None:
    found = days(seconds)
    assert found.middle is not None and found.mean is not None and found.ninth is not None
    exact = Fraction(sum(seconds), len(seconds)) * 10 / A_DAY
    assert abs(found.mean - exact) <= Fraction(1, 2)
    assert abs(found.middle - Fraction(median(map(Fraction, seconds))) * 10 / A_DAY) <= Fraction(1, 2)
    within = sum(Fraction(one) * 10 / A_DAY <= found.ninth + Fraction(1, 2) for one in seconds)
    assert within * 10 >= 9 * len(seconds), "nine of ten took no longer"
    assert found.middle <= max(found.ninth, found.middle) and found.of == len(seconds)


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        (Share(0, 0), None),
        (Share(0, 7), "0.0"),
        (Share(93, 119), "78.2"),
        (Share(1, 8), "12.5"),
        (Share(1, 2000), "0.1"),  # 0.05 %: half up
        (Share(7, 7), "100.0"),
    ],
)
def test_a_share_in_percent(share: Share, percent: str | None) -> None:
    assert share.percent == percent


def test_a_share_for_a_thousand_and_for_each() -> None:
    assert Share(64, 162).times(1000, 0) == "395"
    assert Share(888, 120).times(1) == "7.4"
    assert Share(1, 3).times(1, 2) == "0.33"


def test_the_first_re_inspection_counts() -> None:
    found = [
        defect("c1", checks=("pass",)),
        defect("c2", checks=("fail", "pass")),
        defect("c3", checks=("as_is",)),
        defect("c4", checks=("pass", "fail")),
        defect("c5"),  # nobody has looked at it again
    ]
    assert first_pass(found) == Share(2, 4)
    assert first_pass([defect()]) == Share(0, 0)


def test_what_was_sent_back_of_what_somebody_looked_at() -> None:
    found = [
        defect("c1", took=A_DAY, open=False),  # closed at once
        defect("c2", took=A_DAY, open=False, checks=("fail", "pass")),
        defect("c3", back=True),  # sent back at the desk, open again
        defect("c4", checks=("fail",)),
        defect("c5"),  # no repair yet
    ]
    assert sent_back(found) == Share(3, 4)


@pytest.mark.parametrize(
    ("way", "one"),
    [
        (Visits(1, 0, True), True),
        (Visits(1, 1, True), False),
        (Visits(2, 0, True), False),
        (Visits(1, 0, False), False),
    ],
)
def test_handed_over_in_one_visit(way: Visits, one: bool) -> None:
    assert way.one is one
    assert one_visit([way]) == Share(int(one), int(way.handed_over))


def test_the_figures_of_a_handful_of_units() -> None:
    found = [
        defect("c1", "u1", "A", late=True),
        defect("c2", "u1", "B", open=False, took=2 * A_DAY, checks=("pass",)),
        defect("c3", "u2", "C", open=False, took=9 * A_DAY, checks=("as_is",)),
    ]
    units = {"u1": Visits(1, 1, False), "u2": Visits(1, 1, True), "u3": Visits(1, 0, True)}
    told = figures(found, units)
    assert (told.units, told.defects, told.open, told.late, told.as_is) == (3, 3, 1, 1, 1)
    assert told.classes == {"A": 1, "B": 1, "C": 1}
    assert (told.clean, told.one_visit, told.first_pass, told.back) == (
        *(Share(1, 3), Share(1, 2)),
        *(Share(1, 2), Share(0, 2)),
    )
    assert told.critical.times(1000, 0) == "333" and told.per_unit.times(1) == "1.0"
    assert told.days == Days(55, 90, 55, 2)


def test_lines_stand_the_most_defects_first_then_the_heavier() -> None:
    found = [
        defect("c1", grade="C", trade="Tiling"),
        defect("c2", grade="A", trade="Doors"),
        defect("c3", "u2", grade="B", trade="Painting"),
        defect("c4", "u2", grade="B", trade="Painting"),
    ]
    rows = lines(found, lambda one: one.trade)
    assert [(row.key, row.total, row.units) for row in rows] == [
        ("Painting", 2, 1),
        ("Doors", 1, 1),
        ("Tiling", 1, 1),
    ]


FOUND = st.builds(
    defect,
    st.uuids().map(lambda one: one.hex),
    st.sampled_from(["u1", "u2", "u3"]),
    st.sampled_from(CLASSES),
    trade=st.sampled_from(["Painting", "Doors", ""]),
    open=st.booleans(),
    late=st.booleans(),
    back=st.booleans(),
    took=st.none() | st.integers(0, 10 * A_DAY),
    checks=st.lists(st.sampled_from(["pass", "fail", "as_is"]), max_size=3).map(tuple),
    dispute=st.sampled_from(["", "open", "kept"]),
)


@given(st.lists(FOUND, max_size=40))
def test_every_table_adds_up_to_the_figures(found: list[Found]) -> None:
    told = figures(found, {unit: Visits(1, 0, False) for unit in ("u1", "u2", "u3")})
    for key in (lambda one: one.trade, lambda one: one.grade, lambda one: one.unit):
        rows = lines(found, key)
        assert sum(row.total for row in rows) == told.defects
        assert sum(row.late for row in rows) == told.late
        assert {grade: sum(row.classes[grade] for row in rows) for grade in CLASSES} == told.classes
        assert (sum(row.back.part for row in rows), sum(row.back.of for row in rows)) == told.back
    # the list behind a figure holds as many as the figure says
    behind = {state: sum(in_state(one, state) for one in found) for state in STATES}
    assert (behind["open"], behind["late"], behind["as_is"]) == (told.open, told.late, told.as_is)
    assert (behind["closed"], behind["rechecked"], behind["back"]) == (
        *(told.days.of, told.first_pass.of),
        told.back.part,
    )
    for share in (told.back, told.first_pass, told.clean):
        assert 0 <= share.part <= share.of


def test_how_hot_a_unit_is() -> None:
    assert weight({"A": 2, "B": 1, "C": 4}) == 27
    assert [heat.level(value, "weight") for value in (0, 1, 2, 3, 9, 10, 29, 30, 500)] == [
        *(0, 1, 1, 2, 2, 3, 3, 4, 4)
    ]
    assert [heat.level(value, "count") for value in (0, 1, 2, 3, 5, 6, 10, 11)] == [0, 1, 1, 2, 2, 3, 3, 4]
    for by in heat.LEVELS:
        for at, (first, last) in enumerate(heat.spans(by), start=1):
            assert heat.level(first, by) == at and heat.level(first - 1, by) == at - 1
            assert last is None or heat.level(last, by) == at


def test_a_drawing_of_heat_has_a_place_for_every_unit() -> None:
    drawn = heat.dots([[0, None, 4], [4, heat.UNKNOWN, 1]])
    assert drawn == {-1: "m10 12h4", 0: "m4 4h0", 1: "m20 12h0", 4: "m20 4h0m-16 8h0"}
    assert {hot: squares(path) for hot, path in drawn.items()} == {
        -1: {(1, 1)},
        0: {(0, 0)},
        1: {(2, 1)},
        4: {(2, 0), (0, 1)},
    }
    strangers = heat.dots([[heat.UNKNOWN] * 3] * 2)[heat.UNKNOWN]
    assert squares(strangers) == {(x, y) for x in range(3) for y in range(2)}
    assert len("".join(heat.dots([[3] * 40] * 125).values())) < 40_000, "5,000 units"
