"""Networks and phones that fail, between the real browser and the real server (offline.md §5: 3, 27, 28,
29, 40, 47)."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.narrow import Narrow, begin, carry
from tests.browser.net import API, CHECK, COMPLETION, INDEX, PART, PUSH, Net, nudge, nudge_until_sent, waiting
from tests.browser.phone import LONG, Phone
from tests.browser.photos import THUMBS, shot
from tests.browser.proof import exactly_once

HOTEL = b"<html><h1>Welcome, guest. Please log in.</h1></html>"


def ready(phone: Callable[..., Phone], net: Net, site: str) -> tuple[Phone, str]:
    """Bo's phone on this network, in the first section of a new inspection that the server has."""
    bo = phone(at=net)
    return bo, begin(bo, site)


def photos(net: Net, record: str) -> int:
    found: list[tuple[int]] = net.rows("SELECT count(*) FROM media_uses WHERE record_id = ?", record)
    return found[0][0]


def test_five_answers_lost_after_the_commit(phone: Callable[..., Phone], net: Net) -> None:
    """3: the server has it, its answer never arrives, five times."""
    bo, record = ready(phone, net, "Jiangnan Springs")
    net.do("drop_after", PUSH)
    net.do("drop_before", r"GET /api/v1/(sync|inspections)/")  # else what it fetches is a receipt as well
    before = net.heard(PUSH)
    bo.answer("M01", "8")
    until = time.monotonic() + LONG / 1000
    while net.heard(PUSH) < before + 5:
        assert time.monotonic() < until
        nudge(bo)
        bo.page.wait_for_timeout(200)
    assert waiting(bo), "nothing is called received without an answer"
    assert len(net.operations(record)) == 2
    net.calm()
    nudge_until_sent(bo)
    exactly_once(bo, record)


def test_a_captive_portal_takes_nothing(phone: Callable[..., Phone], net: Net) -> None:
    """27: whatever a hotel's network answers, it is not our server."""
    bo, record = ready(phone, net, "Ruixin Plastics")
    kind = "application/json"
    foreign = json.dumps({"api": "plumbline/1", "batch": "of somebody else", "results": []}).encode()
    portals = [
        ("replace", (200, "text/html", HOTEL), "Network login"),
        ("replace", (302, "text/html", b"", "Location: http://login.hotel.example/"), "Network login"),
        ("replace", (511, "text/html", HOTEL), "Network login"),
        ("replace", (200, kind, b'{"ok": true}'), "Network login"),
        ("replace", (200, kind, foreign), "Network login"),
        ("garbage", b"\x15\x03\x03\x00\x02\x02\x28", "No signal"),  # a TLS alert where HTTP was spoken
        ("rst", None, "No signal"),
    ]
    for n, (action, value, words) in enumerate(portals, 1):
        there = set(net.operations(record))
        net.do(action, API, value=value)
        bo.answer(f"M{n:02}", "8")
        nudge(bo)
        expect(bo.chip).to_have_text(words, timeout=LONG)
        assert waiting(bo), value
        if action != "rst":  # there the server heard it
            assert set(net.operations(record)) == there
        net.calm()
    nudge_until_sent(bo)
    exactly_once(bo, record)


PROBLEM = "application/problem+json"
STATUSES = (401, 403, 409, 413, 422, 429, 500, 502, 503, 504, 507)


