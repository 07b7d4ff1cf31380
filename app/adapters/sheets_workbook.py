"""An XLSX file, looked at as a zip before anything is inflated, then read cell by cell."""

from __future__ import annotations

import os
import stat
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError  # only the error; parsing goes through defusedxml

# lxml came with the seals; openpyxl would take it and go past defusedxml, which refuses entities
os.environ["OPENPYXL_LXML"] = "False"
import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from app.adapters.workroom_inside import Refused

MOST_ENTRIES = 500
MOST_INFLATED = 100 << 20
SMALL, MOST_RATIO = 1 << 20, 150  # real sheets shrink 5 to 40 times; a bomb a thousand
MOST_MERGED = 2_000_000
UNREADABLE = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,  # zipfile: a password, or a compression it does not know
)

if not openpyxl.DEFUSEDXML:  # a missing package must not silently open the door
    raise SystemExit("openpyxl does not use defusedxml")

Cells = dict[int, str]


def read_workbook(file: BinaryIO) -> tuple[str, list[tuple[int, Cells]], dict[int, int]]:
    """Title, rows (number from 1, column → text) and rows with an error value (→ its column).

    Refuses sheet_unreadable, sheet_too_large, sheet_empty.
    """
    _look_at_zip(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not visible:
            raise Refused("sheet_empty")
        rows, spoiled = _read_sheet(book, visible[0])
        return visible[0].title, sorted(rows.items()), spoiled
    except UNREADABLE as error:
        raise Refused("sheet_unreadable") from error


def _look_at_zip(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        raise Refused("sheet_unreadable") from error
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_INFLATED:
        raise Refused("sheet_too_large", what="bytes", limit=MOST_INFLATED)
    if len({entry.filename for entry in entries}) < len(entries):
        raise Refused("sheet_unreadable")
    for entry in entries:
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise Refused("sheet_too_large", what="bytes", limit=MOST_INFLATED)
        climbs = entry.filename.startswith(("/", "\\")) or ".." in entry.filename.split("/")
        if climbs or entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused("sheet_unreadable")


def _read_sheet(book: Any, sheet: Any) -> tuple[dict[int, Cells], dict[int, int]]:
    """As openpyxl's read-only rows do it, but one pass also gives merged cells, and gaps cost nothing."""
    rows: dict[int, Cells] = {}
    spoiled: dict[int, int] = {}
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, row in parser.parse():
            cells = {cell["column"]: text for cell in row if (text := as_text(cell["value"])).strip()}
            if cells:
                rows[number] = cells
            for cell in row:
                if cell["data_type"] == "e":
                    spoiled.setdefault(number, cell["column"])
            if len(rows) > 25_000 or (cells and max(cells) > 1_000):
                raise Refused("sheet_too_large", what="rows", limit=20_000)
        merged = parser.merged_cells.mergeCell if parser.merged_cells else []
        _spread(rows, [each.bounds for each in merged])
    return rows, spoiled


def _spread(rows: dict[int, Cells], ranges: list[tuple[int, int, int, int]]) -> None:
    """Repeats the top left value over what it covers, in rows that hold something of their own."""
    widest = max((max(cells) for cells in rows.values()), default=0)
    work = 0
    numbers = sorted(rows)
    for left, top, right, bottom in ranges:
        value = rows.get(top, {}).get(left)
        if value is None:
            continue
        for number in _between(numbers, top, bottom):
            columns = range(left, min(right, widest) + 1)
            work += len(columns)
            if work > MOST_MERGED:
                raise Refused("sheet_too_large", what="merged", limit=MOST_MERGED)
            for column in columns:
                rows[number].setdefault(column, value)


def _between(numbers: list[int], first: int, last: int) -> Iterator[int]:
    yield from numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]


def as_text(value: object) -> str:
    """A cell as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return format(value, ".15g")
    return unescape(value) if isinstance(value, str) else str(value)
