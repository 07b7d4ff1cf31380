"""Sheets people upload: the encodings and separators of the world, merged cells, and what must not get in."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from app.adapters.sheets import Problem, Row, Sheet, SheetRoom
from app.adapters.sheets_writing import xlsx_bytes
from app.adapters.workroom import Limits
from app.domain.errors import Invalid, PlumblineError

Read = Callable[[bytes], Sheet]

SHORT = Limits(
    memory=768 << 20, cpu=30, wall=60.0, jobs=100
)  # one process for all tests: only the speed differs


@pytest.fixture(scope="module")
def room() -> SheetRoom:
    return SheetRoom(SHORT)


@pytest.fixture
def read(room: SheetRoom, tmp_path: Path) -> Read:
    def sheet(content: bytes) -> Sheet:
        path = tmp_path / "uploaded"
        path.write_bytes(content)
        return room.read(path)

    return sheet


def refused(read: Read, content: bytes) -> PlumblineError:
    with pytest.raises(Invalid) as caught:
        read(content)
    return caught.value


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """An XLSX with some of its files replaced or added."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, body in changes.items():
            new.writestr(name, body)
    return buffer.getvalue()


TEXT = "公司名称,城市,备注\r\n苏州恒达精密机械有限公司,苏州,主要供应商\r\n宁波华强塑料制品厂,宁波,\r\n"
TRADITIONAL = "公司名稱,城市,備註\r\n蘇州恆達精密機械有限公司,蘇州,主要供應商\r\n寧波華強塑膠製品廠,寧波,\r\n"


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        (TEXT.encode("utf-8"), "utf-8", "公司名称"),
        (TEXT.encode("utf-8-sig"), "utf-8", "公司名称"),
        (TEXT.encode("gb18030"), "gb18030", "公司名称"),
        (TEXT.encode("utf-16"), "utf-16-le", "公司名称"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be", "公司名称"),
        (TEXT.encode("utf-16-le"), "utf-16-le", "公司名称"),
        (TRADITIONAL.encode("big5hkscs"), "big5hkscs", "公司名稱"),
        (TRADITIONAL.encode("utf-8"), "utf-8", "公司名稱"),
        ("Firma;Straße\r\nMüller & Söhne GmbH;Königstraße 5\r\n".encode("cp1252"), "cp1252", "Firma"),
        (b"Company,City\nHengda,Suzhou\n", "utf-8", "Company"),
    ],
)
def test_the_encodings_excel_writes(read: Read, content: bytes, encoding: str, name: str) -> None:
    sheet = read(content)
    assert (sheet.encoding, sheet.header[0]) == (encoding, name)
    expected = {
        "公司名称": "苏州恒达精密机械有限公司",
        "公司名稱": "蘇州恆達精密機械有限公司",
        "Firma": "Müller & Söhne GmbH",
        "Company": "Hengda",
    }
    assert sheet.rows[0].cells[0] == expected[name] and sheet.rows[0].number == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_quoted_line_breaks(read: Read, separator: str) -> None:
    text = 'Name|Address\r\n"Heng""da"|"12, Xinghu St;\r\nSuzhou"\r\n\r\nLast|"a\tb"\r\n'.replace(
        "|", separator
    )
    sheet = read(text.encode())
    assert sheet.header == ["Name", "Address"]
    assert sheet.rows == [Row(2, ['Heng"da', "12, Xinghu St;\r\nSuzhou"]), Row(4, ["Last", "a\tb"])]


def test_excels_own_separator_line_old_line_ends_and_one_column(read: Read) -> None:
    assert read(b"sep=|\r\nName|City\r\nA,B|C\r\n").rows == [Row(2, ["A,B", "C"])]
    assert read(b"Name,City\rA,B\rC,D").rows == [Row(2, ["A", "B"]), Row(3, ["C", "D"])]
    assert read(b"Name\nA\nB\n").rows == [Row(2, ["A"]), Row(3, ["B"])]
    assert read("名称\n甲，乙\n".encode()).rows == [Row(2, ["甲，乙"])]


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_kept(read: Read) -> None:
    text = "Name,City\nA,B\nC,D,E\n,,\nF,G,,\n" + "H" * 10_001 + ",I\nJ,K\n"
    sheet = read(text.encode())
    assert [row.number for row in sheet.rows] == [2, 5, 7]
    assert sheet.problems == [Problem("sheet_row_too_wide", 3, 3), Problem("sheet_cell_too_long", 6, 1)]


