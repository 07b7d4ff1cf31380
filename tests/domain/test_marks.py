"""Drawings on photos: the vectors both languages share, what is refused, and two who draw at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.canonical import canonical_text
from app.domain.errors import Invalid
from app.domain.marks import BOX, COLOURS, SHAPES_AT_MOST, TEXT_AT_MOST, drawing, judge_marks, marks_of
from app.domain.merge import registers
from tests.domain.reading import operation, vectors

MARKS = vectors("marks")
ARROW = {"kind": "arrow", "x": 0, "y": 0, "x2": 9, "y2": 9, "colour": "red"}
WORDS = {"kind": "text", "x": 0, "y": 0, "text": "x", "lang": "en", "colour": "red"}


@pytest.mark.parametrize("vector", MARKS["drawings"], ids=lambda v: v["name"])
def test_where_the_lines_run(vector):
    judge_marks(vector["shapes"] or None)
    assert drawing(vector["shapes"], *vector["size"]) == vector["expect"]


@pytest.mark.parametrize("value", MARKS["good"])
def test_drawings_are_taken(value):
    judge_marks(value)


@pytest.mark.parametrize("value", MARKS["bad"], ids=str)
def test_what_is_no_drawing_is_refused(value):
    with pytest.raises(Invalid):
        judge_marks(value)


def test_bounds():
    judge_marks([ARROW] * SHAPES_AT_MOST)
    judge_marks([{**WORDS, "text": "x" * TEXT_AT_MOST}])
    for value in ([ARROW] * (SHAPES_AT_MOST + 1), [{**WORDS, "text": "x" * (TEXT_AT_MOST + 1)}]):
        with pytest.raises(Invalid):
            judge_marks(value)


numbers = st.integers(0, BOX)
arrows = st.fixed_dictionaries(
    {
        "kind": st.just("arrow"),
        **dict.fromkeys(("x", "y", "x2", "y2"), numbers),
        "colour": st.sampled_from(sorted(COLOURS)),
    }
).filter(lambda a: (a["x"], a["y"]) != (a["x2"], a["y2"]))


@given(st.lists(arrows, min_size=1, max_size=5), st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_taken_drawing_can_be_drawn(shapes, width, height):
    judge_marks(shapes)
    found = drawing(shapes, width, height)
    assert max(found["w"], found["h"]) == BOX and min(found["w"], found["h"]) >= 0
    assert len(found["shapes"]) == len(shapes)


def test_two_who_draw_at_once_are_both_seen_and_the_next_one_replaces_both():
    other = {**ARROW, "colour": "blue"}
    both = [
        operation(["a", "q/M01 marks:p", [ARROW], [], 1]),
        operation(["b", "q/M01 marks:p", [other, ARROW], [], 1]),
    ]
    state = registers(both)
    assert not state["q/M01", "marks:p"].conflict
    shown = marks_of(state, "q/M01", "p")
    assert sorted(map(canonical_text, shown)) == sorted(map(canonical_text, (ARROW, other)))
    state = registers([*both, operation(["c", "q/M01 marks:p", [other], ["a", "b"], 2])])
    assert marks_of(state, "q/M01", "p") == [other]
    assert marks_of(state, "q/M02", "p") == marks_of({}, "q/M01", "p") == []
