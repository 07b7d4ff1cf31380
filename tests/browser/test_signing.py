"""An audit to its end on site: findings written and disputed, both parties sign on the glass or one refuses,
an answer changed after signing is signed again, all of it without signal until the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Route, expect

from tests.browser import pen
from tests.browser.phone import DESK, PHONE, Phone
from tests.browser.photos import picture
from tests.browser.proof import exactly_once
from tests.browser.test_pages import judged
from tests.browser.world import World

REPORT_ELSEWHERE = "404 GET .*/api/v1/reports/of/|404 .*reports/of/"


def _value(phone: Phone, record: str, path: str, field: str) -> Any:
    """What this phone wrote last in a register."""
    found = [op["value"] for op in phone.mine(record) if (op["path"], op["field"]) == (path, field)]
    return found[-1] if found else None


def _signed(phone: Phone, record: str) -> list[dict[str, Any]]:
    """Signatures and refusals made on this phone, in the order they were given."""
    given = [op["value"] for op in phone.mine(record) if op["path"].startswith("sign/")]
    return sorted(given, key=lambda value: int(value["at"]))


def _fall_short(phone: Phone, folder: Path) -> None:
    """Two findings: a minor one and a major one at once, with their evidence."""
    for name, score, note in (
        ("M01", "4", "Two of three could not say it."),
        ("M03", "6", "Skill matrix of May; two names are missing."),
    ):
        phone.page.goto(f"/app/en/#/i/{phone.record}/q/{name}")
        phone.answer(name, score)
        phone.question(name).locator("[data-do=note]").tap()
        field = phone.question(name).locator("[data-field=note]")
        field.fill(note)
        field.blur()
        expect(phone.saved(name)).to_have_attribute("data-state", re.compile("phone|server"))
    phone.page.goto(f"/app/en/#/i/{phone.record}/q/M01")
    phone.give_photo("M01", picture(folder / "gauge.jpg"))
    expect(phone.question("M01").locator("[data-photos] button img")).to_have_count(1)


def _write_finding(phone: Phone, record: str) -> None:
    """The page of one finding: everything by one tap or typed, everything an operation."""
    page = phone.page
    form = page.locator(".finding")
    expect(page.locator("#finding-requirement")).to_have_value(re.compile("."))
    expect(page.locator("#finding-evidence")).to_have_value("Two of three could not say it.")
    expect(form.locator("[data-photos] button img")).to_have_count(1)
    assert _value(phone, record, "f/M01", "requirement") is None, "what stands by itself is not written"
    canned = form.locator("[data-canned] .chip").first
    words = canned.inner_text()
    canned.tap()
    expect(canned).to_have_attribute("aria-pressed", "true")
    statement = page.locator("#finding-statement")
    expect(statement).to_have_value(words)
    statement.fill(f"{words}, on line 2")
    statement.blur()
    expect(canned).to_have_attribute("aria-pressed", "false")
    form.locator("[data-people] .chip", has_text="Wang Jianguo").tap()
    expect(page.locator("#finding-owner")).to_have_value("Wang Jianguo")
    page.locator("#finding-due").fill("2027-01-15")
    # less than the rule says: only with a reason
    form.locator("[data-severity] label", has_text="Minor").tap()
    expect(form.locator("[data-severity] [data-owes]")).to_be_visible()
    page.locator("#finding-reason").fill("Corrected while we stood there.")
    expect(form.locator("[data-severity] [data-owes]")).to_be_hidden()
    form.locator("[data-position] label", has_text="Disputes").tap()
    expect(form.locator("[data-position] [data-owes]")).to_be_visible()
    page.locator("#finding-position-text").fill("The third was on his first day.")
    page.locator("#finding-position-text").blur()
    expect(form.locator("[data-saved]")).to_have_attribute("data-state", "phone")
    text = _value(phone, record, "f/M01", "statement")
    assert text == {"text": f"{words}, on line 2", "lang": "en"}
    owner = _value(phone, record, "f/M01", "owner")
    assert owner["name"] == "Wang Jianguo" and owner["contact"]
    assert _value(phone, record, "f/M01", "due") == "2027-01-15"
    assert _value(phone, record, "f/M01", "severity")["severity"] == "minor"
    said = {"text": "The third was on his first day.", "lang": "en"}
    assert _value(phone, record, "f/M01", "position") == {"stand": "disagree", "text": said}


def test_both_parties_sign_without_signal(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    bo = phone()
    page = bo.page
    bo.tolerate(REPORT_ELSEWHERE)
    bo.sign_in("bo")
    record = bo.start_unplanned("Hengda Precision")
    bo.all_sent()
    with page.expect_response(lambda answer: f"/api/v1/inspections/{record}" in answer.url):
        page.reload()  # what the server knows of the company comes to the phone
    expect(page.locator("[data-tabs]")).to_be_visible()
    bo.cut()
    _fall_short(bo, tmp_path)
    bo.answer_open()

    page.locator("footer a.live").tap()
    findings = page.locator("[data-findings] .item")
    expect(findings).to_have_count(2)
    expect(findings.filter(has_text="M01")).to_contain_text("Major")
    expect(findings.filter(has_text="M03")).to_contain_text("Minor")
    expect(page.locator("[data-blocks] .item")).to_contain_text(["Auditor", "Representative of the supplier"])
    expect(page.locator("[data-complete]")).to_be_hidden()
    findings.filter(has_text="M01").tap()
    _write_finding(bo, record)
    page.locator("header .iconbtn").tap()
    line = page.locator("[data-findings] .item", has_text="M01")
    expect(line).to_contain_text("Disputed")
    expect(line).to_contain_text("Wang Jianguo")

    page.locator("footer [data-sign]").tap()
    expect(page.locator(".stand", has_text="M01")).to_contain_text("The third was on his first day.")
    expect(page.locator("[data-x=covers]").first).to_contain_text("59 answers and 1 photo")
    pen.sign(bo, "auditor", pen.with_mouse)
    _sheet_of_the_supplier(bo)
    first = _signed(bo, record)
    assert [value["slot"] for value in first] == ["auditor", "auditee"]
    assert first[0]["name"] == "Bo Chen" and first[0]["meaning"] == "carried_out"
    assert first[1]["consent"] == {"id": "sign-1", "language": "zh-Hans"}
    assert first[1]["covers"] == {"answers": 59, "photos": 1}

    _change_and_sign_again(bo, record)
    page.locator("footer [data-href=review]").tap()
    expect(page.locator("[data-clear]")).to_be_visible()
    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    expect(page.locator("#view [data-x=done]")).to_contain_text("Completed.")
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("planned",)]

    bo.context.set_offline(False)
    bo.all_sent()
    assert world.rows("SELECT state, revision FROM inspections WHERE id = ?", record) == [("completed", 1)]
    exactly_once(bo, record)
    frozen = world.rows(
        "SELECT question, severity, rule_severity, owner_name, due, stand FROM findings "
        "WHERE inspection_id = ? ORDER BY number",
        record,
    )
    assert [row[0] for row in frozen] == ["M01", "M03"]
    assert frozen[0][1:] == ("minor", "major", "Wang Jianguo", "2027-01-15", "disagree")
    completed = _value(bo, record, "inspection", "completed")
    assert len(completed["signatures"]) == 2, "the two that count, not the two from before"
    # nothing can be written any more, and what was signed still stands there
    page.goto(f"/app/en/#/i/{record}/sign")
    expect(page.locator("article .ink path")).to_have_count(2)
    expect(page.locator("[data-give], [data-refuse]")).to_have_count(0)
    page.goto(f"/app/en/#/i/{record}/f/M01")
    expect(page.locator("#finding-statement")).to_be_disabled()


def _sheet_of_the_supplier(bo: Phone) -> None:
    """Signed with a finger, in the signer's language, once the sheet is whole; nothing scrolls meanwhile."""
    page = bo.page
    pen.slot(page, "auditee").locator("[data-give]").tap()
    sheet = page.locator("dialog.signing")
    sheet.locator("[type=submit]").tap()
    expect(sheet.locator(".error:visible")).to_have_count(4)
    expect(sheet.locator("#sheet-name")).to_be_focused()
    sheet.locator("[data-consent-language=zh-Hans]").tap()
    expect(sheet.locator("[data-x=consent]")).to_contain_text("本人已在本设备上看过结果")
    expect(sheet.locator("[data-x=consent]")).to_have_attribute("lang", "zh-Hans")
    sheet.locator(".chip", has_text="Wang Jianguo").tap()
    expect(sheet.locator("#sheet-organisation")).to_have_value("Hengda Precision")
    sheet.locator("[data-meanings] label").first.tap()
    pad = sheet.locator("[data-pad]")
    left, top, *_ = pen.box(pad)
    page.touchscreen.tap(left + 40, top + 40)
    sheet.locator("[type=submit]").tap()
    expect(sheet.locator("#sheet-strokes-error")).to_contain_text("cannot be read as a signature")
    sheet.locator("[data-clear]").tap()
    pen.box(pad)
    before = sheet.evaluate("sheet => [sheet.scrollTop, scrollY]")
    pen.with_finger(page, pad)
    assert sheet.evaluate("sheet => [sheet.scrollTop, scrollY]") == before
    assert judged(page, "sheet") == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.emulate_media(color_scheme="light")
    sheet.locator("[type=submit]").tap()
    expect(sheet).to_have_count(0)
    expect(pen.slot(page, "auditee")).to_have_attribute("data-state", "signed")
    expect(pen.slot(page, "auditee").locator(".ink path")).to_have_attribute("d", re.compile("^M"))
    assert judged(page, "signed") == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.emulate_media(color_scheme="light")


