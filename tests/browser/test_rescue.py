"""A phone that cannot send: its work leaves as a file, an admin brings it in, twice is once (46); and
networks that take only small bodies (offline.md §5: 29)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.phone import DESK, Phone
from tests.browser.photos import picture
from tests.browser.proof import exactly_once
from tests.browser.world import World

PASSPHRASE = "rail lamp orchid 42"
THUMBS = "[data-photos] button[aria-label^='Photo '] img"


def test_exported_wiped_and_brought_in_nothing_is_lost_and_nothing_comes_twice(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Ruixin Plastics")
    bo.all_sent()
    bo.page.goto(f"/app/en/#/i/{record}/s/man")
    bo.tab("Man")
    bo.cut()
    for n in range(1, 6):
        bo.answer(f"M{n:02}", "8")
    bo.give_photo("M02", picture(tmp_path / "strap.jpg"))
    expect(bo.question("M02").locator(THUMBS)).to_have_count(1)
    made = {op["id"] for op in bo.mine(record)}
    bo.page.evaluate("location.hash = '#/phone'")
    bo.page.locator("[data-export]").tap()
    dialog = bo.page.locator("#export")
    expect(dialog).to_contain_text("6 changes are only on this phone · 1 photo")
    first, second = dialog.locator("input").all()
    first.fill("short")
    dialog.locator("[data-make]").tap()
    expect(dialog.locator("[data-x=wrong]")).to_contain_text("At least 10 characters")
    first.fill(PASSPHRASE)
    second.fill(PASSPHRASE + "!")
    dialog.locator("[data-make]").tap()
    expect(dialog.locator("[data-x=wrong]")).to_contain_text("not the same")
    second.fill(PASSPHRASE)
    dialog.locator("[data-make]").tap()
    with bo.page.expect_download() as download:
        dialog.locator("[data-files] button").tap()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".plumbline" and b"work.json" not in file.read_bytes()
    # the phone goes under a press
    bo.kill()
    assert len(set(world.operations(record)) & made) == 1, "only the inspection itself had been sent"

    desk = phone(size=DESK)
    desk.sign_in("mara")
    desk.page.goto("/held")
    desk.page.get_by_role("link", name="Bring in unsent work").first.click()

    def bring() -> None:
        desk.page.locator("[name=file]").set_input_files(str(file))
        desk.page.locator("[name=passphrase]").fill(PASSPHRASE)
        desk.page.get_by_role("button", name="Bring it in").click()

    bring()
    expect(desk.page.locator("main")).to_contain_text("The work is on the server.")
    assert set(world.operations(record)) == made
    assert world.fates(record) == {"applied": len(made)}
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(1,)]
    before = world.rows("SELECT count(*), max(seq) FROM operations WHERE record_id = ?", record)
    desk.page.get_by_role("link", name="Bring in another").click()
    bring()
    expect(desk.page.locator("main")).to_contain_text("Nothing new.")
    assert world.rows("SELECT count(*), max(seq) FROM operations WHERE record_id = ?", record) == before
    desk.page.goto(f"/inspections/{record}")
    image = desk.page.locator("#M02 a.thumb img")
    expect(image).to_be_visible()
    desk.page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())


def test_a_proxy_that_takes_small_bodies_gets_them(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    """A limit of 200 KB, then 100 KB on the way: photos shrink their parts, everything arrives."""
    bo = phone()
    bo.tolerate("413")
    bo.sign_in("bo")
    record = bo.start_unplanned("Jiangnan Springs")
    bo.tab("Man")
    limit = 200 * 1024
    seen: list[int] = []

    def proxy(route: Route) -> None:
        body = route.request.post_data_buffer or b""
        seen.append(len(body))
        if len(body) > limit:
            page = "<html><h1>413 Request Entity Too Large</h1></html>"
            return route.fulfill(status=413, content_type="text/html", body=page)
        return route.continue_()

    bo.page.route(re.compile("/api/v1/(media|sync)/"), proxy)
    bo.answer("M01", "6")
    bo.give_photo("M01", picture(tmp_path / "a.jpg"))
    expect(bo.question("M01").locator(THUMBS)).to_have_count(1)
    bo.all_sent()
    assert max(seen) > limit >= max(size for size in seen if size <= limit) > 100 * 1024
    limit = 100 * 1024
    bo.give_photo("M01", picture(tmp_path / "b.jpg"))
    expect(bo.question("M01").locator(THUMBS)).to_have_count(2)
    bo.all_sent()
    exactly_once(bo, record)
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(2,)]
    expect(bo.question("M01").locator("[data-photos] button[aria-label*='on the server']")).to_have_count(2)
