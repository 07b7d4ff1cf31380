"""Photos in numbered parts: lost, doubled, out of order, damaged, from two phones, without a disk; who must
have the bytes before a photo counts as theirs; and what the sweep may take (offline.md §5: 31, 39, 41)."""

from __future__ import annotations

import base64
import errno
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.adapters import blobs as blobs_module
from app.adapters import clock
from app.db import reading
from app.features.evidence.models import Media, MediaHolder, MediaUse
from app.features.sync.api import BLOBS
from app.wiring import sweep
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

PART = 4096


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    made.push()
    return made


def parts_of(picture: bytes, size: int = PART) -> list[bytes]:
    return [picture[at : at + size] for at in range(0, len(picture), size)]


def put(phone: Phone, sha: str, index: int, data: bytes, ps: int = PART, digest: bytes = b"") -> TestResponse:
    headers = {}
    if digest:
        headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
    return phone.client.api(
        "PUT",
        f"/api/v1/media/{sha}/parts/{index}?ps={ps}",
        data=data,
        content_type="application/octet-stream",
        headers=headers,
    )


def complete(phone: Phone, sha: str, size: int, ps: int = PART) -> TestResponse:
    body = {"size": size, "parts": -(-size // ps), "ps": ps, "mime": "image/jpeg"}
    return phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=body)


def check(phone: Phone, sha: str, ps: int = PART) -> dict[str, Any]:
    answer = phone.client.api("POST", "/api/v1/media/check", json={"sha256": [sha], "ps": ps})
    assert answer.json is not None
    return answer.json


@pytest.mark.parametrize("seed", range(4))
def test_lost_doubled_shuffled_and_damaged_parts_become_the_photo_once(
    app: Flask, phone: Phone, seed: int
) -> None:
    chance = random.Random(seed)
    picture = jpeg(seed=seed)
    sha = phone.sha256(picture)
    phone.add_photo("q/M01", picture)
    phone.push()
    pieces = parts_of(picture)
    assert len(pieces) > 3
    order = [index for index in range(len(pieces)) for _ in range(chance.choice((0, 1, 1, 2)))]
    chance.shuffle(order)
    seen: set[int] = set()
    for index in order:
        damaged = chance.random() < 0.3
        data = pieces[index]
        promise = hashlib.sha256(data).digest()
        if damaged:
            data = bytes([data[0] ^ 255]) + data[1:]
        answer = put(phone, sha, index, data, digest=promise)
        assert answer.status_code == (422 if damaged else 200 if index in seen else 201)
        if not damaged:
            seen.add(index)
    assert check(phone, sha)["parts"].get(sha, []) == sorted(seen)
    missing = sorted(set(range(len(pieces))) - seen)
    answer = complete(phone, sha, len(picture))
    if missing:
        assert answer.json is not None
        assert (answer.status_code, answer.json["missing"]) == (409, missing)
        for index in missing:
            assert put(phone, sha, index, pieces[index]).status_code == 201
        answer = complete(phone, sha, len(picture))
    assert answer.status_code == 201
    assert complete(phone, sha, len(picture)).status_code == 200
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Media)) == 1
    with app.extensions[BLOBS].open(sha) as file:
        assert file.read() == picture


@pytest.mark.parametrize("promise", ["A" * 41 + "===", "A" * 40 + "=AAA", "=" * 44, "A" * 43 + "="])
def test_a_promise_that_is_none_is_not_kept(phone: Phone, promise: str) -> None:
    picture = jpeg()
    answer = phone.client.api(
        "PUT",
        f"/api/v1/media/{phone.sha256(picture)}/parts/0?ps={len(picture)}",
        data=picture,
        content_type="application/octet-stream",
        headers={"Content-Digest": f"sha-256=:{promise}:"},
    )
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (422, "digest_mismatch")