def _change_and_sign_again(bo: Phone, record: str) -> None:
    page = bo.page
    page.goto(f"/app/en/#/i/{record}/q/M07")
    bo.answer("M07", "8")
    page.goto(f"/app/en/#/i/{record}/sign")
    for slot in ("auditor", "auditee"):
        expect(pen.slot(page, slot)).to_contain_text("1 answer changed after this signature was given.")
        expect(pen.slot(page, slot)).to_have_attribute("data-state", "outdated")
    page.goto(f"/app/en/#/i/{record}/review")
    expect(page.locator("[data-blocks] .item")).to_contain_text(["Sign again: Auditor", "Sign again"])
    page.locator("footer [data-sign]").tap()
    pen.sign(bo, "auditor", pen.with_mouse)
    pen.sign(bo, "auditee", pen.with_finger, "Wang Jianguo")


def test_the_supplier_refuses_and_the_app_speaks_chinese(phone: Callable[..., Phone], world: World) -> None:
    lin = phone(locale="zh-CN")
    page = lin.page
    lin.tolerate(REPORT_ELSEWHERE)
    lin.sign_in("lin")
    record = lin.start_unplanned("Hengda Precision", "zh-Hans")
    lin.answer_open()
    lin.all_sent()
    page.goto(f"/app/zh-Hans/#/i/{record}/sign")
    expect(page.locator("[data-slots] article")).to_have_count(2)
    # without a pointer: the refusal is a form like any other
    page.locator("[data-refuse=auditee]").focus()
    page.keyboard.press("Enter")
    sheet = page.locator("dialog.signing")
    expect(sheet.locator("h2")).to_have_text("供应商拒签")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.locator("[data-refuse=auditee]").press("Enter")
    sheet.locator("#sheet-name").fill("王建国")
    sheet.locator("#sheet-role").fill("质量经理")
    sheet.locator("#sheet-reason").fill("须先请示总部。")
    sheet.locator("#sheet-witness_name").fill("李强")
    sheet.locator("#sheet-witness_role").fill("仓库")
    assert judged(page, "refusal") == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    sheet.locator("#sheet-witness_role").press("Enter")
    expect(sheet).to_have_count(0)
    expect(pen.slot(page, "auditee")).to_contain_text("须先请示总部。")
    expect(pen.slot(page, "auditee")).to_contain_text("李强")
    pen.sign(lin, "auditor", pen.with_finger)
    page.locator("footer [data-href=review]").tap()
    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    expect(page.locator("#view [data-x=done] .note")).to_be_visible()
    lin.all_sent()
    assert world.rows("SELECT state FROM inspections WHERE id = ?", record) == [("completed",)]
    refusal = _signed(lin, record)[0]
    assert refusal["reason"] == {"text": "须先请示总部。", "lang": "zh-Hans"}
    assert refusal["witness"] == {"name": "李强", "role": "仓库"}
    exactly_once(lin, record)


