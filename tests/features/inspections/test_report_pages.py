"""The report as it is drawn: real WeasyPrint in its own process, read back with poppler and pikepdf."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from PIL import Image, ImageChops

from app.adapters.pdf import PrintRoom
from app.config import ROOT, read_config
from app.factory import create_app
from tests.factories.frozen import TEXTS, Built, audit, texts_of
from tests.factories.printing import CSS, draw, page

HOSTILE = " <b>x</b> {{ 7*7 }} {% raw %} </style> 😀👩‍👧 \u202eabc\u202c \u2028 \u00ad\u200b ﷽ \ue000 url(file:///etc/passwd)"
LANGUAGES = ("en", "zh-Hans", "zh-Hant")


@dataclass
class Press:
    """Draws reports of built records."""

    app: Flask
    room: PrintRoom
    folder: Path
    made: int = 0
    _measure: subprocess.Popen[str] | None = None

    def draw(self, built: Built, language: str = "en") -> Path:
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        return draw(self.app, self.room, built, language, folder)

    def page(self, built: Built, language: str = "en") -> str:
        return page(self.app, built, language)

    def boxes(self, built: Built, language: str = "en") -> list[dict[str, Any]]:
        """Pages with the place of every line on them."""
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        (folder / "page.html").write_text(self.page(built, language), "utf-8")
        (folder / "page.css").write_text(CSS, "utf-8")
        for sha256, data in built.photos.items():
            (folder / f"{sha256}.jpg").write_bytes(data)
        if self._measure is None:  # one for all tests: the renderer takes longer to load than to draw
            asked = [sys.executable, "-m", "tests.factories.boxes"]
            pipe = subprocess.PIPE
            self._measure = subprocess.Popen(asked, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        given, told = self._measure.stdin, self._measure.stdout
        assert given is not None and told is not None
        given.write(f"{folder}\n")
        given.flush()
        pages: list[dict[str, Any]] = json.loads(told.readline())
        return pages

    def close(self) -> None:
        self.room.close()
        if self._measure is not None:
            self._measure.communicate()


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    data: Path = tmp_path_factory.mktemp("report-pages")
    app = create_app(
        read_config({"PLUMBLINE_DATA": str(data), "PUBLIC_URL": "http://localhost", "PLUMBLINE_DEMO": "0"})
    )
    fonts = data / "fonts"
    fonts.mkdir()
    room = PrintRoom(fonts)
    room.warm()
    made = Press(app, room, data)
    yield made
    made.close()
    app.extensions["plumbline.database"].engine.dispose()


@pytest.fixture(scope="module")
def rich(press: Press) -> dict[str, tuple[Built, Path]]:
    """The audit in three languages, typed in the language nearest to each."""
    made = {}
    for language in LANGUAGES:
        built = audit(written="en" if language == "en" else "zh-Hans")
        made[language] = built, press.draw(built, language)
    return made


def told(path: Path) -> str:
    """What can be read in a PDF, without its running heads and without white space."""
    out = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    body = []
    for sheet in out.split("\f"):
        lines = [line for line in sheet.split("\n") if line.strip()]
        body += lines[1:-1]  # the head above, the foot below
    return flat("\n".join(body))


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages_of(path: Path) -> int:
    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def photos_in(path: Path) -> list[str]:
    """The hashes of the JPEGs drawn on the pages, once for each time they are drawn."""
    found = []
    with pikepdf.open(path) as pdf:
        for sheet in pdf.pages:
            images = {str(name): image for name, image in sheet.Resources.XObject.items()}
            for operands, operator in pikepdf.parse_content_stream(sheet):
                if str(operator) == "Do":
                    image = images[str(operands[0])]
                    if image.get("/Filter") == "/DCTDecode":
                        found.append(hashlib.sha256(image.read_raw_bytes()).hexdigest())
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_typed_is_printed_once(
    press: Press, rich: dict[str, tuple[Built, Path]], language: str
) -> None:
    built, _path = rich[language]
    texts = set(texts_of(built.record["sections"])) | {
        text for name in ("plan", "opening", "closing") for text in texts_of(built.record[name])
    }
    escaped = unescape(press.page(built, language))
    counts = {text: escaped.count(f">{text}<") for text in texts}
    titles = {finding["statement"]["text"] for finding in built.record["findings"]}
    assert len(counts) > 50
    assert {text: count for text, count in counts.items() if count != 1 and text not in titles} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_read_out_of_the_pdf(rich: dict[str, tuple[Built, Path]], language: str) -> None:
    built, path = rich[language]
    text = told(path)
    heads = {"en": "Documentcontrol", "zh-Hans": "文件控制", "zh-Hant": "文件管制"}
    assert heads[language] in text
    assert 11 <= pages_of(path) <= 15
    for section in built.record["sections"]:
        for asked in section["questions"]:
            assert flat(asked["text"][language])[:8] in text, asked["id"]
    for finding in built.record["findings"]:
        assert flat(finding["statement"]["text"])[:8] in text, finding["question"]
    assert built.digest[:8] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_fonts_are_embedded_and_it_is_pdf_a(rich: dict[str, tuple[Built, Path]], language: str) -> None:
    built, path = rich[language]
    fonts = subprocess.run(
        ["pdffonts", path], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert fonts
    for line in fonts:
        embedded, subset, unicode = line[-25:].split()[:3]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes"), line
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    with pikepdf.open(path) as pdf:
        assert "/OutputIntents" in pdf.Root
        assert str(pdf.Root.Lang) == language
        with pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("3", "U")
            assert "2026-0147" in about["dc:title"]
        relations = {str(each.UF): str(each.AFRelationship) for each in pdf.Root.AF}
        assert relations == {"inspection.json": "/Data", "answers.csv": "/Supplement"}
        held = pdf.attachments["inspection.json"].get_file().read_bytes()
        assert held == built.body
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                assert thing.get("/Interpolate", False) is not True
                assert thing.get("/ColorSpace") != "/DeviceCMYK"


@pytest.mark.parametrize(
    ("photos", "portrait"), [(0, False), (1, False), (12, True), (60, False), (300, True)]
)
def test_each_photo_is_on_a_page_exactly_once_and_whole(press: Press, photos: int, portrait: bool) -> None:
    built = audit(photos=photos, portrait=portrait)
    path = press.draw(built)
    drawn = photos_in(path)
    assert sorted(drawn) == sorted(built.photos)
    if photos == 300:
        assert pages_of(path) < 60


GROUND = (60, 180, 90)  # nothing else in a report is green
COLOURED = {"red": (224, 36, 27), "blue": (47, 123, 255)}


def picture(width: int, height: int, turned: bool) -> bytes:
    """A green photo; `turned`: stored on its side, as cameras do it."""
    image = Image.new("RGB", (width, height), GROUND)
    how: dict[str, Any] = {"quality": 95}
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
        how["exif"] = Image.Exif()
        how["exif"][0x0112] = 6  # to be turned a quarter clockwise
    held = io.BytesIO()
    image.save(held, "JPEG", **how)
    return held.getvalue()


def paper(path: Path, words: str, folder: Path) -> Image.Image:
    """The page on which `words` stand, at 100 dots an inch."""
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    for number, sheet in enumerate(text.split("\f"), 1):
        if words in sheet:
            only = ["-f", str(number), "-l", str(number)]
            drawn = ["pdftoppm", *only, "-r", "100", "-png", "-singlefile", str(path), str(folder / "page")]
            subprocess.run(drawn, check=True)
            return Image.open(folder / "page.png").convert("RGB")
    raise AssertionError(f"{words} on no page")


def extent(sheet: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what has this colour, or nearly."""
    off = ImageChops.difference(sheet, Image.new("RGB", sheet.size, colour)).convert("RGB")
    near = off.point(lambda value: 255 if value <= 14 else 0).split()
    box = ImageChops.multiply(ImageChops.multiply(near[0], near[1]), near[2]).getbbox()
    assert box is not None, colour
    return box