def test_every_status_on_every_address_loses_nothing(
    phone: Callable[..., Phone], net: Net, tmp_path: Path
) -> None:
    """28: once on each address a phone uses, as our server says it or as a page of something in between."""
    bo, record = ready(phone, net, "Tianyu Castings")
    for n, status in enumerate(STATUSES):
        if status in (401, 429, 500, 503, 507):
            body = json.dumps({"api": "plumbline/1", "code": "x", "title": "x"}).encode()
            page = (status, PROBLEM, body, "Retry-After: 1")
        else:
            page = (status, "text/html", HOTEL)
        rules = [net.do("replace", where, 1, page) for where in (PUSH, CHECK, PART, COMPLETION, INDEX)]
        bo.answer(f"M{n % 10 + 1:02}", "10" if n < 10 else "6")
        if n % 3 == 0:
            bo.give_photo("M01", shot(tmp_path / f"{n}.jpg", 2800 + n))
            expect(bo.question("M01").locator(THUMBS)).to_have_count(n // 3 + 1)
        nudge_until_sent(bo)
        assert rules[0].seen > 1, f"{status} was met and survived"
        if n % 3 == 0:
            assert [rule.match for rule in rules[1:4] if not rule.seen] == [], status
        net.calm()
    exactly_once(bo, record)
    assert photos(net, record) == 4
    assert not [op for op in bo.mine(record) if op["state"] != "acked"]


def test_a_proxy_of_64_kilobytes(phone: Callable[..., Phone], net: Net, tmp_path: Path) -> None:
    """29: first what such proxies usually take, then hardly anything; batches and parts shrink."""
    bo, record = ready(phone, net, "Jiangnan Springs")
    for turn, limit in enumerate((1024 * 1024, 64 * 1024)):
        net.do("limit", API, value=limit)
        bo.cut()
        for n in range(1, 10):
            name = f"M{n:02}"
            if turn == 0:
                bo.question(name).locator("[data-do=note]").tap()
            note = bo.question(name).locator("[data-field=note]")
            note.fill(f"Turn {turn}. " + "Seen on line 2. " * 600)
            note.blur()
            expect(bo.saved(name)).to_have_attribute("data-state", re.compile("phone|server"))
        bo.give_photo("M01", shot(tmp_path / f"{turn}.jpg", 2900 + turn, (2000, 1500)))
        expect(bo.question("M01").locator(THUMBS)).to_have_count(turn + 1)
        bo.context.set_offline(False)
        nudge_until_sent(bo)
        net.calm()
    exactly_once(bo, record)
    assert photos(net, record) == 2
    sizes = [len(request.body) for request in net.proxy.heard if re.match(f"{PUSH}|{PART}", request.what)]
    assert max(sizes) > 64 * 1024, "the limit was met"


def test_photos_over_a_narrow_link_that_is_cut(phone: Callable[..., Phone], net: Net, tmp_path: Path) -> None:
    """40, shortened; at full length: `python -m tests.browser.narrow [seed]`."""
    bo, record = ready(phone, net, "Goldleaf Packaging")
    carry(bo, net, record, tmp_path, Narrow(count=6, rate=150_000, lost=0.2, every=1.5, seed=40))


def test_a_phone_put_back_to_yesterday(phone: Callable[..., Phone], net: Net, tmp_path: Path) -> None:
    """47: its profile is copied back; what it had sent since comes back from the server, once."""
    bo, record = ready(phone, net, "Tianyu Castings")
    bo.cut()
    bo.answer("M01", "8")  # of yesterday, not yet sent
    bo.switch_off()
    shutil.copytree(bo.folder, tmp_path / "yesterday", symlinks=True)
    bo.switch_on()
    bo.page.goto(f"/app/en/#/i/{record}/s/man")
    bo.answer("M02", "6")
    bo.answer("M03", "10")
    nudge_until_sent(bo)
    log = {op["id"]: op["value"] for op in bo.mine(record)}
    bo.switch_off()
    shutil.rmtree(bo.folder)
    shutil.copytree(tmp_path / "yesterday", bo.folder, symlinks=True)
    bo.switch_on()
    bo.page.goto(f"/app/en/#/i/{record}/s/man")
    expect(bo.question("M01").locator("input[value='8']")).to_be_checked()
    nudge_until_sent(bo)
    expect(bo.question("M02").locator("input[value='6']")).to_be_checked(timeout=LONG)
    expect(bo.question("M03").locator("input[value='10']")).to_be_checked()
    bo.answer("M04", "8")
    bo.answer("M02", "8")
    nudge_until_sent(bo)
    log |= {op["id"]: op["value"] for op in bo.mine(record)}
    stored = net.operations(record)
    assert len(stored) == len(set(stored)) and set(stored) == set(log)
    assert net.fates(record) == {"applied": len(log)}
    assert net.rows("SELECT conflicts, answered FROM inspections WHERE id = ?", record) == [(0, 4)]
