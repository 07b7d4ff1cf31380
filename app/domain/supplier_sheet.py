"""A sheet of suppliers: what each row says, or why it cannot be taken.

One row is a company with at most one site and one contact; a company with more has more rows of the same
name. Rows are numbered as the sheet numbers them, from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.domain.companies import normalise_company_name
from app.domain.errors import Invalid
from app.domain.parties import checked
from app.domain.supplier_columns import LANGUAGE_CODES

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


def read_rows(
    rows: Iterable[tuple[int, Sequence[str]]],
    columns: Mapping[str, int],
    headings: Sequence[str],
    time_zone: str,
    countries: Mapping[str, str],
) -> list[Row]:
    """Reads numbered rows of cells. `columns`: field → place in `headings`; `time_zone` is a site's when its
    cell is empty; `countries`: folded name → code.
    """
    return [_row(number, cells, columns, headings, time_zone, countries) for number, cells in rows]


def unreadable(number: int, code: str, index: int | None, headings: Sequence[str]) -> Row:
    """A row that could not even be read as cells; `index` is the place of the cell at fault, from 0."""
    heading = headings[index] if index is not None and index < len(headings) else ""
    letters = "" if index is None else letters_of(index)
    return Row(number, dict.fromkeys(COMPANY, ""), faults=[Fault(code, letters, heading)])


def grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Readable rows, those about one company together: of one code, or of one name where no code contradicts.
    In order of appearance.
    """
    groups: list[list[Row]] = []
    by_code: dict[str, list[Row]] = {}
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        if row.faults:
            continue
        code, name = row.company["code"].casefold(), normalise_company_name(row.company["name"])
        group = by_code.get(code) if code else by_name.get(name)
        if group is None and code and not any(other.company["code"] for other in by_name.get(name, [])):
            group = by_name.get(name)
        if group is None:
            group = []
            groups.append(group)
        group.append(row)
        by_name.setdefault(name, group)
        if code:
            by_code[code] = group
    return groups


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
    given["language"] = LANGUAGE_CODES.get(given.get("language", "").casefold(), given.get("language", ""))
    has_site = any(given.get(name) for name in SITE)
    if has_site:
        given["site_name"] = given.get("site_name") or given.get("city") or given.get("name") or "-"
        given["time_zone"] = given.get("time_zone") or time_zone
    has_contact = any(given.get(name) for name in CONTACT)

    def read(name: str) -> str:
        try:
            return checked(name, given.get(name))
        except Invalid as error:
            index = columns.get(name, columns["name"])
            faults.append(Fault(error.code, letters_of(index), headings[index]))
            return ""

    company = {name: read(name) for name in COMPANY}
    site = {name: read(name) for name in SITE} if has_site else None
    contact = {name: read(name) for name in CONTACT} if has_contact else None
    if site is not None:
        site["country"] = company["country"]
    faults.sort(key=lambda fault: (len(fault.column), fault.column))
    return Row(number, company, site, contact, faults)


def _country(text: str, countries: Mapping[str, str]) -> str:
    return countries.get(text.casefold(), text.upper() if len(text) == 2 else text)


def letters_of(index: int) -> str:
    """The name a spreadsheet gives a column: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
