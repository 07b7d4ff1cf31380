"""On the phone, without signal: an open point, a lesser finding that asks for a case, a case that is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.world import World
from tests.factories.photos import jpeg


def test_without_signal_an_open_point_is_seen_and_a_lesser_finding_asks_for_a_case(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    bo.sign_in("bo")
    bo.open_work()
    bo.cut()
    bo.start_unplanned("Mingfeng Fasteners")
    bo.tab("Open points")
    point = bo.page.locator("[data-point]").first
    expect(point).to_contain_text("A-20")
    point.locator("label", has_text="Seen closed").tap()
    photo = tmp_path / "point.jpg"
    photo.write_bytes(jpeg(seed=77))
    with bo.page.expect_file_chooser() as chooser:
        point.locator("[data-do=gallery]").tap()
    chooser.value.set_files([str(photo)])
    # a photo that is a button is written down; before that it is only worked on
    expect(point.locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    expect(bo.page.locator("[data-tabs] [aria-current] .i")).to_have_count(1)  # all of them looked at
    path = point.get_attribute("data-path")
    kept = {op["field"].partition(":")[0]: op["value"] for op in bo.mine() if op["path"] == path}
    assert kept["seen"] == "closed" and "photo" in kept
    bo.tab("Man")
    bo.answer("M03", "6")
    record = bo.record
    bo.page.goto(f"{bo.page.url.split('#')[0]}#/i/{record}/f/M03")
    button = bo.page.locator("[data-do=action]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_the_owner_reads_a_case_without_signal_and_writes_into_its_story(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    mara = phone()
    mara.sign_in("mara")
    page = mara.page
    page.goto("/app/en/#/work")
    line = page.locator("[data-list=cases] .item", has_text="Crack at the flange")
    expect(line).to_be_visible()
    expect(page.locator("[data-chip]")).to_contain_text("All sent")
    mara.cut()
    line.tap()
    expect(page.locator("main")).to_contain_text("Hairline crack, 12 mm")
    expect(page.locator("main")).to_contain_text("What in the system let it happen?")  # why it came back
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.locator("#case-note").fill("Third housing of the lot is cracked as well.")
    photo = tmp_path / "third.jpg"
    photo.write_bytes(jpeg(seed=78))
    with page.expect_file_chooser() as chooser:
        page.locator("[data-writing] [data-do=gallery]").tap()
    chooser.value.set_files([str(photo)])
    expect(page.locator("[data-writing] [data-photos] img")).to_have_count(1)
    page.reload()  # what was typed and taken outlives the tab, and the signal is still away
    expect(page.locator("#case-note")).to_have_value("Third housing of the lot is cracked as well.")
    expect(page.locator("[data-writing] [data-photos] img")).to_have_count(1)
    page.locator("[data-do=add]").tap()
    note = page.locator("[data-notes] li").first
    expect(note).to_contain_text("Third housing of the lot is cracked as well.")
    expect(note.locator("[data-saved]")).to_have_attribute("data-state", "phone")

    mara.context.set_offline(False)
    mara.all_sent()
    page.get_by_role("link", name="The whole story").tap()
    story = page.locator(".story")
    expect(story).to_contain_text("Third housing of the lot is cracked as well.")
    expect(story).to_contain_text("Written on site by Mara Okafor")
    expect(story.locator("img[src*='/api/v1/media/']")).to_have_count(1)
