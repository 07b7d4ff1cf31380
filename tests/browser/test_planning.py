"""People and plans at 360 wide: an admin invites, a manager plans, the auditor's phone has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Route, expect

from tests.browser.phone import Phone
from tests.browser.world import World

PASSWORD = "heron-violin-49-lantern"


def test_a_person_is_invited_and_an_audit_planned_for_them(phone: Callable[..., Phone], world: World) -> None:
    mara = phone()
    page = mara.page
    mara.sign_in("mara")
    page.goto("/invitations/new")
    page.locator("[name=name]").fill("Li Qiang")
    page.locator("[name=email]").fill("mara@nordhaven.example")
    page.locator("[name=role]").select_option("auditor")
    mara.tolerate("422")
    page.locator("main form button.btn--main").tap()
    expect(page.locator(".field--error [aria-invalid=true]")).to_have_value("mara@nordhaven.example")
    expect(page.locator("[name=name]")).to_have_value("Li Qiang")  # what was typed is kept
    page.locator("[name=email]").fill("li.qiang@nordhaven.example")
    page.locator("main form button.btn--main").tap()
    invitation = page.locator("#address").input_value()

    # a supplier, its site
    page.goto("/suppliers/new")
    page.locator("[name=name]").fill("Qingyan Die Casting")
    page.locator("[name=other_name]").fill("清岩压铸")
    page.locator("main form button.btn--main").tap()
    page.wait_for_url(re.compile("/suppliers/[0-9a-f-]{36}"))
    page.goto(f"{page.url.split('?')[0]}/sites/new")
    page.locator("[name=name]").fill("Plant 2")
    page.locator("[name=city]").fill("Wuxi")
    page.locator("main form button.btn--main").first.tap()
    expect(page.locator("main")).to_contain_text("Plant 2")

    # the new auditor sets a password, on a phone of their own
    li = phone()
    li.page.goto(invitation)
    li.page.locator("form button.btn--main").tap()
    li.page.locator("[name=password]").fill(PASSWORD)
    li.page.locator("form button.btn--main").tap()
    li.page.wait_for_url(lambda url: "invitation" not in url)

    # the plan: what depends on a choice is drawn again; a reason is asked for what is left out
    page.goto("/inspections/new")
    page.locator("#checklist").select_option(label="4M1E supplier audit")
    expect(page.locator("[name=left_out][value=management]")).to_be_attached()
    site = page.locator("#site option", has_text="Plant 2").get_attribute("value")
    # what is typed while the form is drawn anew is not lost
    held: list[Route] = []
    page.route("**/inspections/new", lambda route: held.append(route))
    page.locator("#site").select_option(site)
    page.wait_for_timeout(200)
    page.locator("[name=objectives]").fill("Typed in between.")
    page.locator("label:has([name=left_out][value=environment])").tap()
    with page.expect_response(re.compile("/inspections/new")):
        held[0].continue_()
    page.unroute("**/inspections/new")
    page.wait_for_load_state("networkidle")  # the form is drawn anew; a person sees that before going on
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    lead = page.locator("[name=lead] option", has_text="Li Qiang")
    expect(lead).to_have_count(1)
    expect(page.locator("[name=objectives]")).to_have_value("Typed in between.")
    expect(page.locator("[name=left_out][value=environment]")).to_be_checked()
    page.locator("label:has([name=left_out][value=environment])").tap()
    page.locator("[name=lead]").select_option(label="Li Qiang")
    due = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=3)
    page.locator("[name=due]").fill(due.isoformat())
    page.locator("label:has([name=left_out][value=management])").tap()
    page.locator("#plan .btn--main").tap()
    expect(page.locator("#reason-management")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=due]")).to_have_value(due.isoformat())
    page.wait_for_load_state("networkidle")
    page.locator("#reason-management").fill("Seen by the group in spring.")
    expect(page.locator("[name=lead]")).to_contain_text("Li Qiang")
    page.locator("#plan .btn--main").tap()
    page.wait_for_url(re.compile("/inspections/[0-9a-f-]{36}"))
    expect(page.locator("main")).to_contain_text("Li Qiang")

    li.page.reload()  # the phone was in a pocket; looking at it fetches what is new
    expect(li.page.locator("[data-list=due]")).to_contain_text("Qingyan Die Casting")
    record = li.inspection("Qingyan Die Casting")
    expect(li.page.locator("[data-tabs]")).not_to_contain_text("Management")
    li.tab("Man")
    li.answer("M03", "8")
    li.all_sent()

    # found again with two characters of its Chinese name, by whoever may see it
    page.goto("/inspections?q=压铸")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Qingyan Die Casting")
    expect(row).to_contain_text("In progress")
    # cancelled with a reason: gone from the phone's open work
    page.goto(f"/inspections/{record}")
    page.locator("#cancellation summary").tap()
    page.locator("#cancellation textarea").fill("The line stands still.")
    page.locator("#cancellation .btn--bad").tap()
    expect(page.locator("main")).to_contain_text("Cancelled")
    li.page.goto("/app/en/#/work")
    li.page.reload()
    expect(li.page.locator("[data-list=done]")).to_contain_text("cancelled")
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("cancelled",)]
