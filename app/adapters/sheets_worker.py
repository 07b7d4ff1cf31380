"""Inside the sheet room: an untrusted XLSX or CSV file becomes a header and rows of text."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from app.adapters.sheets_text import read_text
from app.adapters.workroom_inside import Refused, serve

MOST_ROWS, MOST_COLUMNS = 20_000, 100
LONGEST_CELL = 10_000  # characters, as typed text elsewhere
MOST_CHARACTERS = 20_000_000
TITLE_ROWS = 10  # a heading row is looked for this far below a title

Cells = dict[int, str]  # column from 1 → text; None never, empty cells not there


def read(job: dict[str, Any]) -> dict[str, Any]:
    """{path} → {title, encoding, header_row, header, rows: [[row, cells]], problems: [[…]]}."""
    content = Path(job["path"]).read_bytes()
    if content.startswith(b"\xd0\xcf\x11\xe0"):  # the container of .xls and of password protection
        raise Refused("sheet_old_format")
    if content.startswith(b"PK"):
        from app.adapters.sheets_workbook import read_workbook

        title, records, spoiled = read_workbook(BytesIO(content))
        return table(records, spoiled) | {"title": title, "encoding": None}
    encoding, lines = read_text(content)
    numbered = ((number, dict(enumerate(cells, 1))) for number, cells in lines)
    return table(numbered, {}) | {"title": "", "encoding": encoding}


def table(records: Iterable[tuple[int, Cells]], spoiled: dict[int, int]) -> dict[str, Any]:
    """Header and rows of numbered records; spoiled names rows (→ column) that could not be read."""
    kept: list[tuple[int, Cells]] = []
    characters = 0
    for number, cells in records:
        trimmed = {column: text for column, cell in cells.items() if (text := cell.strip())}
        if not trimmed and number not in spoiled:
            continue
        characters += sum(map(len, trimmed.values()))
        if len(kept) > MOST_ROWS + TITLE_ROWS or characters > MOST_CHARACTERS:
            raise Refused("sheet_too_large", what="rows", limit=MOST_ROWS)
        kept.append((number, trimmed))
    if not kept:
        raise Refused("sheet_empty")
    place = _heading(kept)
    header_row, heading = kept[place]
    width = max(heading, default=0)
    if width > MOST_COLUMNS:
        raise Refused("sheet_too_large", what="columns", limit=MOST_COLUMNS)
    body = kept[place + 1 :]
    if len(body) > MOST_ROWS:
        raise Refused("sheet_too_large", what="rows", limit=MOST_ROWS)
    problems = {
        number: problem for number, cells in body if (problem := _problem(number, cells, width, spoiled))
    }
    return {
        "header_row": header_row,
        "header": _filled(heading, width),
        "rows": [[number, _filled(cells, width)] for number, cells in body if number not in problems],
        "problems": [[code, number, column] for number, (code, column) in problems.items()],
    }


def _heading(rows: list[tuple[int, Cells]]) -> int:
    """The first row that says two different things; above it stands a title, often one wide merged cell."""
    for place, (_, cells) in enumerate(rows[:TITLE_ROWS]):
        if len(set(cells.values())) > 1:
            return place
    return 0


def _problem(number: int, cells: Cells, width: int, spoiled: dict[int, int]) -> tuple[str, int] | None:
    if number in spoiled:
        return "sheet_row_unreadable", spoiled[number]
    last = max(cells)
    if last > width:
        return "sheet_row_too_wide", last
    for column, text in cells.items():
        if len(text) > LONGEST_CELL:
            return "sheet_cell_too_long", column
    return None


def _filled(cells: Cells, width: int) -> list[str]:
    return [cells.get(column, "") for column in range(1, width + 1)]


if __name__ == "__main__":
    serve(read)
