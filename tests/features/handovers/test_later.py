"""After the keys: defects that show later, who answers for them, and letters about terms that end."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.adapters import clock
from app.db import new_id, reading, transaction
from app.features.actions.commands import MAIL
from app.features.actions.commands import clock as ticks
from app.features.actions.models import Action, ActionDefect
from app.features.handovers.commands.warranties import remind
from app.features.handovers.mails.warranties import letter_for
from app.features.handovers.models import Handover, WarrantyReminder
from app.features.handovers.queries.endings import due
from app.features.places.models import Building, Estate, Unit
from app.outbox import Outgoing
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, raise_estate
from tests.features.inspections.steps import day

ClientFor = Callable[..., PageClient]
MORNING = datetime(2028, 1, 2, 1, 0, tzinfo=UTC)  # nine in Shanghai
COMPLETED = date(2026, 1, 15)  # so that two years end on 15 January 2028


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


def give(app: Flask, place: Estates, unit: UUID, on: date) -> None:
    """The keys of a unit change hands, without the way to it (which test_keys.py walks)."""
    with app.app_context(), transaction() as session:
        number = session.scalar(select(func.count(Handover.id))) or 0
        session.add(
            Handover(
                number=f"HO-2026-{number + 1:04}",
                revision=1,
                unit_id=unit,
                handed_on=on,
                languages=["en"],
                digest="0" * 64,
                body='{"handed":{"authority":"","to":"Zhang Wei"},"keys":[]}',
                reason=None,
                at=clock.now(),
                person_id=place.officer,
            )
        )
        session.execute(update(Unit).where(Unit.id == unit).values(state="handed_over", delivery_on=on))


def reported(**more: Any) -> dict[str, Any]:
    return {
        "room": "bath1",
        "what": "墙面渗水",
        "trade": "Waterproofing",
        "category": "",
        "grade": "A",
        "found_on": day(0),
        "reported_by": "Zhang Wei",
        "note": "Since the rain of last night",
        **more,
    }


def words_of(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_a_later_defect_opens_a_case_that_says_who_answers(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    unit, officer = place.units[0], client_for(place.officer)
    address = f"/units/{unit}/defects"
    assert officer.get(f"{address}/new").status_code == 404, "the keys are not handed over"
    give(app, place, unit, date.fromisoformat(day(-30)))
    form = officer.get(f"{address}/new")
    assert form.status_code == 200 and "Hollow tile" in form.text
    told = words_of(officer.get(f"{address}/answers?what=Hollow+tile&found_on={day(0)}").text)
    assert "Wiring, pipes, equipment, finishes" in told and told.count("still answers for it") == 2
    told = words_of(officer.get(f"{address}/answers?what=x&trade=Appliances&found_on={day(0)}").text)
    assert told.count("as the contract says") == 2
    photo = (io.BytesIO(jpeg(seed=88)), "leak.jpg")
    answer = officer.post(address, reported(photos=photo), content_type="multipart/form-data")
    assert answer.status_code == 303, words_of(answer.text)[:2000]
    with app.app_context():
        case = reading().scalars(select(Action)).one()
        link = reading().scalars(select(ActionDefect)).one()
        assert (case.form, case.severity, case.trade) == ("short", "a", "Waterproofing")
        assert case.company_id == place.waterproofer and case.place == "Tower 2 1501 · 主卫"
        assert [one.moment for one in case.pictures] == ["found"]
        assert (link.unit_id, link.inspection_id, link.row) == (unit, None, None)
        assert link.later is not None and link.later["category"] == "5y"
        delivered = date.fromisoformat(day(-30))
        assert link.later["clocks"] == [
            ["contractor", "runs", "2031-01-15"],
            ["developer", "runs", delivered.replace(year=delivered.year + 5).isoformat()],
        ]
        assert reading().get_one(Unit, unit).state == "handed_over"
    shown = words_of(officer.get(f"/cases/{case.id}/unit").text)
    assert "As it was judged when it was reported" in shown and "Zhang Wei" in shown
    assert case.number in words_of(officer.get(f"/units/{unit}/handover").text)
    assert client_for(place.elsewhere).get(f"/cases/{case.id}/unit").status_code == 404
    # it stands in no list of repairs, so nothing leads there, and its clock speaks for itself
    assert f"/actions/{case.id}/defect" not in officer.get(f"/actions/{case.id}").text
    assert officer.post(f"/actions/{case.id}/disputes", {"reason": "Not ours"}).status_code == 404
    with app.app_context(), transaction() as session:
        assert case.due_at is not None
        late = case.due_at + timedelta(days=1)
        assert ticks.due_for_look(session, late) == [case.id]
        ticks.look(session, case.id, late)
        told = session.scalars(select(Outgoing).where(Outgoing.kind == MAIL)).all()
        assert [row.payload["letter"] for row in told] == ["after"]


def test_a_corrected_day_moves_the_delivery_with_it(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    unit, officer = place.units[0], client_for(place.officer)
    give(app, place, unit, date.fromisoformat(day(-30)))
    sent = {
        "day": day(-3),
        "stand": "owner",
        "receiver": "Zhang Wei",
        "language": "en",
        "revision": "1",
        "reason": "They came a month later",
    }
    assert officer.post(f"/units/{unit}/keys", sent).status_code == 303
    with app.app_context():
        rows = reading().scalars(select(Handover.handed_on).order_by(Handover.revision)).all()
        assert [row.isoformat() for row in rows] == [day(-30), day(-3)]
        assert reading().get_one(Unit, unit).delivery_on == date.fromisoformat(day(-3))


def test_words_of_a_common_defect_bring_their_trade_and_class(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    unit, officer = place.units[0], client_for(place.officer)
    give(app, place, unit, date.fromisoformat(day(0)))
    sent = reported(what="墙面空鼓", trade="", grade="", category="contract")
    assert officer.post(f"/units/{unit}/defects", sent).status_code == 303
    with app.app_context():
        case = reading().scalars(select(Action)).one()
        link = reading().scalars(select(ActionDefect)).one()
    assert (case.trade, case.severity, case.company_id) == ("Plaster", "b", place.developer)
    assert link.later is not None and link.later["category"] is None
    for more, said in (
        ({"what": "Something else", "trade": ""}, "needed"),
        ({"room": "attic"}, "Choose one from the list"),
        ({"grade": "Z"}, "Choose one from the list"),
        ({"trade": "Witchcraft"}, "Choose one from the list"),
        ({"category": "ever"}, "Choose one from the list"),
        ({"found_on": day(1)}, "from the handover to today"),
        ({"found_on": day(-1)}, "from the handover to today"),
        ({"what": ""}, "needed"),
    ):
        answer = officer.post(f"/units/{unit}/defects", reported(**more))
        errors = re.findall(r'class="error"[^>]*>.*?</p>', answer.text, re.S)
        assert answer.status_code == 422 and any(said in one for one in errors), (more, errors)


def test_one_letter_tells_of_what_ends_and_each_only_once(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor
) -> None:
    """The contractor's two years end on 15 January 2028, thirteen days away."""
    for unit in place.units[:2]:
        give(app, place, unit, date(2026, 11, 26))

    def look(at: datetime) -> int:
        with app.app_context():
            found = due(reading(), at)
        for one in found:
            with app.app_context(), transaction() as session:
                remind(session, one, at)
        return len(found)

    assert look(MORNING.replace(hour=21)) == 0, "five in the morning of the next day"
    assert look(MORNING) == 1 and look(MORNING) == 0 and look(MORNING + timedelta(days=1)) == 0
    give(app, place, place.units[2], date(2026, 11, 26))
    assert look(MORNING) == 0, "one letter a day"
    assert look(MORNING + timedelta(days=1)) == 1, "what came to it since"
    with app.app_context():
        rows = reading().scalars(select(WarrantyReminder)).all()
        assert {(r.category, r.clock, r.until, r.before) for r in rows} == {
            ("2y", "contractor", date(2028, 1, 15), 30)
        } | {(r.category, r.clock, r.until, r.before) for r in rows if r.before == 90}
        assert len({r.unit_id for r in rows}) == 3
        letters = reading().scalars(select(Outgoing).order_by(Outgoing.created_at)).all()
        assert [one.payload["person"] for one in letters] == [str(place.officer)] * 2
        first, second = (letter_for(one.payload, MORNING) for one in letters)
        assert first is not None and second is not None
        assert "Lakeside Court" in first.subject and "15 Jan 2028" in first.text
        assert "Tower 2 1501, Tower 2 1502" in first.text and "1503" not in first.text
        assert "1503" in second.text and "1501" not in second.text
        with transaction() as session:
            session.execute(update(Estate).where(Estate.id == place.estate).values(name="Lakeside"))
        assert letter_for({**letters[0].payload, "person": str(place.elsewhere)}, MORNING) is None


