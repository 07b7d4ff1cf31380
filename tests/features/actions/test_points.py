"""Open points at the next visit: pinned and unscored there, frozen with it, printed, told to their cases."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.db import reading, transaction
from app.domain.canonical import digest
from app.features.actions import queries
from app.features.actions.commands import put_point
from app.features.actions.models import Action
from app.features.inspections.models import OpenPoint
from app.features.inspections.report import content_of, frozen_of
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg
from tests.features.actions.steps import raised, row
from tests.features.actions.test_report import drafted, page

DRAWN = [{"kind": "circle", "x": 900, "y": 700, "rx": 300, "ry": 200, "colour": "red"}]


@pytest.fixture
def pointed(app, cast, client_for):
    """Three cases of one site, each with an open point: (address, id of its point)."""
    found = []
    for title in ("Tags missing", "Gauge not labelled", "Oil on the floor"):
        address = raised(client_for(cast.manager), cast, title=title, severity="minor")
        with app.app_context(), transaction() as session:
            action = session.get_one(Action, UUID(address.rpartition("/")[2]))
            put_point(session, action, f"{title}: mended?", datetime.now(UTC))
            session.flush()
            point = session.query(OpenPoint).filter_by(source_id=action.id, closed_at=None).one()
            found.append((address, str(point.id)))
    return found


def visited(app, cast, seen, picture=None):
    """A completed audit of the site in which points were looked at: `seen` gives the fields of each."""
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app)
    for point, fields in seen.items():
        for name, value in fields.items():
            phone.set(f"point/{point}", name, value)
    if picture is not None:
        added = phone.add_photo(f"point/{next(iter(seen))}", picture)
        phone.set(added["path"], added["field"].replace("photo:", "marks:"), DRAWN)
    phone.push()
    if picture is not None:
        assert phone.upload(picture).status_code in (200, 201)
    finish(phone)
    return phone


def finish(phone):
    rows = phone.sign_both()
    phone.push()
    phone.complete(rows)
    results = phone.push()
    assert [result["result"] for result in results] == ["applied"], results


def frozen(app, phone, revision=1):
    with app.app_context():
        return json.loads(frozen_of(reading(), UUID(phone.record), revision))


def text(words):
    return {"text": words, "lang": "en"}


def test_what_was_seen_is_frozen_printed_and_told_to_its_case(app, cast, client_for, pointed):
    (closed_at, closed), (open_at, still), (other_at, other) = pointed
    picture = jpeg(seed=7)
    phone = visited(
        app,
        cast,
        {closed: {"seen": "closed", "note": text("Boxes hang at all lines")}, still: {"seen": "open"}},
        picture,
    )
    record = frozen(app, phone)
    told = {point["id"]: point for point in record["points"]}
    assert [point["seen"] for point in record["points"]] == ["closed", "open", None]
    assert told[closed]["by"]["id"] == str(cast.owner) and told[other]["by"] is None
    assert told[closed]["photos"][0]["marks"] == DRAWN
    assert told[closed]["text"]["text"].endswith("Tags missing: mended?")
    assert record["findings"] == [] and record["result"]["total"] == "100.0", "it is in no score"
    assert {path for path, _, _ in record["registers"]} > {f"point/{closed}", f"point/{still}"}, (
        "it is signed"
    )

    manager = client_for(cast.manager)
    photo = manager.get(f"/inspections/{phone.record}/photos/{digest(picture)}").get_data(as_text=True)
    assert "of an open point" in photo and f"/inspections/{phone.record}#points" in photo
    assert manager.get(f"/inspections/{phone.record}/history").status_code == 200
    shown = manager.get(f"/inspections/{phone.record}").get_data(as_text=True)
    assert "Open points from earlier visits" in shown and "Boxes hang at all lines" in shown
    assert shown.count("Seen closed") == 1 and shown.count("Not looked at") == 1
    case = manager.get(closed_at).get_data(as_text=True)
    assert f"Seen closed at {record['number']} by Owner Auditor" in case and "Boxes hang at all lines" in case
    assert case.count('class="marks marks--thumb"') == 1, "the photo with what was drawn on it"
    assert f"Still open at {record['number']}" in manager.get(open_at).get_data(as_text=True)
    assert record["number"] not in manager.get(other_at).get_data(as_text=True)
    assert row(app, closed_at).phase == "open", "nobody's case closes by what an auditor saw"
    assert manager.get(f"{closed_at}/history").status_code == 200

    with app.app_context():
        for language in ("en", "zh-Hans"):
            content = content_of(frozen_of(reading(), UUID(phone.record), 1), language)
            (first, *rest) = content.context["context"]["points"]
            assert len(rest) == 2 and first["photos"]["rows"][0][0]["sha256"] == digest(picture)
            assert digest(picture) in content.photos
        html = page(drafted(UUID(closed_at.rpartition("/")[2])), "en")
    assert "Seen closed" in html and "Boxes hang at all lines" in html and "<ellipse" in html


def test_a_later_revision_says_only_what_is_new(app, cast, client_for, pointed):
    (address, point), *_ = pointed
    phone = visited(app, cast, {point: {"seen": "open"}})

    def again(revision, change):
        value = {"reason": text("Looked again"), "revision": revision}
        phone.operation("reopen", "inspection", "reopened", value)
        change()
        phone.push()
        finish(phone)

    again(2, lambda: phone.set("closing", "remarks", text("Nothing of that")))
    again(3, lambda: phone.set(f"point/{point}", "seen", "closed"))
    with app.app_context():
        events = queries.events_of(reading(), UUID(address.rpartition("/")[2]))
    told = [(event.facts["seen"], event.facts["revision"]) for event in events if event.act == "seen"]
    assert told == [("open", 1), ("closed", 3)]
    assert len(re.findall(r"(?:Still open|Seen closed) at", client_for(cast.manager).get(address).text)) == 2


def test_a_photo_of_a_point_must_arrive_before_the_end(app, cast, pointed):
    (_, point), *_ = pointed
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app)
    picture = jpeg(seed=8)
    phone.add_photo(f"point/{point}", picture)
    phone.push()
    rows = phone.sign_both()
    phone.push()
    phone.complete(rows)
    assert phone.push()[0]["code"] == "media_expected"
    assert phone.upload(picture).status_code in (200, 201)


def test_a_point_that_came_after_the_visit_is_not_in_it(app, cast, pointed):
    phone = visited(app, cast, {})
    with app.app_context(), transaction() as session:
        action = session.get_one(Action, UUID(pointed[0][0].rpartition("/")[2]))
        put_point(session, action, "Asked anew", datetime.now(UTC))  # takes the place of the one before
    value = {"reason": text("A typing error"), "revision": 2}
    phone.operation("reopen", "inspection", "reopened", value)
    phone.push()
    finish(phone)
    first, second = frozen(app, phone), frozen(app, phone, 2)
    assert [point["id"] for point in first["points"]] == [point["id"] for point in second["points"]]
    assert len(first["points"]) == 3
