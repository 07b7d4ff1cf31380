"""A sheet of units: what each row says, or why it cannot be taken.

One row is one unit. Estate and building may stand in the first row of a block only, as they do where cells
were merged: they hold until another is named. A floor is never guessed. Rows are numbered as the sheet
numbers them, from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, TypeVar

from app.domain.errors import Invalid
from app.domain.estates import checked_day, checked_floor, checked_text
from app.domain.parties import checked
from app.domain.supplier_sheet import Fault, letters_of

T = TypeVar("T")
NEEDED = ("building", "floor", "unit", "type")
_HELD = ("estate", "building")


@dataclass(frozen=True)
class UnitFault(Fault):
    """`other`: the row this one contradicts, where there is one."""

    other: int | None = None


@dataclass(frozen=True)
class UnitRow:
    """One row as it was read. Dates as 2026-11-30; `estate` is an id; "" where nothing was said."""

    number: int
    estate: str = ""
    building: str = ""
    floor: str = ""
    unit: str = ""
    type: str = ""
    owner: str = ""
    email: str = ""
    phone: str = ""
    completion: str = ""
    delivery: str = ""
    floor_order: int = 0
    faults: list[UnitFault] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON, to be kept between preview and confirmation."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> UnitRow:
        return cls(**{**plain, "faults": [UnitFault(**fault) for fault in plain["faults"]]})


def read_rows(
    rows: Iterable[tuple[int, Sequence[str]]],
    columns: Mapping[str, int],
    headings: Sequence[str],
    estates: Mapping[str, str],
    estate: str = "",
) -> list[UnitRow]:
    """Reads numbered rows of cells. `columns`: field → place in `headings`; `estates`: folded name or code
    → id; `estate`: the id of the one that is meant where no cell names any.

    Faults: required, too_long, floor_unknown, not_an_email, not_a_date, estate_unknown; unit_twice for a unit
    that stands above; completion_differs for a day other than the estate's first one in the sheet.
    """
    reader = _Reader(columns, headings, estates, estate)
    return [reader.read(number, cells) for number, cells in rows]


def unreadable(number: int, code: str, index: int | None, headings: Sequence[str]) -> UnitRow:
    """A row that could not even be read as cells; `index` is the place of the cell at fault, from 0."""
    heading = headings[index] if index is not None and index < len(headings) else ""
    return UnitRow(number, faults=[UnitFault(code, "" if index is None else letters_of(index), heading)])


class _Reader:
    """Reads row after row, knowing those above."""

    def __init__(
        self,
        columns: Mapping[str, int],
        headings: Sequence[str],
        estates: Mapping[str, str],
        estate: str,
    ) -> None:
        self.columns, self.headings, self.estates, self.estate = columns, headings, estates, estate
        self.held = dict.fromkeys(_HELD, "")
        self.units: dict[tuple[str, str, str], int] = {}
        self.completed: dict[str, tuple[str, int]] = {}

    def read(self, number: int, cells: Sequence[str]) -> UnitRow:
        self.faults: list[UnitFault] = []
        given = {name: cells[index].strip() for name, index in self.columns.items() if index < len(cells)}
        for name in _HELD:
            if name == "estate" and given.get(name) and given[name] != self.held[name]:
                self.held["building"] = ""
            self.held[name] = given[name] = given.get(name) or self.held[name]
        contact = given.pop("contact", "")
        if contact:
            name = "email" if "@" in contact else "phone"
            given[name] = given.get(name) or contact
        floor, order = self._try("floor", lambda: checked_floor(given.get("floor")), ("", 0))
        row = UnitRow(
            number,
            estate=self._estate(given["estate"]),
            building=self._text("building", given),
            floor=floor,
            floor_order=order,
            unit=self._text("unit", given),
            type=self._text("type", given),
            owner=self._text("owner", given),
            email=self._try("email", lambda: checked("email", given.get("email")), ""),
            phone=self._try("phone", lambda: checked("phone", given.get("phone")), ""),
            completion=self._day("completion", given),
            delivery=self._day("delivery", given),
            faults=self.faults,
        )
        self._against_those_above(row)
        self.faults.sort(key=lambda fault: (len(fault.column), fault.column))
        return row

    def _against_those_above(self, row: UnitRow) -> None:
        key = (row.estate, row.building.casefold(), row.unit.casefold())
        if row.building and row.unit:
            above = self.units.setdefault(key, row.number)
            if above != row.number:
                self._fault("unit_twice", "unit", above)
        if row.completion and row.estate:
            day, first = self.completed.setdefault(row.estate, (row.completion, row.number))
            if day != row.completion:
                self._fault("completion_differs", "completion", first)

    def _estate(self, named: str) -> str:
        if not named:
            if not self.estate:
                self._fault("required", "estate")
            return self.estate
        found = self.estates.get(named.casefold(), "")
        if not found:
            self._fault("estate_unknown", "estate")
        return found

    def _text(self, name: str, given: Mapping[str, str]) -> str:
        return self._try(name, lambda: checked_text(name, given.get(name), required=name in NEEDED), "")

    def _day(self, name: str, given: Mapping[str, str]) -> str:
        day: date | None = self._try(name, lambda: checked_day(given.get(name), name), None)
        return day.isoformat() if day else ""

    def _try(self, name: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Invalid as error:
            self._fault(error.code, name)
            return otherwise

    def _fault(self, code: str, name: str, other: int | None = None) -> None:
        index = self.columns.get(name)
        letters, heading = ("", "") if index is None else (letters_of(index), self.headings[index])
        self.faults.append(UnitFault(code, letters, heading, other))
