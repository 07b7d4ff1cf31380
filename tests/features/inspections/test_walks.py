"""The walk of a unit, from the phone's first operation to frozen defects and their cases."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.adapters import clock
from app.db import new_id, reading, transaction
from app.domain.dates import local_day
from app.features.actions.models import Action, ActionDefect, ActionPicture
from app.features.handovers.queries import pins
from app.features.handovers.queries.gates import ready_of_units
from app.features.inspections.models import Defect, Inspection, MeterReading, Revision
from app.features.inspections.queries.walk import earlier_defects, last_readings
from app.features.inspections.report import content_of
from app.features.places.models import Unit
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.frozen import Built
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg
from tests.factories.printing import page as page_of
from tests.factories.walk import (
    WALKED,
    Estates,
    begin_walk,
    finish,
    note_defect,
    pass_all,
    raise_estate,
)

ClientFor = Callable[..., PageClient]
SAID = {"text": "Damp above the window", "lang": "en"}


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


@pytest.fixture
def phone(client_for: ClientFor, place: Estates) -> Phone:
    return Phone(client_for(place.officer)).register()


def ok(results: list[dict[str, Any]]) -> None:
    assert {result["result"] for result in results} == {"applied"}, [
        r for r in results if r["result"] != "applied"
    ][:3]


def walked_with(phone: Phone, app: Flask, place: Estates, picture: bytes) -> tuple[str, str, str]:
    """A walk with an A leak, a free C defect, meters and keys; the inspection, both defects' rows."""
    record = begin_walk(phone, place, place.officer)
    leak = note_defect(
        phone, "H07-bed1", picture, text=SAID, pin={"plan": str(new_id()), "x": 1200, "y": 8000}
    )
    free = note_defect(phone, room="bath1", trade="Painting", class_="C", code="paint-stain", stand="dispute")
    pass_all(phone, app, place, "H07-bed1")
    phone.set("meter/water", "reading", "12.5")
    phone.set("meter/water", "number", "W-17")
    phone.add_photo("meter/water", picture)
    phone.set("meter/power", "absent", {"reason": {"text": "Not fitted yet", "lang": "en"}})
    phone.set("keys/entrance", "count", 3)
    ok(phone.push())
    phone.upload(picture)
    finish(phone)
    ok(phone.push())
    return record, leak, free


def test_a_walk_is_asked_room_by_room(app: Flask, phone: Phone, place: Estates) -> None:
    record = begin_walk(phone, place, place.officer)
    phone.set("q/H33-bath1", "score", "pass")
    phone.set("q/H05-bed1", "score", "defect")
    ok(phone.push())
    phone.set("q/H33", "score", "pass")  # which room?
    phone.set("q/H33-bed1", "score", "pass")  # not asked there
    refused = phone.push()
    assert [(one["result"], one["code"]) for one in refused] == [("rejected", "question_unknown")] * 2
    with app.app_context():
        row = reading().get(Inspection, UUID(record))
        assert row is not None and row.unit_id == place.units[0] and row.estate_id == place.estate
        assert (row.answered, row.rooms, row.state) == (2, WALKED, "in_progress")
        assert row.asked > 40 and [part["id"] for part in row.result["sections"]] == ["bed1", "bath1", "unit"]


