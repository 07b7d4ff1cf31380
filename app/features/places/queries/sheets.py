"""From an uploaded file to rows that can be previewed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from werkzeug.datastructures import FileStorage

from app.adapters.columns import Matched, match_columns
from app.adapters.sheets import Sheet, SheetRoom
from app.domain.errors import Invalid
from app.domain.supplier_columns import ALIASES
from app.domain.supplier_sheet import Row, read_rows, unreadable
from app.web.countries import codes_by_name

LARGEST_FILE = 5 << 20
HEADING_WITHIN = 20  # a title, a date and an address often stand above the headings


@dataclass(frozen=True)
class Read:
    """What a file holds: its rows in order, and the headings nobody understood."""

    rows: list[Row]
    ignored: list[str]


def read(upload: FileStorage, time_zone: str) -> Read:
    """Reads an XLSX or CSV file. Raises Invalid (field sheet) for a file that is no table of companies."""
    sheet = opened(upload)
    candidates = [(sheet.header_row, sheet.header), *((row.number, row.cells) for row in sheet.rows)]
    for place, (_, cells) in enumerate(candidates[:HEADING_WITHIN]):
        matched = match_columns(cells, ALIASES)
        if "name" in matched.columns:
            return _rows(sheet, candidates[place + 1 :], cells, matched, time_zone)
    raise Invalid("sheet_columns_missing", field="sheet")


def _rows(
    sheet: Sheet, below: list[tuple[int, list[str]]], headings: list[str], matched: Matched, time_zone: str
) -> Read:
    rows = read_rows(below, matched.columns, headings, time_zone, codes_by_name())
    for problem in sheet.problems:
        index = None if problem.column is None else problem.column - 1
        rows.append(unreadable(problem.row, problem.code, index, headings))
    if not rows:
        raise Invalid("sheet_empty", field="sheet")
    return Read(sorted(rows, key=lambda row: row.number), matched.unknown)


def opened(upload: FileStorage) -> Sheet:
    """The table in an uploaded XLSX or CSV file. Raises Invalid (field sheet) for what cannot be read."""
    with TemporaryDirectory(prefix="plumbline-sheet-") as folder:
        path = Path(folder) / "sheet"
        upload.save(path)
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid("sheet_too_large", field="sheet", what="bytes", limit=LARGEST_FILE)
        try:
            return _room().read(path)
        except Invalid as error:
            raise Invalid(error.code, field="sheet", **error.params) from error


@cache
def _room() -> SheetRoom:
    return SheetRoom()
