"""Units from a sheet, through HTTP: each row's fault is named, nothing twice, nothing by halves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.db import reading, transaction
from app.features.accounts.models import Person
from app.features.places.models import Building, Estate, ImportDraft, Unit, UnitType
from app.journal import Entry
from tests.cast import Cast
from tests.client import PageClient
from tests.features.places.estate import a_unit, an_estate, granted, other_estate

Clients = Callable[..., PageClient]
HEADER = "Building,Floor,Unit,Type,Owner,Owner contact,Completion,Delivery"


@pytest.fixture
def estate(app: Flask, cast: Cast) -> UUID:
    return an_estate(app, cast)


@pytest.fixture
def client(app: Flask, estate: UUID, client_for: Clients) -> PageClient:
    return client_for(granted(app, estate))


def send(
    client: PageClient, content: bytes, estate: UUID | str = "", name: str = "units.csv"
) -> TestResponse:
    return client.post("/estates/imports", {"sheet": (BytesIO(content), name), "estate": str(estate)})


def preview(client: PageClient, content: bytes, estate: UUID | str = "", name: str = "u.csv") -> TestResponse:
    answer = send(client, content, estate, name)
    assert answer.status_code == 303, answer.text
    return client.get(answer.location)


def lines(*rows: str) -> bytes:
    return "\r\n".join((HEADER, *rows)).encode()


def confirm(client: PageClient, page: TestResponse) -> TestResponse:
    return client.post(f"{page.request.path}/confirmation")


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(model)) or 0


def test_a_sheet_brings_buildings_types_units_owners_and_dates(
    app: Flask, estate: UUID, client: PageClient
) -> None:
    rows = (
        "Tower 1,1,101,A1,Wang Fang,+86 138 0000 0000,2026-09-30,2026-12-20",
        "Tower 1,2,201,B1,,li.na@example.com,2026-09-30,2026/12/21",
        "Tower 2,B1,B101,a1,,,,",
    )
    page = preview(client, lines(*rows), estate)
    assert "3 units" in page.text and "Tower 2" in page.text and "B1" in page.text
    assert count(app, Unit) == 0, "nothing before it is confirmed"
    answer = confirm(client, page)
    assert answer.status_code == 303
    assert "Added: 3 units, 2 buildings, 1 type." in client.get(answer.location).text
    with app.app_context():
        units = reading().scalars(select(Unit).order_by(Unit.name)).all()
        assert [(unit.name, unit.type.code, unit.floor_order) for unit in units] == [
            ("101", "A1", 10),
            ("201", "B1", 20),
            ("B101", "A1", -10),
        ]
        assert (units[0].owner_name, units[0].owner_phone) == ("Wang Fang", "+86 138 0000 0000")
        assert units[1].owner_email == "li.na@example.com"
        assert units[1].delivery_on == date(2026, 12, 21)
        assert reading().get_one(Estate, estate).completed_on == date(2026, 9, 30)
        assert len({unit.short_id for unit in units}) == 3
        acts = reading().scalars(select(Entry.act)).all()
        assert acts.count("unit.created") == 3 and acts.count("units.imported") == 1
    assert count(app, ImportDraft) == 0


def test_each_rows_fault_is_named(app: Flask, estate: UUID, client: PageClient) -> None:
    rows = (
        "Tower 1,1,101,A1,,,2026-09-30,",
        "Tower 1,,102,A1,,,,",
        "Tower 1,1,101,A1,,,,",
        "Tower 1,penthouse,103,A1,,,,",
        "Tower 1,1,104,,,,,",
        "Tower 1,1,,A1,,,,",
        "Tower 1,1,105,A1,Wang,who@,,",
        "Tower 1,1,106,A1,,,,soon",
        "Tower 1,1,107,A1,,,2026-10-01,",
        "Tower 1,1,108,A1,,,30.9.2026,",
    )
    page = preview(client, lines(*rows), estate)
    assert "9 rows cannot be read" in page.text
    for row, column, said in (
        (3, "B · Floor", "This is needed."),
        (4, "C · Unit", "This unit stands in row 2 already."),
        (5, "B · Floor", "This is not a floor"),
        (6, "D · Type", "This is needed."),
        (7, "C · Unit", "This is needed."),
        (8, "", "This is not an e-mail address"),
        (9, "H · Delivery", "This is not a date"),
        (10, "G · Completion", "Row 2 gives this estate another day of completion."),
        (11, "G · Completion", "This is not a date"),
    ):
        part = page.text.split(f"Row {row}<", 1)[1].split("</li>", 1)[0]
        assert column in part and said in part, row
    assert confirm(client, page).status_code == 303
    assert count(app, Unit) == 1


def test_merged_cells_and_blocks_belong_to_every_row(app: Flask, estate: UUID, client: PageClient) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Lakeside Court, units", None, None, None, None],
        ["项目", "楼栋", "楼层", "房号", "户型"],
        ["LC", "1栋", "3层", "301", "A1"],
        [None, None, None, "302", "A1"],
        [None, "2栋", "屋面", "R1", "A1"],
        [None, None, "1层", "101", "A1"],
    ):
        book.active.append(row)
    book.active.merge_cells("A1:E1")
    book.active.merge_cells("A3:A6")
    book.active.merge_cells("B3:B4")
    book.active.merge_cells("C3:C4")
    buffer = BytesIO()
    book.save(buffer)
    # the last building is not merged: it holds until another is named
    page = preview(client, buffer.getvalue(), name="units.xlsx")
    assert confirm(client, page).status_code == 303
    with app.app_context():
        rows = reading().execute(
            select(Building.name, Unit.floor, Unit.name).join(Building).order_by(Building.name, Unit.name)
        )
        assert [tuple(row) for row in rows] == [
            ("1栋", "3层", "301"),
            ("1栋", "3层", "302"),
            ("2栋", "1层", "101"),
            ("2栋", "屋面", "R1"),
        ]


def test_the_same_sheet_again_updates_owners_and_dates_and_adds_nothing(
    app: Flask, cast: Cast, estate: UUID, client: PageClient
) -> None:
    a_unit(app, cast, estate, "Tower 1", "1", "101", owner_name="Wang Fang", owner_phone="1")
    with app.app_context():
        label = reading().scalars(select(Unit.short_id)).one()
    sheet = lines("TOWER 1,1,101,A1,Li Na,,,2026-12-20")
    page = preview(client, sheet, estate)
    assert "Li Na · 2026-12-20" in page.text
    assert confirm(client, page).status_code == 303
    with app.app_context():
        unit = reading().scalars(select(Unit)).one()
        assert (unit.owner_name, unit.owner_phone, unit.delivery_on) == ("Li Na", "1", date(2026, 12, 20))
        assert unit.short_id == label, "a label on a door stays good"
    again = preview(client, sheet, estate)
    assert "Add and change these" not in again.text
    other_floor = preview(client, lines("Tower 1,7,101,B9,Li Na,,,"), estate)
    assert "Another floor or type" in other_floor.text
    assert confirm(client, other_floor).status_code == 303
    with app.app_context():
        unit = reading().scalars(select(Unit)).one()
        assert (unit.floor, unit.type.code) == ("1", "A1")
    assert (count(app, Unit), count(app, Building), count(app, UnitType)) == (1, 1, 1)


def test_a_retired_unit_is_left_out(app: Flask, cast: Cast, estate: UUID, client: PageClient) -> None:
    unit = a_unit(app, cast, estate, "Tower 1", "1", "101")
    client.post(f"/u/{unit}/retirement", {"record_version": "1"})
    page = preview(client, lines("Tower 1,1,101,A1,Li Na,,,"), estate)
    assert "left out; restore them first" in page.text
    assert confirm(client, page).status_code == 303
    with app.app_context():
        assert reading().scalars(select(Unit.owner_name)).all() == [""]


def test_rows_of_estates_one_does_not_manage_are_refused(
    app: Flask, cast: Cast, estate: UUID, client: PageClient
) -> None:
    hill = other_estate(app, cast)
    sheet = "Estate,Building,Floor,Unit,Type\nHill View,1,1,101,A1\nNowhere,1,1,101,A1\n,1,1,102,A1\n"
    page = preview(client, f"{sheet}lc,1,1,101,A1\n".encode())
    assert page.text.count("You manage no estate of this name or code.") >= 2
    assert "3 rows cannot be read" in page.text, "an unknown name holds for the block below it"
    assert confirm(client, page).status_code == 303
    assert preview(client, b"Building,Floor,Unit,Type\n1,1,9,A1\n", hill).text.count("This is needed.") == 1
    with app.app_context():
        estates = reading().scalars(select(Building.estate_id)).all()
        assert estates == [estate]


def test_what_changed_meanwhile_is_noticed(app: Flask, cast: Cast, estate: UUID, client: PageClient) -> None:
    page = preview(client, lines("Tower 1,1,101,A1,Li Na,,,"), estate)
    a_unit(app, cast, estate, "Tower 1", "1", "101", owner_name="Wang Fang")
    answer = confirm(client, page)
    assert answer.status_code == 409 and "The units changed since this preview." in answer.text
    assert count(app, Unit) == 1
    assert confirm(client, page).status_code == 303
    with app.app_context():
        assert reading().scalars(select(Unit.owner_name)).all() == ["Li Na"]


def test_nothing_is_half_imported(
    app: Flask, estate: UUID, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import journal

    page = preview(client, lines("Tower 1,1,101,A1,,,2026-09-30,", "Tower 2,1,101,B1,,,,"), estate)

    def breaks(*_: object) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "write", breaks)  # the last thing an import does
        client.app.testing = False
        assert confirm(client, page).status_code == 500
    assert (count(app, Unit), count(app, Building), count(app, UnitType)) == (0, 0, 1)
    with app.app_context():
        assert reading().get_one(Estate, estate).completed_on is None
    assert confirm(client, page).status_code == 303
    assert count(app, Unit) == 2


def test_two_thousand_units_come_in_one_sheet(app: Flask, estate: UUID, client: PageClient) -> None:
    rows = [
        f"Tower {tower},{floor},{floor}{door:02},A{door % 3},Owner {floor}{door},,,2026-12-20"
        for tower in range(1, 9)
        for floor in range(1, 26)
        for door in range(1, 11)
    ]
    page = preview(client, lines(*rows), estate)
    assert "2000 units" in page.text
    assert confirm(client, page).status_code == 303
    assert (count(app, Unit), count(app, Building), count(app, UnitType)) == (2000, 8, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "nothing in this sheet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be read as a sheet"),
        (b"Building,Unit,Type\nTower,1,A1\n", "needs columns for building, floor, unit and type"),
        (b"Building,Floor,Unit,Type\n", "nothing in this sheet"),
    ],
    ids=["empty", "picture", "no-floor", "no-rows"],
)
def test_files_that_are_no_sheet_of_units(
    app: Flask, estate: UUID, client: PageClient, content: bytes, said: str
) -> None:
    answer = send(client, content, estate)
    assert answer.status_code == 422 and said in answer.text
    assert count(app, ImportDraft) == 0


def test_a_draft_is_its_owners_and_of_its_kind(
    app: Flask, cast: Cast, estate: UUID, client: PageClient, client_for: Clients
) -> None:
    page = preview(client, lines("Tower 1,1,101,A1,,,,"), estate)
    path = page.request.path
    admin = client_for(cast.admin)
    assert admin.get(path).status_code == 404 and confirm(admin, page).status_code == 404
    key = path.rsplit("/", 1)[1]
    with app.app_context(), transaction() as session:
        session.get_one(ImportDraft, UUID(key)).person_id = cast.admin
    assert admin.get(f"/suppliers/imports/{key}").status_code == 302, "no sheet of suppliers"
    assert admin.get(path).status_code == 200
    for person in (cast.owner, cast.stranger):
        assert client_for(person).get("/estates/imports/new").status_code == 404
        assert send(client_for(person), lines("T,1,1,A1,,,,"), estate).status_code == 404
    assert admin.post(f"{path}/discarding").status_code == 303
    assert count(app, ImportDraft) == 0


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_sample_sheet_is_read_back(
    app: Flask, cast: Cast, estate: UUID, client_for: Clients, language: str
) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Person, cast.officer).language = language
    client = client_for(cast.officer)
    page = preview(client, client.get("/estates/imports/sample.xlsx").data, name="units.xlsx")
    assert not re.search(r'id="faulty"', page.text)
    assert confirm(client, page).status_code == 303
    with app.app_context():
        assert reading().scalars(select(Unit.name).order_by(Unit.name)).all() == ["101", "102", "201"]
        assert reading().scalars(select(Unit.delivery_on)).first() == date(2026, 12, 20)
