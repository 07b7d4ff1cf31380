"""Open points of earlier visits: which there are, what is said of them, that they weigh nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import new_id, reading, transaction
from app.features.inspections.models import Inspection, OpenPoint
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

TEXT = {"text": "ACT-2026-0001 · Is the tag there?", "lang": "en"}


def opened(app: Flask, cast: Cast, **more: object) -> str:
    """A point open at the cast's site; its id."""
    with app.app_context(), transaction() as session:
        row = {
            "subject_kind": "site",
            "subject_id": cast.site,
            "source_kind": "action",
            "source_id": new_id(),
            "text": TEXT,
            "number": "ACT-2026-0001",
            "person_id": cast.manager,
            "opened_at": datetime(2026, 3, 1, 20, 0, tzinfo=UTC),
            **more,
        }
        point = OpenPoint(id=new_id(), **row)
        session.add(point)
        return str(point.id)


def closed(app: Flask, point: str, at: datetime) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(OpenPoint, UUID(point)).closed_at = at


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    made.push()
    return made


def points(phone: Phone) -> list[dict[str, object]]:
    answer = phone.client.api("GET", f"/api/v1/inspections/{phone.record}")
    assert answer.json is not None
    found: list[dict[str, object]] = answer.json["inspection"]["open_points"]
    return found


def test_a_point_is_given_with_what_one_needs_to_look_at_it(app: Flask, cast: Cast, phone: Phone) -> None:
    point = opened(app, cast)
    opened(app, cast, subject_id=cast.other_site)
    assert points(phone) == [
        {
            "id": point,
            "number": "ACT-2026-0001",
            "text": {"text": "Is the tag there?", "lang": "en"},
            "since": "2026-03-02",  # a day of the site
            "person": "Manager Person",
            "photo": None,
        }
    ]
    work = phone.client.api("GET", "/api/v1/work").json
    assert work is not None
    (line,) = work["inspections"]
    assert line["open_points"] == points(phone)
    site = next(site for site in work["sites"] if site["id"] == str(cast.site))
    assert site["open_points"] == points(phone), "for an audit begun without signal"


def test_what_was_looked_at_stays_and_what_was_closed_unseen_goes(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    seen, unseen = opened(app, cast), opened(app, cast)
    phone.set(f"point/{seen}", "seen", "closed")
    phone.push()
    for point in (seen, unseen):
        closed(app, point, datetime.now(UTC))
    assert [point["id"] for point in points(phone)] == [seen]


def test_an_ended_visit_keeps_its_own_points_and_gets_no_later_ones(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    there, gone = opened(app, cast), opened(app, cast, closed_at=BORN + timedelta(days=60))
    with app.app_context(), transaction() as session:
        row = session.get_one(Inspection, UUID(phone.record))
        row.state, row.cancelled_at = "cancelled", datetime.now(UTC)
    closed(app, there, datetime.now(UTC) + timedelta(days=1))
    later = opened(app, cast, opened_at=datetime.now(UTC) + timedelta(hours=1))
    assert [point["id"] for point in points(phone)] == [there], (gone, later)


def test_two_taps_a_note_and_a_photo_are_kept_and_weigh_nothing(app: Flask, cast: Cast, phone: Phone) -> None:
    point = opened(app, cast)
    path = f"point/{point}"
    phone.set(path, "seen", "open")
    phone.set(path, "seen", "closed")
    phone.set(path, "note", {"text": "Tag hangs at line 3.", "lang": "en"})
    photo = phone.add_photo(path, jpeg(seed=91))
    phone.set(path, f"marks:{photo['value']['media_id']}", None)
    assert {result["result"] for result in phone.push()} == {"applied"}
    with app.app_context():
        row = reading().scalars(select(Inspection).where(Inspection.id == UUID(phone.record))).one()
        assert (row.state, row.answered, row.score) == ("in_progress", 0, None)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("point", "seen", "open"),
        ("point/12", "seen", "open"),
        ("point/{id}", "seen", "perhaps"),
        ("point/{id}", "seen", True),
        ("point/{id}", "score", "10"),
        ("point/{id}", "note", "untyped"),
        ("point/{id}", "note", {"text": "seen", "lang": "en", "canned": "hinted"}),
    ],
)
def test_nothing_else_can_be_said_of_a_point(phone: Phone, path: str, name: str, value: object) -> None:
    phone.set(path.replace("{id}", str(new_id())), name, value)
    assert [result["result"] for result in phone.push()] == ["rejected"]


def test_a_photo_of_a_point_holds_back_completing_until_it_is_here(
    app: Flask, cast: Cast, phone: Phone
) -> None:
    point = opened(app, cast)
    picture = jpeg(seed=92)
    phone.answer_all(app)
    phone.add_photo(f"point/{point}", picture)
    phone.push()
    rows = phone.sign_both()
    phone.push()
    end = phone.complete(rows)
    (result,) = phone.push()
    assert (result["result"], result["code"]) == ("deferred", "media_expected")
    phone.upload(picture)
    phone.waiting = [end]
    assert [result["result"] for result in phone.push()] == ["applied"]


def test_the_photo_of_a_point_is_seen_by_whoever_sees_the_visit(app: Flask, cast: Cast, phone: Phone) -> None:
    picture = jpeg(seed=93)
    other = Phone(PageClient(app, cast.teammate)).register()
    other.start(audit_version(app), cast.site, cast.teammate)
    other.add_photo("q/M01", picture)
    other.push()
    other.upload(picture)
    point = opened(app, cast, photo=other.sha256(picture))
    bare = opened(app, cast)
    address = f"/api/v1/inspections/{phone.record}/points/{point}/photo"
    shown = phone.client.api("GET", address)
    assert shown.status_code == 200 and shown.mimetype == "image/jpeg"
    assert phone.client.api("GET", f"/api/v1/media/{phone.sha256(picture)}").status_code == 404, "not theirs"
    assert phone.client.api("GET", address.replace(point, bare)).status_code == 404
    stranger = PageClient(app, cast.stranger)
    assert stranger.api("GET", address).status_code == 404


def test_the_history_says_what_was_seen(app: Flask, cast: Cast, phone: Phone, client_for) -> None:  # type: ignore[no-untyped-def]
    point = opened(app, cast)
    phone.set(f"point/{point}", "seen", "closed")
    phone.push()
    page = client_for(cast.manager).get(f"/inspections/{phone.record}/history").get_data(as_text=True)
    assert "Open point: what was seen" in page and "Seen closed" in page