def test_a_quote_that_is_never_closed_names_its_row(read: Read) -> None:
    error = refused(read, b'Name,City\nA,B\n"C,D\nE,F\nG,H\n')
    assert (error.code, error.params) == ("sheet_quote_open", {"row": 3})
    assert read(b'Name,City\nA "quoted" word,B\n"x"y,C\n').rows[0].cells[0] == 'A "quoted" word'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_empty"),
        (b" \r\n,,,\r\n", "sheet_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "sheet_old_format"),
        (b"PK\x03\x04 broken", "sheet_unreadable"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "sheet_unreadable"),
        (b"\xff\xfea", "sheet_unreadable"),
        (b"Name,City\nA\0B,C\n", "sheet_unreadable"),
        (("a," * 101 + "b\n").encode() * 2, "sheet_too_large"),
        (b"Name,City\n" + b"A,B\n" * 20_001, "sheet_too_large"),
        (b'Name\n"' + b"A" * 1_100_000 + b'"\n', "sheet_cell_too_long"),
    ],
)
def test_what_is_no_usable_text(read: Read, content: bytes, code: str) -> None:
    assert refused(read, content).code == code


def test_as_many_rows_as_allowed(read: Read) -> None:
    sheet = read(b"Name,City\n" + b"A,B\n" * 20_000)
    assert len(sheet.rows) == 20_000 and sheet.rows[-1].number == 20_001


