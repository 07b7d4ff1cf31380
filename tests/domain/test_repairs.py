"""Repairs: where each stands, disputes, many given away at once, letters; vectors worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.actions import Phase, Step
from app.domain.errors import PlumblineError
from app.domain.repairs import (
    ASSIGNED_AT_MOST,
    DECIDED,
    DISPUTED,
    Standing,
    Tally,
    escalates,
    is_disputed,
    is_listed,
    judge_assignment,
    judge_decision,
    judge_dispute,
    judge_repair,
    nested,
    speaks,
    standing,
)
from tests.domain.reading import vectors

VECTORS = vectors("repairs")
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def refusal(judge, *given_to):
    try:
        judge(*given_to)
    except PlumblineError as error:
        return error.code
    return None


@pytest.mark.parametrize(("step", "phase", "disputed", "stands"), VECTORS["standings"])
def test_where_a_repair_stands(step, phase, disputed, stands):
    assert standing(step, phase, disputed) == stands


@given(st.sampled_from([*Step, None]), st.sampled_from(Phase), st.booleans())
def test_only_what_is_to_do_can_be_sent_or_disputed(step, phase, disputed):
    now = standing(step, phase, disputed)
    assert (refusal(judge_repair, now) is None) == (now is Standing.TODO)
    assert refusal(judge_dispute, now, "Not ours") == refusal(judge_repair, now)


@pytest.mark.parametrize(("acts", "is_open"), VECTORS["disputed"])
def test_whether_a_dispute_is_open(acts, is_open):
    assert is_disputed(acts) == is_open


@given(st.lists(st.sampled_from([DISPUTED, *sorted(DECIDED), "photo", "cancelled"])))
def test_the_last_word_about_a_dispute_counts(acts):
    words = [act for act in acts if act != "photo"]
    assert is_disputed(acts) == bool(words and words[-1] == DISPUTED)


@pytest.mark.parametrize(("stands", "text", "code"), VECTORS["disputes"])
def test_a_dispute(stands, text, code):
    assert refusal(judge_dispute, Standing(stands), text) == code


@pytest.mark.parametrize(("is_open", "decision", "reason", "moves", "code"), VECTORS["decisions"])
def test_a_decision(is_open, decision, reason, moves, code):
    assert refusal(judge_decision, is_open, decision, reason, moves) == code


@pytest.mark.parametrize(("stands", "reason", "due", "today", "code"), VECTORS["assignments"])
def test_many_are_given_away_or_none(stands, reason, due, today, code):
    cases = [(f"A-{place}", Standing(one)) for place, one in enumerate(stands)]
    day = date.fromisoformat(due) if due else None
    assert refusal(judge_assignment, cases, reason, day, date.fromisoformat(today)) == code


def test_there_is_a_limit_and_the_first_in_the_way_is_named():
    day = date(2026, 11, 26)
    many = [(f"A-{place}", Standing.TODO) for place in range(ASSIGNED_AT_MOST + 1)]
    assert refusal(judge_assignment, many, "x", None, day) == "repairs_too_many"
    assert refusal(judge_assignment, many[1:], "x", None, day) is None
    with pytest.raises(PlumblineError) as refused:
        judge_assignment([("A-1", Standing.TODO), ("A-2", Standing.SENT)], "x", None, day)
    assert refused.value.params == {"number": "A-2"}


@pytest.mark.parametrize(("due", "today", "news", "listed", "up"), VECTORS["speaks"])
def test_when_somebody_is_written_to(due, today, news, listed, up):
    days = date.fromisoformat(due), date.fromisoformat(today)
    assert (speaks(*days), is_listed(*days), escalates(*days)) == (news, listed, up)


@given(DAYS, st.integers(0, 60))
def test_a_due_day_speaks_once_before_and_once_in_each_week_after(due, first):
    week = [due + timedelta(days=first + n) for n in range(7)]
    assert sum(speaks(due, day) for day in week) == 1
    assert [due - day for day in (due - timedelta(days=n) for n in range(30)) if speaks(due, day)] == [
        timedelta(days=2)
    ]
    assert all(is_listed(due, day) for day in week), "what is news is in the letter"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers())))
def test_groups_keep_every_row_in_its_order(rows):
    groups = nested(rows, lambda row: row[0], lambda row: row[1])
    flat = [row for _, inner in groups for _, members in inner for row in members]
    assert flat == rows
    assert all(
        row[0] == outer and row[1] == key for outer, inner in groups for key, at in inner for row in at
    )
    keys = [key for key, _ in groups]
    assert all(one != two for one, two in pairwise(keys)), "neighbours are one group"


def test_tallies_add_up():
    found = Tally(todo=2, late=1) + Tally(sent=1) + Tally(disputed=3, todo=1)
    assert found == Tally(todo=3, late=1, sent=1, disputed=3) and found.total == 7
