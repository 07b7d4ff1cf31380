"""Names that are code, addresses that are nonsense: on the pages after the walk, on both engines."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import transaction
from app.features.actions.models import Action
from app.features.companies.models import Company, Contact
from app.features.inspections.models import Inspection
from app.features.places.models import Building, Estate, Unit, UnitType
from tests.cast import assemble
from tests.client import PageClient
from tests.factories.repairs import Repairs, shown_link, walked
from tests.features.actions.steps import enter

CODE = "<img src=x onerror=alert(1)>'\"><script>alert(2)</script>"
LIVE = re.compile(r"<img src=x|<script>alert|<b>code")


@pytest.fixture
def repairs(app_on_both: Flask) -> Repairs:
    cast = assemble(app_on_both)
    return walked(app_on_both, cast, lambda person: PageClient(app_on_both, person))


def test_nonsense_in_an_address_is_not_found_and_names_are_no_code(
    app_on_both: Flask, repairs: Repairs
) -> None:
    app, unit, estate = app_on_both, repairs.place.units[0], repairs.place.estate
    officer = PageClient(app, repairs.place.officer)
    guest = enter(app, shown_link(officer, repairs, repairs.water))
    for client, address in (
        (officer, "/plans/%00"),
        (officer, "/plans/%00/tiles/0/0/0"),
        (guest, f"/l/repairs/{estate}/plans/%00"),
        (officer, f"/inspections/{estate}/repaired/%00"),
    ):
        assert client.get(address).status_code == 404, address

    guest.post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": CODE})
    with app.app_context(), transaction() as session:
        for model in (Company, Contact, Estate, Building, UnitType):
            for row in session.scalars(select(model)):
                row.name = CODE
        session.get_one(Estate, estate).code = '湖畔"苑'
        for n, flat in enumerate(session.scalars(select(Unit))):
            flat.name, flat.floor, flat.owner_name = f"{n}<b>code", "'\"<b>code"[:10], CODE
        for case in session.scalars(select(Action)):
            case.title, case.place = CODE, CODE
        walk = session.scalars(select(Inspection.id)).first()
        tower = session.scalars(select(Building.id)).first()
    pages = [
        *(f"/units/{unit}/{part}" for part in ("handover", "plan", "keys/new")),
        *(
            f"/estates/{estate}{part}"
            for part in ("", "/repairs", "/repairs/summary", "/quality", "/quality/defects", "/quality/units")
        ),
        *(f"/estates/{estate}/{part}" for part in ("heat", f"heat/{tower}", "blocks", "blocks/short")),
        *(f"/estates/{estate}/{part}" for part in ("warranties?days=3650", "walks/new")),
        *(f"/actions/{repairs.leak}{part}" for part in ("", "/defect", "/plan")),
        f"/inspections/{walk}",
    ]
    for sheet in ("quality.csv", "quality.csv?table=defects", "warranties.csv"):
        answer = officer.get(f"/estates/{estate}/{sheet}")
        assert answer.status_code == 200
        named = answer.headers["Content-Disposition"]
        assert named.isascii() and named.count('"') == 2 and "%E6%B9%96%E7%95%94%22" in named
    seen = 0
    for client, address in (
        *((officer, page) for page in pages),
        *((guest, f"{repairs.list}{part}") for part in ("", f"/{repairs.leak}", f"/{repairs.damp}")),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        text = answer.get_data(as_text=True)
        assert not LIVE.search(text), address
        seen += "&lt;" in text
    assert seen > len(pages) // 2, "the names are there"
