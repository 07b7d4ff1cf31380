"""What keeps keys back and who must act: the gate, read the other way round."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.blocking import CODES, Block, Due, Who, blocks, ready_count, tasks, window
from app.domain.handover import Ready, keys_gate

LEAD, PLANNER = Who("officer", "lead"), Who("planner")
READ = {"reading": "12.5", "absent": False, "confirmed": False, "photos": 1, "problem": None}
READY = Ready(
    walked=True,
    under_way=False,
    open_defects=[],
    meters={"water": READ, "power": READ},
    keys={"entrance": 2},
    signatures={"auditor": "signed", "auditee": "refused"},
)


def critical(company: str | None = "wet", repaired: bool = False, grade: str = "A") -> dict[str, Any]:
    return {"class": grade, "id": "1", "number": "A-1", "company": company, "repaired": repaired}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"open_defects": [critical(grade="B")]}, []),
        ({"open_defects": [critical(), critical()]}, [Block("repair", Who("company", "wet"), 2)]),
        ({"open_defects": [critical(None)]}, [Block("repair", LEAD, 1)]),
        (
            {"open_defects": [critical(), critical(repaired=True), critical("dry")]},
            [
                Block("repair", Who("company", "wet")),
                Block("repair", Who("company", "dry")),
                Block("recheck", LEAD),
            ],
        ),
        ({"meters": {}}, [Block("meters_read", LEAD, 2)]),
        ({"meters": {"water": READ, "power": {**READ, "photos": 0}}}, [Block("meters_shown", LEAD)]),
        (
            {"meters": {"water": READ, "power": {**READ, "problem": "reading_lower"}}},
            [Block("meters_plausible", LEAD)],
        ),
        ({"keys": {}}, [Block("keys_counted", LEAD)]),
        ({"signatures": {"auditor": "signed"}}, [Block("signed", LEAD)]),
        ({"under_way": True}, [Block("walk_open", LEAD)]),
    ],
)
def test_what_keeps_keys_back_and_who_must_act(changed: dict[str, Any], found: list[Block]) -> None:
    assert blocks(replace(READY, **changed), "lead", changed.get("under_way", False)) == found


def test_of_a_unit_nobody_walked_the_walk_says_it_all() -> None:
    untouched = Ready(False, False, [], {}, {}, {})
    assert blocks(untouched, None, False) == [Block("no_walk", PLANNER)]
    assert blocks(untouched, "lead", True) == [Block("walk_open", LEAD)]


GIVEN = st.builds(
    Ready,
    walked=st.booleans(),
    under_way=st.booleans(),
    open_defects=st.lists(
        st.builds(critical, st.sampled_from(["wet", "dry", None]), st.booleans(), st.sampled_from("ABC")),
        max_size=5,
    ),
    meters=st.dictionaries(
        st.sampled_from(["water", "power", "gas"]),
        st.fixed_dictionaries(
            {
                "reading": st.sampled_from([None, "3"]),
                "absent": st.booleans(),
                "confirmed": st.booleans(),
                "photos": st.integers(0, 1),
                "problem": st.sampled_from([None, "reading_lower"]),
            }
        ),
    ),
    keys=st.dictionaries(st.just("entrance"), st.integers(0, 2)),
    signatures=st.dictionaries(st.sampled_from(["auditor", "auditee"]), st.just("signed")),
)


@given(GIVEN, st.booleans())
def test_nothing_blocks_exactly_when_the_gate_is_met(ready: Ready, planned: bool) -> None:
    found = blocks(ready, "lead", planned or ready.under_way)
    assert (not found) == all(need.met for need in keys_gate(ready))
    assert all(block.code in CODES and block.many >= 1 for block in found)
    open_a = sum(one["class"] == "A" for one in ready.open_defects)
    assert sum(block.many for block in found if block.code in ("repair", "recheck")) == open_a


def test_tasks_name_whoever_holds_back_most_units_first() -> None:
    wet = Who("company", "wet")
    due = [
        Due("u1", date(2026, 12, 2), (Block("repair", wet, 2), Block("signed", LEAD, 1))),
        Due("u2", date(2026, 12, 1), (Block("repair", wet, 1),)),
        Due("u3", date(2026, 12, 1), ()),
    ]
    assert [tuple(task) for task in tasks(due)] == [
        (wet, "repair", 2, 3, date(2026, 12, 1)),
        (LEAD, "signed", 1, 1, date(2026, 12, 2)),
    ]
    assert ready_count(due) == {"all": 3, "ready": 1}


def test_the_window_begins_today() -> None:
    assert window(date(2026, 12, 30), 3) == (date(2026, 12, 30), date(2027, 1, 2))
