"""Pins on plans that came later: matched by two places, looked at on both revisions, and never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.db import reading
from app.domain.plan_points import moved
from app.features.actions.models import Action
from app.features.inspections.models import Defect
from app.features.places.models import Plan, UnitType
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.walk import Estates, begin_walk, finish, note_defect, pass_all, raise_estate

ClientFor = Callable[..., PageClient]
POINTS = {
    "old_ax": "1000",
    "old_ay": "1000",
    "old_bx": "8000",
    "old_by": "6000",
    "new_ax": "2000",
    "new_ay": "1000",
    "new_bx": "9000",
    "new_by": "6000",
}


def png(size: tuple[int, int], colour: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


@pytest.fixture
def type_page(app: Flask, place: Estates) -> str:
    with app.app_context():
        kind = reading().scalars(select(UnitType).where(UnitType.estate_id == place.estate)).one()
        return f"/estates/{place.estate}/types/{kind.id}"


def bring(client: PageClient, type_page: str, colour: str, size: tuple[int, int] = (640, 480)) -> str:
    """A plan, brought as the next revision; where that leads."""
    answer = client.post(f"{type_page}/plans", {"file": (BytesIO(png(size, colour)), "plan.png")})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def plans(app: Flask) -> list[Plan]:
    with app.app_context():
        return list(reading().scalars(select(Plan).order_by(Plan.revision)))


def walked(app: Flask, client_for: ClientFor, place: Estates, *spots: tuple[str, int, int]) -> str:
    """A finished walk of the first unit with a defect at each of these places (plan, x, y); its id."""
    phone = Phone(client_for(place.officer)).register()
    record = begin_walk(phone, place, place.officer)
    pass_all(phone, app, place)
    for plan, x, y in spots:
        fields = {"room": "bath1", "class": "B", "trade": "Painting"}
        pin = {"plan": plan, "x": x, "y": y}
        note_defect(phone, pin=pin, text={"text": f"At {x}", "lang": "en"}, **fields)
    assert {result["result"] for result in phone.push()} == {"applied"}
    finish(phone)
    assert {result["result"] for result in phone.push()} == {"applied"}
    return record


def drawn(page: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)', page)]


def test_a_newer_plan_is_matched_and_pins_follow(
    app: Flask, cast: Cast, place: Estates, type_page: str, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    assert bring(manager, type_page, "white") == type_page, "a first plan has nothing to be matched with"
    (first,) = plans(app)
    record = walked(app, client_for, place, (str(first.id), 5000, 5000), (str(first.id), 9500, 100))
    asked = bring(manager, type_page, "ivory")
    second = plans(app)[1]
    assert asked == f"{type_page}/plans/{second.id}/registration"
    unit = f"/units/{place.units[0]}/plan"

    page = manager.get(unit).text
    assert drawn(page) == [] and "2 pins are on revision 1 only" in page and "At 5000" in page
    older = manager.get(f"{unit}?plan={first.id}").text
    assert sorted(drawn(older)) == [(320.0, 240.0), (608.0, 4.8)]

    question = manager.get(asked).text
    assert "Match two revisions" in question and "Same drawing, nothing moved" in question
    shown = manager.get(f"{asked}/preview?" + "&".join(f"{k}={v}" for k, v in POINTS.items())).text
    assert "1 pin lies on the new plan" in shown and "1 beside it" in shown
    close = {**POINTS, "new_bx": "2010", "new_by": "1010"}
    wrong = manager.get(f"{asked}/preview?" + "&".join(f"{k}={v}" for k, v in close.items())).text
    assert "too close to each other" in wrong
    assert manager.post(asked, close).status_code == 422
    assert manager.post(asked, {**POINTS, "old_ax": "words"}).status_code == 422
    assert plans(app)[1].registration is None

    assert manager.post(asked, POINTS).status_code == 303
    second = plans(app)[1]
    assert second.registration == {
        "from": str(first.id),
        "old": [[1000, 1000], [8000, 6000]],
        "new": [[2000, 1000], [9000, 6000]],
    }
    page = manager.get(unit).text
    assert drawn(page) == [(384.0, 240.0)], "moved to the right by a tenth of the width"
    assert "1 pin lies beside this revision" in page and "At 9500" in page
    assert "Matched with revision 1" in manager.get(type_page).text
    assert drawn(manager.get(f"{type_page.rstrip('/')}/pins").text) == [(384.0, 240.0)]
    on_record = manager.get(f"/inspections/{record}").text
    assert "floorplan--pins" in on_record and drawn(on_record)[0] == (384.0, 240.0)

    with app.app_context():
        case = reading().scalars(select(Action).where(Action.title.contains("5000"))).one()
        pin = reading().scalars(select(Defect)).first()
        assert pin is not None and pin.pin is not None
        assert pin.pin["plan"] == str(first.id), "pins stay as they were set"
    assert drawn(manager.get(f"/actions/{case.id}/plan", headers={"HX-Request": "true"}).text) == [
        (384.0, 240.0)
    ]

    assert manager.post(asked, {"how": "same"}).status_code == 303
    assert sorted(drawn(manager.get(unit).text)) == [(320.0, 240.0), (608.0, 4.8)]
    assert manager.post(asked, {"how": "none"}).status_code == 303
    assert plans(app)[1].registration is None


def test_another_sheet_cannot_be_said_to_be_the_same(
    app: Flask, cast: Cast, place: Estates, type_page: str, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    bring(manager, type_page, "white")
    asked = bring(manager, type_page, "ivory", (640, 300))
    assert "Same drawing, nothing moved" not in manager.get(asked).text
    refused = manager.post(asked, {"how": "same"})
    assert refused.status_code == 422 and "other proportions" in refused.text
    first = plans(app)[0]
    alone = manager.get(f"{type_page}/plans/{first.id}/registration")
    assert alone.status_code == 422 and "first plan" in alone.text


def test_who_manages_nothing_there_matches_nothing(
    app: Flask, cast: Cast, place: Estates, type_page: str, client_for: ClientFor
) -> None:
    manager = client_for(cast.manager)
    bring(manager, type_page, "white")
    asked = bring(manager, type_page, "ivory")
    for person in (place.elsewhere, cast.stranger):
        client = client_for(person)
        for address in (asked, f"{asked}/preview", f"{type_page}/pins", f"/units/{place.units[0]}/plan"):
            assert client.get(address).status_code == 404
        assert client.post(asked, POINTS).status_code == 404
    other = UUID(int=7)
    assert manager.post(f"{type_page}/plans/{other}/registration", POINTS).status_code == 404
    assert manager.post(asked, {**POINTS, "from": str(other)}).status_code == 303, "then it is the one before"
    assert (plans(app)[1].registration or {})["from"] == str(plans(app)[0].id)


def test_a_plan_that_came_while_the_phone_was_away_loses_no_pin(
    app: Flask, cast: Cast, place: Estates, type_page: str, client_for: ClientFor
) -> None:
    """The phone has revision 1, two more come, its pins arrive: each tells the way to the one in use."""
    manager = client_for(cast.manager)
    bring(manager, type_page, "white")
    first = plans(app)[0]
    phone = Phone(client_for(place.officer)).register()
    record = begin_walk(phone, place, place.officer)
    pin = {"plan": str(first.id), "x": 5000, "y": 5000}
    row = note_defect(phone, pin=pin, room="bath1", class_="B", text={"text": "Chipped", "lang": "en"})
    asked = bring(manager, type_page, "ivory")
    assert manager.post(asked, POINTS).status_code == 303
    second_asked = bring(manager, type_page, "beige")
    assert {result["result"] for result in phone.push()} == {"applied"}

    def told() -> dict[str, Any]:
        work = phone.client.api("GET", "/api/v1/work").json
        (walk,) = [one for one in (work or {})["inspections"] if one["id"] == record]
        return dict(walk["unit"]["plan"])

    third = plans(app)[2]
    plan = told()
    assert (plan["id"], plan["moves"]) == (str(third.id), {}), "nobody has matched the third yet"
    assert [each["revision"] for each in plan["older"]] == [2, 1]
    assert manager.post(second_asked, {"how": "same"}).status_code == 303
    plan = told()
    assert set(plan["moves"]) == {str(each.id) for each in plans(app)[:2]}
    assert moved(tuple(plan["moves"][str(first.id)]), 5000, 5000) == (6000, 5000), "through both matches"
    operations = phone.client.api("GET", f"/api/v1/inspections/{record}").json["operations"]
    assert [
        one["op"]["value"]
        for one in operations
        if one["op"]["path"] == f"d/{row}" and one["op"]["field"] == "pin"
    ] == [pin]
