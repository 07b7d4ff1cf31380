"""On the phone, without signal: an open point is looked at, a lesser finding asks for a case."""

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
    expect(point.locator("[data-photos] img")).to_have_count(1)
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
