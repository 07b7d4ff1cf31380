"""The rules of handing a flat over (domain.md C2, C4): when a defect must be repaired, whether a reading can
be right, what blocks the keys, how long who answers for what.

Twin of the first two: ``static/src/js/domain/handover.js``. Days are the estate's own; readings are decimals
as text, compared in whole thousandths.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import Any, NamedTuple

from app.domain.errors import Invalid

LEAK_TRADES = ("Waterproofing",)
KEEPS_KEYS = "A"  # an open defect of this class keeps the keys


@dataclass(frozen=True, slots=True)
class DueDays:
    """How many calendar days a defect may take. ``leak``: of class A in a trade whose repair is tested with
    water again.
    """

    a: int = 7
    leak: int = 15
    b: int = 15
    c: int = 30

    @classmethod
    def read(cls, text: str) -> DueDays:
        """From a setting such as "a=5 c=21". Raises Invalid("bad_deadlines")."""
        given: dict[str, int] = {}
        for part in text.split():
            name, _, days = part.partition("=")
            if name not in cls.__slots__ or not days.isascii() or not days.isdecimal():
                raise Invalid("bad_deadlines")
            if not 1 <= int(days) <= 365:
                raise Invalid("bad_deadlines")
            given[name] = int(days)
        return cls(**given)

    def told(self) -> dict[str, int]:
        """As phones take it: {"A", "leak", "B", "C"}."""
        return {"A": self.a, "leak": self.leak, "B": self.b, "C": self.c}


def default_due(grade: str, trade: str | None, day: date, days: DueDays = DueDays()) -> date:
    """The day a defect of class ``grade`` is due if nobody says another; ``day``: the day it was found."""
    leaks = grade == "A" and trade in LEAK_TRADES
    return day + timedelta(days=days.leak if leaks else days.told()[grade])


# What a lived-in flat uses in a day, in thousandths of the meter's unit (m³, kWh). More than TIMES as much is
# a slip of the pen more often than the truth.
USUAL_A_DAY = {"water": 400, "hot_water": 150, "power": 8_000, "gas": 1_000, "heat": 40_000}
TIMES = 5
FIRST_DAYS = 60  # a first reading is judged as if the works had run for so long


def thousandths(reading: str) -> int:
    """ "12.5" → 12500. The text must be a reading (domain/register_walk.py)."""
    whole, _, part = reading.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0") or 0)


def reading_problem(kind: str, reading: str, last: str | None, days: int | None) -> str | None:
    """What is odd about a reading: "reading_lower" than the ``last`` one, "reading_high" for the ``days``
    since then, or None. Lower must be confirmed in words; high is only asked about.
    """
    now, before = thousandths(reading), thousandths(last) if last is not None else 0
    if now < before:
        return "reading_lower"
    since = FIRST_DAYS if last is None else max(1, days or 0)
    return "reading_high" if now - before > TIMES * USUAL_A_DAY[kind] * since else None


class Need(NamedTuple):
    """One thing that must be true before the keys change hands. ``where``: what still stands against it."""

    code: str
    met: bool
    where: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ready:
    """What the gate knows of a unit. Everything is of its newest walk that was completed.

    ``open_defects``: of the unit, whichever walk found them: [{"class", …}]; ``meters``: the kinds it has →
    {"reading", "absent", "confirmed", "photos", "problem"}; ``keys``: kind → count; ``signatures``: slot →
    "signed" or "refused".
    """

    walked: bool
    under_way: bool
    open_defects: Sequence[Mapping[str, Any]]
    meters: Mapping[str, Mapping[str, Any]]
    keys: Mapping[str, int]
    signatures: Mapping[str, str]
    meters_wanted: Sequence[str] = ("water", "power")


def keys_gate(ready: Ready) -> list[Need]:
    """What must be true before the keys change hands, line by line, met or not."""
    critical = [dict(one) for one in ready.open_defects if one["class"] == KEEPS_KEYS]
    unread = [
        {"meter": kind}
        for kind in ready.meters_wanted
        if not _read(ready.meters.get(kind, {})) and not ready.meters.get(kind, {}).get("absent")
    ]
    odd = [
        {"meter": kind, "problem": held["problem"]}
        for kind, held in ready.meters.items()
        if held.get("problem") == "reading_lower" and not held.get("confirmed")
    ]
    bare = [{"meter": kind} for kind, held in ready.meters.items() if _read(held) and not held.get("photos")]
    unsigned = [{"slot": slot} for slot in ("auditor", "auditee") if slot not in ready.signatures]
    return [
        Need("walk_done", ready.walked and not ready.under_way, []),
        Need("no_critical", not critical, critical),
        Need("meters_read", not unread, unread),
        Need("meters_plausible", not odd, odd),
        Need("meters_shown", not bare, bare),
        Need("keys_counted", ready.keys.get("entrance", 0) > 0, []),
        Need("signed", not unsigned, unsigned),
    ]


def _read(meter: Mapping[str, Any]) -> bool:
    return meter.get("reading") is not None


class Facts(NamedTuple):
    """What the state of a unit follows from."""

    planned: bool = False  # a walk is planned and nobody began it
    walking: bool = False  # a walk is under way
    walked: bool = False  # one was completed
    open_defects: int = 0
    repaired: int = 0  # of those, how many the contractor says are repaired
    handed_over: bool = False


def unit_state(facts: Facts) -> str:
    """Where a unit stands on its way to the owner; the most telling thing about it."""
    if facts.handed_over:
        return "handed_over"
    if facts.walking:
        return "walking"
    if facts.open_defects:
        return "repaired" if facts.repaired == facts.open_defects else "defects"
    if facts.walked:
        return "ready"
    return "planned" if facts.planned else "idle"


@dataclass(frozen=True, slots=True)
class Season:
    """A heating or cooling season of a place: its first and last day as (month, day); it may cross the new
    year. A last day of 29 February is the 28th in other years.
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def from_year(self, year: int) -> tuple[date, date]:
        """The season that begins in this year."""
        crosses = self.last < self.first
        return _day(year, *self.first), _day(year + crosses, *self.last)