_REPORT = {
    "number": "R-2026-00041",
    "revision": 1,
    "language": "en",
    "error": None,
    "download": None,
    "verify": None,
}
_STEPS: list[dict[str, Any]] = [
    {"state": "drawing", "progress": {"text": "photos 12/34", "done": 12, "of": 34}},
    {"state": "sealing", "progress": {"text": "sealing", "done": 0, "of": 0}},
    {
        "state": "failed",
        "progress": {"text": "", "done": 0, "of": 0},
        "error": {"code": "report_failed", "text": "The renderer was stopped."},
    },
    {
        "state": "issued",
        "progress": None,
        "download": "/reports/41.pdf",
        "verify": "/verify/9f3a77c0c21e4b6f8a52d1e07b3c9a64",
    },
]


def test_the_report_is_followed_until_it_is_there(phone: Callable[..., Phone], world: World) -> None:
    """The answers of the server are given here: what is judged is what the phone makes of them."""
    bo = phone()
    page = bo.page
    bo.sign_in("bo")
    steps = iter(_STEPS)
    now = [next(steps)]

    def answer(route: Route) -> None:
        route.fulfill(json={"api": "plumbline/1", "reports": [_REPORT | now[0]]})

    page.route("**/api/v1/reports/of/inspection/*", answer)
    record = bo.inspection("Ruixin", "done")
    page.goto(f"/app/en/#/i/{record}/review")
    reports = page.locator("[data-reports]")
    expect(reports).to_contain_text("R-2026-00041")
    expect(reports.locator("[role=status]")).to_have_text("photos 12/34")
    now[0] = next(steps)
    expect(reports.locator("[role=status]")).to_have_text("sealing")
    now[0] = next(steps)
    expect(reports).to_contain_text("The renderer was stopped.")
    expect(reports.locator("a")).to_have_attribute("href", f"/inspections/{record}")
    now[0] = next(steps)
    page.reload()
    expect(reports.locator("a[download]")).to_have_attribute("href", "/reports/41.pdf")
    assert judged(page, "report") == []
    # no signal: nothing is promised and nothing is in the way
    bo.cut()
    page.unroute("**/api/v1/reports/of/inspection/*")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.locator("header .iconbtn").tap()
    expect(page.locator("[data-tabs]")).to_be_visible()
    page.goto(f"/app/en/#/i/{record}/review")
    expect(reports).to_be_hidden()
    expect(page.locator("#view [data-x=done]")).to_contain_text("Completed.")


