"""The index devices ask for while an inspection is open: how far the server is, whose phones hold what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.db import transaction
from app.features.accounts.models import Device
from app.features.inspections.models import Assignment, Inspection
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

INDEX = "/api/v1/sync/index"


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    assert [result["result"] for result in made.push()] == ["applied"]
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(inspection_id=UUID(made.record), person_id=cast.teammate, position=1, assigned_at=BORN)
        )
    return made


def index(client: PageClient) -> dict[str, Any]:
    answer = client.api("GET", INDEX)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json or {}
    return body


def phones(client: PageClient) -> list[dict[str, Any]]:
    (only,) = index(client)["inspections"]
    found: list[dict[str, Any]] = only["devices"]
    return found


def test_the_head_moves_with_what_arrives_and_else_nothing_is_sent(phone: Phone) -> None:
    first = phone.client.api("GET", INDEX)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = phone.client.api("GET", INDEX, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    before = index(phone.client)["inspections"][0]["head"]
    phone.set("q/M01", "score", "8")
    phone.push()
    news = phone.client.api("GET", INDEX, headers={"If-None-Match": tag})
    assert news.status_code == 200 and news.json is not None
    assert news.json["inspections"][0]["head"] == before + 1
    assert news.json["epoch"] == index(phone.client)["epoch"]


def test_only_open_inspections_assigned_to_the_reader_are_in_it(app: Flask, cast: Cast, phone: Phone) -> None:
    assert [each["id"] for each in index(phone.client)["inspections"]] == [phone.record]
    assert [each["id"] for each in index(PageClient(app, cast.teammate))["inspections"]] == [phone.record]
    assert index(PageClient(app, cast.stranger))["inspections"] == []
    assert PageClient(app, None).api("GET", INDEX).status_code == 401
    with app.app_context(), transaction() as session:
        found = session.get(Inspection, UUID(phone.record))
        assert found is not None
        found.state = "cancelled"
    assert index(phone.client)["inspections"] == []


def test_a_phone_counts_what_it_still_holds_after_each_batch(app: Flask, cast: Cast, phone: Phone) -> None:
    mate = PageClient(app, cast.teammate)
    for n in range(1, 4):
        phone.set(f"q/M0{n}", "score", "8")
    batch, phone.waiting = phone.waiting, []
    assert phone.send(batch[:1], pending=3).status_code == 200
    (seen,) = phones(mate)
    assert (seen["pending"], seen["here"], seen["person"]["name"]) == (2, False, "Owner Auditor")
    assert phones(phone.client)[0]["here"] is True
    assert phone.send(batch[1:], pending=2).status_code == 200
    assert phones(mate)[0]["pending"] == 0
    # what comes too early stays on the phone, and is counted there
    phone.operation("complete", "inspection", "completed", {"operations": 4, "media": []})
    answer = phone.send(phone.waiting, pending=1)
    assert answer.json is not None
    assert answer.json["results"][0]["result"] == "deferred"
    assert phones(mate)[0]["pending"] == 1


def test_photos_that_are_named_and_have_not_come_are_counted_for_their_phone(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    mate = Phone(PageClient(app, cast.teammate)).register()
    mate.record = phone.record
    picture = jpeg()
    mate.add_photo("q/M01", picture)
    assert mate.push()[0]["result"] == "applied"
    first, second = phones(phone.client)
    assert (first["person"]["name"], first["photos"]) == ("Teammate Auditor", 1), (
        "who holds something comes first"
    )
    assert (second["person"]["name"], second["photos"]) == ("Owner Auditor", 0)
    mate.upload(picture)
    assert [each["photos"] for each in phones(phone.client)] == [0, 0]


def test_phones_that_were_taken_away_or_long_silent_are_not_named(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    mate = PageClient(app, cast.teammate)
    assert len(phones(mate)) == 1
    with app.app_context(), transaction() as session:
        device = session.get(Device, UUID(phone.device))
        assert device is not None
        device.last_seen_at = BORN.replace(year=2020)
    assert phones(mate) == []


def test_the_desk_says_whose_phone_still_holds_work(app: Flask, cast: Cast, phone: Phone) -> None:
    phone.set("q/M01", "score", "8")
    batch, phone.waiting = phone.waiting, []
    phone.send(batch, pending=13)
    page = PageClient(app, cast.manager).get(f"/inspections/{phone.record}").text
    assert "12 changes not sent yet" in page and "Owner Auditor" in page
    assert "last heard" in page


def test_a_browser_whose_data_are_gone_hears_what_was_known(app: Flask, cast: Cast, phone: Phone) -> None:
    phone.set("q/M01", "score", "8")
    batch, phone.waiting = phone.waiting, []
    phone.send(batch, pending=5)
    again = Phone(phone.client)
    answer = again.client.api(
        "POST", "/api/v1/devices", json={"device": again.device, "label": "", "platform": ""}
    )
    assert answer.json is not None
    assert answer.json["before"]["pending"] == 4
    same = again.client.api(
        "POST", "/api/v1/devices", json={"device": again.device, "label": "", "platform": ""}
    )
    assert same.json is not None and "before" not in same.json


def test_the_sign_in_says_how_long_it_lasts(phone: Phone) -> None:
    said = phone.client.api("GET", "/api/v1/ping?n=1").json
    assert said is not None and said["person"]["until"] > said["now"]
    stranger = phone.client.api("GET", f"/api/v1/inspections/{phone.record}").json
    assert stranger is not None
    (contact,) = stranger["inspection"]["contacts"]
    assert {**contact, "id": ""} == {"id": "", "name": "Wang Jianguo", "duty": "", "phone": "", "email": ""}
