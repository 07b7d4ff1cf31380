"""Photos from somebody who means harm: the disk is not filled, and the database keeps its room."""

from __future__ import annotations

import hashlib
from collections import namedtuple

import pytest
from flask import Flask

from app.features.sync import api
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg

SHA = hashlib.sha256(b"x").hexdigest()
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    return Phone(PageClient(app, cast.owner)).register()


def part(phone: Phone, index: int, part_size: int, data: bytes) -> int:
    address = f"/api/v1/media/{SHA}/parts/{index}?ps={part_size}"
    answer = phone.client.api("PUT", address, data=data, content_type="application/octet-stream")
    return answer.status_code


def test_a_part_that_no_photo_has_is_refused(phone: Phone) -> None:
    """Found: 256 parts of 16 MB each were taken for one photo of 16 MB at most."""
    assert part(phone, 15, 1 << 20, b"x") == 201
    assert part(phone, 16, 1 << 20, b"x") == 413
    assert part(phone, 1, 16 << 20, b"x") == 413


def test_one_person_cannot_fill_the_disk(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "UPLOADS", "13 per hour")
    assert part(phone, 0, 4 << 20, b"x" * (3 << 20)) == 201
    assert part(phone, 0, 4 << 20, b"x" * (3 << 20)) == 429
    assert part(phone, 1, 4 << 20, b"x") == 201


def test_photos_leave_the_database_its_room(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 10**8))
    answer = phone.put_part(jpeg())
    assert answer.status_code == 507
    assert answer.json is not None
    assert answer.json["code"] == "disk_full"


@pytest.mark.parametrize("query", ["", "?ps=", "?ps=-1", "?ps=0", "?ps=1e9", "?ps=" + "9" * 60, "?ps=%00"])
def test_part_sizes_of_rubbish(phone: Phone, query: str) -> None:
    answer = phone.client.api("PUT", f"/api/v1/media/{SHA}/parts/0{query}", data=b"x")
    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"size": True, "parts": True, "ps": True},
        {"size": 10**30, "parts": 1, "ps": 1},
        {"size": 1, "parts": 10**30, "ps": 1},
        {"size": -1, "parts": -1, "ps": -1},
        {"size": 1, "parts": 1, "ps": 1.5},
        {"size": "1", "parts": "1", "ps": "1"},
        [],
        "x",
    ],
)
def test_completions_of_rubbish(phone: Phone, body: object) -> None:
    answer = phone.client.api("POST", f"/api/v1/media/{SHA}/completion", json=body)
    assert answer.status_code in (413, 422)


@pytest.mark.parametrize("wanted", [None, 5, {}, [None, 5, {}, "x", "\ud800"], ["a" * 64] * 1001])
def test_questions_of_rubbish(phone: Phone, wanted: object) -> None:
    answer = phone.client.api("POST", "/api/v1/media/check", json={"sha256": wanted})
    assert answer.status_code in (200, 422)


def test_polyglots_are_pictures_or_nothing(phone: Phone) -> None:
    """A page behind a photo's last byte is evidence byte for byte, but is never served."""
    both = jpeg() + b"<html><script>alert(1)</script></html>"
    assert phone.upload(both).status_code in (201, 422)
    for first in (b"<html><script>alert(1)</script>", b"GIF89a/*", b"%PDF-1.7", b"PK\x03\x04"):
        assert phone.upload(first + jpeg()).status_code == 422
