"""Reading sheets (XLSX, CSV) that people upload, in a room of their own: one process for each file.

Rules: trust.md §1.1 F (defusedxml, caps before reading, a subprocess with limits).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.adapters.workroom import Limits, Workroom
from app.adapters.workroom_verdict import judged
from app.domain.errors import Invalid

LARGEST_FILE = 10 << 20
LIMITS = Limits(memory=768 << 20, cpu=30, wall=60.0, jobs=1)


@dataclass(frozen=True)
class Row:
    """One row as a person sees it: its number in the sheet, from 1, and as many cells as the header has."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Problem:
    """A row that cannot be used: a code (sheet_row_too_wide, sheet_cell_too_long, sheet_row_unreadable)."""

    code: str
    row: int
    column: int | None


@dataclass(frozen=True)
class Sheet:
    """A table: the heading row, the rows below it that hold anything, and the rows left out, with the reason.

    Cells are text without space around it: dates as 2026-11-30, instants as 2026-11-30T14:03:00, whole
    numbers without a point, truth as TRUE or FALSE. A merged cell's value stands in all it covers.
    """

    title: str
    encoding: str | None
    header_row: int
    header: list[str]
    rows: list[Row]
    problems: list[Problem]


class SheetRoom:
    """Where uploaded sheets are read. Made once; a process lives as long as one file."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._room = Workroom("app.adapters.sheets_worker", limits)

    def read(self, path: Path) -> Sheet:
        """The first visible sheet of a file, XLSX by its first bytes, else text.

        Raises Invalid: sheet_unreadable, sheet_old_format, sheet_empty, sheet_too_large (params limit, what),
        sheet_quote_open (param row), sheet_check_timed_out; Unavailable: sheet_check_*.
        """
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid("sheet_too_large", what="bytes", limit=LARGEST_FILE)
        job = {"path": str(path.resolve())}
        read = judged(self._room, job, "sheet", "sheet_unreadable", "sheet_too_large")
        return Sheet(
            title=read["title"],
            encoding=read["encoding"],
            header_row=read["header_row"],
            header=read["header"],
            rows=[Row(number, cells) for number, cells in read["rows"]],
            problems=[Problem(code, row, column) for code, row, column in read["problems"]],
        )
