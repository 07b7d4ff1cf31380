"""What is not a photo is refused with a sentence beside the question, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.photos import half_a_jpeg, heic, picture, text_called_jpg
from tests.browser.proof import exactly_once
from tests.browser.world import World


def test_what_is_not_a_photo_is_refused_in_words(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Goldleaf Packaging")
    bo.tab("Man")
    bo.answer("M05", "4")
    bo.question("M05").locator("[data-do=note]").tap()
    bo.question("M05").locator("[data-field=note]").fill("Kept, whatever the photo was.")
    bo.question("M05").locator("[data-field=note]").blur()
    remarks = bo.question("M05").locator("[data-remarks]")
    said = {
        text_called_jpg(tmp_path / "list.jpg"): "The file is not a picture.",
        half_a_jpeg(tmp_path / "half.jpg"): "The file is cut off",
        heic(tmp_path / "IMG_0001.heic"): "Most compatible (JPEG)",
    }
    for file, words in said.items():
        bo.give_photo("M05", file)
        expect(remarks).to_contain_text("This photo was not added.")
        expect(remarks).to_contain_text(words)
        remarks.locator("[data-do=understood]").tap()
        expect(remarks).not_to_contain_text("This photo was not added.")
    expect(bo.question("M05").locator("[data-photos] img")).to_have_count(0)
    # a good one between two bad ones is kept
    bo.give_photo("M05", tmp_path / "list.jpg", picture(tmp_path / "good.jpg"), tmp_path / "half.jpg")
    expect(bo.question("M05").locator("[data-photos] button[aria-label^='Photo ']")).to_have_count(1)
    bo.all_sent()
    exactly_once(bo, record)
    expect(bo.question("M05").locator("[data-field=note]")).to_have_value("Kept, whatever the photo was.")
    assert bo.store()["staging"] == 0
    named = world.rows("SELECT sha256 FROM media_uses WHERE record_id = ?", record)
    assert len(named) == 1