def test_a_new_revision_opens_it_again(phone: Callable[..., Phone], world: World) -> None:
    mara, bo = phone(size=DESK), phone()
    bo.tolerate(REPORT_ELSEWHERE)
    bo.sign_in("bo")
    record = bo.inspection("Kaida", "done")
    expect(bo.page.locator("[data-x=ended]")).to_contain_text("Completed.")
    mara.sign_in("mara")
    mara.page.goto(f"/inspections/{record}")
    mara.page.locator("#revision > summary").click()
    mara.page.locator("#revision textarea").fill("The part number was wrong.")
    mara.page.locator("#revision .btn--main").click()
    expect(mara.page.locator("main")).to_contain_text("The part number was wrong.")

    page = bo.page
    page.goto("/app/en/#/work")
    page.reload()
    page.locator(f"[data-list=progress] a[href='#/i/{record}']").tap()
    expect(page.locator("[data-tabs]")).to_be_visible()
    page.goto(f"/app/en/#/i/{record}/review")
    expect(page.locator("#view [data-x=done]")).to_contain_text("Opened for revision 2.")
    expect(page.locator("#view [data-x=done]")).to_contain_text("The part number was wrong.")
    page.goto(f"/app/en/#/i/{record}/q/M07")
    bo.answer("M07", "10")
    page.goto(f"/app/en/#/i/{record}/sign")
    expect(page.locator("article[data-state=outdated]")).to_have_count(2)
    expect(page.locator("article").first).to_contain_text("changed after this signature was given.")
    pen.sign(bo, "auditor", pen.with_mouse)
    pen.sign(bo, "auditee", pen.with_mouse, "Ma Yun")
    page.locator("footer [data-href=review]").tap()
    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    expect(page.locator("#view [data-x=done]")).to_contain_text("Completed.")
    bo.all_sent()
    assert world.rows("SELECT state, revision FROM inspections WHERE id = ?", record) == [("completed", 2)]
    revisions = world.rows(
        "SELECT revision FROM inspection_revisions WHERE inspection_id = ? ORDER BY 1", record
    )
    assert revisions == [(1,), (2,)]
