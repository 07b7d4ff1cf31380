"""From the plan at the desk to the PDF a stranger verifies: real answers and photos, the worker's real seal.
One audit ends with two signatures and a dispute and is then revised, one ends with a refusal."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser import bulk, pen
from tests.browser.phone import DESK, Phone
from tests.browser.photos import picture
from tests.browser.world import World

SIX = {"E06": 2, "E02": 1, "M07": 1, "P09": 1, "D02": 1}
ISSUING = 90_000  # milliseconds for drawing and sealing on a machine that does much else
ALONE = "/api/v1/reports/of/"  # asked in the moment between completion and the server's hearing of it
DISPUTE = "The mould trial was announced; the setting was allowed for that day."
ANSWER = re.compile(r"^ *([A-Z]\d\d)(?: [★V])? {2,}\S.*? {3,}\d +(10|8|6|4|0|n/a|不适用)(?: +F\d+)?$", re.M)


def _planned(mara: Phone, site: str) -> str:
    """A plan made at the desk; the id of the inspection."""
    page = mara.page
    page.goto("/inspections/new")
    page.locator("#checklist").select_option(label="4M1E supplier audit")
    expect(page.locator("[name=left_out][value=management]")).to_be_attached()
    place = page.locator("#site option", has_text=site).first.get_attribute("value")
    with page.expect_response(re.compile("/inspections/new")):
        page.locator("#site").select_option(place)
    page.locator("[name=lead]").select_option(label="Bo Chen")
    due = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=2)
    page.locator("[name=due]").fill(due.isoformat())
    page.locator("[name=objectives]").fill("Release of the housing line for the second shift.")
    page.locator("#plan .btn--main").click()
    page.wait_for_url(re.compile("/inspections/[0-9a-f-]{36}"))
    found = re.search("/inspections/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def _open(phone: Phone, record: str, view: str, language: str = "en") -> None:
    phone.page.goto("about:blank")  # or only the # would change, and the server not be asked
    phone.page.goto(f"/app/{language}/#/i/{record}/{view}")
    expect(phone.page.locator("header h1, [data-tabs]").first).to_be_visible()


def _give_photos(
    phone: Phone, record: str, folder: Path, counts: dict[str, int], language: str = "en"
) -> None:
    for name, count in counts.items():
        _open(phone, record, f"q/{name}", language)
        expect(phone.question(name).locator("input:checked")).to_have_count(1)
        phone.give_photo(name, *(picture(folder / f"{name}-{n}.jpg", (800, 600)) for n in range(count)))
        expect(phone.question(name).locator("[data-photos] button img")).to_have_count(count)
    phone.all_sent()  # a photo that is still being made smaller would come between two signatures


def _complete(phone: Phone, revision: int = 1) -> None:
    """From the sign page until the phone offers the report of this revision."""
    page = phone.page
    page.locator("footer [data-href=review]").tap()
    expect(page.locator("[data-clear]")).to_be_visible()
    page.locator("[data-complete]").tap()
    page.locator("#confirm [data-x=yes]").tap()
    report = page.locator("[data-reports] .report", has_text=f"revision {revision}" if revision > 1 else "")
    expect(report.locator("a[download]")).to_be_visible(timeout=ISSUING)


def _taken(page: Page, folder: Path, link: str) -> Path:
    with page.expect_download() as started:
        page.locator(link).first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def _out(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def _squeezed(text: str) -> str:
    """Without the white space that a narrow column puts in."""
    return re.sub(r"\s", "", text)


def _holds_what_was_answered(path: Path, given: dict[str, tuple[str, str]]) -> str:
    """Every score and every word, and as many photos; the text without white space."""
    rows = dict(ANSWER.findall(_out("pdftotext", "-layout", path, "-")))
    assert {name: re.sub("n/a|不适用", "na", score) for name, score in rows.items()} == {
        name: score for name, (score, _) in given.items()
    }
    text = _squeezed(_out("pdftotext", path, "-"))
    missing = [words for _, words in given.values() if _squeezed(words) not in text]
    assert not missing, missing
    return text


def _photos_in(path: Path) -> int:
    return sum(line.split()[8] == "jpeg" for line in _out("pdfimages", "-list", path).splitlines()[2:])


def _is_trusted(path: Path, world: World, folder: Path) -> None:
    store = f"sql:{folder}"
    _out("certutil", "-N", "-d", store, "--empty-password")
    _out("certutil", "-A", "-n", "ours", "-t", "CT,C,C", "-i", world.data / "seal" / "ca.crt", "-d", store)
    told = _out("pdfsig", "-nssdir", store, path)
    assert told.count("Signature is Valid.") == told.count("Certificate is Trusted.") == 2, told


def _checked(page: Page, path: Path, verdict: str) -> None:
    """A stranger hands the file over."""
    page.goto("/verify")
    page.locator("#file").set_input_files(path)
    page.locator("main button.btn--main").click()
    expect(page.locator(f"[data-verdict={verdict}]")).to_be_visible()


def test_two_signatures_a_dispute_and_a_second_revision(
    phone: Callable[..., Phone], world: World, tmp_path: Path
) -> None:
    mara, bo, stranger = phone(size=DESK), phone(), phone()
    mara.sign_in("mara")
    record = _planned(mara, "Suzhou plant")
    bo.tolerate(ALONE)
    bo.sign_in("bo")
    expect(bo.page.locator(f"[data-list=due] a[href='#/i/{record}']")).to_be_visible()
    given = bulk.answer_all(bo, record)
    _give_photos(bo, record, tmp_path, SIX)
    page = bo.page
    _open(bo, record, "review")
    page.locator("[data-findings] .item", has_text="E06").tap()
    page.locator("[data-position] label", has_text="Disputes").tap()
    page.locator("#finding-position-text").fill(DISPUTE)
    page.locator("#finding-position-text").blur()
    page.locator("header .iconbtn").tap()
    page.locator("footer [data-sign]").tap()
    pen.sign(bo, "auditor", pen.with_mouse)
    pen.sign(bo, "auditee", pen.with_mouse, "Wang Jianguo")
    _complete(bo)

    first = _taken(page, tmp_path, "[data-reports] a[download]")
    text = _holds_what_was_answered(first, given)
    assert _squeezed(f"Disagrees. {DISPUTE}") in text
    assert "WangJianguo" in text and "Iconfirmthefacts" in text
    assert _photos_in(first) == sum(SIX.values())
    (tmp_path / "nss").mkdir()
    _is_trusted(first, world, tmp_path / "nss")

    _checked(stranger.page, first, "genuine")
    expect(stranger.page.locator("main")).to_contain_text("Wang Jianguo")
    paper = re.search(r"http://[^ ]+/verify/[a-z2-7]{26}", text)
    assert paper
    stranger.page.goto(paper[0])
    expect(stranger.page.locator("main")).to_contain_text("This report is issued and is the newest")
    expect(stranger.page.locator("main")).not_to_contain_text("Hengda")

    # at the desk the same file, and the report in another language
    mara.page.goto(f"/inspections/{record}")
    reports = mara.page.locator(f"#reports-of-{record}")
    assert _taken(mara.page, tmp_path / "desk", f"#reports-of-{record} .btn--main").read_bytes() == (
        first.read_bytes()
    )
    reports.locator("button[value=zh-Hant]").click()
    expect(reports.locator(".btn--main")).to_have_count(2, timeout=ISSUING)

    # a second revision: the first is still what was sealed, and no longer counts
    mara.page.locator("#revision > summary").click()
    mara.page.locator("#revision textarea").fill("One score was too kind.")
    mara.page.locator("#revision .btn--main").click()
    expect(mara.page.locator("main")).to_contain_text("One score was too kind.")
    _open(bo, record, "q/M01")
    bo.answer("M01", "8")
    _open(bo, record, "sign")
    pen.sign(bo, "auditor", pen.with_mouse)
    pen.sign(bo, "auditee", pen.with_mouse, "Wang Jianguo")
    bo.all_sent()
    _complete(bo, revision=2)
    expect(page.locator("[data-reports] .report", has_text="superseded")).to_have_count(2)
    second = _taken(page, tmp_path, "[data-reports] .btn--main[download]")
    assert second.name != first.name
    _holds_what_was_answered(second, given | {"M01": ("8", given["M01"][1])})
    _checked(stranger.page, first, "genuine")
    expect(stranger.page.locator("main")).to_contain_text("A newer revision is issued: 2.")
    _checked(stranger.page, second, "genuine")
    expect(stranger.page.locator("main")).not_to_contain_text("A newer revision")


def test_a_refusal_is_sealed_too(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    lin, stranger = phone(locale="zh-CN"), phone()
    page = lin.page
    lin.tolerate(ALONE)
    lin.sign_in("lin")
    record = lin.start_unplanned("Jiangnan", "zh-Hans")
    lin.all_sent()
    given = bulk.answer_all(lin, record, "zh-Hans")
    few = {"E06": 1, "E02": 1}
    _give_photos(lin, record, tmp_path, few, "zh-Hans")
    _open(lin, record, "sign", "zh-Hans")
    pen.sign(lin, "auditor", pen.with_mouse)
    page.locator("[data-refuse=auditee]").tap()
    sheet = page.locator("dialog.signing")
    for name, words in (
        ("name", "王建国"),
        ("role", "质量经理"),
        ("reason", "须先请示总部。"),
        ("witness_name", "李强"),
        ("witness_role", "仓库"),
    ):
        sheet.locator(f"#sheet-{name}").fill(words)
    sheet.locator("[type=submit]").tap()
    expect(sheet).to_have_count(0)
    _complete(lin)
    path = _taken(page, tmp_path, "[data-reports] a[download]")
    text = _holds_what_was_answered(path, given)
    for said in ("须先请示总部。", "李强", "拒绝签字"):
        assert said in text, said
    assert _photos_in(path) == sum(few.values())
    (tmp_path / "nss").mkdir()
    _is_trusted(path, world, tmp_path / "nss")
    _checked(stranger.page, path, "genuine")
    expect(stranger.page.locator("main")).to_contain_text("王建国")
