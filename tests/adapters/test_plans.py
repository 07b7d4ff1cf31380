"""Floor plans in their room: a page becomes a picture; what is too large, locked or broken is said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from app.adapters.blobs import LocalBlobs
from app.adapters.plan_tiles import EDGE, packed, tile, tiles_name
from app.adapters.plans import (
    LARGEST_FILE,
    LIMITS,
    TILE_LIMITS,
    PlanRoom,
    keep_plan,
    keep_tiles,
    original_name,
    picture_name,
)
from app.adapters.workroom import Limits
from app.domain.errors import Invalid, Unavailable

A1 = (2384, 1684)  # points


@pytest.fixture
def room() -> PlanRoom:
    return PlanRoom()


def pdf(path: Path, pages: int, size: tuple[int, int] = A1, content: bytes = b"", **save: object) -> Path:
    """A PDF whose page n holds n squares."""
    made = pikepdf.new()
    for number in range(1, pages + 1):
        page = made.add_blank_page(page_size=size)
        squares = b" ".join(b"%d 100 80 80 re f" % (100 * each) for each in range(1, number + 1))
        page.contents_add(content or squares)
    made.save(path, **save)
    return path


def squares(picture: Path) -> int:
    """How many separate dark runs a line through the squares crosses."""
    with Image.open(picture) as image:
        grey = image.convert("L")
        row = [grey.getpixel((x, grey.height * (1684 - 140) // 1684)) < 128 for x in range(grey.width)]
    return sum(here and not before for before, here in zip([False, *row], row, strict=False))


def test_one_page_of_forty_is_drawn_at_a_bounded_size(tmp_path: Path, room: PlanRoom) -> None:
    with room.drawn(pdf(tmp_path / "plan.pdf", 40), page=7) as drawing:
        assert (drawing.kind, drawing.page, drawing.pages) == ("pdf", 7, 40)
        assert (drawing.width, drawing.height) == (2048, 1447)
        with Image.open(drawing.path) as picture:
            assert picture.format == "PNG" and picture.size == (2048, 1447)
        assert squares(drawing.path) == 7
        drawn = drawing.path
    assert not drawn.exists()


def test_a_picture_is_made_smaller_and_loses_what_it_carried(tmp_path: Path, room: PlanRoom) -> None:
    image = Image.new("RGB", (3000, 1500), "white")
    ImageDraw.Draw(image).rectangle((10, 10, 2990, 1490), outline="black", width=20)
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    image.save(tmp_path / "plan.png", exif=exif)
    with room.drawn(tmp_path / "plan.png") as drawing:
        assert (drawing.kind, drawing.pages, drawing.width, drawing.height) == ("image", 1, 2048, 1024)
        assert b"a secret" not in drawing.path.read_bytes()


def refused(room: PlanRoom, path: Path, page: int = 1) -> Invalid:
    with pytest.raises(Invalid) as caught, room.drawn(path, page):
        pass
    return caught.value


def test_a_page_there_is_not(tmp_path: Path, room: PlanRoom) -> None:
    path = pdf(tmp_path / "plan.pdf", 3)
    for page in (0, 4, -1, 10**9):
        error = refused(room, path, page)
        assert (error.code, error.field, error.params) == ("plan_page", "page", {"pages": 3})


def test_what_is_no_plan(tmp_path: Path, room: PlanRoom) -> None:
    whole = pdf(tmp_path / "whole.pdf", 2).read_bytes()
    for name, content, code in (
        ("text", b"just words", "not_a_picture"),
        ("half", whole[: len(whole) // 3], "plan_unreadable"),
        ("header", b"%PDF-1.7\n" + bytes(2000), "plan_unreadable"),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg_refused"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(room, path).code == code, name


def test_a_password_is_named(tmp_path: Path, room: PlanRoom) -> None:
    locked = pikepdf.Encryption(owner="a", user="b")
    assert refused(room, pdf(tmp_path / "plan.pdf", 1, encryption=locked)).code == "plan_locked"


def test_too_many_bytes_pages_or_pixels(tmp_path: Path, room: PlanRoom) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert refused(room, huge).code == "plan_too_large"
    assert refused(PlanRoom(most_pages=5), pdf(tmp_path / "long.pdf", 6)).code == "plan_too_large"
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    assert refused(room, tmp_path / "bomb.png").code == "too_many_pixels"


def test_a_page_as_large_as_a_street_is_one_small_picture(tmp_path: Path, room: PlanRoom) -> None:
    with room.drawn(pdf(tmp_path / "street.pdf", 1, size=(14_000, 100))) as drawing:
        assert drawing.width == 2048 and 0 < drawing.height < 20


def test_a_page_that_never_ends_is_stopped(tmp_path: Path) -> None:
    heavy = b"0 0 2384 1684 re f\n" * 60_000 + b"q 1 0 0 1 1 1 cm /F Do Q\n" * 400_000
    path = pdf(tmp_path / "heavy.pdf", 1, content=heavy)
    room = PlanRoom(Limits(memory=LIMITS.memory, cpu=0, wall=20.0, jobs=1))
    assert refused(room, path).code == "plan_too_heavy"


def test_without_poppler_pictures_still_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.plans.shutil.which", lambda _: None)
    room = PlanRoom()
    with pytest.raises(Unavailable, match="plan_renderer_missing"), room.drawn(pdf(tmp_path / "p.pdf", 1)):
        pass
    buffer = BytesIO()
    Image.new("RGB", (40, 40), "white").save(buffer, "PNG")
    (tmp_path / "plan.png").write_bytes(buffer.getvalue())
    with room.drawn(tmp_path / "plan.png") as drawing:
        assert drawing.kind == "image"


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[LocalBlobs]:
    yield LocalBlobs(tmp_path / "blobs")


def test_the_original_is_kept_byte_for_byte(tmp_path: Path, room: PlanRoom, blobs: LocalBlobs) -> None:
    path = pdf(tmp_path / "plan.pdf", 2)
    kept = keep_plan(blobs, room, path, 2)
    assert kept.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with blobs.open_named(original_name(kept.sha256)) as original:
        assert original.read() == path.read_bytes()
    with blobs.open_named(picture_name(kept.picture_sha256)) as picture:
        assert hashlib.sha256(picture.read()).hexdigest() == kept.picture_sha256
    assert keep_plan(blobs, room, path, 2) == kept, "the same page gives the same picture"


def test_a_sheet_of_forty_is_cut_into_tiles_as_sharp_as_it_is(tmp_path: Path) -> None:
    """A line of half a point is two pixels wide in the largest level; white is nothing."""
    blobs, room = LocalBlobs(tmp_path / "blobs"), PlanRoom(TILE_LIMITS)
    content = b"0 0 0 RG 0.5 w 200 200 m 200 700 l S 0 0 0 rg 100 100 80 80 re f"
    kept = keep_plan(blobs, room, pdf(tmp_path / "plan.pdf", 40, content=content), page=39)
    levels = keep_tiles(blobs, room, kept)
    assert levels == [[4096, 2894], [8192, 5788]]

    def piece(level: int, row: int, column: int) -> bytes | None:
        with blobs.open_named(tiles_name(kept.picture_sha256)) as file:
            return tile(file, level, row, column)

    scale = 8192 / A1[0]
    x, y = round(200 * scale), round((A1[1] - 500) * scale)
    found = piece(1, y // EDGE, x // EDGE)
    assert found
    with Image.open(BytesIO(found)) as picture:
        assert picture.format == "WEBP" and picture.size == (EDGE, EDGE)
        dark = [at for at in range(EDGE) if picture.convert("L").getpixel((at, y % EDGE)) < 160]
    assert dark and abs(dark[0] - x % EDGE) <= 3 and len(dark) <= 4
    assert piece(1, 0, 0) == b"", "white is not kept"
    assert piece(2, 0, 0) is piece(0, 0, 99) is piece(0, -1, 0) is None


def test_an_image_is_not_drawn_larger_than_it_came(tmp_path: Path) -> None:
    blobs, room = LocalBlobs(tmp_path / "blobs"), PlanRoom(TILE_LIMITS)
    for name, width, levels in (("small", 1000, []), ("large", 4200, [[4096, 2048]])):
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (width, width // 2), "white").save(path)
        kept = keep_plan(blobs, room, path)
        assert keep_tiles(blobs, room, kept) == levels
        assert blobs.has_named(tiles_name(kept.picture_sha256)) is bool(levels)


def test_tiles_lie_one_after_the_other() -> None:
    file = packed([[[b"a", b""], [b"bc", b"d"]], [[b"efg"]]])
    found = [tile(BytesIO(file), *at) for at in ((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0))]
    assert found == [b"a", b"", b"bc", b"d", b"efg"]
