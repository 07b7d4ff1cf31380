"""What cannot be printed is taken out, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.printing import printable, printable_all

ANY = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("检验\r\n记录", "检验\n记录"),
        ("a\rb\x0bc\x0cd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("bell\x07 null\x00 escape\x1b del\x7f c1\x9f", "bell null escape del c1"),
        ("soft\u00adhyphen", "softhyphen"),
        ("lone \ud800 half \udfff", "lone  half "),
        ("private \ue000\uf8ff\U000f0000\U0010fffd", "private "),
        ("never \ufdd0\ufffe\uffff\U0001ffff", "never "),
        ("evil \u202etxt.exe\u202c \u2067x\u2069", "evil txt.exe x"),
        ("tag \U000e0041 and variant \U000e0100", "tag  and variant "),
        ("👩\u200d👩\u200d👧 ❤\ufe0f é ﷺ 𠮷", "👩\u200d👩\u200d👧 ❤\ufe0f é ﷺ 𠮷"),
        ("tab\tstays\n", "tab\tstays\n"),
    ],
)
def test_examples(typed: str, printed: str) -> None:
    assert printable(typed) == printed


@given(ANY)
def test_once_is_enough_and_the_result_can_be_written(text: str) -> None:
    once = printable(text)
    assert printable(once) == once
    once.encode("utf-8")
    for character in once:
        assert unicodedata.category(character) not in ("Cs", "Co") and (
            character in "\n\t" or unicodedata.category(character) != "Cc"
        )


@given(st.text(st.characters(categories=("L", "N", "P", "S", "M")), max_size=80))
def test_what_people_write_stays(text: str) -> None:
    kept = "".join(c for c in text if not "\U000e0000" <= c <= "\U000effff")
    assert printable(text) == kept


def test_every_text_in_a_value_is_cleaned() -> None:
    value = {"a\x00": ["\x07b", ("c\x1b", 3)], "d": {"e": "f\ud800"}, "n": None, "t": True, "x": 1}
    assert printable_all(value) == {"a": ["b", ("c", 3)], "d": {"e": "f"}, "n": None, "t": True, "x": 1}