HEATING = Season((11, 15), (3, 15))
COOLING = Season((6, 1), (9, 30))
SEASONS = 2
YEARS = {"2y": 2, "5y": 5}
DESIGN_LIFE = 50  # years, where the design says nothing else


class Warranty(NamedTuple):
    """Until when who answers, the last day included; None: the clock has not begun, or the contract says."""

    category: str
    contractor: date | None
    developer: date | None


CATEGORIES = ("design life", "5y", "heating", "cooling", "2y", "maker")


def warranties(
    completed: date | None,
    delivered: date | None,
    *,
    heating: Season = HEATING,
    cooling: Season = COOLING,
    design_life: int = DESIGN_LIFE,
) -> list[Warranty]:
    """Both clocks of every category: the contractor's runs from the completion acceptance, the developer's
    towards the buyer from delivery (domain.md C2).
    """

    def end(category: str, start: date | None) -> date | None:
        if start is None or category == "maker":
            return None
        if category in ("heating", "cooling"):
            return after_seasons(start, heating if category == "heating" else cooling)
        return after_years(start, YEARS.get(category, design_life))

    return [Warranty(category, end(category, completed), end(category, delivered)) for category in CATEGORIES]


def category_of(warranty: str | None, trade: str | None) -> str | None:
    """The category a check's warranty class and trade fall into; None: by contract only."""
    if warranty == "2 seasons":
        return "heating" if trade == "Heating" else "cooling"
    return warranty


def after_years(start: date, years: int) -> date:
    """The last day of a term of years: the same day of the month, or the month's last (29 February)."""
    return _day(start.year + years, start.month, start.day)


def after_seasons(start: date, season: Season, count: int = SEASONS) -> date:
    """The last day of the ``count``-th whole season. One that had begun before ``start`` does not count:
    nobody could have tried the system in all of it.
    """
    year = start.year - 1
    while season.from_year(year)[0] < start and year < MAXYEAR:
        year += 1
    return season.from_year(year + count - 1)[1]


def _day(year: int, month: int, day: int) -> date:
    year = min(max(year, MINYEAR), MAXYEAR)  # a slip of the pen, or 9999 for "unknown", stops no page
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