def test_a_file_too_large_is_not_even_opened(room: SheetRoom, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate((10 << 20) + 1)
    with pytest.raises(Invalid) as caught:
        room.read(path)
    assert caught.value.code == "sheet_too_large"


def test_xlsx_cells_as_people_type_them(read: Read) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "供应商"
        book.active.append(["Name", "When", "At", "Count", "Share", "On", "Long"])
        book.active.append(
            [
                "  恒达 ",
                date(2026, 11, 30),
                datetime.fromisoformat("2026-11-30T14:03"),
                12,
                0.1,
                True,
                123456789012345,
            ]
        )
        book.active.append([None] * 7)
        book.active.append(["'apostrophe", None, None, 12.0, 1e-7, False, "_x000D_"])
        hidden = book.create_sheet("hidden", 0)
        hidden.append(["not", "this"])
        hidden.sheet_state = "hidden"

    sheet = read(workbook(fill))
    assert (sheet.title, sheet.header_row, sheet.encoding) == ("供应商", 1, None)
    assert sheet.rows == [
        Row(2, ["恒达", "2026-11-30", "2026-11-30T14:03:00", "12", "0.1", "TRUE", "123456789012345"]),
        Row(4, ["'apostrophe", "", "", "12", "1e-07", "FALSE", ""]),
    ]


def test_merged_cells_repeat_their_value_and_a_title_is_passed_over(read: Read) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet["A1"] = "2026 年供应商一览表"
        sheet.merge_cells("A1:C2")
        for column, name in enumerate(("Company", "Site", "City"), 1):
            sheet.cell(4, column, name)
        sheet["A5"] = "Hengda"
        sheet.merge_cells("A5:A7")
        for row, site in ((5, "North"), (6, "South"), (8, "Other")):
            sheet.cell(row, 2, site)
        sheet["B9"] = "wide"

    content = workbook(fill)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    endless = xml.replace(b"</mergeCells>", b'<mergeCell ref="B9:XFD1048576"/></mergeCells>')
    assert endless != xml
    sheet = read(repacked(content, {"xl/worksheets/sheet1.xml": endless}))
    assert (sheet.header_row, sheet.header) == (4, ["Company", "Site", "City"])
    assert sheet.rows == [
        Row(5, ["Hengda", "North", ""]),
        Row(6, ["Hengda", "South", ""]),
        Row(8, ["", "Other", ""]),
        Row(9, ["", "wide", "wide"]),
    ]


def test_error_values_are_problems_and_formulas_are_their_results(read: Read) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.append(["Name", "Sum"])
        book.active.append(["A", "#REF!"])
        book.active.append(["B", "=1+1"])

    content = workbook(fill)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>1+1</f><v></v>" in xml or b"<f>1+1</f><v />" in xml or b"<f>1+1</f><v/>" in xml
    for empty in (b"<v></v>", b"<v />", b"<v/>"):
        xml = xml.replace(b"<f>1+1</f>" + empty, b"<f>1+1</f><v>2</v>")
    sheet = read(repacked(content, {"xl/worksheets/sheet1.xml": xml}))
    assert sheet.rows == [Row(3, ["B", "2"])]
    assert sheet.problems == [Problem("sheet_row_unreadable", 2, 2)]


def test_cells_far_away_cost_nothing(read: Read) -> None:
    def far_down(book: openpyxl.Workbook) -> None:
        book.active.append(["Name", "City"])
        book.active["A1048576"] = "last"

    def far_right(book: openpyxl.Workbook) -> None:
        book.active.append(["Name", "City"])
        book.active["XFD2"] = "edge"

    assert read(workbook(far_down)).rows == [Row(1_048_576, ["last", ""])]
    assert refused(read, workbook(far_right)).code == "sheet_too_large"


def test_bombs_are_refused_before_they_are_inflated(read: Read) -> None:
    good = workbook(lambda book: book.active.append(["Name", "City"]))
    giant = repacked(good, {"xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * (90 << 20)})
    assert len(giant) < 200_000
    started = time.monotonic()
    error = refused(read, giant)
    assert error.code == "sheet_too_large" and time.monotonic() - started < 2
    many = repacked(good, {f"xl/media/{number}.xml": b"x" for number in range(600)})
    assert refused(read, many).code == "sheet_too_large"
    parts = repacked(good, {f"xl/{number}.bin": bytes(range(256)) * 4000 for number in range(120)})
    assert refused(read, parts).code == "sheet_too_large"  # 120 MB in all, none of it striking by itself


def test_entities_and_tricks_in_the_zip_are_refused(read: Read) -> None:
    good = xlsx_bytes("Companies", ["Name", "City"], [["Hengda", "Suzhou"]])
    assert read(good).rows == [Row(2, ["Hengda", "Suzhou"])]
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for trick in (laughs, outside):
        for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
            with zipfile.ZipFile(io.BytesIO(good)) as archive:
                body = archive.read(part).split(b"?>", 1)[-1]
            assert refused(read, repacked(good, {part: trick + body})).code == "sheet_unreadable", part
    assert refused(read, repacked(good, {"../../evil": b"x"})).code == "sheet_unreadable"
    not_a_book = io.BytesIO()
    with zipfile.ZipFile(not_a_book, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert refused(read, not_a_book.getvalue()).code == "sheet_unreadable"


def test_a_sheet_that_needs_too_much_memory_or_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"Name,City\n" + (b"company" * 70 + b",some city\n") * 19_000)
    with pytest.raises(Invalid) as caught:
        SheetRoom(Limits(memory=48 << 20, cpu=30, wall=60, jobs=1)).read(path)
    assert caught.value.code == "sheet_too_large"


def test_every_file_has_a_process_of_its_own(tmp_path: Path) -> None:
    room = SheetRoom()
    path = tmp_path / "a.csv"
    path.write_bytes(b"Name,City\nA,B\n")
    assert [row.cells for row in room.read(path).rows] == [["A", "B"]]
    assert room._room.pid is None
    assert [row.cells for row in room.read(path).rows] == [["A", "B"]]
