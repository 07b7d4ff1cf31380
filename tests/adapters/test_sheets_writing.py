"""What we export is never a formula in somebody's spreadsheet, and comes back as it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.sheets import SheetRoom
from app.adapters.sheets_writing import csv_lines, guarded, without_guard, xlsx_bytes

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "  =cmd|' /C calc'!A0",
    "'=already",
    '=HYPERLINK("http://evil.example","x")',
    "\u3000=1",
]
HARMLESS = ["", "Suzhou", "a=b", "3-4", "'quoted'", "恒达", "a@b.example", "O'Neil", '"x"']


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_guarded(text: str) -> None:
    assert guarded(text) == "'" + text and without_guard(guarded(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_the_rest_is_left_alone(text: str) -> None:
    assert guarded(text) == text == without_guard(text)


@given(st.text(alphabet="'=+-@＝ \ta", max_size=6))
def test_guarding_loses_nothing(text: str) -> None:
    assert without_guard(guarded(text)) == text
    assert guarded(text).lstrip()[:1] not in tuple("=+-@＝＋－＠")


def test_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = [[str(number), text] for number, text in enumerate(FORMULAS + HARMLESS, 1)]
    path = tmp_path / "export.csv"
    path.write_bytes("".join(csv_lines(["Number", "=Text"], rows)).encode())
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            assert row[1][:1] not in tuple("=+-@\t\r＝＋－＠")
    sheet = SheetRoom().read(path)
    assert sheet.header == ["Number", "=Text"]
    assert [row.cells[1] for row in sheet.rows] == [text.strip() for text in FORMULAS + HARMLESS]


def test_csv_values() -> None:
    values = [
        None,
        3,
        -3,
        Decimal("-1.50"),
        True,
        date(2026, 11, 30),
        datetime(2026, 11, 30, 14, 3, tzinfo=UTC),
    ]
    lines = list(csv_lines(["a", "b", "c", "d", "e", "f", "g"], [values, []]))
    assert lines[2] == ",3,-3,-1.50,TRUE,2026-11-30,2026-11-30 14:03:00+00:00\r\n"


def test_xlsx_text_is_typed_as_text_and_comes_back(tmp_path: Path) -> None:
    texts = FORMULAS + HARMLESS + ["http://evil.example", "007", "\ud800", "x" * 40_000]
    content = xlsx_bytes("a/b:[c]*?" + "z" * 40, ["Text", "=Header"], [[text, None] for text in texts])
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    assert len(sheet.title) <= 31
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type in ("s", "n") and (cell.value is None or cell.data_type == "s")
            assert cell.hyperlink is None
    path = tmp_path / "export.xlsx"
    path.write_bytes(content)
    back = SheetRoom().read(path)
    assert back.header == ["Text", "=Header"]
    expected = [text.strip() for text in texts[:-2]] + ["?", "x" * 32_766 + "…"]
    assert [row.cells[0] for row in back.rows] == [text for text in expected[:-1] if text]
    assert [problem.code for problem in back.problems] == ["sheet_cell_too_long"]


def test_xlsx_values_keep_their_type() -> None:
    rows = [[1, Decimal("2.5"), True, date(2026, 11, 30), datetime(2026, 11, 30, 14, 3, tzinfo=UTC), None]]
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes("表", list("abcdef"), rows))).active
    assert [cell.value for cell in sheet[2]] == [
        1,
        2.5,
        True,
        datetime.fromisoformat("2026-11-30"),
        datetime.fromisoformat("2026-11-30T14:03"),
        None,
    ]
