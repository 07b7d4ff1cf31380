"""A checklist walked room by room: the vectors, and what holds whatever the rooms are."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.canonical import canonical_text
from app.domain.checklists import questions
from app.domain.errors import Invalid
from app.domain.estates import MOST_ROOMS, ROOM_KINDS
from app.domain.operations import MAX_BYTES, MAX_DEPTH, MAX_TEXT
from app.domain.registers import Form
from app.domain.rooms import expand, judge_rooms, walked
from app.features.checklists.library import definitions
from tests.domain.reading import vectors

VECTORS = vectors("rooms")
HANDOVER = next(one for one in definitions() if one["code"] == "unit-handover")


def room(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": {"en": name}}


some_rooms = st.lists(
    st.tuples(st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True), st.sampled_from(ROOM_KINDS)),
    min_size=1,
    max_size=12,
    unique_by=lambda drawn: drawn[0],
).map(lambda drawn: [room(*one) for one in drawn])


@pytest.mark.parametrize("vector", VECTORS["expand"], ids=lambda vector: vector["name"])
def test_expand(vector):
    before = copy.deepcopy(VECTORS["definition"])
    found = expand(before, vector["rooms"])
    assert before == VECTORS["definition"]
    if vector["sections"] is None:
        assert found is before
    else:
        assert found["sections"] == vector["sections"]
        assert found["rules"] == {**before["rules"], "group_weights": None}
        assert {**found, "sections": 0, "rules": 0} == {**before, "sections": 0, "rules": 0}


@pytest.mark.parametrize("vector", VECTORS["walked"], ids=lambda vector: vector["name"])
def test_walked(vector):
    assert walked(vector["rooms"]) == vector["expect"]


@pytest.mark.parametrize("rooms", VECTORS["good"])
def test_good_rooms_are_taken(rooms):
    judge_rooms(rooms)


@pytest.mark.parametrize("rooms", VECTORS["bad"], ids=str)
def test_bad_rooms_are_refused(rooms):
    with pytest.raises(Invalid):
        judge_rooms(rooms)


@given(some_rooms)
def test_each_check_is_asked_once_in_each_room_it_belongs_to(rooms):
    judge_rooms(rooms)
    found = questions(expand(HANDOVER, rooms))
    wanted = {(q["id"], one["id"]) for one in rooms for q in questions(HANDOVER) if one["kind"] in q["rooms"]}
    assert {(q["check"], q["room"]) for q in found} == wanted and len(found) == len(wanted)
    form = Form.of("v", expand(HANDOVER, rooms))
    assert form.questions == {f"{check}-{name}" for check, name in wanted}
    assert all(len(question) <= 40 for question in form.questions)


@given(some_rooms)
def test_the_flat_as_a_whole_is_never_missed_and_never_twice(rooms):
    found = walked(rooms)
    assert found[: len(rooms)] == rooms and walked(found) == found
    assert sum(one["kind"] == "unit" for one in found[len(rooms) :]) <= 1
    assert any(one["kind"] == "unit" for one in found)
    assert len({one["id"] for one in found}) == len(found)


def test_the_largest_flat_fits_into_one_operation():
    name = dict.fromkeys(("en", "zh-Hans", "zh-Hant"), "房" * 40)
    rooms = [{"id": f"b{n:011}", "kind": "bathroom", "name": name} for n in range(MOST_ROOMS - 1)]
    judge_rooms(walked(rooms))
    value = canonical_text({"rooms": walked(rooms)}, MAX_TEXT, MAX_DEPTH)
    assert len(value.encode()) < MAX_BYTES - 4096
