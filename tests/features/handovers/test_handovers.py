"""A unit on its way to its owner: its state, the gate for the keys, walks planned for many."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.db import new_id, reading, transaction
from app.domain.actions import Step
from app.features.actions import queries as actions
from app.features.actions.models import Action, ActionDefect
from app.features.inspections.models import Inspection
from app.features.places.models import Unit
from app.outbox import Outgoing
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, begin_walk, finish, note_defect, pass_all, raise_estate
from tests.features.inspections.steps import day

ClientFor = Callable[..., PageClient]


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


@pytest.fixture
def phone(client_for: ClientFor, place: Estates) -> Phone:
    return Phone(client_for(place.officer)).register()


def state_of(app: Flask, unit: UUID) -> str:
    with app.app_context():
        return reading().get_one(Unit, unit).state


def seen(client: PageClient, unit: UUID) -> str:
    answer = client.get(f"/units/{unit}/handover")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def sent(client: PageClient, place: Estates, *units: UUID, **more: str) -> object:
    fields = {
        "checklist": str(place.version),
        "lead": str(place.officer),
        "second": "",
        "due": day(1),
        "units": [str(unit) for unit in units],
        **more,
    }
    return client.post(f"/estates/{place.estate}/walks", fields)


def test_a_batch_of_walks_is_planned_for_two_officers(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    form = manager.get(f"/estates/{place.estate}/walks/new")
    assert form.status_code == 200 and form.get_data(as_text=True).count('name="units"') == 3
    answer = sent(manager, place, *place.units[:2], second=str(cast.officer))
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    with app.app_context():
        rows = reading().scalars(select(Inspection).order_by(Inspection.created_at, Inspection.id)).all()
        assert {row.unit_id for row in rows} == set(place.units[:2])
        for row in rows:
            people = [one.person_id for one in row.assignments]
            assert people == [place.officer, cast.officer] and row.state == "planned"
            assert row.due == date.fromisoformat(day(1)) and row.rooms[-1]["kind"] == "unit"
        letters = reading().scalars(select(Outgoing)).all()
        assert [(one.payload["letter"], len(one.payload["walks"])) for one in letters] == [("walks", 2)] * 2
    assert [state_of(app, unit) for unit in place.units] == ["planned", "planned", "idle"]
    assert "Tower 2, 1502" in manager.get("/inspections").get_data(as_text=True)
    work = client_for(place.officer).api("GET", "/api/v1/work").json
    assert {row["unit"]["name"] for row in work["inspections"]} == {"1501", "1502"}


def test_a_walk_that_is_called_off_leaves_the_unit_as_it_was(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    sent(manager, place, place.units[0])
    with app.app_context():
        walk = reading().scalars(select(Inspection.id)).one()
    page = manager.get(f"/inspections/{walk}").get_data(as_text=True)
    seq = re.search(r'name="seq" value="(\d+)"', page)[1]
    manager.post(f"/inspections/{walk}/cancellation", {"seq": seq, "reason": "The lift is out of order"})
    assert state_of(app, place.units[0]) == "idle"


def test_what_cannot_be_planned_is_said_and_nothing_is(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    assert sent(manager, place, place.units[0]).status_code == 303
    taken = sent(manager, place, *place.units)
    assert taken.status_code == 422 and "Tower 2 1501" in taken.get_data(as_text=True)
    assert sent(manager, place).status_code == 422
    assert sent(manager, place, place.units[1], due=day(-1)).status_code == 422
    assert sent(manager, place, place.units[1], due="soon").status_code == 422
    assert sent(manager, place, new_id()).status_code == 422
    assert sent(manager, place, place.units[1], lead=str(place.elsewhere)).status_code == 422
    assert sent(manager, place, place.units[1], checklist=str(new_id())).status_code == 422
    with app.app_context():
        assert len(reading().scalars(select(Inspection)).all()) == 1


def test_who_has_no_part_in_the_estate_finds_nothing(
    place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    for person in (place.elsewhere, cast.scoped, cast.owner, cast.stranger):
        client = client_for(person)
        assert client.get(f"/units/{place.units[0]}/handover").status_code == 404, person
        assert client.get(f"/estates/{place.estate}/walks/new").status_code in (403, 404)
        assert sent(client, place, place.units[0]).status_code in (403, 404)
        assert client.post(f"/units/{place.units[0]}/walks", {}).status_code in (403, 404)
    assert client_for(place.officer).get(f"/units/{new_id()}/handover").status_code == 404


def test_an_officer_begins_a_walk_from_the_unit_and_finds_it_again(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    officer = client_for(place.officer)
    assert "Walk this unit now" in seen(officer, place.units[0])
    answer = officer.post(f"/units/{place.units[0]}/walks", {})
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert re.fullmatch(r"/app/en/#/i/[0-9a-f-]{36}", where)
    assert officer.post(f"/units/{place.units[0]}/walks", {}).headers["Location"] == where
    with app.app_context():
        (row,) = reading().scalars(select(Inspection))
        assert (str(row.id), row.unit_id) == (where[-36:], place.units[0])
    assert "Walk this unit now" not in seen(officer, place.units[0])


def test_the_state_of_a_unit_follows_its_walk_and_its_repairs(
    app: Flask, place: Estates, phone: Phone, client_for: ClientFor
) -> None:
    unit, picture = place.units[0], jpeg(seed=51)
    client_for(place.officer).post(f"/units/{unit}/walks", {})
    assert state_of(app, unit) == "planned"
    with app.app_context():
        phone.record = str(reading().scalars(select(Inspection.id)).one())
    note_defect(phone, "H07-bed1")
    phone.push()
    assert state_of(app, unit) == "walking"
    pass_all(phone, app, place, "H07-bed1")
    phone.set("meter/water", "reading", "12.5")
    phone.add_photo("meter/water", picture)
    phone.set("meter/power", "absent", {"reason": {"text": "Not fitted yet", "lang": "en"}})
    phone.set("keys/entrance", "count", 3)
    phone.push()
    phone.upload(picture)
    text = seen(phone.client, unit)
    assert "The unit is walked" in text and "points open" in text
    finish(phone)
    assert {one["result"] for one in phone.push()} == {"applied"}
    assert state_of(app, unit) == "defects"
    text = seen(phone.client, unit)
    assert "1 point open" in text and "A-2" in text and "Dry Walls" in text
    assert "15 Jan 2031" in text or "Jan 15, 2031" in text  # five years from the completion acceptance
    with app.app_context(), transaction() as session:
        link = session.scalars(select(ActionDefect)).one()
        action = actions.one(session, link.action_id, lock=True)
        repair(session, action, place, clock.now())
    assert state_of(app, unit) == "repaired"
    with app.app_context(), transaction() as session:
        action = actions.one(session, link.action_id, lock=True)
        check(session, action, place, clock.now())
    assert state_of(app, unit) == "ready"
    assert "everything is there" in seen(phone.client, unit)


def repair(session, action: Action, place: Estates, now: datetime) -> None:
    """The contractor's side sends the repair, ours takes it."""
    from app.domain import actions as rules
    from app.features.actions.commands import settle

    circle = rules.submit(actions.circle_of(action), Step.IMPLEMENT, "l:contractor")
    settle(session, action, circle, now)


