"""Handing a flat over: due days, readings, the gate for the keys, warranties; vectors worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.errors import Invalid
from app.domain.handover import (
    CATEGORIES,
    COOLING,
    HEATING,
    DueDays,
    Facts,
    Ready,
    Season,
    after_seasons,
    after_years,
    category_of,
    default_due,
    keys_gate,
    reading_problem,
    thousandths,
    unit_state,
    warranties,
)
from app.domain.register_walk import METERS, READING
from app.features.checklists.library import definitions
from tests.domain.reading import vectors

VECTORS = vectors("handover")
DAYS = st.dates(date(2000, 1, 1), date(2150, 12, 31))
SEASONS = st.tuples(st.integers(1, 12), st.integers(1, 28), st.integers(1, 12), st.integers(1, 29)).map(
    lambda drawn: Season(drawn[:2], drawn[2:])
)


def days_of(told):
    return DueDays(told["A"], told["leak"], told["B"], told["C"]) if told else DueDays()


@pytest.mark.parametrize(("grade", "trade", "day", "days", "due"), VECTORS["due"])
def test_due_by_class(grade, trade, day, days, due):
    assert default_due(grade, trade, date.fromisoformat(day), days_of(days)).isoformat() == due


@pytest.mark.parametrize(("kind", "reading", "last", "days", "problem"), VECTORS["readings"])
def test_readings(kind, reading, last, days, problem):
    assert READING(reading) and reading_problem(kind, reading, last, days) == problem


@pytest.mark.parametrize(("start", "years", "end"), VECTORS["years"])
def test_a_term_of_years_ends_on_the_same_day_or_the_last_of_the_month(start, years, end):
    assert after_years(date.fromisoformat(start), years).isoformat() == end


@pytest.mark.parametrize(("start", "season", "end"), VECTORS["seasons"])
def test_two_whole_seasons(start, season, end):
    assert after_seasons(date.fromisoformat(start), Season(*map(tuple, season))).isoformat() == end


@pytest.mark.parametrize(("facts", "state"), VECTORS["states"])
def test_where_a_unit_stands(facts, state):
    assert unit_state(Facts(**facts)) == state


@pytest.mark.parametrize("vector", VECTORS["gate"], ids=lambda vector: vector["name"])
def test_the_gate_for_the_keys(vector):
    needs = keys_gate(Ready(**vector["ready"]))
    assert {need.code: need.where for need in needs if not need.met} == vector["missing"]
    assert all(need.where == [] for need in needs if need.met)


def test_what_an_organisation_allows_is_read_from_a_setting():
    assert DueDays.read("") == DueDays()
    assert DueDays.read("a=5 c=21").told() == {"A": 5, "leak": 15, "B": 15, "C": 21}
    for nonsense in ("a", "a=", "a=0", "a=366", "a=-1", "a=1d", "d=4", "a=5,c=21", "a=٣"):
        with pytest.raises(Invalid):
            DueDays.read(nonsense)


@given(DAYS, SEASONS)
def test_a_warranty_of_seasons_holds_two_seasons_whole(start, season):
    end = after_seasons(start, season)
    whole = [season.from_year(year) for year in range(start.year - 2, end.year + 2)]
    assert len([one for one in whole if start <= one[0] and one[1] <= end]) == 2
    assert end in [last for _, last in whole]
    assert end - start <= timedelta(days=3 * 366)


@given(DAYS, st.integers(0, 60))
def test_a_term_of_years_is_as_long_as_it_says(start, years):
    end = after_years(start, years)
    assert end.year == start.year + years and end.month == start.month
    assert end.day == start.day or (start.month, start.day, end.day) == (2, 29, 28)


@given(st.sampled_from(METERS), st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1), st.integers(0, 4000))
def test_a_reading_that_falls_is_always_seen_and_one_that_stands_never(kind, now, before, days):
    text, last = (f"{value // 1000}.{value % 1000:03}" for value in (now, before))
    assert thousandths(text) == now
    problem = reading_problem(kind, text, last, days)
    assert (problem == "reading_lower") == (now < before)
    assert reading_problem(kind, text, text, days) is None


def test_both_clocks_run_each_from_its_own_day():
    found = {one.category: one for one in warranties(date(2026, 6, 30), date(2027, 2, 1))}
    assert tuple(found) == CATEGORIES
    assert found["design life"][1:] == (date(2076, 6, 30), date(2077, 2, 1))
    assert found["5y"][1:] == (date(2031, 6, 30), date(2032, 2, 1))
    assert found["2y"][1:] == (date(2028, 6, 30), date(2029, 2, 1))
    assert found["heating"][1:] == (date(2028, 3, 15), date(2029, 3, 15))
    assert found["cooling"][1:] == (date(2028, 9, 30), date(2028, 9, 30))
    assert found["maker"][1:] == (None, None)
    assert all(one.developer is None for one in warranties(date(2026, 6, 30), None))
    assert all(one.contractor is None for one in warranties(None, date(2026, 6, 30)))
    assert HEATING.from_year(2026)[1].year == 2027 and COOLING.from_year(2026)[1].year == 2026


@given(st.dates(), st.dates())
@example(date(9999, 12, 31), date(1, 1, 1))
def test_no_day_that_can_be_written_stops_a_page(completed, delivered):
    for one in warranties(completed, delivered):
        for start, until in ((completed, one.contractor), (delivered, one.developer)):
            assert until is None or start.year > 9900 or until > start


def test_every_check_of_the_handover_has_a_category_or_is_by_contract():
    handover = next(one for one in definitions() if one["code"] == "unit-handover")
    asked = [question for section in handover["sections"] for question in section["questions"]]
    found = {question["id"]: category_of(question["warranty"], question["trade"]) for question in asked}
    assert set(found.values()) == {*CATEGORIES, None}
    assert (found["H51"], found["H52"], found["H33"], found["H21"]) == ("heating", "cooling", "5y", None)
