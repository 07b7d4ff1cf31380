"""A supplier answers through a link on a phone with a bad connection and the owner judges at the desk; the
owner opens and contains a case on a phone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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

    # one measure for each cause, with a photo of what is planned
    due = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    for cause, text in enumerate(("作业指导书写明要附证明。", "出货检查表增加一项：附证明。")):
        page.locator(f"#m-{cause}-text").fill(text)
        page.locator(f"#m-{cause}-type").select_option("organisational")
        page.locator(f"#m-{cause}-owner").fill("Liang Bo")
        page.locator(f"#m-{cause}-due").fill(due)
    sheet = tmp_path / "sheet.jpg"
    sheet.write_bytes(jpeg(seed=8))
    page.locator("#photos").set_input_files(sheet)
    page.locator("footer .btn--main").tap()
    expect(page.locator("footer")).to_have_count(0)
    desk.goto(case)
    expect(desk.locator("main")).to_contain_text("出货检查表增加一项：附证明。")
    desk.get_by_role("button", name="Accept", exact=True).click()
    page.reload()
    expect(page.locator("#done")).to_be_visible()  # what was accepted opens the next step
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    drafts = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('plumbline:draft'))")
    assert drafts == [], "what the server holds is let go"

    # taken back: the phone that is inside is out at once
    desk.get_by_role("button", name="Take back").first.click()
    liang.tolerate("404")
    page.reload()
    expect(page.locator("#done")).to_have_count(0)


def test_the_owner_opens_and_contains_a_case_on_a_phone(phone: Callable[..., Phone], world: World) -> None:
    mara = phone()
    mara.tolerate("422")
    mara.sign_in("mara")
    page = mara.page
    page.goto("/actions/new")
    page.locator("#title").fill("Burr at the bore of the knob")
    page.locator("#site").select_option(label="Ruixin Plastics · Ningbo plant")
    page.locator("#severity").select_option("major")
    page.locator("#statement").fill("Burr of 0.3 mm on 12 of 80.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#raise .btn--main").tap()
    expect(page.locator("h1").first).to_contain_text("Burr at the bore of the knob")

    # 640 there, and 622 with 8 make 630: said beside the figures, and nothing that was typed is lost
    page.locator("#response").fill("Shipment stopped by the shift leader.")
    page.locator("summary", has_text="Our store").tap()
    for name, count in {"quantity": "640", "ok": "622", "not_ok": "8"}.items():
        page.locator(f"#customer_store-{name}").fill(count)
    page.get_by_role("button", name="Send to be judged").tap()
    expect(page.locator("#places-error")).to_be_visible()
    expect(page.locator("#response")).to_have_value("Shipment stopped by the shift leader.")
    expect(page.locator("#customer_store-ok")).to_have_value("622")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.locator("#customer_store-not_ok").fill("18")
    page.locator("#customer_store-disposition").select_option("return")
    page.get_by_role("button", name="Send to be judged").tap()
    expect(page.locator(".story")).to_contain_text("Shipment stopped by the shift leader.")
    expect(page.locator("#response")).to_have_count(0)  # it is being judged: nothing to type
