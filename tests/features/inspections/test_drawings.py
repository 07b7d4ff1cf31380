"""Drawings on photos through HTTP: taken and refused, seen by whoever sees the inspection."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

ARROW = {"kind": "arrow", "x": 100, "y": 100, "x2": 5000, "y2": 4000, "colour": "red"}
WORDS = {"kind": "text", "x": 10, "y": 900, "text": "<b>Crack</b>", "lang": "en", "colour": "yellow"}


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    made.push()
    return made


def photograph(phone: Phone, **more: Any) -> tuple[str, str]:
    """A photo that is on the server: its media id and hash."""
    picture = jpeg()
    op = phone.add_photo("q/M01", picture, w=640, h=480, **more)
    phone.push()
    assert phone.upload(picture).status_code == 201
    return op["value"]["media_id"], phone.sha256(picture)


def test_a_drawing_lies_over_the_photo_and_can_be_taken_off(app: Flask, cast: Cast, phone: Phone) -> None:
    media, sha = photograph(phone)
    phone.set("q/M01", f"marks:{media}", [ARROW, WORDS])
    assert phone.push()[0]["result"] == "applied"
    manager = PageClient(app, cast.manager)
    page = manager.get(f"/inspections/{phone.record}").text
    assert "marks--thumb" in page and 'd="M100 100L5000 4000' in page and 'viewBox="0 0 10000 7500"' in page
    assert "&lt;b&gt;Crack&lt;/b&gt;" in page and "<b>Crack" not in page
    address = f"/inspections/{phone.record}/photos/{sha}"
    assert f'href="{address}"' in page
    assert 'class="marks"' in manager.get(address).text
    assert 'class="marks"' not in manager.get(f"{address}?drawn=no").text
    history = manager.get(f"/inspections/{phone.record}/history").text
    assert "Drawing on a photo of M01" in history and "2 shapes" in history
    # the photo itself is what it was
    assert phone.client.api("GET", f"/api/v1/media/{sha}").status_code == 200
    phone.set("q/M01", f"marks:{media}", None)
    phone.push()
    assert "marks" not in manager.get(address).text.split("</header>")[-1]


def test_who_may_not_see_the_inspection_sees_no_photo_page(app: Flask, cast: Cast, phone: Phone) -> None:
    _, sha = photograph(phone)
    address = f"/inspections/{phone.record}/photos/{sha}"
    for person, status in (
        (cast.manager, 200),
        (cast.scoped, 200),
        (cast.stranger, 404),
        (cast.teammate, 404),
    ):
        assert PageClient(app, person).get(address).status_code == status
    away = jpeg(seed=5)
    phone.add_photo("q/M01", away)
    phone.push()
    manager = PageClient(app, cast.manager)
    for other in (phone.sha256(away), "0" * 64, "x"):
        assert manager.get(f"/inspections/{phone.record}/photos/{other}").status_code == 404


@pytest.mark.parametrize(
    "value", [[], [{**ARROW, "x": 10_001}], [{**ARROW, "colour": "url(x)"}], [ARROW] * 51, "M0 0", {"a": 1}]
)
def test_what_is_no_drawing_is_refused(phone: Phone, value: Any) -> None:
    media, _ = photograph(phone)
    phone.set("q/M01", f"marks:{media}", value)
    result = phone.push()[0]
    assert (result["result"], result["code"]) == ("rejected", "op_value")


def test_two_who_draw_at_once_are_both_shown_and_nobody_is_asked(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    media, _ = photograph(phone)
    admin = Phone(PageClient(app, cast.admin)).register()
    admin.record, admin.n, admin.lamport = phone.record, 50, 50
    phone.set("q/M01", f"marks:{media}", [ARROW])
    admin.set("q/M01", f"marks:{media}", [WORDS])
    phone.push()
    assert admin.push()[0]["result"] == "applied"
    page = PageClient(app, cast.manager).get(f"/inspections/{phone.record}").text
    assert "M100 100L5000 4000" in page and "&lt;b&gt;Crack&lt;/b&gt;" in page
    assert "two answers" not in page
