"""Warranties after the handover, and what a certificate calls its result; vectors worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.certificate import judge_day, judge_keys, judge_languages, judge_receiver, result_of
from app.domain.errors import Invalid
from app.domain.handover import CATEGORIES, category_of, warranties
from app.domain.register_walk import KEYS
from app.domain.warranty import (
    BY_CONTRACT,
    NOT_BEGUN,
    OVER,
    RUNS,
    category_of_trade,
    coverage,
    endings,
)
from app.features.checklists.library import definitions
from tests.domain.reading import vectors

VECTORS = vectors("handover")
HANDOVER = next(one for one in definitions() if one["code"] == "unit-handover")
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(("category", "found", "completed", "delivered", "states"), VECTORS["coverage"])
def test_who_answers_for_a_later_defect(category, found, completed, delivered, states):
    ends = warranties(day(completed), day(delivered))
    assert [one.state for one in coverage(category, date.fromisoformat(found), ends)] == states


@pytest.mark.parametrize(("completed", "delivered", "today", "told"), VECTORS["endings"])
def test_what_is_told_of_on_a_day(completed, delivered, today, told):
    found = endings(warranties(day(completed), day(delivered)), date.fromisoformat(today))
    assert [[one.category, one.clock, one.until.isoformat(), one.before] for one in found] == told


@pytest.mark.parametrize(("states", "code", "still", "as_is"), VECTORS["results"])
def test_what_the_certificate_says(states, code, still, as_is):
    assert result_of(states) == (code, still, as_is)


@given(DAYS, DAYS, DAYS)
def test_a_term_is_told_of_exactly_while_its_last_ninety_days_run(completed, delivered, today):
    ends = warranties(completed, delivered)
    told = {(one.category, one.clock): one for one in endings(ends, today)}
    for one in ends:
        for clock, until in (("contractor", one.contractor), ("developer", one.developer)):
            near = until is not None and timedelta() <= until - today <= timedelta(days=90)
            assert ((one.category, clock) in told) == near
            if near:
                assert told[one.category, clock].before == (30 if (until - today).days <= 30 else 90)
                covered = dict(
                    zip(("contractor", "developer"), coverage(one.category, today, ends), strict=True)
                )
                assert covered[clock].state == RUNS and covered[clock].until == until


@given(st.sampled_from([*CATEGORIES, None]), DAYS, DAYS)
def test_a_clock_that_has_run_out_never_runs_again(category, completed, found):
    ends = warranties(completed, None)
    now, later = (coverage(category, at, ends)[0].state for at in (found, found + timedelta(days=1)))
    assert (now, later) in {(RUNS, RUNS), (RUNS, OVER), (OVER, OVER), (BY_CONTRACT, BY_CONTRACT)}
    assert coverage(category, found, ends)[1].state in (NOT_BEGUN, BY_CONTRACT)


def test_the_category_of_a_trade_is_that_of_its_checks():
    asked = [question for section in HANDOVER["sections"] for question in section["questions"]]
    for trade in HANDOVER["terms"]["trade"]:
        found = {category_of(one["warranty"], trade) for one in asked if one["trade"] == trade} - {None}
        assert category_of_trade(HANDOVER, trade) in (found or {None}), trade
    assert category_of_trade(HANDOVER, "Waterproofing") == "5y"
    assert category_of_trade(HANDOVER, "Heating") == "heating"
    assert category_of_trade(HANDOVER, "Plumbing") == "2y", "one of its checks is by contract"
    assert category_of_trade(HANDOVER, "Safety") is None


def test_the_keys_are_given_as_they_were_counted_or_it_is_said_why():
    assert judge_keys({"entrance": 3, "mailbox": 0}, {}, {}) == [
        {"kind": "entrance", "counted": 3, "handed": 3}
    ]
    assert judge_keys({"entrance": 3}, {"entrance": 2}, {"entrance": "One is lent"})[0]["handed"] == 2
    assert judge_keys({}, {"remote": 1}, {"remote": "Found later"}) == [
        {"kind": "remote", "counted": 0, "handed": 1}
    ]
    with pytest.raises(Invalid) as refused:
        judge_keys({"entrance": 3}, {"entrance": 0}, {"entrance": ""})
    assert (refused.value.code, refused.value.field) == ("keys_differ", "note_entrance")


@given(
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 200)),
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 200)),
)
def test_no_key_is_lost_between_the_count_and_the_certificate(counted, handed):
    told = judge_keys(counted, handed, dict.fromkeys(KEYS, "why"))
    assert {one["kind"]: one["counted"] for one in told if one["counted"]} == {
        kind: number for kind, number in counted.items() if number
    }
    assert sum(one["handed"] for one in told) == sum({**counted, **handed}.values())


def test_day_receiver_and_languages():
    walked, today = date(2026, 11, 20), date(2026, 11, 26)
    for fine in (walked, today):
        judge_day(fine, walked, today)
    for wrong in (walked - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(Invalid):
            judge_day(wrong, walked, today)
    judge_receiver("owner", "Zhang Wei", "")
    judge_receiver("representative", "Li Mei", "Letter of 20 November")
    for stand, name, authority in (("owner", "", ""), ("representative", "Li Mei", ""), ("thief", "X", "Y")):
        with pytest.raises(Invalid):
            judge_receiver(stand, name, authority)
    known = ("en", "zh-Hans", "zh-Hant")
    assert judge_languages(["en", "en"], known) == ["en"]
    assert judge_languages(["zh-Hans", "en"], known) == ["zh-Hans", "en"]
    for wrong in ([], ["de"], ["en", "zh-Hans", "zh-Hant"]):
        with pytest.raises(Invalid):
            judge_languages(wrong, known)
