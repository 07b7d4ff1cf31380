"""A sheet of suppliers: which column is what, and what each row says or why it cannot be read.

One row is a company with at most one site and one contact; a company with more has more rows of the same
name. Headings are matched in three languages. Rows are numbered as the sheet numbers them, from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.domain.companies import normalise_company_name
from app.domain.errors import Invalid, TooLarge
from app.domain.parties import checked
from app.domain.supplier_columns import FIELDS, LANGUAGE_CODES, folded

ROWS_AT_MOST = 20_000
HEADER_WITHIN = 20  # a title and a date often stand above the headings

COMPANY = ("name", "other_name", "code", "country")
SITE = ("site_name", "address", "city", "time_zone")
CONTACT = ("contact_name", "duty", "email", "phone", "language")


@dataclass(frozen=True)
class Fault:
    """Why a row is not taken: the code of a refusal, and the column it is about, as the sheet names it."""

    code: str
    column: str
    heading: str


@dataclass(frozen=True)
class Row:
    """One row as it was read. `company` is there unless the row has faults."""

    number: int
    company: dict[str, str]
    site: dict[str, str] | None = None
    contact: dict[str, str] | None = None
    faults: list[Fault] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON, to be kept between preview and confirmation."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Row:
        return cls(**{**plain, "faults": [Fault(**fault) for fault in plain["faults"]]})

    @property
    def key(self) -> str:
        """Rows with the same key are about one company."""
        return self.company["code"].casefold() or normalise_company_name(self.company["name"])


@dataclass(frozen=True)
class Sheet:
    """The rows below the headings, which columns were understood, and which were not."""

    rows: list[Row]
    columns: dict[str, str]
    ignored: list[str]


def read_sheet(
    rows: Iterable[tuple[int, Sequence[str]]], time_zone: str, countries: Mapping[str, str]
) -> Sheet:
    """Reads numbered rows of cells. `time_zone` is a site's when its cell is empty; `countries` maps folded
    names to codes.

    Raises Invalid("sheet_columns_missing") without a heading for the company's name, TooLarge above 20,000
    rows.
    """
    waiting = iter(rows)
    columns, headings = _header(waiting)
    read: list[Row] = []
    for number, cells in waiting:
        if not any(cell.strip() for cell in cells):
            continue
        if len(read) >= ROWS_AT_MOST:
            raise TooLarge("sheet_too_large", limit=ROWS_AT_MOST)
        read.append(_row(number, cells, columns, headings, time_zone, countries))
    known = set(columns.values())
    return Sheet(
        read,
        {name: headings[index] for name, index in columns.items()},
        [heading for index, heading in enumerate(headings) if heading and index not in known],
    )


def _header(rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[dict[str, int], list[str]]:
    for seen, (_, cells) in enumerate(rows):
        columns: dict[str, int] = {}
        for index, cell in enumerate(cells):
            name = FIELDS.get(folded(cell))
            if name and name not in columns:
                columns[name] = index
        if "name" in columns:
            return columns, [" ".join(cell.split()) for cell in cells]
        if seen + 1 >= HEADER_WITHIN:
            break
    raise Invalid("sheet_columns_missing", field="sheet")


def _row(
    number: int,
    cells: Sequence[str],
    columns: Mapping[str, int],
    headings: Sequence[str],
    time_zone: str,
    countries: Mapping[str, str],
) -> Row:
    faults: list[Fault] = []
    given = {name: cells[index].strip() for name, index in columns.items() if index < len(cells)}
    given["country"] = _country(given.get("country", ""), countries)
    given["language"] = LANGUAGE_CODES.get(folded(given.get("language", "")), given.get("language", ""))
    has_site = any(given.get(name) for name in SITE)
    if has_site:
        given["site_name"] = given.get("site_name") or given.get("city") or given.get("name", "")
        given["time_zone"] = given.get("time_zone") or time_zone
    has_contact = any(given.get(name) for name in CONTACT)

    def read(name: str) -> str:
        try:
            return checked(name, given.get(name))
        except Invalid as error:
            index = columns.get(name, columns["name"])
            faults.append(Fault(error.code, _letters(index), headings[index]))
            return ""

    company = {name: read(name) for name in COMPANY}
    site = {name: read(name) for name in SITE} if has_site else None
    contact = {name: read(name) for name in CONTACT} if has_contact else None
    if site is not None:
        site["country"] = company["country"]
    return Row(number, company, site, contact, faults)


def _country(text: str, countries: Mapping[str, str]) -> str:
    return countries.get(text.casefold(), text.upper() if len(text) == 2 else text)


def _letters(index: int) -> str:
    """The name a spreadsheet gives a column: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
