"""What of a typed text is kept: the ranges that are left out are what Unicode says of each character."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from app.domain import parties
from app.web import forms

EVERY = "".join(map(chr, range(sys.maxunicode + 1)))
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@pytest.mark.parametrize(
    ("ranges", "categories", "but"),
    [
        (parties._NO_LETTER, {"Cc", "Cs", "Co"}, "\n"),
        (forms.NO_LETTERS, {"Cc", "Cs", "Zl", "Zp"}, ""),
        (forms.CONTROLS, {"Cc", "Cs"}, "\n\t"),
    ],
)
def test_the_ranges_are_those_of_unicode(ranges: re.Pattern[str], categories: set[str], but: str) -> None:
    assert set(ranges.findall(EVERY)) == {
        letter for letter in EVERY if unicodedata.category(letter) in categories and letter not in but
    }


@pytest.mark.parametrize("ranges", [parties._TURNING, forms.TURNING])
def test_what_turns_the_direction_of_a_text_is_known(ranges: re.Pattern[str]) -> None:
    assert set(ranges.findall(EVERY)) == TURNING


def test_typed_text_as_it_is_stored() -> None:
    assert forms.one_line(" a\r\nb\u2028c\x00\u202ed ") == "a b c d"
    assert forms.one_line("e\u0301\x07") == "é"
    assert forms.paragraphs(" a\r\nb\tc\x00\u202ed\ud800 ") == "a\nb\tcd"
    assert forms.one_line(None) is None and forms.paragraphs(3) == 3
