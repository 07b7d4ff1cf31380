"""Looking again at what was repaired: begun at the desk, answered on a phone, and what its cases do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.db import new_id, reading, transaction
from app.domain import actions as rules
from app.domain.actions import Step
from app.domain.again import question_id
from app.features.actions import queries as actions
from app.features.actions.commands import settle
from app.features.actions.models import Action, ActionDefect, ActionEvent
from app.features.handovers.queries.again import pairs_of
from app.features.inspections.commands.writing import MAIL
from app.features.inspections.mails import letter_for
from app.features.inspections.models import Inspection, Recheck, Revision
from app.features.inspections.queries.rechecks import rechecks_of
from app.features.inspections.report import content_of, frozen_of
from app.features.places.models import Unit
from app.outbox import Outgoing
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, begin_walk, finish, note_defect, pass_all, raise_estate
from tests.features.inspections.steps import day

ClientFor = Callable[..., PageClient]
CHECKS = ("H07-bed1", "H07-bath1", "H10-bath1")
PRICE = {"amount": 20_000, "currency": "CNY"}


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


@pytest.fixture
def phone(client_for: ClientFor, place: Estates) -> Phone:
    return Phone(client_for(place.officer)).register()


def typed(text: str) -> dict[str, str]:
    return {"text": text, "lang": "en"}


def walk(phone: Phone, app: Flask, place: Estates) -> dict[str, str]:
    """A walk that leaves three defects, each with a photo; check → row."""
    begin_walk(phone, place, place.officer)
    rows = {}
    for n, check in enumerate(CHECKS):
        picture = jpeg(seed=600 + n)
        rows[check] = note_defect(phone, check, picture, text=typed(f"Defect {n}"))
        phone.push()
        phone.upload(picture)
    pass_all(phone, app, place, *CHECKS)
    phone.push()
    finish(phone)
    assert {one["result"] for one in phone.push()} == {"applied"}
    return rows


def repair(app: Flask, by: str = "l:contractor") -> None:
    """The contractors say that everything open is done."""
    with app.app_context(), transaction() as session:
        for action_id in session.scalars(select(ActionDefect.action_id)):
            action = actions.one(session, action_id, lock=True)
            if (action.step, action.phase) == ("implement", "open"):
                row = actions.step_row(action, Step.IMPLEMENT)
                assert row is not None
                row.content = {"done": "Dried and painted"}
                settle(
                    session, action, rules.submit(actions.circle_of(action), Step.IMPLEMENT, by), clock.now()
                )


def begin_again(phone: Phone, unit: UUID) -> str:
    answer = phone.client.post(f"/units/{unit}/reinspections", {})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    phone.record = answer.headers["Location"][-36:]
    phone.heads.clear()
    return phone.record


def look(phone: Phone, row: str, result: str, note: str = "", price: Any = None, seed: int = 0) -> None:
    path = f"q/{question_id(row)}"
    phone.set(path, "score", result)
    if note:
        phone.set(path, "note", typed(note))
    if price:
        phone.set(path, "price", price)
    if seed:
        picture = jpeg(seed=seed)
        phone.add_photo(path, picture)
        phone.push()
        phone.upload(picture)


def done(phone: Phone) -> None:
    phone.push()
    finish(phone)
    assert [one["result"] for one in phone.push()] == ["applied"] * 3


def case_of(row: str) -> Action:
    link = reading().scalars(select(ActionDefect).where(ActionDefect.row == UUID(row))).one()
    return reading().get_one(Action, link.action_id)


def where(row: str) -> tuple[str, str | None, str]:
    case = case_of(row)
    return case.phase, case.step, case.outcome


def told(row: str, act: str) -> list[dict[str, Any]]:
    events = reading().scalars(
        select(ActionEvent).where(ActionEvent.action_id == case_of(row).id, ActionEvent.act == act)
    )
    return [event.facts for event in events]


def seen(client: PageClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_what_was_repaired_is_looked_at_again_until_the_unit_is_ready(
    app: Flask, place: Estates, phone: Phone, cast: Cast, client_for: ClientFor
) -> None:
    unit = place.units[0]
    rows = walk(phone, app, place)
    first, second, third = (rows[check] for check in CHECKS)
    assert "Re-inspect" not in seen(phone.client, f"/units/{unit}/handover")
    repair(app)
    assert "Re-inspect 3 repairs now" in seen(phone.client, f"/units/{unit}/handover")
    record = begin_again(phone, unit)
    assert phone.client.post(f"/units/{unit}/reinspections", {}).headers["Location"].endswith(record)

    # the phone gets everything it compares with
    whole = phone.client.api("GET", f"/api/v1/inspections/{record}").json
    created = whole["operations"][0]["op"]["value"]
    assert [one["row"] for one in created["repaired"]] and len(created["repaired"]) == 3
    one = next(one for one in created["repaired"] if one["row"] == first)
    assert one["done"]["text"] == "Dried and painted" and one["failed"] == 0
    assert one["before"] == [Phone.sha256(jpeg(seed=600))]
    (work,) = [
        row for row in phone.client.api("GET", "/api/v1/work").json["inspections"] if row["id"] == record
    ]
    assert work["asked"] == 3 and work["unit"]["currency"] == "CNY"
    assert one["before"][0] in work["unit"]["pairs"]["before"]
    photo = f"/inspections/{record}/repaired/{one['before'][0]}"
    assert phone.client.get(f"{photo}?w=1280").status_code == 200
    assert phone.client.get(f"{photo}?w=999").status_code == 404
    assert phone.client.get(f"/inspections/{record}/repaired/{'0' * 64}").status_code == 404
    for person in (place.elsewhere, cast.stranger):
        assert client_for(person).get(photo).status_code == 404

    look(phone, first, "pass", seed=701)
    look(phone, second, "fail", "Still wet", seed=702)
    look(phone, third, "as_is", "A hair's breadth", PRICE)
    phone.push()
    with app.app_context():
        row = reading().get_one(Inspection, UUID(record))
        assert (row.answered, row.asked, row.score, row.grade) == (3, 3, None, None), "no score"
    done(phone)
    with app.app_context():
        assert where(first) == ("closed", None, "effective")
        assert where(second) == ("open", "implement", "")
        assert where(third) == ("closed", None, "as_is")
        found = reading().scalars(select(Recheck).order_by(Recheck.result)).all()
        assert [(one.result, one.price, one.currency) for one in found] == [
            ("as_is", 20_000, "CNY"),
            ("fail", None, None),
            ("pass", None, None),
        ]
        assert reading().get_one(Unit, unit).state == "defects"
        assert actions.step_row(case_of(second), Step.IMPLEMENT).returned == 1
    text = seen(phone.client, f"/units/{unit}/handover")
    assert re.search(r"A-\S+ Defect 1 · failed 1 time ", text)
    assert "1 of 3 (33.3 %)" in text and "1 passed · 1 failed · 1 as is" in text
    page = seen(phone.client, f"/actions/{_id(app, third)}")
    assert "Accepted as it is" in page and "CN¥200.00" in page and "A hair" in page

    page = seen(phone.client, f"/inspections/{record}")
    for words in (
        "Repairs looked at again",
        "Accepted as it is",
        "CN¥200.00",
        "Still wet",
        "Dried and painted",
    ):
        assert words in page, words
    assert "All answers" not in page and "R-0" not in page
    history = seen(phone.client, f"/inspections/{record}/history")
    assert "Price note" in history and "CN¥200.00" in history and "R-0" not in history
    with app.app_context():
        drawn = content_of(frozen_of(reading(), UUID(record), 1), "en")
    paper = drawn.context["context"]
    assert drawn.title.startswith("Re-inspection report")
    assert [card["result"] for card in paper["again"]["cards"]].count("Passed") == 1
    assert paper["again"]["prices"] == "CN¥200.00" and "1 passed: 33.3 %" in paper["again"]["first"]
    assert paper["other_photos"]["rows"] == []
    assert {(row["id"], row["photos"]) for part in paper["answers"] for row in part["rows"]} == {
        ("R1", 0),
        ("R2", 0),
        ("R3", 0),
    }
    assert set(drawn.photos) >= {Phone.sha256(jpeg(seed=seed)) for seed in (600, 601, 602, 701, 702)}

    # the one that failed is repaired again: its counter is told, its second chance is no first time
    repair(app)
    begin_again(phone, unit)
    created = phone.client.api("GET", f"/api/v1/inspections/{phone.record}").json["operations"][0]["op"][
        "value"
    ]
    assert [(one["row"], one["failed"]) for one in created["repaired"]] == [(second, 1)]
    look(phone, second, "pass", seed=703)
    done(phone)
    with app.app_context():
        assert where(second) == ("closed", None, "effective")
        assert reading().get_one(Unit, unit).state == "ready"
        assert [one.result for one in rechecks_of(reading(), unit)[UUID(second)]] == ["fail", "pass"]
        pairs = {str(one["row"]): one for one in pairs_of(reading(), unit)}
        assert pairs[second]["before"] and len(pairs[second]["rechecks"]) == 2
    assert "1 of 3 (33.3 %)" in seen(phone.client, f"/units/{unit}/handover")


def _id(app: Flask, row: str) -> UUID:
    with app.app_context():
        return case_of(row).id


def test_a_new_defect_is_written_down_on_the_way_on_both_engines(app_on_both: Flask) -> None:
    app = app_on_both
    place = raise_estate(app, assemble(app))
    phone = Phone(PageClient(app, place.officer)).register()
    rows = walk(phone, app, place)
    repair(app)
    record = begin_again(phone, place.units[0])
    first, *others = rows.values()
    look(phone, first, "as_is", "Nobody sees it", PRICE)
    for n, row in enumerate(others):
        look(phone, row, "pass", seed=710 + n)
    note_defect(phone, None, None, room="bed1", trade="Painting", text=typed("Scratch"), class_="C")
    done(phone)
    with app.app_context():
        body = reading().scalars(select(Revision.body).where(Revision.inspection_id == UUID(record))).one()
        assert '"room_name":{"en":"Bedroom"' in body
        new = reading().scalars(select(ActionDefect).where(ActionDefect.inspection_id == UUID(record))).one()
        assert reading().get_one(Action, new.action_id).phase == "open"
        found = rechecks_of(reading(), place.units[0])
        assert sorted([(one.result, one.price) for (one,) in found.values()], key=str) == [
            ("as_is", 20_000),
            ("pass", None),
            ("pass", None),
        ]
    text = seen(phone.client, f"/units/{place.units[0]}/handover")
    assert "2 of 3 (66.7 %)" in text and "Re-inspect" not in text.replace("Re-inspection", "")


def test_a_case_that_moved_on_and_ones_own_work_are_only_told(
    app: Flask, place: Estates, phone: Phone
) -> None:
    rows = walk(phone, app, place)
    first, second, third = (rows[check] for check in CHECKS)
    repair(app, by=f"p:{place.officer}")
    begin_again(phone, place.units[0])
    with app.app_context(), transaction() as session:  # meanwhile somebody at the desk sent one back
        action = actions.one(session, case_of(second).id, lock=True)
        settle(
            session, action, rules.reject(actions.circle_of(action), Step.IMPLEMENT, "Too early"), clock.now()
        )
    look(phone, first, "pass", seed=721)
    look(phone, second, "pass", seed=722)
    look(phone, third, "fail", "Worse than before", seed=723)
    done(phone)
    with app.app_context():
        assert where(first) == ("review", "implement", "")
        assert where(second) == ("open", "implement", "")
        assert where(third) == ("open", "implement", "")  # one's own work may be called bad
        assert [told(row, "rechecked")[0]["stays"] for row in (first, second, third)] == ["own", "moved", ""]


def test_a_later_revision_settles_nothing_again(
    app: Flask, place: Estates, phone: Phone, cast: Cast, client_for: ClientFor
) -> None:
    rows = walk(phone, app, place)
    first, second, _third = (rows[check] for check in CHECKS)
    repair(app)
    record = begin_again(phone, place.units[0])
    for n, row in enumerate(rows.values()):
        look(phone, row, "pass", seed=730 + n)
    done(phone)
    value = {"revision": 2, "reason": typed("Mixed two of them up")}
    desk = Phone(client_for(cast.manager)).register()
    desk.record = record
    desk.operation("reopen", "inspection", "reopened", value)
    assert [one["result"] for one in desk.push()] == ["applied"]
    look(phone, second, "fail", "It was this one", seed=739)
    done(phone)
    with app.app_context():
        found = reading().scalars(select(Recheck).where(Recheck.inspection_id == UUID(record))).all()
        assert sorted(one.revision for one in found) == [1, 1, 1, 2, 2, 2]
        assert len(told(first, "rechecked")) == 1
        assert [one["stays"] for one in told(second, "rechecked")] == ["", "corrected"]
        assert where(second) == ("closed", None, "effective")
        assert [one.result for one in rechecks_of(reading(), place.units[0])[UUID(second)]] == ["fail"]


def test_what_was_not_repaired_here_cannot_be_named(app: Flask, place: Estates, phone: Phone) -> None:
    rows = walk(phone, app, place)
    repair(app)
    record = begin_again(phone, place.units[0])
    value = phone.client.api("GET", f"/api/v1/inspections/{record}").json["operations"][0]["op"]["value"]
    good = value["repaired"]
    for wrong in (
        [{**good[0], "row": good[1]["row"].replace("-8", "-9").replace("-7", "-8")}],
        [{**good[0], "case": good[1]["case"]}],
        [{**good[0], "after": [Phone.sha256(jpeg(seed=799))]}],
    ):
        begin_walk(phone, place, place.officer, place.units[1], repaired=wrong)
        assert phone.push()[0]["code"] in ("repaired_unknown", "op_id")
    begin_walk(phone, place, place.officer, place.units[1], repaired=good)  # of another unit
    assert phone.push()[0]["code"] == "repaired_unknown"
    assert len(rows) == 3


def test_re_inspections_are_planned_for_units_with_repairs_only(
    app: Flask, place: Estates, phone: Phone, cast: Cast, client_for: ClientFor
) -> None:
    walk(phone, app, place)
    manager = client_for(cast.manager)
    fields = {
        "again": "1",
        "checklist": str(place.version),
        "lead": str(place.officer),
        "second": "",
        "due": clock.now().date().replace(year=clock.now().year + 1).isoformat(),
        "units": [str(place.units[0])],
    }
    address = f"/estates/{place.estate}/walks"
    form = manager.get(f"{address}/new?again=1").get_data(as_text=True)
    assert form.count(" disabled") == 3
    refused = manager.post(address, fields)
    assert refused.status_code == 422 and "Tower 2 1501" in refused.get_data(as_text=True)
    repair(app)
    assert manager.get(f"{address}/new?again=1").get_data(as_text=True).count(" disabled") == 2
    answer = manager.post(address, fields)
    assert answer.status_code == 303 and "again=1" in answer.headers["Location"]
    assert "1 re-inspection is planned" in manager.get(answer.headers["Location"]).get_data(as_text=True)
    with app.app_context():
        planned = reading().scalars(select(Inspection).where(Inspection.state == "planned")).one()
        assert len(planned.repaired) == 3
    for person in (place.elsewhere, cast.stranger):
        assert client_for(person).post(f"/units/{place.units[0]}/reinspections", {}).status_code in (403, 404)


def test_a_room_out_of_scope_waits_for_another_re_inspection(
    app: Flask, place: Estates, phone: Phone, cast: Cast, client_for: ClientFor
) -> None:
    rows = walk(phone, app, place)
    repair(app)
    record = begin_again(phone, place.units[0])
    manager = client_for(cast.manager)
    seq = re.search(r'name="seq" value="(\d+)"', manager.get(f"/inspections/{record}").get_data(as_text=True))
    assert seq
    fields = {"seq": seq[1], "section": "bath1", "covered": "out", "reason": "Tiles are still drying"}
    answer = manager.post(f"/inspections/{record}/coverage", fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    look(phone, rows["H07-bed1"], "pass", seed=760)
    done(phone)
    with app.app_context():
        assert [one.row for one in reading().scalars(select(Recheck))] == [UUID(rows["H07-bed1"])]
        assert where(rows["H07-bath1"]) == ("review", "implement", "")
        paper = content_of(frozen_of(reading(), UUID(record), 1), "en").context["context"]
        assert [card["number"] for card in paper["again"]["cards"]] == ["R1"]
    assert "Re-inspect 2 repairs now" in seen(phone.client, f"/units/{place.units[0]}/handover")


def test_it_is_planned_in_its_own_words_and_two_answers_are_known_by_the_case(
    app: Flask, place: Estates, phone: Phone, cast: Cast, client_for: ClientFor
) -> None:
    rows = walk(phone, app, place)
    repair(app)
    fields = {"checklist": str(place.version), "lead": str(place.officer), "second": "", "due": day(1)}
    manager, asked = client_for(cast.manager), {**fields, "units": [str(place.units[0])], "again": "1"}
    assert manager.post(f"/estates/{place.estate}/walks", asked).status_code == 303
    with app.app_context():
        (told,) = reading().scalars(select(Outgoing).where(Outgoing.kind == MAIL)).all()
        letter = letter_for(told.payload, clock.now())
        assert letter is not None and letter.subject == "1 unit to re-inspect: Lakeside Court"
        assert "What was repaired in 1 unit is yours to look at again." in letter.text
        number = case_of(rows[CHECKS[0]]).number
    phone.record = told.payload["inspection"]
    phone.heads.clear()
    path = f"q/{question_id(rows[CHECKS[0]])}"
    phone.set(path, "score", "pass", parents=[])
    phone.set(path, "score", "as_is", parents=[])
    assert {one["result"] for one in phone.push()} == {"applied"}
    page = seen(manager, f"/inspections/{phone.record}")
    assert "1 place with two answers" in page and f"See {number}" in page and "R-0" not in page


def test_who_ended_last_has_the_last_word(app: Flask, place: Estates, phone: Phone, cast: Cast) -> None:
    """Two began without signal, and end the other way round."""
    rows = walk(phone, app, place)
    row = UUID(rows[CHECKS[0]])
    with app.app_context(), transaction() as session:
        case = actions.one(session, case_of(rows[CHECKS[0]]).id)
        now, pattern = clock.now(), session.scalars(select(Inspection)).one()
        for began, ended, result in ((1, 9, "pass"), (2, 5, "fail")):
            visit = Inspection(
                **{
                    name: getattr(pattern, name)
                    for name in (
                        "version_id",
                        "site_id",
                        "company_id",
                        "estate_id",
                        "unit_id",
                        "rooms",
                        "created_by",
                    )
                },
                id=new_id(),
                number=f"VQ-{began}",
                state="completed",
                planned=False,
                created_at=now + timedelta(hours=began),
            )
            session.add(visit)
            session.flush()
            at = now + timedelta(hours=ended)
            session.add(
                Revision(
                    inspection_id=visit.id,
                    revision=1,
                    at=at,
                    person_id=place.officer,
                    digest="0" * 64,
                    body="{}",
                )
            )
            session.add(
                Recheck(
                    inspection_id=visit.id,
                    revision=1,
                    row=row,
                    action_id=case.id,
                    unit_id=place.units[0],
                    result=result,
                    photos=[],
                    checked_on=at.date(),
                )
            )
    with app.app_context():
        assert [one.result for one in rechecks_of(reading(), place.units[0])[row]] == ["fail", "pass"]