@pytest.mark.parametrize(
    ("width", "height", "turned"),
    [(1280, 960, False), (960, 1280, False), (960, 1280, True), (1600, 400, False)],
)
def test_a_drawing_lies_on_its_photo_where_it_was_drawn(
    press: Press, tmp_path: Path, width: int, height: int, turned: bool
) -> None:
    """A blue ellipse along the edges and a red one in the third quarter, on photos of every form."""
    longer = max(width, height)
    w, h = 10_000 * width // longer, 10_000 * height // longer
    shapes = [
        {"kind": "circle", "x": w // 2, "y": h // 2, "rx": w // 2, "ry": h // 2, "colour": "blue"},
        {"kind": "circle", "x": 3 * w // 4, "y": 3 * h // 4, "rx": w // 8, "ry": h // 8, "colour": "red"},
    ]
    data = picture(width, height, turned)
    built = audit(pictures={hashlib.sha256(data).hexdigest(): data}, drawn={"E06": shapes, "E02": shapes})
    path = press.draw(built)
    sheet = paper(path, "with drawing", tmp_path)
    left, top, right, bottom = extent(sheet, GROUND)
    millimetre = 100 / 25.4
    assert (right - left) / (bottom - top) == pytest.approx(width / height, rel=0.03)
    blue = extent(sheet, COLOURED["blue"])
    assert blue == pytest.approx((left, top, right, bottom), abs=0.9 * millimetre)
    red = extent(sheet, COLOURED["red"])
    wide, high = right - left, bottom - top
    wanted = (
        *(left + wide * 5 / 8, top + high * 5 / 8),
        *(left + wide * 7 / 8, top + high * 7 / 8),
    )
    assert red == pytest.approx(wanted, abs=0.9 * millimetre)
    if not turned:  # the photo below is the untouched original
        assert photos_in(path) == list(built.photos)


def test_hostile_words_of_a_drawing_are_drawn_as_words(press: Press) -> None:
    words = {"kind": "text", "x": 0, "y": 3000, "lang": "zh-Hant", "colour": "white"}
    payloads = [
        "</svg><script>alert(1)</script>",
        HOSTILE,
        "\ue000\u202e",
        '"><image href="file:///etc/passwd"/>',
    ]
    shapes = [{**words, "y": 1000 * at + 1000, "text": text} for at, text in enumerate(payloads)]
    built = audit(drawn={"E02": shapes})
    page = press.page(built)
    assert "<script" not in page and "<image" not in page and "\u202e" not in page and "\ue000" not in page
    path = press.draw(built)
    text = told(path)
    assert "</svg><script>alert(1)" in text and "{{7*7}}" in text
    with pikepdf.open(path) as pdf:
        assert not any("/JS" in thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary))
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    assert all(line[-25:].split()[:3] == ["yes", "yes", "yes"] for line in fonts.splitlines()[2:])


def test_photos_without_a_drawing_cost_nothing_more(press: Press) -> None:
    built = audit(photos=300)
    page = press.page(built)
    assert page.count('src="photo:') == 300
    assert 'class="marks"' not in page and 'class="drawn"' not in page and "with drawing" not in page
    drawn = press.page(
        audit(
            photos=300, drawn={"E02": [{"kind": "circle", "x": 1, "y": 1, "rx": 9, "ry": 9, "colour": "red"}]}
        )
    )
    assert drawn.count('class="marks"') == drawn.count('class="drawn"') == drawn.count("· with drawing") > 0


def test_photos_are_never_cropped_or_stretched() -> None:
    assert "object-fit: contain" in CSS
    assert not re.search(r"object-fit:\s*(cover|fill)", CSS)


@pytest.mark.parametrize(
    "how",
    [
        {"written": "zh-Hans", "language": "zh-Hans"},
        {"hostile": HOSTILE, "other": True, "refused": True, "revision": 2, "offset": -420_000},
        {"checklist": "unit-handover", "photos": 5},
        {"scores": dict.fromkeys(("E11", "E06", "P01", "P02", "D01", "M01", "M02", "D03"), "0")},
        {"hostile": " " + "W" * 150, "left_out": ["management"]},
    ],
    ids=["chinese", "hostile", "handover", "many rules", "long words"],
)
def test_no_line_leaves_its_page_or_lies_under_the_base_of_the_cover(
    press: Press, how: dict[str, Any]
) -> None:
    language = how.pop("language", "en")
    for number, sheet in enumerate(press.boxes(audit(**how), language), 1):
        for left, top, right, bottom, text in sheet["lines"]:
            said = f"page {number}: {text!r}"
            assert left >= 0 and top >= 0, said
            assert right <= sheet["right"] + 1, said
            assert bottom <= sheet["height"], said
        if number == 1 or "cover" in sheet:
            for base_left, base_top, base_right in sheet["bases"]:
                above = [line for line in sheet["lines"] if line[3] > base_top + 2 and line[1] < base_top - 2]
                assert not [line for line in above if line[0] < base_right and line[2] > base_left], number


def test_payloads_are_text_like_any_other(press: Press) -> None:
    built = audit(hostile=HOSTILE, refused=True, other=True, severities={"E03": "observation"}, revision=2)
    text = told(press.draw(built, "zh-Hant"))
    assert "<b>x</b>{{7*7}}{%raw%}</style>" in text
    assert "url(file:///etc/passwd)" in text
    assert "49</style>" not in text
    assert "\u202e" not in text and "\ue000" not in text


def test_three_thousand_chinese_characters_in_a_note(press: Press) -> None:
    long = "现场所见与要求不符的详细说明，" * 200
    built = audit(written="zh-Hans")
    for finding in built.record["findings"]:
        if finding["question"] == "E06":
            finding["evidence"] = {"text": long, "lang": "zh-Hans"}
    answer = built.record["sections"][0]["questions"][0]["answer"]
    answer["note"] = {"text": long[:3000], "lang": "zh-Hans"}
    text = told(press.draw(built, "zh-Hans"))
    assert text.count("现场所见与要求不符的详细说明，") >= 390  # all but those a page's edge cuts


def test_the_same_record_gives_the_same_bytes(press: Press, rich: dict[str, tuple[Built, Path]]) -> None:
    assert press.draw(audit()).read_bytes() == rich["en"][1].read_bytes()


def test_the_texts_of_the_factory_are_those_of_the_audit() -> None:
    assert len(TEXTS["answers"]) == 59
    assert len(TEXTS["findings"]) == 10
