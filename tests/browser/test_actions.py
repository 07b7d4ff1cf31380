"""A supplier answers through a link on a phone with a bad connection; the owner judges at the desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.phone import DESK, Phone
from tests.browser.world import World
from tests.factories.photos import jpeg


def test_a_case_goes_to_and_fro_through_a_link(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    mara = phone(size=DESK)
    mara.sign_in("mara")
    desk = mara.page
    desk.goto("/actions?q=certificate")
    desk.get_by_role("link", name="Material certificate missing with delivery").click()
    case = desk.url
    desk.get_by_role("button", name="Show a link").click()
    link = desk.locator("#shown-link").input_value()

    liang = phone()
    page = liang.page
    page.goto(link.replace(link.split("/l/")[0], world.url))
    expect(page.locator("main")).not_to_contain_text("certificate")  # only a button, for scanners too
    page.locator("main .btn--main").tap()
    expect(page.locator("h1")).to_contain_text("Material certificate")
    assert "/l/actions/" in page.url and link.rpartition("/")[2] not in page.url
    assert page.locator("html").get_attribute("lang") == "zh-Hans", "the contact's language"

    # typed without signal, the page is lost, and nothing of it
    page.locator("#occurrence-0").fill("出货员不知道要附证明。")
    expect(page.locator("[data-draft-said]")).to_be_visible()
    liang.cut()
    page.locator("#escape-0").fill("出货检查表没有这一项。")
    page.goto("about:blank")
    liang.context.set_offline(False)
    page.goto("/l")
    expect(page.locator("#occurrence-0")).to_have_value("出货员不知道要附证明。")
    expect(page.locator("#escape-0")).to_have_value("出货检查表没有这一项。")

    photo = tmp_path / "list.jpg"
    photo.write_bytes(jpeg(seed=7))
    page.locator("#photos").set_input_files(photo)
    page.locator("footer .btn--main").tap()
    expect(page.locator("footer")).to_have_count(0)  # nothing to send while it is judged
    expect(page.locator(".photos img")).to_have_count(1)

    desk.goto(case)
    expect(desk.locator("main")).to_contain_text("出货员不知道要附证明。")
    expect(desk.locator("main")).to_contain_text("through the link sent to liang.bo@tianyu.example")
    desk.locator("#reason").fill("Why did he not know?")
    desk.get_by_role("button", name="Send back").click()

    page.reload()
    expect(page.locator(".note--bad")).to_contain_text("Why did he not know?")
    page.locator("#occurrence-1").fill("作业指导书没有写。")
    page.locator("footer .btn--main").tap()
    expect(page.locator("footer")).to_have_count(0)

    desk.goto(case)
    desk.get_by_role("button", name="Accept", exact=True).click()
    expect(desk.locator(".story")).to_contain_text("Lasting measure")
    page.reload()
    expect(page.locator("#m-0-text")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    drafts = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('plumbline:draft'))")
    assert drafts == [], "what the server holds is let go"

    # taken back: the phone that is inside is out at once
    desk.get_by_role("button", name="Take back").first.click()
    liang.tolerate("404")
    page.reload()
    expect(page.locator("#m-0-text")).to_have_count(0)
