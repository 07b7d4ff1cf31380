"""An estate in figures: what is counted, that the lists behind hold as much, who may look; heat, sheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from app.db import reading, transaction
from app.features.companies.models import Company
from app.features.places.models import Building, Unit
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.quality import WALKED, Way, many_units, raise_towers, write_down
from tests.factories.walk import Estates, raise_estate
from tests.features.inspections.steps import day

ClientFor = Callable[..., PageClient]
DEFECTS = {
    0: [
        ("A", "Waterproofing", "bath1", "H16", "late"),
        ("B", "Painting", "bed1", "H07", "passed"),
        ("C", "Painting", "bed1", "H07", "as_is"),
        ("C", "Painting", "unit", "H07", "cancelled"),
    ],
    1: [("B", "Painting", "bed1", "H07", "twice"), ("B", "Painting", "bath1", "H21", "disputed")],
    2: [],
}


def put(app: Flask, place: Estates, person: UUID) -> None:
    """Three units: much wrong and handed over late; walked twice; nothing wrong and gone in one visit. The
    second was first walked ten days after the others.
    """
    ways = {
        unit: Way(
            DEFECTS[at],
            WALKED + timedelta(days=10 if at == 1 else 0),
            {0: date(2026, 11, 25), 1: None, 2: date(2026, 11, 3)}[at],
        )
        for at, unit in enumerate(place.units)
    }
    write_down(app, place, person, ways)


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    made = raise_estate(app, cast)
    put(app, made, made.officer)
    return made


def shown(page: str) -> dict[str, tuple[str, str]]:
    """Title of a figure → its number, and what it is made of."""
    found = re.findall(r"<dt>(.*?)</dt><dd><b[^>]*>(.*?)</b><span>(.*?)</span>", page)
    return {title: (value, said) for title, value, said in found}


FIGURES = {
    "Defects for each unit": ("1.7", "5 defects in 3 units"),
    "Without any defect": ("33.3 %", "1 of 3 units"),
    "Critical for 1,000 units": ("333", "1 defect of class A"),
    "Overdue now": ("1", "of 2 not closed"),
    "Days until closed": ("9.0", "9 of 10 within 20.0, mean 11.7"),
    "Passed the first time": ("33.3 %", "1 of 3 re-inspected"),
    "Sent back": ("33.3 %", "1 of 3 repairs looked at"),
    "Handed over in one visit": ("50.0 %", "1 of 2 units handed over"),
    "Accepted as is": ("1", "CN¥200.00"),
    "Disputed": ("1", "1 not decided"),
}


def test_the_figures_of_an_estate_on_both_engines(app_on_both: Flask) -> None:
    cast = assemble(app_on_both)
    place = raise_estate(app_on_both, cast)
    put(app_on_both, place, place.officer)
    manager = PageClient(app_on_both, cast.manager)
    page = manager.get(f"/estates/{place.estate}/quality").get_data(as_text=True)
    assert shown(page) == FIGURES
    assert "Dry Walls" in page and "Even Coats" in page and "Bathroom" in page
    # of the units first walked ten days later only the second is left
    later = (WALKED + timedelta(days=9)).date().isoformat()
    told = shown(manager.get(f"/estates/{place.estate}/quality?from={later}").get_data(as_text=True))
    assert told["Defects for each unit"] == ("2.0", "2 defects in 1 unit")
    assert told["Handed over in one visit"] == ("–", "0 of 0 units handed over")
    before = (WALKED + timedelta(days=8)).date().isoformat()
    told = shown(manager.get(f"/estates/{place.estate}/quality?to={before}").get_data(as_text=True))
    assert told["Defects for each unit"] == ("1.5", "3 defects in 2 units")
    heat = manager.get(f"/estates/{place.estate}/heat?of=all").get_data(as_text=True)
    assert "3 of 3 units walked · weight 20, 6.7 for each" in re.sub(r"<[^>]+>", "", heat)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("", 5),
        ("state=late", 1),
        ("state=open", 2),
        ("state=closed", 3),
        ("state=rechecked", 3),
        ("state=back", 1),
        ("state=as_is", 1),
        ("state=disputed", 1),
        ("class=B", 3),
        ("trade=Waterproofing", 1),
        ("room=bathroom", 2),
        ("code=H07&class=B", 2),
        ("state=nonsense&trade=nonsense&building=nonsense&from=never&page=x", 5),
        ("from=0001-01-01&to=9999-12-31", 5),
    ],
)
def test_the_list_behind_a_figure_holds_what_it_says(
    place: Estates, cast: Cast, client_for: ClientFor, asked: str, count: int
) -> None:
    manager = client_for(cast.manager)
    page = manager.get(f"/estates/{place.estate}/quality/defects?{asked}").get_data(as_text=True)
    assert page.count('<td class="c-subject">') == count
    answer = manager.get(f"/estates/{place.estate}/quality.csv?table=defects&{asked}")
    assert len(answer.get_data(as_text=True).splitlines()) == count + 1


def test_every_link_of_the_page_leads_to_as_many_as_it_says(
    place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    page = manager.get(f"/estates/{place.estate}/quality").get_data(as_text=True)
    rows = re.findall(r'tbl__row"><a href="([^"]+)">.*?<b>(\d+)</b>', page)
    assert len(rows) >= 9
    for address, count in rows:
        listed = manager.get(address.replace("&amp;", "&")).get_data(as_text=True)
        assert listed.count('<td class="c-subject">') == int(count), address


def test_filters_swap_the_page_and_keep_their_address(
    place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    for page in ("quality", "quality/defects", "quality/units"):
        asked = f"/estates/{place.estate}/{page}?from=2026-11-01&to=2026-11-30"
        answer = manager.client.get(asked, headers={"HX-Request": "true", "X-Plumbline": "1"})
        body = answer.get_data(as_text=True)
        assert answer.headers["HX-Push-Url"] == asked and "HX-Request" in answer.headers["Vary"]
        assert "<html" not in body and 'id="found"' in body
    assert "No unit was walked there and then" in manager.get(
        f"/estates/{place.estate}/quality?to=2020-01-01"
    ).get_data(as_text=True)


def test_the_units_behind_the_figures(place: Estates, cast: Cast, client_for: ClientFor) -> None:
    rows = client_for(cast.manager).get(f"/estates/{place.estate}/quality.csv?table=units")
    told = list(csv.DictReader(StringIO(rows.get_data(as_text=True).lstrip("\ufeff"))))
    assert [
        (row["Unit"], row["A"], row["Walks"], row["Re-inspections"], row["In one visit"]) for row in told
    ] == [
        ("1501", "1", "1", "1", ""),
        ("1502", "0", "1", "2", ""),
        ("1503", "0", "1", "0", "yes"),
    ]


def test_a_sheet_is_no_formula(app: Flask, place: Estates, cast: Cast, client_for: ClientFor) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Company, place.painter).name = '=HYPERLINK("http://x.example")'
    answer = client_for(cast.manager).get(f"/estates/{place.estate}/quality.csv?table=contractors")
    assert answer.mimetype == "text/csv" and "lc-contractors.csv" in answer.headers["Content-Disposition"]
    told = list(csv.reader(StringIO(answer.get_data(as_text=True))))
    assert [row[0][:12] for row in told[1:]] == ["'=HYPERLINK(", "Dry Walls"]
    assert told[1][1:7] == ["0", "3", "1", "4", "1", "0"]
    for table in ("figures", "trades", "rooms", "classes", "codes", "nonsense"):
        assert (
            client_for(cast.manager).get(f"/estates/{place.estate}/quality.csv?table={table}").status_code
            == 200
        )


def test_who_has_no_part_in_the_estate_sees_no_figures(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    with app.app_context():
        building = reading().get_one(Unit, place.units[0]).building_id
    pages = (
        "quality",
        "quality/defects",
        "quality/units",
        "quality.csv",
        "heat",
        f"heat/{building}",
        "blocks",
    )
    for page in (*pages, "blocks/short"):
        address = f"/estates/{place.estate}/{page}"
        assert client_for(place.officer).get(address).status_code == 200, page
        for person in (place.elsewhere, cast.scoped, cast.owner, cast.stranger):
            assert client_for(person).get(address).status_code == 404, page


def test_a_building_of_another_estate_has_no_heat_here(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    with app.app_context(), transaction() as session:
        building = Building(estate_id=place.estate, name="Other", position=3)
        session.add(building)
        session.flush()
        key = building.id
    manager = client_for(cast.manager)
    assert "No unit in use here" in manager.get(f"/estates/{place.estate}/heat/{key}").get_data(as_text=True)
    assert manager.get(f"/estates/{place.estate}/heat/{place.estate}").status_code == 404


def test_the_heat_of_a_building_in_numbers(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    with app.app_context():
        building = reading().get_one(Unit, place.units[0]).building_id
    manager = client_for(cast.manager)

    def heat(asked: str) -> dict[str, str]:
        page = manager.get(f"/estates/{place.estate}/heat/{building}{asked}").get_data(as_text=True)
        return {
            name: f"{level} {value}"
            for level, name, value in re.findall(r'class="u (hot\d)" href="[^"]+">(\d+)<b>(\d+)</b>', page)
        }

    assert heat("") == {"1501": "hot3 10", "1502": "hot2 3", "1503": "hot0 0"}
    assert heat("?by=count") == {"1501": "hot1 1", "1502": "hot1 1", "1503": "hot0 0"}
    assert heat("?of=all") == {"1501": "hot3 14", "1502": "hot2 6", "1503": "hot0 0"}


def test_more_units_are_no_more_queries(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    """Nor a page beyond its limit: what 5,000 units take is measured in bench/estates.py."""
    manager, engine = client_for(cast.manager), app.extensions["plumbline.database"].engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    pages = ("quality", "quality/defects", "quality/units", "heat", "blocks?within=7")

    def queries() -> list[int]:
        found = []
        for page in pages:
            asked.clear()
            answer = manager.get(f"/estates/{place.estate}/{page}")
            assert answer.status_code == 200 and len(answer.data) < 100_000
            found.append(len(asked))
        return found

    few = queries()
    units = many_units(app, place, place.officer, 2, 10, 6)
    with app.app_context(), transaction() as session:
        soon = date.fromisoformat(day(2))
        for unit in units[:40]:
            session.get_one(Unit, unit).delivery_on = soon
    many = queries()
    # the names of whoever must act are two more; nothing else grows
    assert [more - before for before, more in zip(few, many, strict=True)][:4] == [0, 0, 0, 0]
    assert many[4] - few[4] <= 8
    assert max(many) <= 25


def test_a_unit_nobody_walked_counts_nowhere(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    raise_towers(app, place, 1, 1, 2)
    manager = client_for(cast.manager)
    page = manager.get(f"/estates/{place.estate}/quality").get_data(as_text=True)
    assert shown(page)["Defects for each unit"] == FIGURES["Defects for each unit"]
    assert "0 of 2 units walked" in manager.get(f"/estates/{place.estate}/heat").get_data(as_text=True)