def test_what_ends_is_listed_and_leaves_as_a_sheet(
    app: Flask, place: Estates, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in place.units[:2]:
        give(app, place, unit, date(2026, 11, 26))
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    officer = client_for(place.officer)
    officer.sign_in(place.officer, MORNING)
    address = f"/estates/{place.estate}/warranties"
    page = words_of(officer.get(address).text)
    assert "15 Jan 2028" in page and "Tower 2 1502" in page and "1503" not in page
    empty = officer.get(f"{address}?clock=developer&days=30").text
    further = re.search(r'href="([^"]+)">The next one ends on ([^<]+)<', empty)
    assert "No warranty" in words_of(empty) and further
    seen = words_of(officer.get(html.unescape(further[1])).text)
    assert further[2] in seen and "No warranty" not in seen
    sheet = list(
        csv.reader(io.StringIO(officer.get(f"{address}.csv?days=30").get_data().decode("utf-8-sig")))
    )
    assert [row[:3] for row in sheet[1:]] == [
        ["Tower 2", "1501", "Zhang Wei"],
        ["Tower 2", "1502", "Zhang Wei"],
    ]
    assert {row[-1] for row in sheet[1:]} == {"13"}


def test_five_thousand_units_are_told_of_in_a_moment(app: Flask, place: Estates) -> None:
    """Six categories, two clocks, ten days of delivery: few queries, whatever the number of units."""
    with app.app_context(), transaction() as session:
        first = session.get_one(Unit, place.units[0])
        house = session.get_one(Building, first.building_id)
        session.add_all(
            Unit(
                id=new_id(),
                building_id=house.id,
                type_id=first.type_id,
                short_id=f"{number:08}",
                floor="1",
                floor_order=10,
                name=f"U{number:05}",
                state="handed_over",
                delivery_on=date(2026, 2, 1) + timedelta(days=number % 10),
                created_at=BORN,
            )
            for number in range(5000)
        )
    with app.app_context():
        began = clock.now()
        (found,) = due(reading(), MORNING)
        with transaction() as session:
            remind(session, found, MORNING)
        took = clock.now() - began
        told = reading().scalar(select(func.count(WarrantyReminder.id)))
    assert told == sum(len(units) for _one, units in found.endings) >= 5000
    assert took < timedelta(seconds=20), took
