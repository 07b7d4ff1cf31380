"""Fonts cut down to a report: small, the same each time, and shaped exactly as the whole font is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import uharfbuzz

from app.adapters import pdf_fonts

TEXT = "Guide pins, 64.5 % (A–B): 导向销和衬套磨损。「直骨」遍历，𠮷 ﬁ ½"
FEATURES: tuple[dict[str, bool], ...] = ({}, {"pwid": True, "palt": True}, {"halt": True}, {"tnum": True})


@pytest.fixture
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pdf_fonts._face.cache_clear()
    monkeypatch.setattr(pdf_fonts, "FAMILIES", {"Noto Sans SC": "No Such Family"})
    yield
    pdf_fonts._face.cache_clear()


def _advances(font: uharfbuzz.Face, language: str, features: dict[str, bool]) -> list[tuple[int, int, int]]:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(TEXT)
    buffer.guess_segment_properties()
    buffer.language = language
    uharfbuzz.shape(uharfbuzz.Font(font), buffer, features)
    placed = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    return [(info.cluster, at.x_advance, at.x_offset) for info, at in placed]


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(("family", "language"), [("Noto Sans SC", "zh-hans"), ("Noto Sans TC", "zh-hant")])
def test_cut_fonts_are_shaped_as_whole_ones(family: str, language: str, features: dict[str, bool]) -> None:
    _, fonts = pdf_fonts.cut([TEXT])
    for weight, style in pdf_fonts.WEIGHTS.items():
        face = pdf_fonts._face(pdf_fonts.FAMILIES[family], style)
        assert face is not None, "fonts-noto-cjk is not installed"
        whole = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(face.path), face.place)
        cut = uharfbuzz.Face(fonts[f"face:{family.replace(' ', '-')}-{weight}"])
        assert _advances(cut, language, features) == _advances(whole, language, features)
        assert cut.glyph_count < 2000 < whole.glyph_count


def test_regular_and_bold_are_two_faces_of_each_family() -> None:
    rules, fonts = pdf_fonts.cut([TEXT])
    assert len(set(fonts.values())) == len(fonts) == 4
    assert all(f'url("{address}")' in rules for address in fonts)
    assert sum(map(len, fonts.values())) < 600_000


def test_the_same_characters_give_the_same_bytes_in_any_order() -> None:
    assert pdf_fonts.cut([TEXT]) == pdf_fonts.cut([TEXT[::-1], TEXT])


@pytest.mark.usefixtures("without_fonts")
def test_without_the_family_nothing_is_cut_and_the_machine_s_fonts_draw() -> None:
    assert pdf_fonts.cut([TEXT]) == ("", {})


def test_what_some_font_has_is_drawn() -> None:
    assert pdf_fonts.is_drawn("检")
    assert not pdf_fonts.is_drawn("\U000f0000")  # private use: in no font of Debian's
