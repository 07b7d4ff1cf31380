"""The letters about repairs, word for word in three languages (`letters/<side>.<language>.txt`), and that
there is one of them for many defects.

To write them anew after a change of words: delete the file, run the test once, read what it wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import LANGUAGES
from app.db import reading, transaction
from app.domain.actions import Step
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, beside
from app.features.actions.commands import clock as ticks
from app.features.companies.models import Contact
from app.features.handovers.commands import disputes, lists, reminding, repairs
from app.features.handovers.mails.repairs import letter_for
from app.features.handovers.models import Dispute
from app.features.handovers.queries import contractor
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries import shares as counting
from app.features.links.models import Link
from app.outbox import Outgoing
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.repairs import WATER, Repairs, case, late, shown_link, walk_with, walked, written
from tests.factories.walk import begin_walk
from tests.features.actions.steps import enter

FOLDER = Path(__file__).parent / "letters"
NOW = datetime(2026, 12, 1, 3, 20, tzinfo=UTC)
DUE = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)  # the day's end at the estate
ClientFor = Callable[..., PageClient]


@pytest.fixture
def house(app: Flask, cast: Cast, client_for: ClientFor) -> Repairs:
    found = walked(app, cast, client_for)
    late(app, found.leak, due=DUE)
    late(app, found.damp, due=DUE + timedelta(days=5))
    return found


def link_of(app: Flask, house: Repairs, contact: UUID, now: datetime = NOW) -> UUID:
    with app.app_context(), transaction() as session:
        officer = actor_of(session, session.get_one(Person, house.place.officer))
        return lists.give_list(session, officer, house.place.estate, contact, "en", now).id


def disputed(app: Flask, house: Repairs, link: UUID) -> UUID:
    with app.app_context(), transaction() as session:
        action = actions.one(session, house.wall, lock=True)
        return disputes.dispute(session, action, "It was the plasterer.", "en", Hand(link_id=link), NOW).id


def test_what_a_contractor_reads(app: Flask, house: Repairs) -> None:
    facts = {"link": str(link_of(app, house, house.water)), "estate": str(house.place.estate)}
    for language in LANGUAGES:
        with app.app_context(), transaction() as session:
            session.get_one(Contact, house.water).language = language
        texts = []
        with app.app_context():
            for kind, more in (("list", {}), ("new", {"actions": [str(house.damp)]}), ("due", {})):
                letter = letter_for({"letter": kind, **facts, **more}, NOW)
                assert letter is not None and letter.to == WATER, kind
                texts.append(f"== {kind}\n{letter.subject}\n\n{letter.text}")
        compare(f"contractor.{language}.txt", "\n".join(texts))


def test_what_our_people_read(app: Flask, house: Repairs) -> None:
    dispute = disputed(app, house, link_of(app, house, house.paint))
    facts = {"person": str(house.place.officer), "estate": str(house.place.estate)}
    stray = {"name": "Shen Ping", "sent_to": WATER}
    kinds = {"disputed": {"dispute": str(dispute)}, "officer": {}, "late": {}, "stray": stray}
    for language in LANGUAGES:
        with app.app_context(), transaction() as session:
            session.get_one(Person, house.place.officer).language = language
        texts = []
        with app.app_context():
            for kind, more in kinds.items():
                letter = letter_for({"letter": kind, **facts, **more}, NOW)
                assert letter is not None, kind
                texts.append(f"== {kind}\n{letter.subject}\n\n{letter.text}")
        compare(f"desk.{language}.txt", "\n".join(texts))


@pytest.mark.parametrize("decision", ["kept", "upheld", "given_on"])
def test_what_is_decided_is_written_to_whoever_disputed(app: Flask, house: Repairs, decision: str) -> None:
    dispute = disputed(app, house, link_of(app, house, house.paint))
    with app.app_context():
        with transaction() as session:
            officer = actor_of(session, session.get_one(Person, house.place.officer))
            other = house.place.waterproofer if decision == "given_on" else None
            disputes.decide(session, officer, house.wall, decision, "Looked at it.", "en", NOW, other)
        row = reading().get_one(Dispute, dispute)
        payload = {"letter": "decided", "link": str(row.link_id), "dispute": str(dispute)}
        letter = letter_for(payload, NOW)
    assert letter is not None and "Looked at it." in letter.text and "your dispute" in letter.subject
    stays = "It stays with you" in letter.text
    assert stays == (decision == "kept")


def test_a_letter_that_lost_its_point_is_not_sent(app: Flask, house: Repairs) -> None:
    link = link_of(app, house, house.water)
    facts = {"link": str(link), "estate": str(house.place.estate)}
    with app.app_context():
        assert letter_for({"letter": "new", **facts, "actions": [str(house.wall)]}, NOW) is None, "not theirs"
        early = NOW - timedelta(days=9)
        assert letter_for({"letter": "due", **facts}, early) is None, "nothing is due yet"
        with transaction() as session:
            session.get_one(Link, link).revoked_at = NOW
        assert letter_for({"letter": "list", **facts}, NOW) is None
        with transaction() as session:
            session.get_one(Link, link).revoked_at = None
            session.get_one(Contact, house.water).retired_at = NOW
        assert letter_for({"letter": "list", **facts}, NOW) is None


def test_a_walk_writes_one_letter_to_a_contractor_with_a_link(
    app: Flask, cast: Cast, client_for: ClientFor
) -> None:
    house = walked(app, cast, client_for)
    assert written(app, WATER) == [], "nobody gave them a link yet"
    officer = client_for(house.place.officer)
    shown_link(officer, house, house.water)
    phone = Phone(client_for(house.place.officer)).register()
    begin_walk(phone, house.place, house.place.officer, house.place.units[1])
    rows = walk_with(phone, app, house.place, {"plan": str(house.plan), "x": 1, "y": 2}, jpeg(seed=75))
    assert len(rows) == 3
    (letter,) = written(app, WATER)
    assert letter.subject == "Lakeside Court：2项新的维修", "both in one"
    link = re.search(r"/l/([\w-]+)", letter.text)
    assert link and "1502" in enter(app, link[1]).get(house.list).get_data(as_text=True)
    assert written(app, "dong@coats.example") == []


def test_the_list_is_sent_and_renewed(app: Flask, house: Repairs, client_for: ClientFor) -> None:
    officer = client_for(house.place.officer)
    post = f"{house.desk}/links"
    assert officer.post(post, {"contact": ""}).status_code == 422
    assert officer.post(post, {"contact": str(house.place.estate)}).status_code == 422
    for _ in range(2):
        assert officer.post(post, {"contact": str(house.water)}).status_code == 303
    with app.app_context(), transaction() as session:
        assert len(session.scalars(select(Link)).all()) == 1, "the good one lives on"
        session.get_one(Contact, house.paint).email = ""
    assert officer.post(post, {"contact": str(house.paint)}).status_code == 422
    found = written(app, WATER)
    assert len(found) == 2 and "A级：2" in found[0].text


def test_each_is_reminded_once_a_day_and_never_for_each_defect(app: Flask, house: Repairs) -> None:
    link_of(app, house, house.water)
    late(app, house.leak, house.damp, house.wall, due=DUE)
    morning = DUE.replace(hour=23)  # seven o'clock of the first day over
    with app.app_context():
        for moment in (morning - timedelta(hours=2), morning, morning + timedelta(hours=3)):
            with transaction() as session:
                assert house.place.estate in reminding.estates_due(session, moment)
                reminding.remind(session, house.place.estate, moment)
                assert ticks.due_for_look(session, moment) == [], "the clock of cases leaves them alone"
            kinds = {row.payload["letter"] for row in asked(repairs.MAIL)}
            assert kinds == (set() if moment < morning else {"due", "officer"})
        assert len(asked(repairs.MAIL)) == 2
        with transaction() as session:
            reminding.remind(session, house.place.estate, morning + timedelta(days=1))
        assert len(asked(repairs.MAIL)) == 2, "the second day is no news"
        with transaction() as session:
            reminding.remind(session, house.place.estate, morning + timedelta(days=2))
        assert {row.payload["letter"] for row in asked(repairs.MAIL)} == {"due", "officer", "late"}


def test_a_repair_that_is_sent_is_told_with_the_others(
    app: Flask, house: Repairs, client_for: ClientFor
) -> None:
    link = link_of(app, house, house.water)
    with app.app_context():
        with transaction() as session:
            action = actions.one(session, house.leak, lock=True)
            hand = Hand(link_id=link)
            beside.add_picture(session, action, None, "found", "a" * 64, hand, NOW)
            disputes.dispute(session, action, "Not ours", "en", hand, NOW)
            disputes.withdraw(session, action, hand, NOW)
            beside.add_picture(session, action, Step.IMPLEMENT, "after", "b" * 64, hand, NOW)
            repairs.send_repair(session, action, {"done": "Sealed"}, hand, NOW)
        assert asked("actions.mail") == []
        with transaction() as session:
            reminding.remind(session, house.place.estate, NOW + timedelta(days=1))
        told = [row.payload for row in asked(repairs.MAIL) if row.payload["letter"] == "officer"]
        assert [one["person"] for one in told] == [str(house.place.officer)]
        letter = letter_for(told[0], NOW + timedelta(days=1))
        assert letter is not None and "1 repair waits" in letter.text


def test_not_for_me_tells_whoever_gave_the_link(app: Flask, house: Repairs, client_for: ClientFor) -> None:
    visitor = enter(app, shown_link(client_for(house.place.officer), house, house.water))
    assert visitor.post("/l/stray").status_code == 200
    assert visitor.client.get(house.list).status_code == 404
    told = written(app, "lakeside@example.com")
    (letter,) = [one for one in told if "wrong person" in one.subject]
    assert "Shen Ping" in letter.text


def test_both_engines_find_count_and_move(app_on_both: Flask) -> None:
    app = app_on_both
    cast = assemble(app)
    house = walked(app, cast, lambda person: PageClient(app, person))
    now = datetime.now(UTC)
    with app.app_context():
        session = reading()
        officer = actor_of(session, session.get_one(Person, house.place.officer))
        estate = house.place.estate
        found = queries.find(session, officer, estate, queries.Filters(), now)
        assert [one.action.id for one in found.repairs] == [house.leak, house.damp, house.wall]
        shares = {
            one.company.name: one for one in counting.shares(session, officer, estate, now) if one.company
        }
        assert shares["Dry Walls"].tallies["A"].todo == 2 and shares["Even Coats"].total.total == 1
        counted = contractor.counts_for(session, estate, house.place.waterproofer, now)
        assert counted == {"todo": 2, "overdue": 0, "sent": 0, "disputed": 0, "done": 0}
        assert contractor.plan_for(session, estate, house.place.waterproofer, "d" * 64).id == house.plan
        done = contractor.for_contractor(session, estate, house.place.waterproofer, "done", now)
        assert done.repairs == []
        with transaction() as writing:
            actor = actor_of(writing, writing.get_one(Person, house.place.officer))
            both = [house.leak, house.damp]
            moved = repairs.assign(writing, actor, estate, both, house.place.painter, None, "x", now)
            assert moved == 2
            later = now.replace(hour=3) + timedelta(days=38)
            for days in range(7):  # in a week there is something to say
                reminding.remind(writing, estate, later + timedelta(days=days))
        told = [letter_for(row.payload, later + timedelta(days=7)) for row in asked(repairs.MAIL)]
        assert any(letter and "Even Coats: 3 repairs" in letter.text for letter in told)
    assert case(app, house.damp).company_id == house.place.painter


def asked(kind: str) -> list[Outgoing]:
    return list(reading().scalars(select(Outgoing).where(Outgoing.kind == kind)))


def plain(text: str) -> str:
    """Without what differs each time: secrets, ids, the numbers of cases, which follow the year."""
    text = re.sub(r"/l/\S+", "/l/SECRET", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    return re.sub(r"A-\d{4}-(\d{4})", r"A-YEAR-\1", text)


def compare(name: str, text: str) -> None:
    text, path = plain(text), FOLDER / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        raise AssertionError(f"{name} was written; read it, then run again")
    assert text == path.read_text("utf-8")
