"""Walks nobody planned, begun without signal: what a phone keeps of an estate, and two who begin at once."""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import new_id, reading, transaction
from app.domain.estates import short_id
from app.domain.rooms import walked
from app.features.accounts.models import GivenGrant
from app.features.inspections.models import Inspection
from app.features.places.models import Building, Unit, UnitType
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.walk import ROOMS, Estates, begin_walk, finish, note_defect, pass_all, raise_estate

ClientFor = Callable[..., PageClient]
TWICE = ("This unit is being walked twice.", "这套房屋正有两次查验在进行。")  # as each of the two reads it
MOST_BYTES = 150 * 1024  # of 5,000 units on their way to a phone


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


def address(place: Estates) -> str:
    return f"/api/v1/estates/{place.estate}/units"


def test_an_officers_phone_keeps_the_units_of_the_estate(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    client = client_for(place.officer)
    work = client.api("GET", "/api/v1/work").json or {}
    assert work["estates"] == [{"id": str(place.estate), "name": "Lakeside Court", "units": 3}]
    with app.app_context(), transaction() as session:
        gone = session.get_one(Unit, place.units[2])
        gone.retired_at = BORN
    answer = client.api("GET", address(place))
    body = answer.json or {}
    (tower,) = body["buildings"]
    assert tower["name"] == "Tower 2" and [row[3] for row in tower["units"]] == ["1501", "1502"]
    assert UUID(tower["units"][0][0]) == place.units[0]
    assert body["types"] == [{"name": "Type A1", "rooms": ROOMS, "plan": None}]
    assert body["contractors"]["Waterproofing"]["name"] == "Dry Walls"
    assert "Zhang" not in answer.text, "owners stay at home"
    again = client.api("GET", address(place), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_who_may_begin_nothing_there_is_told_nothing(
    place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    for person in (place.elsewhere, cast.stranger):
        client = client_for(person)
        assert client.api("GET", address(place)).status_code == 404
        named = [one["id"] for one in (client.api("GET", "/api/v1/work").json or {})["estates"]]
        assert str(place.estate) not in named


def test_five_thousand_units_stay_small(app: Flask, place: Estates, client_for: ClientFor) -> None:
    with app.app_context(), transaction() as session:
        kind = session.scalars(select(UnitType)).first()
        assert kind is not None
        towers = [
            Building(id=new_id(), estate_id=place.estate, name=f"Tower {n}", position=n)
            for n in range(10, 20)
        ]
        session.add_all(towers)
        session.flush()
        session.add_all(
            Unit(
                id=new_id(),
                building_id=tower.id,
                type_id=kind.id,
                short_id=short_id(secrets.randbits(40)),
                floor=str(floor),
                floor_order=floor * 10,
                name=f"{floor}{door:02}",
                owner_name="Somebody",
                created_at=BORN,
            )
            for tower in towers
            for floor in range(1, 51)
            for door in range(1, 11)
        )
    answer = client_for(place.officer).api("GET", address(place))
    assert len(gzip.compress(answer.data, 6)) <= MOST_BYTES
    assert sum(len(one["units"]) for one in (answer.json or {})["buildings"]) == 5003


def test_two_who_begin_the_same_unit_without_signal_lose_nothing(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    """Both walks arrive whole, each says that there is another, and both can be finished."""
    with app.app_context(), transaction() as session:
        grant = {"role": "officer", "scope_kind": "estate", "scope_id": place.estate, "created_at": BORN}
        session.add(GivenGrant(person_id=cast.teammate, **grant))
    phones = [Phone(client_for(person)).register() for person in (place.officer, cast.teammate)]
    people = (place.officer, cast.teammate)
    records = [begin_walk(phone, place, person) for phone, person in zip(phones, people, strict=True)]
    for phone in phones:
        pass_all(phone, app, place, "H07-bed1")
        note_defect(phone, "H07-bed1", text={"text": "Damp", "lang": "en"})
    for phone in phones:
        assert {one["result"] for one in phone.push()} == {"applied"}
    with app.app_context():
        rows = reading().scalars(select(Inspection).where(Inspection.unit_id == place.units[0])).all()
        assert {str(row.id) for row in rows} == set(records)
        assert {row.state for row in rows} == {"in_progress"} and all(not row.planned for row in rows)
        numbers = {str(row.id): row.number for row in rows}
    for phone, record, other in zip(phones, records, reversed(records), strict=True):
        told = (phone.client.api("GET", f"/api/v1/inspections/{record}").json or {})["inspection"]["unit"]
        assert [one["number"] for one in told["others"]] == [numbers[other]]
        page = phone.client.get(f"/inspections/{record}").text
        assert any(words in page for words in TWICE) and numbers[other] in page
    for phone in phones:
        finish(phone)
        assert {one["result"] for one in phone.push()} == {"applied"}
    page = phones[0].client.get(f"/inspections/{records[0]}").text
    assert not any(words in page for words in TWICE)
    assert len(set(re.findall(r"A-\d+", phones[0].client.get(f"/units/{place.units[0]}/handover").text))) >= 1


def test_rooms_that_changed_while_the_phone_was_away_are_walked_as_they_were(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    """The type has other rooms meanwhile: what was walked stays what was walked."""
    phone = Phone(client_for(place.officer)).register()
    record = begin_walk(phone, place, place.officer)
    phone.set("q/H07-bed1", "score", "pass")
    with app.app_context(), transaction() as session:
        kind = session.scalars(select(UnitType).where(UnitType.estate_id == place.estate)).one()
        kind.rooms = [{"id": "live1", "kind": "living", "name": {"en": "Living room"}}]
    assert {one["result"] for one in phone.push()} == {"applied"}
    with app.app_context():
        row = reading().get_one(Inspection, UUID(record))
        assert row.rooms == walked(ROOMS) and row.answered == 1


def test_a_label_without_signal_has_a_worker_of_its_own(app: Flask) -> None:
    answer = PageClient(app, None).api("GET", "/u/worker.js")
    assert answer.status_code == 200 and answer.mimetype == "text/javascript"
    assert "/app/#/u/" in answer.text and "import" not in answer.text
    assert "Service-Worker-Allowed" not in answer.headers, "it reaches labels and nothing else"
