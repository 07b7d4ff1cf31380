"""What is counted of units handed over (domain.md C4): defects, days until they are closed, how often a
repair passed at once, how many units went in one visit.

Everything is of one population: the units whose first walk was completed in a period. A defect is counted
while its case stands; one that was cancelled as a mistake is none. Nothing is rounded before it is shown:
figures keep what they were made of, so that a page can say it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

CLASSES = ("A", "B", "C")
WEIGHTS: Mapping[str, int] = {"A": 10, "B": 3, "C": 1}
A_DAY = 86_400  # seconds
STATES = ("open", "late", "closed", "back", "rechecked", "as_is", "disputed")


class Found(NamedTuple):
    """A defect with its case. Ids are hexadecimal; `company`: "" if there is none. `kind`: of its room, ""
    unknown; `code`: what it was called by; `took`: seconds from the end of the walk until the case was
    closed, None while it is open; `back`: a repair was sent back; `checks`: what re-inspections said,
    the oldest first; `dispute`: "", "open" or how it was decided.
    """

    case: str
    unit: str
    grade: str
    trade: str
    company: str
    kind: str
    code: str
    open: bool
    late: bool
    took: int | None
    back: bool
    checks: tuple[str, ...] = ()
    dispute: str = ""

    @property
    def judged(self) -> bool:
        """Whether somebody has looked at a repair of it."""
        return self.back or bool(self.checks) or self.took is not None

    @property
    def failed(self) -> bool:
        return self.back or "fail" in self.checks

    @property
    def as_is(self) -> bool:
        return bool(self.checks) and self.checks[-1] == "as_is"


class Share(NamedTuple):
    """`part` of `of`; where there is nothing to count in, it says nothing."""

    part: int
    of: int

    def times(self, factor: int, digits: int = 1) -> str | None:
        """part * factor / of as decimal text, half up; None of nothing."""
        if not self.of:
            return None
        scale = 10**digits
        parts = (2 * self.part * factor * scale + self.of) // (2 * self.of)
        return f"{parts // scale}.{parts % scale:0{digits}}" if digits else str(parts)

    @property
    def percent(self) -> str | None:
        return self.times(100)


class Days(NamedTuple):
    """How long something took, in tenths of a day, half up; `of` how many. All None of nothing."""

    middle: int | None
    ninth: int | None  # nine of ten took no longer
    mean: int | None
    of: int


class Line(NamedTuple):
    """A row of a table: what belongs to one trade, contractor, kind of room or class."""

    key: Hashable
    total: int
    classes: Mapping[str, int]
    open: int
    late: int
    back: Share
    days: Days
    units: int


def weight(classes: Mapping[str, int]) -> int:
    """A counts ten, B three, C one."""
    return sum(WEIGHTS[grade] * count for grade, count in classes.items())


def days(seconds: Iterable[int]) -> Days:
    """The median (of an even number the mean of both in the middle), the 90th percentile by nearest rank, and
    the mean.
    """
    spans = sorted(seconds)
    if not spans:
        return Days(None, None, None, 0)
    count = len(spans)
    lower, upper = spans[(count - 1) // 2], spans[count // 2]
    return Days(
        _tenths(lower + upper, 2),
        _tenths(spans[-(-9 * count // 10) - 1], 1),
        _tenths(sum(spans), count),
        count,
    )


def _tenths(seconds: int, of: int) -> int:
    """Tenths of a day in seconds / of, half up."""
    return (2 * 10 * seconds + A_DAY * of) // (2 * A_DAY * of)


def lines(found: Iterable[Found], key: Callable[[Found], Hashable]) -> list[Line]:
    """One line for each key, the most defects first; of as many the heavier, then by key."""
    held: dict[Hashable, list[Found]] = {}
    for one in found:
        held.setdefault(key(one), []).append(one)
    made = [_line(name, several) for name, several in held.items()]
    return sorted(made, key=lambda line: (-line.total, -weight(line.classes), str(line.key)))


def _line(key: Hashable, found: Sequence[Found]) -> Line:
    return Line(
        key,
        len(found),
        by_class(found),
        [one.open for one in found].count(True),
        [one.late for one in found].count(True),
        sent_back(found),
        days([one.took for one in found if one.took is not None]),
        len({one.unit for one in found}),
    )


def by_class(found: Iterable[Found]) -> dict[str, int]:
    grades = [one.grade for one in found]
    return {grade: grades.count(grade) for grade in CLASSES}


def sent_back(found: Iterable[Found]) -> Share:
    """Of the repairs somebody has looked at, those that had to be done again."""
    # what `judged` and `failed` say, written out: a page asks it a hundred thousand times
    judged = [
        one.back or "fail" in one.checks for one in found if one.back or one.took is not None or one.checks
    ]
    return Share(judged.count(True), len(judged))


def first_pass(found: Iterable[Found]) -> Share:
    """Of the defects that were re-inspected, those that passed the first time."""
    checked = [one.checks[0] for one in found if one.checks]
    return Share(checked.count("pass"), len(checked))


def in_state(one: Found, state: str) -> bool:
    """Whether a defect belongs to the list behind a figure; "": to that of all."""
    return {
        "": True,
        "open": one.open,
        "late": one.late,
        "closed": one.took is not None,
        "back": one.judged and one.failed,
        "rechecked": bool(one.checks),
        "as_is": one.as_is,
        "disputed": bool(one.dispute),
    }[state]


class Visits(NamedTuple):
    """A unit on its way: how many walks and re-inspections were completed before its keys changed hands (so
    far, while they have not).
    """

    walks: int
    again: int
    handed_over: bool

    @property
    def one(self) -> bool:
        """Walked once, nothing looked at again, and the keys were gone."""
        return self.handed_over and self.walks == 1 and self.again == 0


def one_visit(units: Iterable[Visits]) -> Share:
    handed = [unit for unit in units if unit.handed_over]
    return Share(sum(unit.one for unit in handed), len(handed))


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page of an estate shows of its units; every share says what it is made of."""

    units: int
    defects: int
    classes: Mapping[str, int]
    open: int
    late: int
    back: Share
    first_pass: Share
    one_visit: Share
    clean: Share  # units without any defect
    days: Days
    as_is: int

    @property
    def per_unit(self) -> Share:
        return Share(self.defects, self.units)

    @property
    def critical(self) -> Share:
        """Defects of class A, for a thousand units."""
        return Share(self.classes["A"], self.units)


def figures(found: Sequence[Found], units: Mapping[str, Visits]) -> Figures:
    """All of them, of the defects and the units of one population."""
    touched = {one.unit for one in found}
    return Figures(
        units=len(units),
        defects=len(found),
        classes=by_class(found),
        open=sum(one.open for one in found),
        late=sum(one.late for one in found),
        back=sent_back(found),
        first_pass=first_pass(found),
        one_visit=one_visit(units.values()),
        clean=Share(sum(unit not in touched for unit in units), len(units)),
        days=days(one.took for one in found if one.took is not None),
        as_is=sum(one.as_is for one in found),
    )