def check(session, action: Action, place: Estates, now: datetime) -> None:
    from app.domain import actions as rules
    from app.features.actions.commands import Hand, accepted, settle

    hand = Hand(person_id=place.officer)
    circle = rules.accept(actions.circle_of(action), Step.IMPLEMENT)
    accepted(action, Step.IMPLEMENT, hand, now)
    settle(session, action, circle, now)
    circle = rules.verify(actions.circle_of(action), str(hand), True)
    accepted(action, Step.CHECK, hand, now)
    settle(session, action, circle, now)


def test_the_walks_page_shows_what_was_written_down(app: Flask, place: Estates, phone: Phone) -> None:
    record = begin_walk(phone, place, place.officer)
    note_defect(
        phone,
        "H07-bed1",
        text={"text": "Damp above the window", "lang": "en"},
        stand="dispute",
        stand_text={"text": "It is only condensation", "lang": "en"},
        class_="B",
        class_reason={"text": "A small patch", "lang": "en"},
    )
    phone.set("meter/gas", "reading", "301")
    phone.set("keys/mailbox", "count", 2)
    assert {one["result"] for one in phone.push()} == {"applied"}
    page = phone.client.get(f"/inspections/{record}").get_data(as_text=True)
    for words in (
        "Damp above the window",
        "It is only condensation",
        "A small patch",
        "Bedroom",
        "Dry Walls",
    ):
        assert words in page, words
    assert "301 m³" in page and "far more than a flat usually uses" in page and "Mailbox" in page
    history = phone.client.get(f"/inspections/{record}/history").get_data(as_text=True)
    assert "Defect written down" in history and "Defect: class" in history and "d/" not in history


def test_a_stranger_scopes_officer_sees_no_cases_of_the_estate(
    app: Flask, place: Estates, phone: Phone, client_for: ClientFor
) -> None:
    begin_walk(phone, place, place.officer)
    pass_all(phone, app, place, "H07-bed1")
    note_defect(phone, "H07-bed1")
    phone.push()
    finish(phone)
    phone.push()
    with app.app_context():
        case = reading().scalars(select(Action)).one()
    colleague = client_for(place.officer)
    assert colleague.get(f"/actions/{case.id}").status_code == 200
    assert client_for(place.elsewhere).get(f"/actions/{case.id}").status_code == 404
