"""Estates through HTTP: who sees them, buildings as grids, units by hand and by label, types, contractors."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import new_id, reading, transaction
from app.domain.permissions import Role
from app.features.companies.models import Company
from app.features.places.models import Building, Estate, Unit, UnitType
from app.journal import Entry
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.domain.pen import squares
from tests.features.places.estate import a_unit, an_estate, granted, other_estate

Clients = Callable[..., PageClient]
UNIT = {"building": "Tower 2", "floor": "15", "name": "1502", "owner_name": "Wang Fang"}


@pytest.fixture
def estate(app: Flask, cast: Cast) -> UUID:
    return an_estate(app, cast)


def type_id(app: Flask, estate: UUID) -> str:
    with app.app_context():
        return str(reading().scalars(select(UnitType.id).where(UnitType.estate_id == estate)).first())


def test_a_manager_adds_an_estate_at_a_developers_site(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    assert "No estate yet" in client.get("/estates").text
    assert str(cast.site) not in client.get("/estates/new").text, "a supplier's plant is no estate"
    with app.app_context(), transaction() as session:
        session.get_one(Company, cast.supplier).kinds = ["developer"]
    assert str(cast.site) in client.get("/estates/new").text
    given = {
        "site": str(cast.site),
        "name": "Lakeside Court",
        "code": "LC",
        "completed_on": "2026-09-30",
    }
    refused = client.post("/estates", {**given, "site": str(cast.other_site)})
    assert refused.status_code == 422 and "Choose one from the list." in refused.text
    answer = client.post("/estates", given)
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Lakeside Court" in page and "Hengda Precision" in page and "No unit yet" in page
    assert str(cast.site) not in client.get("/estates/new").text, "one estate at a site"
    key = answer.location.rsplit("/", 1)[1]
    stale = {**given, "name": "Lakeside", "record_version": "1"}
    assert client.post(f"/estates/{key}", stale).status_code == 303
    again = client.post(f"/estates/{key}", {**stale, "name": "Another"})
    assert again.status_code == 409 and 'value="Another"' in again.text and "Lakeside" in again.text
    with app.app_context():
        acts = (
            reading().scalars(select(Entry.act).where(Entry.record_id == UUID(key)).order_by(Entry.seq)).all()
        )
        assert acts == ["estate.created", "estate.changed"]


def test_who_sees_an_estate(app: Flask, cast: Cast, estate: UUID, client_for: Clients) -> None:
    hill = other_estate(app, cast)
    unit = a_unit(app, cast, estate, **UNIT)
    officer = client_for(granted(app, estate))
    page = officer.get("/estates").text
    assert "Lakeside Court" in page and "Hill View" not in page
    assert officer.get(f"/estates/{estate}").status_code == 200
    assert officer.get(f"/u/{unit}").status_code == 200
    assert officer.get(f"/estates/{hill}").status_code == 404
    # the developer and the estate's site come with it, and nothing else
    assert officer.get(f"/suppliers/{cast.supplier}").status_code == 200
    assert officer.get(f"/suppliers/{cast.other_supplier}").status_code == 404
    assert officer.post(f"/suppliers/{cast.supplier}/retirement").status_code in (403, 404)
    everything = client_for(cast.officer).get("/estates").text
    assert "Lakeside Court" in everything and "Hill View" in everything
    assert "Lakeside Court" in client_for(cast.scoped).get("/estates").text, "the developer is granted"
    elsewhere = client_for(granted(app, hill))
    for person in (client_for(cast.owner), client_for(cast.stranger), elsewhere):
        assert "Lakeside Court" not in person.get("/estates").text
        assert person.get(f"/estates/{estate}").status_code == 404
        assert person.get(f"/u/{unit}").status_code == 404
        assert "1502" not in person.get(f"/u/{unit}").text


def test_of_a_developers_sites_a_grant_shows_the_estates_only(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients
) -> None:
    manager = client_for(cast.manager)
    made = {"name": "Head office", "time_zone": "Asia/Shanghai", "country": "CN"}
    assert manager.post(f"/suppliers/{cast.supplier}/sites", made).status_code == 303
    sites = f"/suppliers/{cast.supplier}/sites"
    assert "Head office" in manager.get(sites).text
    seen = client_for(granted(app, estate)).get(sites).text
    assert "Suzhou" in seen and "Head office" not in seen


def test_an_admin_grants_an_estate(app: Flask, cast: Cast, estate: UUID, client_for: Clients) -> None:
    nobody = granted(app, cast.other_supplier, kind="company")
    admin = client_for(cast.admin)
    assert f'value="estate:{estate}"' in admin.get(f"/people/{nobody}").text
    given = {"role": Role.OFFICER.value, "scope": f"estate:{estate}"}
    assert admin.post(f"/people/{nobody}/grants", given).status_code == 303
    assert client_for(nobody).get(f"/estates/{estate}").status_code == 200
    assert "Lakeside Court (estate)" in admin.get(f"/people/{nobody}").text


def test_a_label_leads_to_its_unit_or_to_the_sign_in(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients, anonymous: PageClient
) -> None:
    unit = a_unit(app, cast, estate, **UNIT)
    officer = client_for(granted(app, estate))
    page = officer.get(f"/u/{unit}")
    assert "Tower 2, 1502" in page.text and "Wang Fang" in page.text and "Bathroom" in page.text
    typed = officer.get(f"/u/{unit.lower().replace('1', 'l').replace('0', 'o')}")
    assert typed.status_code == 302 and typed.location.endswith(f"/u/{unit}")
    assert officer.get("/u/not-one").status_code == 404
    visitor = anonymous.get(f"/u/{unit}")
    assert visitor.status_code == 302 and f"next=%2Fu%2F{unit}" in visitor.location.replace("/u/", "%2Fu%2F")
    assert "1502" not in visitor.text
    with app.app_context():
        building = reading().scalars(select(Building.id)).one()
    labels = officer.get(f"/estates/{estate}/buildings/{building}/labels").text
    assert unit in labels and labels.count('class="label"') == 1
    assert labels.count('<svg class="qr"') == 1 and labels.count("labels__sheet") == 1


def test_units_are_added_changed_and_retired_by_hand(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients
) -> None:
    client = client_for(granted(app, estate))
    given = {**UNIT, "type_id": type_id(app, estate), "delivery_on": "2026-12-20"}
    for wrong, said in (
        ({"floor": "somewhere"}, "This is not a floor"),
        ({"floor": ""}, "This is needed."),
        ({"type_id": str(new_id())}, "Choose one from the list."),
        ({"owner_email": "nobody"}, "This is not an e-mail address"),
        ({"delivery_on": "soon"}, "date"),
    ):
        refused = client.post(f"/estates/{estate}/units", {**given, **wrong})
        assert refused.status_code == 422 and said in refused.text, wrong
    answer = client.post(f"/estates/{estate}/units", given)
    assert answer.status_code == 303
    twice = client.post(f"/estates/{estate}/units", {**given, "building": "tower 2"})
    assert twice.status_code == 422 and "This already exists." in twice.text
    unit = answer.location.rsplit("/", 1)[1]
    form = client.get(f"/u/{unit}/edit").text
    assert 'value="Tower 2"' in form and 'value="2026-12-20"' in form
    changed = client.post(f"/u/{unit}", {**given, "owner_name": "Li Na", "record_version": "1"})
    assert changed.status_code == 303 and "Li Na" in client.get(f"/u/{unit}").text
    stale = client.post(f"/u/{unit}", {**given, "owner_name": "Zhao", "record_version": "1"})
    assert stale.status_code == 409 and "Li Na" in stale.text and 'value="Zhao"' in stale.text
    assert "1502" in client.get(f"/estates/{estate}").text
    assert "1502" in client.get(f"/estates/{estate}?q=li+na").text
    assert client.post(f"/u/{unit}/retirement", {"record_version": "2"}).status_code == 303
    assert f"/u/{unit}" not in client.get(f"/estates/{estate}").text
    assert client.get(f"/u/{unit}").status_code == 200, "its label still leads there"
    assert client.post(f"/u/{unit}/restoration", {"record_version": "3"}).status_code == 303
    with app.app_context():
        found = reading().scalars(select(Unit)).one()
        acts = (
            reading().scalars(select(Entry.act).where(Entry.record_id == found.id).order_by(Entry.seq)).all()
        )
        assert acts == ["unit.created", "unit.changed", "unit.retired", "unit.restored"]
        names = reading().scalars(select(Building.name)).all()
        assert names == ["Tower 2"], "tower 2 is Tower 2"


def test_units_of_one_column_stand_above_each_other(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients
) -> None:
    for floor, name in (("15", "1502"), ("15", "1501"), ("B1", "B102"), ("2", "0201"), ("2", "0203")):
        a_unit(app, cast, estate, "Tower 2", floor, name)
    with app.app_context(), transaction() as session:
        session.scalars(select(Unit).where(Unit.name == "1502")).one().state = "defects"
    page = client_for(cast.officer).get(f"/estates/{estate}").text
    floors = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    assert [floor for floor, _ in floors] == ["15", "2", "B1"], "the roof is above"
    columns = [re.findall(r"<td>(?:</td>|<a [^>]*>(\w+))", row) for _, row in floors]
    assert columns == [["1501", "1502", ""], ["0201", "", "0203"], ["", "B102", ""]]
    assert re.search(r'class="u u--defects"[^>]*>1502<i class="vh"> Defects open', page)
    filtered = client_for(cast.officer).get(f"/estates/{estate}?state=defects").text
    assert re.search(r'class="u u--defects"[^>]*>1502', filtered)
    assert re.search(r'<span class="u u--out">1501', filtered)


def test_rooms_are_put_in_order_and_called_after_their_kind(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients
) -> None:
    client = client_for(granted(app, estate))
    assert 'value="entrance" selected' in client.get(f"/estates/{estate}/types/new").text
    rows = {
        "room_id": ["", "", "", "", ""],
        "room_order": ["3", "1", "2", "9", "4"],
        "room_kind": ["bedroom", "entrance", "bedroom", "", "bathroom"],
        "room_name": ["", "", "", "", "Guest bath"],
    }
    answer = client.post(f"/estates/{estate}/types", {"code": "B2", "name": "Two bedrooms", **rows})
    assert answer.status_code == 303
    with app.app_context():
        made = reading().scalars(select(UnitType).where(UnitType.code == "B2")).one()
        assert [(room["id"], room["name"]) for room in made.rooms] == [
            ("entrance1", {"en": "Entrance", "zh-Hans": "入户", "zh-Hant": "玄關"}),
            ("bedroom1", {"en": "Bedroom 1", "zh-Hans": "卧室1", "zh-Hant": "臥室1"}),
            ("bedroom2", {"en": "Bedroom 2", "zh-Hans": "卧室2", "zh-Hant": "臥室2"}),
            ("bathroom1", {"text": "Guest bath", "lang": "en"}),
        ]
    rows = {
        "room_id": ["bathroom1", "bedroom2", ""],
        "room_order": ["1", "2", "3"],
        "room_kind": ["bathroom", "bedroom", "bathroom"],
        "room_name": ["Guest bath", "Bedroom 2", "Master bath"],
    }
    here = answer.location
    known = {"code": "B2", "name": "", "record_version": "1"}
    more = client.post(here, {**known, **rows, "more": "1"})
    assert more.status_code == 200 and more.text.count('name="room_kind"') == 6
    assert client.post(here, {**known, **rows}).status_code == 303
    with app.app_context():
        made = reading().scalars(select(UnitType).where(UnitType.code == "B2")).one()
        assert [(room["id"], room["name"].get("text") or room["name"]["en"]) for room in made.rooms] == [
            ("bathroom1", "Guest bath"),
            ("bedroom2", "Bedroom 2"),
            ("bathroom2", "Master bath"),
        ], "what was walked before keeps its id and its words"
    assert client.post(here, {**known, **rows}).status_code == 409
    nameless = {"room_id": [""], "room_order": ["1"], "room_kind": [""], "room_name": ["Attic"]}
    refused = client.post(here, {**known, "record_version": "2", **nameless})
    assert refused.status_code == 422 and "Attic" in refused.text
    taken = client.post(here, {"code": "a1", "record_version": "2", **rows})
    assert taken.status_code == 422 and "This already exists." in taken.text


def test_contractors_by_trade(app: Flask, cast: Cast, estate: UUID, client_for: Clients) -> None:
    with app.app_context(), transaction() as session:
        huaxin = Company(id=new_id(), name="Huaxin Waterproofing", kinds=["contractor"], created_at=BORN)
        session.add(huaxin)
        key = str(huaxin.id)
    client = client_for(cast.officer)
    page = client.get(f"/estates/{estate}/contractors").text
    field = re.search(r'<label for="(t-\d+)">Waterproofing<', page)
    assert field and key in page
    answer = client.post(f"/estates/{estate}/contractors", {field[1]: key})
    assert answer.status_code == 303 and "Huaxin Waterproofing" in client.get(answer.location).text
    supplier = {field[1]: str(cast.supplier)}
    assert client.post(f"/estates/{estate}/contractors", supplier).status_code == 422
    # whoever does not see the company keeps it where it is, and cannot choose another
    narrow = client_for(granted(app, estate))
    assert f'value="{key}" selected' in narrow.get(f"/estates/{estate}/contractors").text
    assert narrow.post(f"/estates/{estate}/contractors", {field[1]: key}).status_code == 303
    assert narrow.post(f"/estates/{estate}/contractors", {field[1]: ""}).status_code == 303
    assert narrow.post(f"/estates/{estate}/contractors", {field[1]: key}).status_code == 422


def test_a_building_is_renamed_and_moved(app: Flask, cast: Cast, estate: UUID, client_for: Clients) -> None:
    a_unit(app, cast, estate, "Tower 1", "1", "101")
    a_unit(app, cast, estate, "Tower 2", "1", "101")
    client = client_for(cast.officer)
    with app.app_context():
        second = reading().scalars(select(Building).where(Building.name == "Tower 2")).one()
    here = f"/estates/{estate}/buildings/{second.id}"
    taken = client.post(here, {"name": "tower 1", "position": "2", "record_version": "1"})
    assert taken.status_code == 422 and "This already exists." in taken.text
    assert client.post(here, {"name": "Annex", "position": "1", "record_version": "1"}).status_code == 303
    page = client.get(f"/estates/{estate}").text
    assert page.index("Annex") < page.index("Tower 1")


def test_a_retired_estate_takes_no_new_units(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    assert client.post(f"/estates/{estate}/retirement", {"record_version": "1"}).status_code == 303
    assert "Retired on" in client.get(f"/estates/{estate}").text
    given = {**UNIT, "type_id": type_id(app, estate)}
    refused = client.post(f"/estates/{estate}/units", given)
    assert refused.status_code == 422 and "This estate is retired." in refused.text
    assert client.post(f"/estates/{estate}/restoration", {"record_version": "2"}).status_code == 303
    assert client.post(f"/estates/{estate}/units", given).status_code == 303


def test_five_thousand_units_are_one_light_page(app: Flask, cast: Cast, client_for: Clients) -> None:
    estate = an_estate(app, cast)
    states = ("idle", "planned", "walking", "defects", "repaired", "ready", "handed_over")
    with app.app_context(), transaction() as session:
        kind = session.scalars(select(UnitType.id)).one()
        for tower in range(20):
            building = Building(id=new_id(), estate_id=estate, name=f"Tower {tower + 1}", position=tower)
            session.add(building)
            session.flush()
            session.add_all(
                Unit(
                    building_id=building.id,
                    type_id=kind,
                    short_id=f"{tower:02}{floor:03}{column:03}",
                    floor=str(floor),
                    floor_order=10 * floor,
                    name=f"{floor}{column:02}",
                    state=states[(tower + floor * column) % 7],
                    created_at=BORN,
                )
                for floor in range(1, 26)
                for column in range(1, 11)
            )
    client = client_for(cast.officer)
    page = client.get(f"/estates/{estate}").text
    drawings = re.findall(r"<svg class=\"heat\".*?</svg>", page, re.DOTALL)
    assert len(drawings) == 20
    drawn = sum(len(squares(path)) for each in drawings for path in re.findall(r' d="([^"]+)"', each))
    assert drawn == 5000, "every unit is drawn"
    assert len(page.encode()) <= 100_000
    with app.app_context():
        building = reading().scalars(select(Building).where(Building.name == "Tower 3")).one().id
        assert reading().get(Estate, estate) is not None
    one = client.get(f"/estates/{estate}/buildings/{building}").text
    assert len(one.encode()) <= 100_000 and one.count('href="/u/') == 250
