"""Warranties of a flat that was handed over: who answers for a later defect, and when somebody is told that a
term ends (domain.md C2). The terms themselves are in domain/handover.py. Days are the estate's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.domain.checklists import questions
from app.domain.handover import CATEGORIES, Warranty, category_of

CLOCKS = ("contractor", "developer")
TOLD_BEFORE = (90, 30)  # days before the last one; the last one itself still counts
RUNS, OVER, NOT_BEGUN, BY_CONTRACT = "runs", "over", "not_begun", "by_contract"


class Covered(NamedTuple):
    """Whether a clock still runs on a day. ``state``: RUNS, OVER, NOT_BEGUN (completion or delivery is not
    known), BY_CONTRACT (no term by law); ``until``: the last day, None where there is none.
    """

    clock: str
    state: str
    until: date | None


def coverage(category: str | None, day: date, ends: Iterable[Warranty]) -> list[Covered]:
    """Who answers for a defect of a category that shows on ``day``; ``ends``: of the unit. The last day of a
    term is still in it.
    """
    found = next((one for one in ends if one.category == category), None)
    if found is None or found.category == "maker":
        return [Covered(clock, BY_CONTRACT, None) for clock in CLOCKS]
    return [Covered(clock, _state(day, until), until) for clock, until in zip(CLOCKS, found[1:], strict=True)]


def _state(day: date, until: date | None) -> str:
    if until is None:
        return NOT_BEGUN
    return RUNS if day <= until else OVER


def category_of_trade(definition: Mapping[str, Any], trade: str | None) -> str | None:
    """The category a defect of a trade falls into when no check says so: that of most of the trade's checks,
    of as many the first that is asked. None: by contract only.
    """
    found = Counter(
        category
        for question in questions(definition)
        if question.get("trade") == trade and (category := category_of(question.get("warranty"), trade))
    )
    return found.most_common(1)[0][0] if found else None


class Ending(NamedTuple):
    """A term that ends soon. ``before``: which of TOLD_BEFORE it is time for."""

    category: str
    clock: str
    until: date
    before: int


def endings(ends: Sequence[Warranty], today: date) -> list[Ending]:
    """What is to be told on a day: each term that ends within 90 days, once when these begin and once when
    the last 30 do. The same answer all the days between: whoever tells it sees to it that each is told once,
    and a day on which nobody looked is made up for.
    """
    found = []
    for one in ends:
        for clock, until in zip(CLOCKS, one[1:], strict=True):
            left = (until - today).days if until is not None else -1
            if until is not None and 0 <= left <= max(TOLD_BEFORE):
                before = min(days for days in TOLD_BEFORE if left <= days)
                found.append(Ending(one.category, clock, until, before))
    return sorted(found, key=lambda one: (one.until, CATEGORIES.index(one.category), one.clock))
