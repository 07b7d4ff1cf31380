"""Floors in order, units above each other, rooms, short ids, drawings of buildings."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import ROOT
from app.domain.errors import Invalid
from app.domain.estates import (
    ROOM_KINDS,
    SHORT_ID,
    STATES,
    checked_day,
    checked_floor,
    checked_rooms,
    column_of,
    floor_order,
    naturally,
    new_room_id,
    read_short_id,
    short_id,
)
from app.domain.heat import SHAPES, paths
from app.domain.trades import TRADES
from app.features.places import words
from tests.domain.pen import squares


def test_floors_stand_in_their_order() -> None:
    rising = ["B3", "-2", "B1", "G", "1", "2F", "第3层", "3A", "F4", "5/F", "10楼", "15", "Floor 16", "Roof"]
    orders = [floor_order(floor) for floor in rising]
    assert orders == sorted(orders) and len(set(orders)) == len(orders), dict(
        zip(rising, orders, strict=True)
    )


def test_one_floor_has_one_order_however_it_is_written() -> None:
    for same in (
        ("3", "3F", "F3", "3层", "３", "Level 3", "l3", "3/F", "第3层"),
        ("B1", "-1", "b1", "地下1层", "负1"),
        ("Roof", "RF", "屋面", "顶层"),
    ):
        assert len({floor_order(floor) for floor in same}) == 1, same


@pytest.mark.parametrize("text", ["", "  ", "penthouse", "1-2", "3rd", "1234", "AB"])
def test_what_is_no_floor_is_not_guessed(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_floor(text)
    assert caught.value.field == "floor" and caught.value.code in ("required", "floor_unknown")


def test_columns_of_units() -> None:
    for name, floor, column in (
        ("1502", "15", "02"),
        ("0201", "2", "01"),
        ("201", "2F", "01"),
        ("B102", "B1", "02"),
        ("2-301", "3", "2-01"),
        ("A1502", "15", "A02"),
        ("102", "10", "102"),
        ("Shop 3", "1", "Shop 3"),
        ("15", "15", "15"),
    ):
        assert column_of(name, floor) == column, name


@given(st.integers(0, 2**40 - 1))
def test_a_short_id_is_read_back_however_it_is_typed(number: int) -> None:
    made = short_id(number)
    assert SHORT_ID.fullmatch(made)
    assert read_short_id(f" {made.lower()} ") == made
    assert read_short_id(made.replace("0", "O").replace("1", "I")) == made
    assert short_id((number + 1) % 2**40) != made


def test_names_sort_as_people_count() -> None:
    assert sorted(["A10", "A9", "a1", "10", "9"], key=naturally) == ["9", "10", "a1", "A9", "A10"]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    keys = [naturally(name) for name in sorted(names, key=naturally)]
    assert keys == sorted(keys)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(["-", "/", "."]))
def test_days_are_read_as_sheets_write_them(day: date, dot: str) -> None:
    assert checked_day(f"{day.year}{dot}{day.month}{dot}{day.day}", "delivery") == day
    assert checked_day(f"{day.year}年{day.month}月{day.day}日", "delivery") == day
    assert checked_day(f"{day.isoformat()}T00:00:00", "delivery") == day


@pytest.mark.parametrize("text", ["30.9.2026", "2026-02-30", "soon", "2026", "46000"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Invalid, match="not_a_date"):
        checked_day(text, "delivery")


def room(**changes: object) -> dict[str, object]:
    return {"id": "bath1", "kind": "bathroom", "name": {"en": "Bathroom"}, **changes}


@pytest.mark.parametrize(
    ("rooms", "code"),
    [
        ([room(kind="dungeon")], "not_a_choice"),
        ([room(id="Bath1")], "room_id_unfit"),
        ([room(id="abcdefghijklm")], "room_id_unfit"),
        ([room(name={})], "required"),
        ([room(name={"text": " ", "lang": "en"})], "required"),
        ([room(name={"fr": "Salle"})], "bad_request"),
        ([room(name={"en": "x" * 61})], "too_long"),
        ([room(), room(kind="kitchen")], "room_id_twice"),
        ([room(id=f"r{number}") for number in range(61)], "rooms_too_many"),
    ],
)
def test_rooms_that_cannot_be(rooms: list[dict[str, object]], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_rooms(rooms)
    assert (caught.value.code, caught.value.field) == (code, "rooms")


@given(st.lists(st.sampled_from(ROOM_KINDS), max_size=60))
def test_new_rooms_get_ids_that_are_good_and_free(kinds: list[str]) -> None:
    made: list[dict[str, object]] = []
    for kind in kinds:
        key = new_room_id(kind, [str(each["id"]) for each in made])
        made.append({"id": key, "kind": kind, "name": {"text": "A room", "lang": "en"}})
    assert checked_rooms(made) == made


@given(st.lists(st.lists(st.sampled_from([*STATES, None]), max_size=12), max_size=12))
def test_every_unit_is_drawn_once_within_its_square(floors: list[list[str | None]]) -> None:
    drawn = paths(floors)
    for state in STATES:
        wanted = {(x, y) for y, row in enumerate(floors) for x, each in enumerate(row) if each == state}
        assert squares(drawn.get(state, "")) == wanted
    assert len(set(SHAPES.values())) == len(STATES), "no two states look the same"


def test_everything_has_its_words() -> None:
    assert tuple(words.STATES) == STATES and set(SHAPES) == set(STATES)
    assert tuple(words.ROOM_KINDS) == ROOM_KINDS
    assert tuple(words.TRADES) == TRADES


def test_the_trades_are_those_of_the_handover_checklist() -> None:
    path = ROOT / "app/features/checklists/library/handover_residential_unit.csv"
    with path.open(encoding="utf-8-sig") as file:
        assert list(dict.fromkeys(row["trade"] for row in csv.DictReader(file))) == list(TRADES)
