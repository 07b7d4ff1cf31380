"""Several people on one inspection: answers appear while it is open, two answers are settled beside the
question or on the page On this phone, and whoever completes knows whose phone still holds work
(offline.md §5: 8, 10, 11)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.door import Door
from tests.browser.phone import DESK, LONG, Phone
from tests.browser.photos import picture
from tests.browser.proof import exactly_once
from tests.browser.world import World

SILENCE = ("net::ERR_", "/api/v1/", "Failed to fetch")


def come_back(phone: Phone) -> None:
    """Signal again; the phone notices by itself."""
    phone.context.set_offline(False)
    phone.page.evaluate("dispatchEvent(new Event('online'))")


def note(phone: Phone, question: str, text: str) -> None:
    place = phone.question(question)
    if not place.locator("[data-field=note]").is_visible():
        place.locator("[data-do=note]").tap()
    place.locator("[data-field=note]").fill(text)
    place.locator("[data-field=note]").blur()
    expect(phone.saved(question)).to_have_attribute("data-state", re.compile("phone|server"))


def test_two_auditors_at_once(phone: Callable[..., Phone], world: World) -> None:
    bo, lin = phone(), phone()
    record, _ = world.plan("Lin Yue", "Bo Chen")
    for each, who, language in ((bo, "bo", "en"), (lin, "lin", "zh-Hans")):
        each.tolerate(*SILENCE)
        each.sign_in(who)
        each.page.goto(f"/app/{language}/#/i/{record}/q/D05")
        expect(each.question("D05")).to_be_visible()
    torn = "SELECT conflicts FROM inspections WHERE id = ?"
    # an answer appears on the other phone while it is open, by itself
    bo.answer("D05", "8")
    bo.all_sent()
    expect(lin.question("D05").locator("input[value='8']")).to_be_checked(timeout=LONG)

    # both without signal: other questions and other fields never conflict, the same one does
    bo.cut()
    lin.cut()
    bo.answer("D06", "8")
    lin.answer("D07", "6")
    bo.answer("D08", "10")
    note(lin, "D08", "From Lin: the list is complete.")
    bo.answer("D09", "6")
    lin.answer("D09", "8")
    note(bo, "D09", "Log of room 1 has gaps.")
    note(lin, "D09", "Log of room 2 is complete.")
    come_back(bo)
    bo.all_sent()
    come_back(lin)
    lin.all_sent()
    for each in (bo, lin):
        each.page.evaluate("dispatchEvent(new Event('online'))")
        expect(each.question("D09").locator("[data-versus]")).to_have_count(2, timeout=LONG)
        expect(each.question("D07").locator("input[value='6']")).to_be_checked()
        expect(each.question("D08").locator("input[value='10']")).to_be_checked()
        expect(each.question("D08").locator("[data-field=note]")).to_have_value(
            "From Lin: the list is complete."
        )
        expect(each.question("D06").locator("[data-versus]")).to_have_count(0)
    assert world.rows(torn, record) == [(2,)]
    sides = bo.question("D09").locator("[data-versus]").first
    expect(sides).to_contain_text("Lin Yue")
    expect(sides).to_contain_text("You")
    expect(sides.locator("input:checked")).to_have_count(0)

    # both settle it without signal: the notes are kept both, word for word alike; the scores are not
    bo.cut()
    lin.cut()
    for each in (bo, lin):
        each.question("D09").locator("[data-both]:visible").tap()
        expect(each.question("D09").locator("[data-versus]")).to_have_count(1)
        expect(each.question("D09").locator("[data-field=note]")).to_have_value(
            re.compile("gaps.*complete|complete.*gaps", re.S)
        )
    for each, words in ((bo, "6"), (lin, "8")):
        versus = each.question("D09").locator("[data-versus]")
        versus.locator("label", has=each.page.locator(".val", has_text=words)).tap()
        versus.locator("button[type=submit]").tap()
        expect(each.question("D09").locator("[data-versus]")).to_have_count(0)
    for each in (bo, lin):
        come_back(each)
        each.all_sent()
    for each in (bo, lin):
        each.page.evaluate("dispatchEvent(new Event('online'))")
        expect(each.question("D09").locator("[data-versus]")).to_have_count(1, timeout=LONG)
    assert world.rows(torn, record) == [(1,)], "the notes agree"
    # settled for good on the page On this phone
    bo.page.goto("/app/en/#/phone")
    card = bo.page.locator("[data-needs-you] [data-versus]", has_text="D09")
    expect(card).to_contain_text("gaps")  # beside the score stands what was written
    card.locator("label", has=bo.page.locator(".val", has_text="8")).tap()
    card.locator("button[type=submit]").tap()
    expect(card).to_have_count(0)
    bo.all_sent()
    lin.page.evaluate("dispatchEvent(new Event('online'))")
    expect(lin.question("D09").locator("[data-versus]")).to_have_count(0, timeout=LONG)
    expect(lin.question("D09").locator("input[value='8']")).to_be_checked()
    assert world.rows(torn, record) == [(0,)]
    history = world.rows(
        "SELECT count(*) FROM operations WHERE record_id = ? AND path = 'q/D09' AND field = 'score'", record
    )
    assert history == [(5,)], "two answers, two choices, the last word: nothing is gone"
    for each in (bo, lin):
        exactly_once(each, record)


def test_one_of_two_conflicts_is_settled_while_the_other_stays(
    phone: Callable[..., Phone], world: World
) -> None:
    """A choice not yet used outlives what arrives meanwhile; the settled card goes, the other stays."""
    bo, lin = phone(), phone()
    record, _ = world.plan("Lin Yue", "Bo Chen")
    for each, who in ((bo, "bo"), (lin, "lin")):
        each.tolerate(*SILENCE)
        each.sign_in(who)
        each.page.goto(f"/app/en/#/i/{record}/q/V01")
        expect(each.question("V01")).to_be_visible()
        each.cut()
    for name in ("V02", "V03"):
        bo.answer(name, "6")
        lin.answer(name, "8")
    come_back(lin)
    lin.all_sent()
    come_back(bo)
    bo.all_sent()
    bo.page.goto("/app/en/#/phone")
    first, second = (bo.page.locator("[data-needs-you] [data-versus]", has_text=n) for n in ("V02", "V03"))
    eight = bo.page.locator(".val", has_text="8")
    for card in (first, second):
        card.locator("label", has=eight).tap()
    lin.answer("V04", "8")  # something arrives, and the page is painted anew
    lin.all_sent()
    bo.page.evaluate("dispatchEvent(new Event('online'))")
    first.locator("button[type=submit]").tap()
    expect(first).to_have_count(0)
    expect(second.locator("label", has=eight).locator("input")).to_be_checked()
    second.locator("button[type=submit]").tap()
    expect(second).to_have_count(0)
    bo.all_sent()


def test_whoever_completes_knows_whose_phone_still_holds_work(
    phone: Callable[..., Phone], door: Door, tmp_path: Path
) -> None:
    bo = phone(at=door)
    bo.tolerate(*SILENCE, "50[0-9]")
    record, _ = door.plan("Lin Yue", "Bo Chen")
    bo.sign_in("bo")
    bo.page.goto(f"/app/en/#/i/{record}/q/D10")
    # the photo's bytes do not get through, its operation does
    bo.page.route("**/api/v1/media/**", lambda route: route.abort("connectionreset"))
    bo.answer("D10", "8")
    bo.give_photo("D10", picture(tmp_path / "press.jpg"))
    expect(bo.question("D10").locator("[data-photos] button[aria-label^='Photo '] img")).to_have_count(1)
    told = "SELECT 1 FROM operations WHERE record_id = ? AND kind = 'media.add' AND path = 'q/D10'"
    for _ in range(100):
        if door.rows(told, record):
            break
        bo.page.wait_for_timeout(100)
    assert door.rows(told, record)
    manager = phone(size=DESK)
    manager.sign_in("mara")
    manager.page.goto(f"/inspections/{record}")
    panel = manager.page.locator("section", has=manager.page.locator("#phones"))
    expect(panel).to_contain_text("Bo Chen")
    expect(panel).to_contain_text("1 photo not sent yet")
    expect(panel).to_contain_text("last heard")
    lin = phone()
    lin.sign_in("lin")
    lin.page.goto(f"/app/zh-Hans/#/i/{record}/review")
    expect(lin.page.locator("[data-phones]")).to_contain_text("Bo Chen")
    expect(lin.page.locator("[data-phones]")).to_contain_text("1张照片未发送")
    # once it has come, the photo is not spoken of any more
    bo.page.unroute("**/api/v1/media/**")
    bo.page.evaluate("dispatchEvent(new Event('online'))")
    bo.all_sent()
    manager.page.reload()
    expect(panel).not_to_contain_text("photo not sent yet")
    lin.page.evaluate("dispatchEvent(new Event('online'))")
    expect(lin.page.locator("[data-phones]")).not_to_contain_text("张照片未发送", timeout=LONG)
