"""One audit on a phone, from My work to completion: what is tapped is saved, counted, scored and sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import expect

from app.domain.answers import answers, out_of_scope
from app.domain.merge import registers
from app.domain.scoring import score
from tests.browser import pen
from tests.browser.phone import Phone
from tests.browser.photos import UPRIGHT_FROM_RIGHT, picture
from tests.browser.world import World

LAST_SECTIONS = ("Machine", "Material", "Method", "Environment")


def scored_by_the_rules(phone: Phone, record: str) -> dict[str, Any]:
    """What domain/scoring.py says of the operations the server gives out."""
    whole = phone.fetch(f"/api/v1/inspections/{record}")
    assert not whole["more"]
    form = phone.fetch(f"/api/v1/checklists/{whole['inspection']['version_id']}/en")
    applied = [SimpleNamespace(**each["op"]) for each in whole["operations"] if each["fate"] == "applied"]
    state = registers(applied)
    return score(form["definition"], answers(state), out_of_scope(state))


def test_an_audit_from_opening_to_completion(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    bo = phone()
    page = bo.page
    bo.tolerate("/api/v1/reports/of/")
    bo.sign_in("bo")
    # the demo's own, which no test writes on; what other tests have begun stands there too
    begun = page.locator("[data-list=progress] .item")
    expect(begun).to_contain_text(["Hengda Precision, Suzhou", "Kaida"])
    expect(begun.filter(has_text="Hengda Precision").filter(has_text="31 of 59")).to_have_count(1)
    expect(page.locator("[data-list=due] .item b.bad").first).to_have_text("3 days overdue")
    expect(page.locator("[data-list=due]")).to_contain_text("Ruixin Plastics, Ningbo")
    expect(page.locator("[data-list=done] .grade").first).to_be_visible()

    record = bo.inspection("Mingfeng Fasteners")
    _opening(bo)
    _man(bo, tmp_path)
    bo.all_sent()
    assert page.locator("footer [data-x=total]").inner_text() == scored_by_the_rules(bo, record)["total"]

    for section in LAST_SECTIONS:
        bo.tab(section)
        if section == "Machine":
            _last_time(bo)
        for name in page.locator("section:visible [data-question]").evaluate_all("all => all.map(q => q.id)"):
            if name != "V08":
                bo.answer(name, "10")
                hinted = bo.question(name).locator("[data-do=hinted]")
                if hinted.count():
                    hinted.tap()
                    expect(bo.question(name).locator("[data-part=note]")).to_be_visible()
    _next_open(bo)
    bo.all_sent()

    page.locator("footer a.live").tap()
    expect(page.locator("[data-blocks] .item")).to_have_count(2)
    page.locator("footer [data-sign]").tap()
    for slot in ("auditor", "auditee"):
        pen.sign(bo, slot, pen.with_finger, "He Jing" if slot == "auditee" else "")
    page.locator("footer [data-href=review]").tap()
    expect(page.locator("[data-clear]")).to_be_visible()
    result = scored_by_the_rules(bo, record)
    shown = next(each for each in bo.fetch("/api/v1/work")["inspections"] if each["id"] == record)
    assert page.locator("#view [data-x=total]").first.inner_text() == shown["score"] == result["total"]
    assert (shown["grade"], shown["answered"]) == (result["grade"], result["answered"])
    assert not result["provisional"] and shown["answered"] == 54, "Management is out of scope"

    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    expect(page.locator("#view [data-x=done]")).to_contain_text("Completed.")
    bo.all_sent()
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("completed",)]
    made = bo.mine(record)
    stored = world.operations(record)
    assert {op["id"] for op in made} <= set(stored) and len(stored) == len(set(stored))
    assert world.fates(record) == {"applied": len(stored)}
    page.goto("/app/en/#/work")
    expect(page.locator("[data-list=done]")).to_contain_text("Mingfeng Fasteners")
    bo.page.goto(f"/app/en/#/i/{record}/q/M01")
    expect(bo.question("M01").locator("input[value='10']")).to_be_disabled()


def _opening(bo: Phone) -> None:
    page = bo.page
    expect(page.locator("#opening-t")).to_be_visible()
    expect(page.locator("[data-plan]")).to_contain_text("Certified and audited by the group this year.")
    expect(page.locator("[data-tabs]")).not_to_contain_text("Management")
    page.locator("[data-now=opening-held]").tap()
    page.locator("[data-add-person]").tap()
    person = page.locator("[data-page=opening] [data-person]").last
    person.locator("[data-field=name]").fill("Wang Jianguo")
    person.locator("[data-field=role]").fill("Quality manager")
    person.locator("label:has([data-field=opening])").tap()
    page.locator("#opening-areas_seen").fill("Heading, threading, plating")
    page.locator("#opening-areas_not_seen").fill("Laboratory: closed today")
    page.locator("#opening-remarks").focus()
    expect(page.locator("[data-page=opening] [data-saved]")).to_have_attribute(
        "data-state", re.compile("phone|server")
    )
    fields = {op["field"]: op["value"] for op in bo.mine() if not op["path"].startswith("q/")}
    assert fields["areas_seen"] == {"text": "Heading, threading, plating", "lang": "en"}
    assert fields["opening"] is True and isinstance(fields["held_at"], int)


def _man(bo: Phone, folder: Path) -> None:
    page = bo.page
    bo.tab("Man")
    # the hint on demand, a canned note, then an edited one
    first = bo.question("M01")
    first.locator("summary", has_text="What to look at").tap()
    hint = first.locator("[data-hint]")
    expect(hint).to_be_visible()
    bo.answer("M01", "8")
    expect(first.locator("[data-say]")).to_contain_text("Mainly met")
    first.locator("[data-do=hinted]").tap()
    note = first.locator("[data-field=note]")
    expect(note).to_have_value(f"Seen as hinted: {hint.inner_text()}")
    assert _note(bo, "M01")["canned"] == "hinted"
    note.fill("Three names picked, one without a passed check.")
    note.blur()
    expect(bo.saved("M01")).to_have_attribute("data-state", re.compile("phone|server"))
    assert _note(bo, "M01") == {"text": "Three names picked, one without a passed check.", "lang": "en"}
    # another tap takes the answer back to what it should be: one register, one value
    bo.answer("M01", "10")
    # not applicable asks for the reason
    bo.answer("M08", "na")
    expect(bo.question("M08").locator("[data-remarks]")).to_contain_text("The reason is still needed.")
    reason = bo.question("M08").locator("[data-field=reason]")
    reason.fill("No agency workers here.")
    reason.blur()
    expect(bo.question("M08").locator("[data-remarks]")).not_to_contain_text("The reason is still needed.")
    _photos(bo, folder)
    for name in ("M02", "M06"):
        bo.answer(name, "10")
        bo.question(name).locator("[data-do=hinted]").tap()
        expect(bo.question(name).locator("[data-field=note]")).to_be_visible()
    for name in ("M03", "M04", "M07", "M09", "M10"):
        bo.answer(name, "10")
    expect(page.locator("[data-tabs] [aria-current]")).to_contain_text("10/10")


def _note(bo: Phone, question: str) -> dict[str, Any]:
    found = [op["value"] for op in bo.mine() if (op["path"], op["field"]) == (f"q/{question}", "note")]
    value: dict[str, Any] = found[-1]
    return value


def _photos(bo: Phone, folder: Path) -> None:
    bo.answer("M05", "4")
    lacks = bo.question("M05").locator("[data-remarks]")
    expect(lacks).to_contain_text("A photo and a note are still needed.")
    bo.question("M05").locator("[data-do=note]").tap()
    bo.question("M05").locator("[data-field=note]").fill("Two of three could not say it.")
    bo.question("M05").locator("[data-field=note]").blur()
    plain = picture(folder / "plain.jpg")
    turned = picture(folder / "turned.jpg", (2000, 1500), UPRIGHT_FROM_RIGHT)
    bo.give_photo("M05", plain, turned)
    thumbs = bo.question("M05").locator("[data-photos] button[aria-label^='Photo '] img")
    expect(thumbs).to_have_count(2)
    expect(lacks).not_to_contain_text("still needed")
    added = [op["value"] for op in bo.mine() if op["field"].startswith("photo:")]
    assert [(each["w"], each["h"]) for each in added] == [(2048, 1536), (1500, 2000)], "small, and upright"
    assert all(image > 0 for image in thumbs.evaluate_all("all => all.map(i => i.naturalWidth)"))
    bo.all_sent()
    kept = {each["sha256"]: each["state"] for each in bo.store()["media"]}
    assert kept == {each["sha256"]: "verified" for each in added}
    # what came out upright on the phone is upright on the server
    held = dict(bo.world.rows("SELECT sha256, width || 'x' || height FROM media"))
    assert [held[each["sha256"]] for each in added] == ["2048x1536", "1500x2000"]
    # removing one: asked first, gone from the answer, kept in the history
    bo.question("M05").locator("[data-photos] button").first.tap()
    bo.page.locator("#lightbox [data-x=remove]").tap()
    bo.page.locator("#confirm [data-x=yes]").tap()
    expect(thumbs).to_have_count(1)


def _last_time(bo: Phone) -> None:
    """Beside the question: what the last audit here gave it, said of it and showed of it."""
    question = bo.question("E11")
    last = question.locator("details.last")
    expect(last.locator("summary")).to_contain_text("Last time: 0")
    last.locator("summary").tap()
    expect(last).to_contain_text("Interlock of press 3 is bridged with a magnet.")
    image = last.locator("img").first
    expect(image).to_be_visible()
    bo.page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())


def _next_open(bo: Phone) -> None:
    """From the first section, the button leads to the one question that is left."""
    page = bo.page
    bo.tab("Man")
    following = page.locator("footer [data-next]")
    expect(following).to_contain_text("1")
    following.tap()
    expect(page.locator("[data-tabs] [aria-current]")).to_contain_text("Environment")
    expect(bo.question("V08")).to_be_in_viewport()
    bo.answer("V08", "10")
    expect(following).to_contain_text("Review")
