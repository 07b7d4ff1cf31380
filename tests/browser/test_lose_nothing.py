"""No signal, a killed tab, a killed server, a lost answer, two tabs, two people, two phones: nothing is lost
and nothing arrives twice (offline.md §5: I1, I2, I3, I9, I10)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.phone import Phone
from tests.browser.photos import picture
from tests.browser.proof import counted, exactly_once
from tests.browser.world import World

PUSH = "**/api/v1/sync/push"
COMPLETION = "**/api/v1/media/*/completion"


def test_no_signal_and_a_killed_tab_lose_nothing(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    record, supplier = world.plan("Bo Chen")
    planned = len(world.operations(record))
    bo.sign_in("bo", keep=True)  # this morning
    bo.switch_off()
    bo.switch_on()
    bo.open_work()
    assert bo.inspection(supplier) == record
    bo.tab("Man")
    bo.answer("M01", "10")
    bo.all_sent()
    bo.cut()
    for n in range(1, 11):
        bo.answer(f"M{n:02}", "8")
    expect(bo.chip).to_have_text("No signal")
    bo.question("M10").locator("[data-do=note]").tap()
    bo.question("M10").locator("[data-field=note]").fill("Straps tested, log is complete.")
    bo.question("M10").locator("[data-field=note]").blur()
    bo.give_photo("M10", picture(tmp_path / "strap.jpg"))
    expect(bo.question("M10").locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    assert len(world.operations(record)) == planned + 1, "what the plan says, one answer"
    held, total = counted(bo)
    assert (held, total) == (1, 13), "one answer held; ten, a note and a photo wait"
    expect(bo.chip).to_have_attribute("aria-label", re.compile(f"{held} of {total} changes"))
    bo.answer("M10", "6")
    bo.kill()
    assert len(world.operations(record)) == planned + 1

    bo.switch_on()
    bo.page.goto("/app/en/")
    expect(bo.question("M10")).to_be_in_viewport()
    expect(bo.question("M10").locator("input[value='6']")).to_be_checked()
    expect(bo.question("M10").locator("[data-field=note]")).to_have_value("Straps tested, log is complete.")
    expect(bo.question("M10").locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    for n in range(1, 10):
        expect(bo.question(f"M{n:02}").locator("input[value='8']")).to_be_checked()
    bo.all_sent()
    exactly_once(bo, record)
    assert counted(bo) == (14, 14)
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(1,)]

    # another phone goes on where this one stands
    other = phone()
    other.sign_in("bo")
    assert other.inspection(supplier, "progress") == record
    other.page.goto(f"/app/en/#/i/{record}/q/M10")
    expect(other.question("M10").locator("input[value='6']")).to_be_checked()
    expect(other.question("M10").locator("[data-field=note]")).to_have_value(
        "Straps tested, log is complete."
    )
    image = other.question("M10").locator("[data-photos] button[aria-label^='Photo '] img").first
    other.page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    other.answer("M10", "10")
    other.tab("Machine")
    other.answer("E01", "10")
    other.all_sent()
    exactly_once(other, record)
    bo.page.reload()
    expect(bo.question("M10").locator("input[value='10']")).to_be_checked()
    assert world.rows("SELECT conflicts FROM inspections WHERE id = ?", record) == [(0,)]


def test_a_killed_server_and_lost_answers_make_nothing_arrive_twice(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    bo.tolerate("net::ERR_", "/sync/push", "/media/", "/api/v1/")
    bo.sign_in("bo")
    record = bo.start_unplanned("Jiangnan Springs")
    bo.tab("Man")
    # the server dies while a push is on its way
    died: list[str] = []

    def die(route: Route) -> None:
        if not died:
            died.append(route.request.url)
            world.freeze()  # or, on a busy machine, the answer would be there before the kill
        route.continue_()
        if len(died) == 1:
            world.kill()
            died.append("dead")

    bo.page.route(PUSH, die)
    for n in range(1, 11):
        bo.answer(f"M{n:02}", "10")
    expect(bo.chip).to_have_text("No signal")
    assert died
    bo.page.unroute(PUSH, die)
    world.restart()
    bo.chip.tap()
    bo.page.locator("[data-try]").tap()
    bo.all_sent()
    exactly_once(bo, record)

    # the server has taken it, but its answer never comes back: twice for answers, once for a photo
    lost = {"push": 0, "photo": 0}

    def lose(route: Route, what: str, times: int) -> None:
        if lost[what] < times:
            lost[what] += 1
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    bo.page.route(PUSH, lambda route: lose(route, "push", 2))
    bo.page.route(COMPLETION, lambda route: lose(route, "photo", 1))
    bo.page.goto(f"/app/en/#/i/{record}/s/machine")
    bo.answer("E01", "4")
    bo.give_photo("E01", picture(tmp_path / "press.jpg"))
    expect(bo.question("E01").locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    bo.answer("E02", "8")
    bo.all_sent()
    assert lost == {"push": 2, "photo": 1}
    exactly_once(bo, record)
    assert world.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record) == [(1,)]


def test_two_tabs_are_one_phone(phone: Callable[..., Phone], world: World) -> None:
    bo = phone()
    bo.sign_in("bo")
    record = bo.start_unplanned("Ruixin Plastics")
    bo.tab("Man")
    second = bo.context.new_page()
    second.goto(f"/app/en/#/i/{record}/s/man")
    bo.answer("M01", "6")
    expect(second.locator("#M01 input[value='6']")).to_be_checked()
    second.locator("#M01 label:has(input[value='8'])").tap()
    expect(second.locator("#M01 [data-saved]")).to_have_attribute("data-state", re.compile("phone|server"))
    expect(bo.question("M01").locator("input[value='8']")).to_be_checked()
    bo.answer("M02", "10")
    second.locator("#M03 label:has(input[value='10'])").tap()
    expect(bo.question("M03").locator("input[value='10']")).to_be_checked()
    bo.all_sent()
    expect(second.locator("[data-chip]")).to_have_text("All sent")
    exactly_once(bo, record)
    assert world.rows("SELECT conflicts, answered FROM inspections WHERE id = ?", record) == [(0, 3)]


def test_two_people_on_one_phone_see_only_their_own(phone: Callable[..., Phone], world: World) -> None:
    shared = phone()
    page = shared.page
    shared.sign_in("bo")
    shared.tolerate("/sync/push")
    page.route(PUSH, lambda route: route.abort("connectionreset"))
    record = shared.start_unplanned("Tianyu Castings")
    shared.tab("Man")
    shared.answer("M01", "8")
    shared.answer("M02", "6")
    bos = page.evaluate("JSON.parse(localStorage.getItem('plumbline:person')).id")
    page.goto("/me")
    page.locator("[data-sign-out] button").tap()
    page.wait_for_url(re.compile("/sign-in"))
    expect(page.locator("[data-unsent]")).to_contain_text("3")
    page.unroute(PUSH)

    shared.sign_in("lin")
    expect(page.locator("#view")).to_contain_text("Hengda Precision")
    expect(page.locator("[data-list=progress]")).not_to_contain_text("Tianyu")
    assert not [op for op in shared.store()["ops"] if op["record"] == record]
    page.goto(f"/app/zh-Hans/#/i/{record}")
    shared.tolerate(f"/api/v1/inspections/{record}", "404")
    expect(page.locator("#view h1")).to_be_visible()
    expect(page.locator("#M01")).to_have_count(0)
    assert [op["state"] for op in shared.store_of(bos)["ops"] if op["record"] == record] == ["pending"] * 3
    assert world.operations(record) == [], "never sent under another's name"
    page.goto("/me")
    page.locator("[data-sign-out] button").tap()
    page.wait_for_url(re.compile("/sign-in"))

    shared.sign_in("bo")
    page.goto(f"/app/en/#/i/{record}/s/man")
    expect(shared.question("M02").locator("input[value='6']")).to_be_checked()
    shared.all_sent()
    exactly_once(shared, record)
    authors = world.rows("SELECT DISTINCT person_id FROM operations WHERE record_id = ?", record)
    assert authors == [(bos.replace("-", ""),)]
