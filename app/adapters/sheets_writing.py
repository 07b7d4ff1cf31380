"""Writing tables for spreadsheets. A cell somebody typed is never a formula in somebody else's Excel.

Rule: trust.md §1.1 F V1.2.10. In CSV a dangerous cell gets an apostrophe in front, and our own reading takes
it off again; in XLSX text is typed as text and needs none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain

Value = str | int | float | Decimal | bool | date | datetime | None

# Formula starts, plain and full width; spaces before them do not stop every program.
DANGEROUS = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")
GUARDED = re.compile(r"'+\s*[=+\-@\t\r\n＝＋－＠]")
LONGEST_IN_EXCEL = 32_767
NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if DANGEROUS.match(text) else text


def without_guard(text: str) -> str:
    """The text before guarded()."""
    return text[1:] if GUARDED.match(text) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Lines of a CSV file (UTF-8 with its mark, so that Excel reads Chinese), to be sent as they come."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield "\ufeff"
    for row in chain((header,), rows):
        writer.writerow([_plain(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def xlsx_bytes(title: str, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A workbook of one sheet. Instants stand as the wall clock of the zone they are given in.

    Text longer than Excel holds (32,767 characters) ends with an ellipsis.
    """
    import xlsxwriter  # only who exports pays for it

    buffer = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(NOT_IN_TITLES.sub(" ", title).strip("' ")[:31] or "Sheet")
        bold = book.add_format({"bold": True})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
            sheet.set_column(column, column, min(60, max(10, 2 * len(name))))
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, _excel_text(value), text)
                elif isinstance(value, bool):
                    sheet.write_boolean(number, column, value)
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, column, value.replace(tzinfo=None), instant)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write_number(number, column, value)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _excel_text(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()  # a lone surrogate would spoil the whole file
    return text if len(text) <= LONGEST_IN_EXCEL else text[: LONGEST_IN_EXCEL - 1] + "…"