def test_whatever_cannot_be_a_walk_is_refused(
    app: Flask, phone: Phone, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    def refused(**more: Any) -> Any:
        begin_walk(phone, place, place.officer, **more)
        (result,) = phone.push()
        return result["result"], result.get("code")

    assert refused(unit=new_id()) == ("rejected", "unit_unknown")
    assert refused(rooms=[]) == ("rejected", "op_value")
    assert refused(checklist_version=str(audit_version(app))) == ("rejected", "rooms_no_checks")
    with app.app_context(), transaction() as session:
        unit = session.get_one(Unit, place.units[0])
        unit.retired_at = clock.now()
    assert refused() == ("rejected", "unit_retired")
    # somebody of another estate, and an auditor's everything does not reach a unit of another site
    other = Phone(client_for(place.elsewhere)).register()
    begin_walk(other, place, place.elsewhere)
    assert {one["result"] for one in other.push()} == {"rejected"}
    admin = Phone(client_for(cast.admin)).register()
    begin_walk(admin, place, cast.admin, unit=place.units[1], site=str(cast.site))
    assert admin.push()[0]["code"] == "unit_unknown"


def test_an_audit_at_the_site_has_no_room_for_defects(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    phone = Phone(client_for(place.officer)).register()
    phone.start(audit_version(app), place.site, place.officer)
    note_defect(phone, room="bed1")
    phone.set("meter/water", "reading", "1")
    created, *others = phone.push()
    assert created["result"] == "applied"
    assert {one["code"] for one in others} == {"op_path"}


def test_only_who_has_the_estate_sees_its_walks(
    app: Flask, phone: Phone, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    record = begin_walk(phone, place, place.officer)
    ok(phone.push())
    for person in (place.officer, cast.officer, cast.manager, cast.admin):
        assert client_for(person).get(f"/inspections/{record}").status_code == 200, person
    for person in (place.elsewhere, cast.scoped, cast.owner, cast.stranger):
        assert client_for(person).get(f"/inspections/{record}").status_code == 404, person
        assert client_for(person).api("GET", f"/api/v1/inspections/{record}").status_code == 404


def test_the_phone_hears_of_the_unit(app: Flask, phone: Phone, place: Estates, client_for: ClientFor) -> None:
    record, leak, _ = walked_with(phone, app, place, jpeg(seed=31))
    again = begin_walk(phone, place, place.officer)
    ok(phone.push())
    work = phone.client.api("GET", "/api/v1/work").json
    assert work is not None
    rows = {row["id"]: row for row in work["inspections"]}
    unit = rows[again]["unit"]
    assert rows[again]["rooms"] == WALKED == unit["rooms"]
    assert (unit["building"], unit["name"], unit["floor"], unit["estate"]) == (
        "Tower 2",
        "1501",
        "15",
        "Lakeside Court",
    )
    assert unit["owner_name"] == "Zhang Wei" and unit["type"] == "Type A1" and unit["plan"] is None
    assert unit["contractors"]["Waterproofing"] == {"id": str(place.waterproofer), "name": "Dry Walls"}
    assert unit["due_days"] == {"A": 7, "leak": 15, "B": 15, "C": 30}
    assert unit["readings"]["water"]["reading"] == "12.5" and unit["readings"]["water"]["number"] == "W-17"
    assert {one["row"] for one in unit["defects"]} >= {leak} and len(unit["defects"]) == 2
    assert rows[record]["unit"]["defects"] == []  # its own are no earlier ones
    whole = phone.client.api("GET", f"/api/v1/inspections/{again}").json
    assert whole is not None and whole["inspection"]["unit"] == unit
    assert whole["last"]["id"] == record


def test_the_last_walk_is_of_the_same_unit(app: Flask, phone: Phone, place: Estates) -> None:
    walked_with(phone, app, place, jpeg(seed=32))
    begin_walk(phone, place, place.officer, place.units[1])
    ok(phone.push())
    whole = phone.client.api("GET", f"/api/v1/inspections/{phone.record}").json
    assert whole is not None and whole["last"] is None
    assert whole["inspection"]["unit"]["readings"] == {}


def test_a_walk_freezes_its_defects_meters_and_keys(app: Flask, phone: Phone, place: Estates) -> None:
    picture = jpeg(seed=33)
    record, leak, free = walked_with(phone, app, place, picture)
    day = local_day(clock.now(), "Asia/Shanghai")
    with app.app_context():
        session = reading()
        assert session.get_one(Inspection, UUID(record)).state == "completed"
        found = {row.row: row for row in session.scalars(select(Defect))}
        a, c = found[UUID(leak)], found[UUID(free)]
        assert (a.grade, a.trade, a.room, a.check, a.text) == ("A", "Waterproofing", "bed1", "H07-bed1", SAID)
        assert (a.contractor_id, a.due, a.number) == (place.waterproofer, day + timedelta(days=15), 1)
        assert a.photos == [Phone.sha256(picture)] and a.pin["x"] == 1200
        assert (c.grade, c.contractor_id, c.due) == ("C", place.painter, day + timedelta(days=30))
        assert c.text["en"] == "Paint stained or dirty" and c.room_name == {"zh-Hans": "主卫"}
        assert (c.stand, c.check, c.code) == ("dispute", None, "paint-stain")
        meters = {row.meter: row for row in session.scalars(select(MeterReading))}
        assert meters["water"].reading == "12.5" and meters["water"].photos == [Phone.sha256(picture)]
        assert (
            meters["power"].reading is None and meters["power"].absent["reason"]["text"] == "Not fitted yet"
        )
        body = json.loads(session.scalars(select(Revision.body)).one())
    assert body["subject"]["unit"]["name"] == "1501" and body["subject"]["unit"]["rooms"] == WALKED
    assert [section["id"] for section in body["sections"]] == ["bed1", "bath1", "unit"]
    assert [one["row"] for one in body["walk"]["defects"]] == [leak, free]
    assert body["walk"]["keys"] == [{"kind": "entrance", "count": 3, "note": None}]
    assert body["photos"] == [Phone.sha256(picture)] and body["findings"] == []


def test_its_report_tells_of_defects_meters_and_keys(app: Flask, phone: Phone, place: Estates) -> None:
    picture = jpeg(seed=39)
    walked_with(phone, app, place, picture)
    with app.app_context():
        body = reading().scalars(select(Revision.body)).one()
        made = {language: content_of(body, language) for language in ("en", "zh-Hans", "zh-Hant")}
    told = made["en"].context["context"]
    assert made["en"].title.endswith("Tower 2, 1501") and told["subject"]["text"] == "Tower 2, 1501"
    assert "2 defects: 1 A, 1 C." in told["cover"]["counts"]
    shown = [(one["number"], one["grade"], one["title"]["text"]) for one in told["walk"]["defects"]]
    assert shown == [("D1", "A", "Damp above the window"), ("D2", "C", "Paint stained or dirty")]
    water, power = told["walk"]["meters"]
    assert water["reading"] == "12.5 m³" and power["said"][0]["text"] == "Not fitted yet"
    assert told["walk"]["keys"] == [{"name": "Entrance door", "count": 3, "note": None}]
    assert made["en"].photos == [Phone.sha256(picture)]
    assert told["answers"][0]["rows"][0]["id"] == "H05"
    assert [cell["role"] for cell in told["signatures"][0]] == ["Property officer", "Owner or developer"]
    chinese = made["zh-Hans"].context["context"]["walk"]
    assert chinese["defects"][1]["title"] == {"text": "涂料面污染", "lang": "zh-Hans"}
    assert chinese["keys"][0]["name"] == "入户门" and chinese["meters"][0]["name"] == "冷水表"
    traditional = made["zh-Hant"].context["context"]["walk"]["defects"][1]
    assert traditional["title"]["text"] == "漆面髒污"


def test_a_flat_is_not_scored_anywhere(
    app: Flask, phone: Phone, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    """Neither on the desk's page and list, nor in sheets, on phones, or in the report."""
    record, _, _ = walked_with(phone, app, place, jpeg(seed=41))
    manager = client_for(cast.manager)
    with app.app_context():
        row = reading().get_one(Inspection, UUID(record))
        assert (row.score, row.grade) == (None, None)
        body, total = reading().scalars(select(Revision.body)).one(), row.result["total"]
    assert total == "98.3", "what the shared machine would have given"
    page = manager.get(f"/inspections/{record}").get_data(as_text=True)
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "98.3" not in page and 'class="gauge' not in page and "Score" not in told
    assert "2 defects A 1 keys held C 1 appearance" in told
    assert "Cold water, Electricity" in told and "Entrance door 3" in told
    assert "Property officer signed , Owner or developer signed" in told
    assert re.search(r"Room Pass Defect N\.A\. Open .* All \d+ 1 0 0", told), told
    listed = manager.get("/inspections").get_data(as_text=True)
    assert "98.3" not in listed and ">A 1</span> · <span" in listed and ">C 1</span>" in listed
    (line,) = csv.DictReader(
        StringIO(manager.get("/inspections.csv").get_data(as_text=True).lstrip("\ufeff"))
    )
    assert (line["Score"], line["Grade"]) == ("", "")
    assert [line[f"Defects {grade}"] for grade in "ABC"] == ["1", "0", "1"]
    work = phone.client.api("GET", "/api/v1/work").json
    assert all(one["score"] is None and one["grade"] is None for one in work["inspections"])
    printed = page_of(app, Built(json.loads(body), {}), "en")
    assert "98.3" not in printed and "How the score was made" not in printed and "per cent" not in printed
    assert "2 defects" in printed and "Checks by room" in printed
    with app.app_context():
        assert content_of(body, "en").subject == "Unit handover, 2 defects"


@pytest.mark.parametrize("table", ["defects", "meter_readings"])
def test_what_is_frozen_cannot_be_changed(app: Flask, phone: Phone, place: Estates, table: str) -> None:
    walked_with(phone, app, place, jpeg(seed=34))
    with app.app_context(), pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(f"UPDATE {table} SET photos = '[]'"))


def test_each_defect_opens_a_short_case_with_its_contractor(app: Flask, phone: Phone, place: Estates) -> None:
    picture = jpeg(seed=35)
    _, leak, free = walked_with(phone, app, place, picture)
    day = local_day(clock.now(), "Asia/Shanghai")
    with app.app_context():
        session = reading()
        cases = {
            link.row: session.get_one(Action, link.action_id)
            for link in session.scalars(select(ActionDefect))
        }
        a, c = cases[UUID(leak)], cases[UUID(free)]
        assert (a.form, a.severity, a.kind, a.trade) == ("short", "a", "corrective", "Waterproofing")
        assert (a.company_id, a.site_id, a.owner_id) == (place.waterproofer, place.site, place.officer)
        assert (a.place, a.title) == ("Tower 2 1501 · Bedroom", "Damp above the window")
        assert a.requirement.startswith("No damp patch") and a.step == "implement"
        assert local_day(a.due_at - timedelta(seconds=1), "Asia/Shanghai") == day + timedelta(days=15)
        assert (c.severity, c.company_id, c.title) == ("c", place.painter, "Paint stained or dirty")
        assert c.place == "Tower 2 1501 · 主卫" and c.requirement == ""
        found = session.scalars(select(ActionPicture).where(ActionPicture.action_id == a.id)).all()
        assert [(one.moment, one.sha256) for one in found] == [("found", Phone.sha256(picture))]
        assert {link.unit_id for link in session.scalars(select(ActionDefect))} == {place.units[0]}


def test_a_next_revision_keeps_the_cases_it_has_and_opens_those_it_has_not(
    app: Flask, phone: Phone, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    walked_with(phone, app, place, jpeg(seed=36))
    boss = Phone(client_for(cast.admin), record=phone.record).register()
    boss.heads = dict(phone.heads)
    reason = {"text": "One more was seen", "lang": "en"}
    boss.operation("reopen", "inspection", "reopened", {"reason": reason, "revision": 2})
    ok(boss.push())
    note_defect(phone, "H33-bath1")
    ok(phone.push())
    finish(phone)
    ok(phone.push())
    with app.app_context():
        session = reading()
        assert len(session.scalars(select(Defect)).all()) == 2 + 3
        assert len(session.scalars(select(Action)).all()) == 3
        assert {row.revision for row in session.scalars(select(Defect))} == {1, 2}


def test_what_a_later_revision_took_back_is_nowhere_any_more(
    app: Flask, phone: Phone, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    begin_walk(phone, place, place.officer)
    row = note_defect(phone, "H33-bath1", pin={"plan": str(new_id()), "x": 1, "y": 2})
    phone.set("meter/gas", "reading", "12.5")
    pass_all(phone, app, place, "H33-bath1")
    ok(phone.push())
    finish(phone)
    ok(phone.push())
    unit = place.units[0]
    with app.app_context():
        assert set(last_readings(reading(), [unit])[unit]) == {"gas"}
        assert set(ready_of_units(reading(), [unit])[unit].meters) == {"gas"}
        assert [len(one) for one in earlier(place)] == [1]
        assert len(pins.of_unit(reading(), place.units[0])) == 1
    boss = Phone(client_for(cast.admin), record=phone.record).register()
    boss.heads = dict(phone.heads)
    boss.operation("reopen", "inspection", "reopened", {"reason": SAID, "revision": 2})
    ok(boss.push())
    phone.operation("row.remove", f"d/{row}", "row", None)
    phone.set("q/H33-bath1", "score", "pass")
    phone.set("meter/gas", "reading", None)
    ok(phone.push())
    finish(phone)
    ok(phone.push())
    with app.app_context():
        assert last_readings(reading(), [unit]) == {}
        assert ready_of_units(reading(), [unit])[unit].meters == {}
        assert [list(one) for one in earlier(place)] == [[]]
        assert pins.of_unit(reading(), place.units[0]) == []
        (case,) = reading().scalars(select(Action))
        assert pins.of_case(reading(), case) is not None, "the case goes on, and says where"


def earlier(place: Estates) -> list[list[Defect]]:
    """What another walk of the first unit hears of."""
    other = Inspection(id=new_id(), unit_id=place.units[0])
    return list(earlier_defects(reading(), [other]).values())


def test_a_walk_is_not_complete_before_each_defect_is_written_down(
    app: Flask, phone: Phone, place: Estates
) -> None:
    begin_walk(phone, place, place.officer)
    pass_all(phone, app, place, "H05-bed1")
    phone.set("q/H05-bed1", "score", "defect")
    ok(phone.push())
    finish(phone)
    complete = phone.push()[-1]
    assert (complete["result"], complete["code"]) == ("deferred", "not_ready")
    note_defect(phone, "H05-bed1")
    ok(phone.push())
    finish(phone)
    ok(phone.push())


def test_a_defects_contractor_is_one(app: Flask, phone: Phone, place: Estates, cast: Cast) -> None:
    begin_walk(phone, place, place.officer)
    note_defect(phone, "H05-bed1", contractor=str(cast.supplier))
    note_defect(phone, "H07-bed1", contractor=str(place.painter))
    found = [one["code"] for one in phone.push() if one["result"] == "rejected"]
    assert found == ["contractor_unknown"]


def test_a_reading_that_fell_is_frozen_as_odd(app: Flask, phone: Phone, place: Estates) -> None:
    walked_with(phone, app, place, jpeg(seed=37))
    begin_walk(phone, place, place.officer)
    pass_all(phone, app, place)
    phone.set("meter/water", "reading", "9.25")
    phone.set("meter/water", "confirmed", {"text": "The meter was changed", "lang": "en"})
    ok(phone.push())
    finish(phone)
    ok(phone.push())
    with app.app_context():
        rows = reading().scalars(select(MeterReading).where(MeterReading.inspection_id == UUID(phone.record)))
        (row,) = rows
        assert (row.problem, row.confirmed["text"]) == ("reading_lower", "The meter was changed")


def test_a_walk_on_both_engines(app_on_both: Flask) -> None:
    cast = assemble(app_on_both)
    place = raise_estate(app_on_both, cast)
    phone = Phone(PageClient(app_on_both, place.officer)).register()
    walked_with(phone, app_on_both, place, jpeg(seed=38))
    with app_on_both.app_context():
        assert len(reading().scalars(select(Defect)).all()) == 2
        assert len(reading().scalars(select(Action)).all()) == 2
