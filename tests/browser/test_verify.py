"""The worker of a real start makes the seal; anyone checks a file and reads the certificate."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from pathlib import Path

import pikepdf
from playwright.sync_api import expect

from tests.browser.phone import DESK, Phone
from tests.browser.test_pages import judged
from tests.browser.world import World


def test_the_worker_makes_the_seal_at_its_first_start(world: World) -> None:
    key = world.data / "seal" / "signer.key"
    deadline = time.monotonic() + 30
    while not key.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_stranger_checks_a_file(phone: Callable[..., Phone], world: World, tmp_path: Path) -> None:
    visitor = phone()
    page = visitor.page
    found = []
    page.goto("/verify")
    found += judged(page, "/verify")
    path = tmp_path / "other.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(path)
    page.locator("#file").set_input_files(path)
    page.locator("main button.btn--main").click()
    expect(page.locator("[data-verdict=unsealed]")).to_be_visible()
    found += judged(page, "unsealed")
    page.locator("a", has_text="Certificate, and how").click()
    expect(page.locator(".fingerprint")).to_have_text(world.house.health()["parts"]["seal"]["fingerprint"])
    found += judged(page, "/verify/certificate")
    with page.expect_download() as download:
        page.locator("a", has_text="Download the certificate").click()
    assert Path(download.value.path()).read_bytes() == (world.data / "seal" / "ca.crt").read_bytes()
    assert not found, "\n".join(found)


def test_a_list_that_finds_nothing_says_what_to_do(phone: Callable[..., Phone]) -> None:
    desk = phone(size=DESK)
    desk.sign_in("mara")
    desk.page.goto("/reports?q=1999-0001")
    expect(desk.page.locator("main")).to_contain_text("Nothing matches these filters")
    assert judged(desk.page, "/reports") == []
