"""CSV as it comes out of the Excels of the world: which encoding, which separator, which rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice

from app.adapters.sheets_writing import without_guard
from app.adapters.workroom_inside import Refused

SEPARATORS = ",;\t"
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# The everyday characters of each code: lead bytes of level 1 of GB 2312 and of Big5.
EVERYDAY = {"gb18030": range(0xB0, 0xD8), "big5hkscs": range(0xA4, 0xC7)}
SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel's own word for the separator
LONGEST_FIELD = 1 << 20
STRANGE = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_text(content: bytes) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """The encoding, and the records numbered from 1 as a spreadsheet would number them.

    Refuses sheet_unreadable (no text), sheet_quote_open (row).
    """
    encoding, text = decode(content)
    if STRANGE.search(text):
        raise Refused("sheet_unreadable")
    told = SEP_LINE.match(text)
    if told:
        text = text[told.end() :]
    return encoding, _records(text, told[1] if told else separator(text))


def decode(content: bytes) -> tuple[str, str]:
    """The encoding's Python name and the text: by its mark, else UTF-8 if it is, else what reads as words."""
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return encoding, _strict(content[len(mark) :], encoding)
    for start, encoding in (
        (1, "utf-16-le"),
        (0, "utf-16-be"),
    ):  # Latin digits and separators leave zero bytes
        zeros, others = content[start::2].count(0), content[1 - start :: 2].count(0)
        if zeros > max(2, len(content) / 20) and not others:
            return encoding, _strict(content, encoding)
    for encoding in ("utf-8", *sorted(EVERYDAY, key=lambda name: -_everyday_share(content, name))):
        if encoding in EVERYDAY and _everyday_share(content, encoding) < 0.5:
            continue
        try:
            return encoding, content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return "cp1252", content.decode("cp1252", errors="replace")


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("sheet_unreadable") from error


def _everyday_share(content: bytes, encoding: str) -> float:
    """The share (0 to 1) of everyday characters among those outside ASCII, read in this encoding."""
    try:
        strange = [letter for letter in content.decode(encoding) if letter > "\x7f"]
    except UnicodeDecodeError:
        return 0.0
    if not strange:
        return 0.0
    encoded = (letter.encode(encoding, "replace") for letter in strange)
    return sum(len(each) == 2 and each[0] in EVERYDAY[encoding] for each in encoded) / len(strange)


def separator(text: str) -> str:
    """Comma, semicolon or tab: the one that cuts the first rows into most columns, most evenly."""

    def quality(candidate: str) -> tuple[float, int]:
        rows = [row for row in islice(csv.reader(_lines(text[:100_000]), delimiter=candidate), 20) if row]
        width = max((len(row) for row in rows), default=0)
        even = sum(len(row) == len(rows[0]) for row in rows)
        return (even / len(rows) if width > 1 else 0.0, width)

    csv.field_size_limit(LONGEST_FIELD)
    try:
        return max(SEPARATORS, key=quality)
    except csv.Error:
        return ","


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_FIELD)
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(text), delimiter=delimiter), 1):
            yield number, [without_guard(cell) for cell in cells]
    except csv.Error as error:
        raise Refused("sheet_cell_too_long", row=number + 1) from error
    if _open_quote(text, delimiter):
        raise Refused("sheet_quote_open", row=number)


def _open_quote(text: str, delimiter: str) -> bool:
    """Whether the last record runs to the end of the file because nothing closes its quotation mark."""
    try:
        for _ in csv.reader(_lines(text), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends: \\r\\n, \\n or \\r, and nothing else ends a line in CSV."""
    return (line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) if line)
