"""What blocks the next handovers: on the page, on the estate's page, in the letter of the morning before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.db import reading, transaction
from app.domain.dates import local_day
from app.features.accounts.models import Person
from app.features.handovers.commands.blocking import MAIL, tell, unsaid
from app.features.handovers.mails.blocks import letter_for
from app.features.handovers.queries.gates import ready_of_units
from app.features.places.models import Unit
from app.outbox import Outgoing
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.quality import Way, write_down
from tests.factories.walk import Estates, raise_estate

ClientFor = Callable[..., PageClient]
NOW = clock.now()
TODAY = local_day(NOW, "Asia/Shanghai")
TOMORROW = TODAY + timedelta(days=1)


def put(app: Flask, cast: Cast) -> Estates:
    """Four flats: a leak not repaired and one that waits to be looked at; keys and signatures missing; ready;
    never walked. All but the last are due tomorrow, the last in three days.
    """
    place = raise_estate(app, cast, 4)
    leaks = [("A", "Waterproofing", "bath1", "H16", fate) for fate in ("open", "sent")]
    write_down(
        app,
        place,
        place.officer,
        {
            place.units[0]: Way(leaks),
            place.units[1]: Way([("B", "Painting", "bed1", "H07", "open")], keys=False, signed=False),
            place.units[2]: Way(),
        },
    )
    with app.app_context(), transaction() as session:
        for at, unit in enumerate(place.units):
            session.get_one(Unit, unit).delivery_on = TOMORROW + timedelta(days=2 if at == 3 else 0)
    return place


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return put(app, cast)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_what_blocks_tomorrow_and_who_must_act_on_both_engines(app_on_both: Flask) -> None:
    cast = assemble(app_on_both)
    place = put(app_on_both, cast)
    officer = PageClient(app_on_both, place.officer)
    page = text(officer.get(f"/estates/{place.estate}/blocks").get_data(as_text=True))
    assert "3 units are to be handed over." in page and "1 is ready," in page and "2 are not." in page
    assert "Dry Walls 1 defect of class A to repair" in page
    for task in ("1 repair to re-inspect", "keys to count", "2 signatures missing"):
        assert task in page, task
    assert "to plan" not in page, "the unit nobody walked is due later"
    later = text(officer.get(f"/estates/{place.estate}/blocks?within=3").get_data(as_text=True))
    assert "4 units are to be handed over." in later and "Whoever plans walks a walk to plan" in later
    assert "2 of 3 units are not ready" in text(
        officer.get(f"/estates/{place.estate}/blocks/short").get_data(as_text=True)
    )
    assert f"/estates/{place.estate}/blocks/short" in officer.get(f"/estates/{place.estate}").get_data(
        as_text=True
    )


def test_a_day_that_has_passed_is_asked_for_by_itself(
    app: Flask, place: Estates, client_for: ClientFor
) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Unit, place.units[0]).delivery_on = TOMORROW - timedelta(days=9)
    officer = client_for(place.officer)
    assert "2 units are to be handed over." in officer.get(f"/estates/{place.estate}/blocks").get_data(
        as_text=True
    )
    late = officer.get(f"/estates/{place.estate}/blocks?within=late").get_data(as_text=True)
    assert "1 unit is to be handed over." in late and "1501" in late
    swapped = officer.client.get(f"/estates/{place.estate}/blocks?within=7", headers={"HX-Request": "true"})
    assert "<html" not in swapped.text and 'id="blocks"' in swapped.text


def test_who_has_the_keys_already_is_not_asked_for(app: Flask, place: Estates, client_for: ClientFor) -> None:
    write_down(app, place, place.officer, {place.units[1]: Way(handed_on=TODAY, walked=NOW)})
    page = client_for(place.officer).get(f"/estates/{place.estate}/blocks").get_data(as_text=True)
    assert "2 units are to be handed over." in page and "1502" not in page


def test_keys_and_meters_are_the_newest_of_all_walks(app: Flask, place: Estates) -> None:
    """A later walk that counted no keys takes nothing away; its signatures are those that count."""
    unit = place.units[2]
    write_down(app, place, place.officer, {unit: Way(walked=NOW, keys=False, signed=False, meters=False)})
    with app.app_context():
        ready = ready_of_units(reading(), [unit, place.units[3]])
    assert ready[unit].keys == {"entrance": 2} and set(ready[unit].meters) == {"water", "power"}
    assert ready[unit].signatures == {}
    assert not ready[place.units[3]].walked


def letters(app: Flask) -> list[Outgoing]:
    with app.app_context():
        return list(reading().scalars(select(Outgoing).where(Outgoing.kind == MAIL)))


def at(hour: int, ahead: int = 0) -> datetime:
    """This hour in Shanghai, so many days from today."""
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=ZoneInfo("Asia/Shanghai"))
    return midnight + timedelta(days=ahead, hours=hour)


def say(app: Flask, now: datetime) -> int:
    with app.app_context():
        wanted = unsaid(reading(), now)
        with transaction() as session:
            return tell(session, wanted, now)


def test_the_letter_goes_out_once_on_the_morning_before(app: Flask, place: Estates) -> None:
    assert say(app, at(6)) == 0, "nobody is written to in the night"
    assert say(app, at(9, -2)) == 0, "nothing is due the day after"
    assert say(app, at(7)) == 1, "to the officer of this estate alone"
    assert say(app, at(8)) == 0 and say(app, at(23)) == 0
    (row,) = letters(app)
    assert row.payload["person"] == str(place.officer)
    with app.app_context():
        letter = letter_for(row.payload, at(7))
        assert letter is not None
        assert letter.subject == "Lakeside Court: 2 of 3 units are not ready for tomorrow"
        assert "- Dry Walls: 1 defect of class A to repair\n" in letter.text
        assert f"/estates/{place.estate}/blocks" in letter.text
        assert letter_for(row.payload, at(0, 1)) is None, "the day has come"


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_the_letter_in_its_readers_language(app: Flask, place: Estates, language: str) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Person, place.officer).language = language
    say(app, at(7))
    (row,) = letters(app)
    with app.app_context():
        letter = letter_for(row.payload, at(7))
    assert letter is not None and "Lakeside Court" in letter.subject
    for words in ("tomorrow", "Hello", "repair", "units"):
        assert words not in letter.subject + letter.text, letter.text


def test_a_letter_that_lost_its_point_is_not_sent(app: Flask, place: Estates) -> None:
    say(app, at(7))
    (row,) = letters(app)
    with app.app_context():
        with transaction() as session:
            for unit in place.units[:2]:
                session.get_one(Unit, unit).delivery_on = None
        assert letter_for(row.payload, at(7)) is None
        elsewhere = {**row.payload, "person": str(place.elsewhere)}
        assert letter_for(elsewhere, at(7)) is None


def test_where_nobody_has_the_estate_the_managers_of_everything_hear_of_it(
    app: Flask, place: Estates, cast: Cast
) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Person, place.officer).disabled_at = NOW
    assert say(app, at(7)) == 1
    assert [row.payload["person"] for row in letters(app)] == [str(cast.manager)]
