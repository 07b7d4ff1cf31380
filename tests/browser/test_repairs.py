"""A contractor's day through a link, with the network cut in between: what is typed and photographed stays on
the phone, is sent when the signal is back, and the officer reads it; the next defect is one tap away.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.config import read_config
from app.db import new_id, transaction
from app.domain.dates import local_day
from app.factory import create_app
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions.commands.defects import open_from_walk
from app.features.checklists.models import Version
from app.features.companies.models import Company, Contact
from app.features.handovers.commands import lists
from app.features.inspections.models import Defect, Inspection
from app.features.places.models import Building, Estate, Plan, Unit
from tests.browser.flats import raise_flat
from tests.browser.phone import PHONE, Phone
from tests.browser.photos import shot
from tests.browser.test_pages import judged
from tests.browser.world import World

CODE = "RP4C"
TEXTS = {"en": ("Water behind the basin", "Joint is open"), "zh-Hans": ("台盆后渗水", "接缝开裂")}


def listed(world: World) -> tuple[str, UUID]:
    """The address of a contractor's list with two defects of one flat, and the estate."""
    raise_flat(world, "zhao", CODE)
    app = create_app(read_config({"PLUMBLINE_DATA": str(world.data)}))
    now = datetime.now(UTC)
    with app.app_context(), transaction() as session:
        estate = session.scalars(select(Estate).where(Estate.code == CODE)).one()
        unit = session.scalars(select(Unit).join(Building).where(Building.estate_id == estate.id)).one()
        plan = session.scalars(select(Plan).where(Plan.type_id == unit.type_id)).one()
        zhao = session.scalars(select(Person).where(Person.email == "zhao@nordhaven.example")).one()
        dry = session.scalars(select(Company).where(Company.name == "Dry Walls")).all()[-1]
        contact = Contact(id=new_id(), company_id=dry.id, name="Shen Ping", email="shen@dry.example")
        contact.language, contact.created_at = "zh-Hans", now
        session.add(contact)
        walk = Inspection(
            id=new_id(),
            number=f"H-{CODE}",
            version_id=session.scalars(select(Version.id)).first(),
            site_id=estate.site_id,
            company_id=estate.site.company_id,
            unit_id=unit.id,
            estate_id=estate.id,
            rooms=[],
            state="cancelled",
            planned=False,
            cancelled_at=now,
            created_at=now,
            created_by=zhao.id,
        )
        session.add(walk)
        session.flush()
        for number in (1, 2):
            words = {tongue: texts[number - 1] for tongue, texts in TEXTS.items()}
            defect = Defect(id=new_id(), inspection_id=walk.id, revision=1, number=number, row=new_id())
            defect.unit_id, defect.room, defect.grade = unit.id, "bath1", "AB"[number - 1]
            defect.room_name = {"en": "Bathroom", "zh-Hans": "卫生间", "zh-Hant": "浴室"}
            defect.text, defect.trade, defect.contractor_id = words, "Waterproofing", dry.id
            defect.pin = {"plan": str(plan.id), "x": 7000, "y": 3000}
            defect.due, defect.photos = local_day(now + timedelta(days=5), "Asia/Shanghai"), []
            session.add(defect)
        session.flush()
        open_from_walk(session, walk.id, 1, "en", now, zhao.id)
        actor = actor_of(session, zhao)
        secret = lists.show_list(session, actor, estate.id, contact.id, "en", now)
        return f"/l/{secret}", estate.id


def _is_fit(page: Page, name: str) -> None:
    assert judged(page, name) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def test_a_contractors_day_with_the_network_cut(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    link, estate = listed(world)
    shen = phone()
    page = shen.page
    page.goto(link)
    page.locator("main .btn--main").tap()
    expect(page.locator(".repair")).to_have_count(2)
    assert page.locator("html").get_attribute("lang") == "zh-Hans", "the contact's language"
    _is_fit(page, "list")

    page.locator(".repair").first.tap()
    expect(page.locator("h1")).to_have_text(TEXTS["zh-Hans"][0])
    expect(page.locator(".pinned svg")).to_be_visible()
    here = page.url

    # no signal in the flat: pressed, kept, and the page is lost
    shen.cut()
    page.locator("#photos").set_input_files(shot(tmp_path / "sealed.jpg", 9301))
    expect(page.locator("[data-chosen] img")).to_have_count(1)
    page.locator("#done").fill("重新打胶，闭水一小时无渗漏。")
    page.locator("footer .btn--main").tap()
    expect(page.locator("[data-waiting]").first).to_be_visible()
    _is_fit(page, "waiting")
    page.goto("about:blank")

    # back at the door of the house: everything is there again
    shen.context.set_offline(False)
    page.goto(here)
    expect(page.locator("#done")).to_have_value("重新打胶，闭水一小时无渗漏。")
    expect(page.locator("[data-chosen] img")).to_have_count(1)
    shen.context.set_offline(True)
    page.locator("footer .btn--main").tap()
    expect(page.locator("[data-waiting]").first).to_be_visible()
    shen.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")

    # it went by itself; the next one of the flat is one tap away
    expect(page.locator("#answer")).to_have_count(0)
    expect(page.locator(".photos img")).to_have_count(1)
    sent = world.rows("SELECT phase, step FROM actions WHERE id = ?", here.rpartition("/")[2])
    assert sent == [("review", "implement")]
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('plumbline:draft'))")
    assert kept == [], "what the server holds is let go"
    page.locator("footer .btn--main").tap()
    expect(page.locator("h1")).to_have_text(TEXTS["zh-Hans"][1])

    page.locator("summary", has=page.locator("use[href$=flag]")).tap()
    page.locator("#reason").fill("接缝归幕墙单位。")
    page.locator("form[action$=disputes] button").tap()
    expect(page.locator(".note--warn:visible")).to_contain_text("接缝归幕墙单位。")
    _is_fit(page, "disputed")

    zhao = phone()
    zhao.sign_in("zhao")
    zhao.page.goto(f"/estates/{estate}/repairs")
    expect(zhao.page.locator(".tbl--repairs .c-date .state")).to_have_count(2)
    _is_fit(zhao.page, "desk")
    zhao.page.locator(".tbl--repairs .c-subject a").last.tap()
    expect(zhao.page.locator("#defect")).to_contain_text("接缝归幕墙单位。")
    zhao.page.locator("#defect input[value=kept]").check()
    zhao.page.locator("#d-reason").fill("驗收記錄寫明由貴司施作")
    zhao.page.locator("#defect .btn--main").tap()
    expect(zhao.page.locator("#defect form .btn--main")).to_have_count(0)
    page.reload()
    expect(page.locator("main")).to_contain_text("驗收記錄寫明由貴司施作")
    expect(page.locator("#answer")).to_be_visible()
    assert re.search(r"/l/repairs/", page.url)
