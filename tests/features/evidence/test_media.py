"""Photos through the media addresses: what is taken, what is refused in words, who may see them."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.db import new_id, reading
from app.features.evidence.models import Media
from app.features.sync.api import BLOBS
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import SVG, TEXT, bomb, half_a_jpeg, jpeg, rotated_jpeg


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    version = audit_version(app)
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(version, cast.site, cast.owner)
    made.push()
    return made


def give(phone: Phone, picture: bytes) -> str:
    """The photo's operation is on the server; its bytes are not yet."""
    phone.add_photo("q/M01", picture)
    assert phone.push()[0]["result"] == "applied"
    return phone.sha256(picture)


def present(app: Flask) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Media)) or 0


def test_a_photo_arrives_and_is_seen_without_its_metadata(app: Flask, phone: Phone) -> None:
    picture = rotated_jpeg()
    sha = give(phone, picture)
    assert phone.client.api("GET", f"/api/v1/media/{sha}").status_code == 404
    assert phone.upload(picture).status_code == 201
    shown = phone.client.api("GET", f"/api/v1/media/{sha}?w=480")
    assert shown.status_code == 200
    assert shown.content_type == "image/jpeg"
    image = Image.open(io.BytesIO(shown.data))
    assert image.size == (300, 400)  # turned upright
    assert not dict(image.getexif())
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in shown.headers["Cache-Control"]
    kept = app.extensions[BLOBS].open(sha)
    with kept:
        assert kept.read() == picture, "the evidence is kept byte for byte"


def test_the_same_photo_again_is_welcome(app: Flask, phone: Phone) -> None:
    picture = jpeg()
    give(phone, picture)
    assert phone.upload(picture).status_code == 201
    assert phone.upload(picture).status_code == 200
    assert present(app) == 1
    check = phone.client.api(
        "POST", "/api/v1/media/check", json={"sha256": [phone.sha256(picture), "0" * 64, "x", 7]}
    )
    assert check.json is not None
    assert check.json["have"] == [phone.sha256(picture)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("text", "not_a_picture"),
        ("half", "half_a_picture"),
        ("bomb", "too_many_pixels"),
        ("svg", "svg_refused"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(app: Flask, phone: Phone, name: str, code: str) -> None:
    picture = {"text": TEXT, "half": half_a_jpeg(), "bomb": bomb(), "svg": SVG}[name]
    if name == "bomb":
        assert len(picture) < 32_000
    give(phone, picture)
    phone.set("q/M02", "score", "8")
    answer = phone.upload(picture)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == code
    assert len(answer.json["title"]) > 20
    assert present(app) == 0
    # nothing else is lost by it
    assert phone.push()[0]["result"] == "applied"
    good = jpeg(seed=7)
    give(phone, good)
    assert phone.upload(good).status_code == 201


def test_damaged_bytes_are_dropped_and_sent_again(phone: Phone) -> None:
    picture = jpeg()
    sha = give(phone, picture)
    damaged = bytes([picture[0] ^ 1]) + picture[1:]
    assert phone.put_part(damaged, sha).status_code == 201
    body = {"size": len(picture), "parts": 1, "ps": len(picture), "mime": "image/jpeg"}
    answer = phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=body)
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (422, "sha_mismatch")
    assert phone.upload(picture).status_code == 201


def test_a_missing_part_is_named(phone: Phone) -> None:
    picture = jpeg()
    sha = give(phone, picture)
    body = {"size": len(picture), "parts": 1, "ps": len(picture), "mime": "image/jpeg"}
    answer = phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=body)
    assert answer.json is not None
    assert answer.status_code == 409
    assert answer.json["missing"] == [0]


def test_a_photo_is_seen_only_by_who_sees_the_inspection(app: Flask, cast: Cast, phone: Phone) -> None:
    picture = jpeg()
    sha = give(phone, picture)
    phone.upload(picture)
    address = f"/api/v1/media/{sha}?w=1280"
    for person, status in ((cast.manager, 200), (cast.scoped, 200), (cast.stranger, 404), (cast.gone, 401)):
        assert PageClient(app, person).api("GET", address).status_code == status
    assert PageClient(app, None).api("GET", address).status_code == 401
    strangers = Phone(PageClient(app, cast.stranger)).register()
    check = strangers.client.api("POST", "/api/v1/media/check", json={"sha256": [sha]})
    assert check.json is not None
    assert check.json["have"] == [], "whether the server has somebody else's photo is nobody's business"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/media/nonsense",
        f"/api/v1/media/{'G' * 64}",
        f"/api/v1/media/{'a' * 64}",
        "/api/v1/media/..%2f..%2fetc%2fpasswd",
    ],
)
def test_hostile_names_are_not_here(phone: Phone, path: str) -> None:
    assert phone.client.api("GET", path).status_code == 404


def test_only_known_widths_are_served(phone: Phone) -> None:
    picture = jpeg()
    sha = give(phone, picture)
    phone.upload(picture)
    for width in ("0", "481", "100000", "x"):
        status = phone.client.api("GET", f"/api/v1/media/{sha}?w={width}").status_code
        assert status == (200 if width == "x" else 404)


def test_uploads_are_bounded(phone: Phone) -> None:
    sha = "a" * 64
    too_long = phone.client.api(
        "PUT",
        f"/api/v1/media/{sha}/parts/0?ps=10",
        data=b"x" * 11,
        content_type="application/octet-stream",
    )
    assert too_long.status_code == 413
    for address in (f"/api/v1/media/{sha}/parts/999?ps=10", f"/api/v1/media/{sha}/parts/0?ps=0"):
        answer = phone.client.api("PUT", address, data=b"x", content_type="application/octet-stream")
        assert answer.status_code == 422
    body = {"size": 10**12, "parts": 1, "ps": 10, "mime": "image/jpeg"}
    assert phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=body).status_code == 413
    for bad in ({}, {"size": "10", "parts": 1, "ps": 1}, {"size": True, "parts": 1, "ps": 1}):
        answer = phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=bad)
        assert answer.status_code == 422


def test_completion_waits_for_the_photo(app: Flask, phone: Phone) -> None:
    from app.features.inspections.models import Inspection
    from app.features.inspections.queries import form_of

    with app.app_context():
        row = reading().get(Inspection, UUID(phone.record))
        assert row is not None
        questions = sorted(form_of(reading(), row.version_id).questions)
    for question in questions:
        phone.set(f"q/{question}", "score", "10")
        phone.set(f"q/{question}", "note", {"text": "Seen", "lang": "en"})
    picture = jpeg()
    phone.add_photo("q/M01", picture)
    phone.sign_both()
    phone.push()
    done = phone.operation(
        "complete", "inspection", "completed", {"operations": 1, "media": [phone.sha256(picture)]}
    )
    first = phone.push()[0]
    assert (first["result"], first["code"]) == ("deferred", "media_expected")
    assert phone.upload(picture).status_code == 201
    again = phone.send([done]).json
    assert again is not None
    assert again["results"][0]["result"] == "applied"


def test_device_ids_belong_to_one_person(app: Flask, cast: Cast, phone: Phone) -> None:
    other = PageClient(app, cast.teammate)
    answer = other.api("POST", "/api/v1/devices", json={"device": phone.device, "label": "", "platform": ""})
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (403, "device_of_other")
    for bad in ("", "x", 7, None, str(new_id()).upper()):
        answer = other.api("POST", "/api/v1/devices", json={"device": bad})
        assert answer.status_code == 422
