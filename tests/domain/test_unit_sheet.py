"""Rows of a sheet of units: what they say, what holds for the rows below, what is wrong with them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.columns import match_columns
from app.domain.unit_columns import ALIASES, HEADINGS
from app.domain.unit_sheet import NEEDED, UnitRow, read_rows, unreadable

FIELDS = ["estate", "building", "floor", "unit", "type", "owner", "contact", "completion", "delivery"]
COLUMNS = {name: index for index, name in enumerate(FIELDS)}
KNOWN = {"lakeside court": "1", "lc": "1", "hill view": "2"}


def read(*rows: list[str], estate: str = "") -> list[UnitRow]:
    return read_rows(enumerate(rows, 2), COLUMNS, FIELDS, KNOWN, estate)


def codes(row: UnitRow) -> list[tuple[str, str, int | None]]:
    return [(fault.code, fault.heading, fault.other) for fault in row.faults]


def test_estate_and_building_hold_until_another_is_named() -> None:
    rows = read(
        ["LC", "T1", "1", "101", "A1", "", "", "", ""],
        ["", "", "1", "102", "A1", "", "", "", ""],
        ["Hill View", "", "1", "101", "A1", "", "", "", ""],
        ["", "T9", "1", "101", "A1", "", "", "", ""],
        ["hill view", "", "1", "102", "A1", "", "", "", ""],
    )
    assert [(row.estate, row.building) for row in rows] == [
        ("1", "T1"),
        ("1", "T1"),
        ("2", ""),
        ("2", "T9"),
        ("2", ""),
    ], "a building of one estate does not stand in the next one"
    assert codes(rows[2]) == [("required", "building", None)]


def test_the_same_unit_twice_names_the_first_row() -> None:
    rows = read(
        ["lc", "T1", "1", "101", "A1", "", "", "", ""],
        ["lc", "T2", "1", "101", "A1", "", "", "", ""],
        ["LC", "t1", "2", "101", "A1", "", "", "", ""],
    )
    assert [codes(row) for row in rows] == [[], [], [("unit_twice", "unit", 2)]]


def test_a_contact_is_an_address_or_a_number() -> None:
    mail, number = read(
        ["", "T1", "1", "101", "A1", "Wang", "wang@example.com", "", ""],
        ["", "T1", "1", "102", "A1", "Li", "+86 138", "", ""],
        estate="1",
    )
    assert (mail.email, mail.phone) == ("wang@example.com", "")
    assert (number.email, number.phone) == ("", "+86 138")


def test_without_an_estate_a_row_needs_one() -> None:
    (row,) = read(["", "T1", "1", "101", "A1", "", "", "", ""])
    assert codes(row) == [("required", "estate", None)]
    (row,) = read(["Nowhere", "T1", "1", "101", "A1", "", "", "", ""], estate="1")
    assert codes(row) == [("estate_unknown", "estate", None)]


cells = st.lists(st.text(max_size=20), min_size=0, max_size=len(FIELDS))


@given(st.lists(cells, max_size=8))
def test_any_cells_give_a_row_or_a_reason_and_survive_as_json(rows: list[list[str]]) -> None:
    made = read(*rows, estate="1")
    assert [row.number for row in made] == list(range(2, len(rows) + 2))
    for row in made:
        assert UnitRow.of(json.loads(json.dumps(row.plain()))) == row
        if not row.faults:
            assert all(getattr(row, name) for name in NEEDED)
    good = [(row.estate, row.building.casefold(), row.unit.casefold()) for row in made if not row.faults]
    assert len(set(good)) == len(good), "no unit twice among the good rows"


def test_headings_in_three_languages_mean_their_field() -> None:
    for language in ("en", "zh-Hans", "zh-Hant"):
        headings = [said[language] for said in HEADINGS.values()]
        matched = match_columns(headings, ALIASES)
        assert list(matched.columns) == list(HEADINGS) and not matched.unknown and not matched.twice


def test_a_row_that_could_not_be_read_names_its_cell() -> None:
    row = unreadable(7, "sheet_cell_too_long", 2, FIELDS)
    assert (row.number, row.faults[0].column, row.faults[0].heading) == (7, "C", "floor")