def test_other_bytes_under_a_number_are_told_apart_and_the_whole_decides(phone: Phone) -> None:
    picture = jpeg()
    sha = phone.sha256(picture)
    pieces = parts_of(picture)
    wrong = bytes(len(pieces[1]))
    assert put(phone, sha, 1, wrong).status_code == 201  # nothing was promised, so nothing is known yet
    answer = put(phone, sha, 1, pieces[1])
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "part_differs")
    for index in {*range(len(pieces))} - {1}:
        put(phone, sha, index, pieces[index])
    assert complete(phone, sha, len(picture)).status_code == 422
    assert check(phone, sha)["parts"] == {}, "all of them are sent again"
    for index, piece in enumerate(pieces):
        assert put(phone, sha, index, piece).status_code == 201
    assert complete(phone, sha, len(picture)).status_code == 201


def test_smaller_parts_are_an_upload_of_their_own(phone: Phone) -> None:
    picture = jpeg()
    sha = phone.sha256(picture)
    put(phone, sha, 0, parts_of(picture)[0])
    assert check(phone, sha, PART // 2)["parts"] == {}
    for index, piece in enumerate(parts_of(picture, PART // 2)):
        assert put(phone, sha, index, piece, PART // 2).status_code == 201
    assert complete(phone, sha, len(picture), PART // 2).status_code == 201
    assert check(phone, sha)["have"] == [sha]


def test_two_phones_with_the_same_photo_are_one_photo(app: Flask, cast: Cast, phone: Phone) -> None:
    """Scenario 39: interleaved, each sends all of it, both count, the bytes are kept once."""
    picture = jpeg()
    sha = phone.sha256(picture)
    other = Phone(PageClient(app, cast.teammate)).register()
    other.start(audit_version(app), cast.site, cast.teammate)
    for each in (phone, other):
        each.add_photo("q/M01", picture)
        assert each.push()[-1]["result"] == "applied"
    pieces = parts_of(picture)
    for index, piece in enumerate(pieces):
        assert put(phone, sha, index, piece).status_code == 201
        assert put(other, sha, len(pieces) - 1 - index, pieces[-1 - index]).status_code == 201
    assert complete(phone, sha, len(picture)).status_code == 201
    assert complete(other, sha, len(picture)).status_code == 201
    with app.app_context():
        session = reading()
        assert session.scalar(select(func.count()).select_from(Media)) == 1
        assert session.scalar(select(func.count()).select_from(MediaUse)) == 2
    for each in (phone, other):
        assert each.client.api("GET", f"/api/v1/media/{sha}").status_code == 200


def test_two_phones_that_finish_at_the_same_moment_are_both_right(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    """Neither finds the other's row yet: the database decides, and nobody is told of a failure."""
    picture = jpeg()
    sha = phone.sha256(picture)
    people = [phone, *(Phone(PageClient(app, who)).register() for who in (cast.teammate, cast.admin))]
    for each in people:
        for index, piece in enumerate(parts_of(picture)):
            put(each, sha, index, piece)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda each: complete(each, sha, len(picture)).status_code, people))
    assert set(answers) <= {200, 201}
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(Media)) == 1
        assert reading().scalar(select(func.count()).select_from(MediaHolder)) == 3


def test_knowing_a_hash_is_not_having_the_photo(app: Flask, cast: Cast, phone: Phone) -> None:
    picture = jpeg()
    sha = phone.sha256(picture)
    phone.add_photo("q/M01", picture)
    phone.push()
    assert phone.upload(picture).status_code == 201
    thief = Phone(PageClient(app, cast.stranger)).register()
    record = thief.start(audit_version(app), cast.other_site, cast.stranger)
    thief.add_photo("q/M01", picture)
    assert {result["result"] for result in thief.push()} == {"applied"}
    assert thief.client.api("GET", f"/api/v1/media/{sha}").status_code == 404
    assert check(thief, sha)["have"] == []
    assert complete(thief, sha, len(picture)).status_code == 409, "nobody else's parts count as theirs"
    expected = thief.client.api("GET", f"/api/v1/inspections/{record}").json
    assert expected is not None
    (away,) = expected["inspection"]["media_expected"]
    assert (away["person"], away["photos"]) == ("Stranger Auditor", 1)
    # who really has the picture gives it, and then it counts
    assert thief.upload(picture).status_code == 201
    assert thief.client.api("GET", f"/api/v1/media/{sha}").status_code == 200
    expected = thief.client.api("GET", f"/api/v1/inspections/{record}").json
    assert expected is not None
    assert expected["inspection"]["media_expected"] == []


def test_what_one_sees_already_need_not_be_sent(app: Flask, cast: Cast, phone: Phone) -> None:
    """A manager-to-be's phone pulled the team's photo and names it in work of its own: `check` is enough."""
    picture = jpeg()
    sha = phone.sha256(picture)
    phone.add_photo("q/M01", picture)
    phone.push()
    phone.upload(picture)
    admin = Phone(PageClient(app, cast.admin)).register()
    record = admin.start(audit_version(app), cast.other_site, cast.admin)
    admin.add_photo("q/M01", picture)
    admin.push()
    body = admin.client.api("GET", f"/api/v1/inspections/{record}").json
    assert body is not None
    assert body["inspection"]["media_expected"], "naming alone is not enough"
    assert check(admin, sha)["have"] == [sha]
    body = admin.client.api("GET", f"/api/v1/inspections/{record}").json
    assert body is not None
    assert body["inspection"]["media_expected"] == []


def test_the_desk_says_whose_phone_holds_what_since_when(app: Flask, cast: Cast, phone: Phone) -> None:
    for seed in (1, 2):
        phone.add_photo("q/M01", jpeg(seed=seed))
    phone.push()
    page = PageClient(app, cast.manager).get(f"/inspections/{phone.record}").get_data(as_text=True)
    assert "2 photos are still on a phone." in page
    assert "Owner Auditor (Test phone): 2 photos" in page and "since" in page


def test_a_full_disk_takes_nothing_and_goes_on_later(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario 31 for media: 507, no half state, and what was there before still is."""
    picture = jpeg()
    sha = phone.sha256(picture)
    phone.add_photo("q/M01", picture)
    phone.push()
    pieces = parts_of(picture)
    assert put(phone, sha, 0, pieces[0]).status_code == 201

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        assert put(phone, sha, 1, pieces[1]).status_code == 507
    assert check(phone, sha)["parts"] == {sha: [0]}
    for index, piece in enumerate(pieces):
        assert put(phone, sha, index, piece).status_code == (200 if index == 0 else 201)
    with monkeypatch.context() as broken:
        broken.setattr(blobs_module.os, "fsync", full)
        assert complete(phone, sha, len(picture)).status_code == 507
    assert check(phone, sha)["have"] == []
    assert complete(phone, sha, len(picture)).status_code == 201


def test_the_sweep_never_takes_what_something_names_or_will_name(
    app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, removed, held, orphan, fresh = (jpeg(seed=seed) for seed in range(5))
    for picture in (named, removed):
        phone.add_photo("q/M01", picture)
    removal = phone.waiting[-1]
    phone.operation("media.remove", "q/M01", removal["field"], None)
    # refused, so its body is held: an admin may still accept it
    phone.add_photo("q/nonsense", held)
    phone.push()
    for picture in (named, removed, held, orphan):
        assert phone.upload(picture).status_code == 201
    blobs = app.extensions[BLOBS]
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later - timedelta(days=2))
    assert phone.upload(fresh).status_code == 201  # its operation is still on its way
    assert check(phone, phone.sha256(orphan))["have"] == [phone.sha256(orphan)]
    monkeypatch.setattr(clock, "now", lambda: later)
    with app.app_context():
        sweep(blobs)
    assert blobs.exists(phone.sha256(orphan)), "somebody asked for it two days ago: something is coming"
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=31))
    with app.app_context():
        sweep(blobs)
        left = set(reading().scalars(select(Media.sha256)))
        holders = set(reading().scalars(select(MediaHolder.sha256)))
    kept = {phone.sha256(picture) for picture in (named, removed, held)}
    assert left == kept == holders
    for picture in (named, removed, held):
        assert blobs.exists(phone.sha256(picture))
    for picture in (orphan, fresh):
        assert not blobs.exists(phone.sha256(picture))
