"""Due tomorrow, overdue, report ready: who is written to, once each, and what it says in three languages.

`letters/<letter>.<language>.txt` is what is sent. To write one anew after a change of words: delete it, run
the test once, read what it wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app import outbox
from app.adapters import clock, jobs
from app.db import new_id, reading, transaction
from app.features.accounts.models import GivenGrant, Person
from app.features.inspections.commands import MAIL, remind, unsaid
from app.features.inspections.mails import letter_for
from app.features.inspections.models import Assignment, Inspection
from app.features.inspections.queries.telling import Reminder, reminders
from app.features.places.models import Site
from app.features.reports import commands as reports
from app.features.reports.mails import letter_for as report_letter
from app.features.reports.models import Report
from app.outbox import Outgoing
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.steps import change, day, id_of, plan
from tests.features.inspections.test_list import store

FOLDER = Path(__file__).parent / "letters"
DUE = date.fromisoformat(day(7))
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
Names = dict[UUID, str]


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def manager(client_for: Callable[..., PageClient], cast: Cast) -> PageClient:
    return client_for(cast.manager)


def at(ahead: int, hour: int = 9) -> datetime:
    """So many days after the due day, at this hour in Shanghai."""
    return datetime(DUE.year, DUE.month, DUE.day, hour, tzinfo=UTC) + timedelta(days=ahead, hours=-8)


def said(app: Flask, cast: Cast, now: datetime) -> list[tuple[str, str, int]]:
    """What is to be said then, sorted: (letter, to whom, week)."""
    names = {cast.owner: "owner", cast.teammate: "teammate", cast.manager: "manager"}
    with app.app_context():
        return sorted((one.letter, names[one.person_id], one.week) for one in reminders(reading(), now))


def work(app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs the clock's job and what it wrote, at that time; the letters' recipients, sorted."""
    folder = app.config["PLUMBLINE"].data / "mail"
    before = set(folder.glob("*.eml"))
    monkeypatch.setattr(clock, "now", lambda: now)
    with app.app_context():
        with transaction() as session:
            outbox.send(session, "inspections.remind", {}, now)
        app.extensions[jobs.KEY].run_due(app, now + timedelta(seconds=1))
        failed = reading().scalars(select(Outgoing.error).where(Outgoing.error != "")).all()
        assert failed == []
    monkeypatch.undo()
    texts = [path.read_text("utf-8") for path in set(folder.glob("*.eml")) - before]
    return sorted(text.split("\nTo: ", 1)[1].split("@", 1)[0] for text in texts)


def test_the_day_before_the_team_and_once_over_also_who_planned_it(
    app: Flask, cast: Cast, manager: PageClient
) -> None:
    plan(manager, cast)
    team = ("owner", "teammate")
    assert said(app, cast, at(-2)) == []
    assert said(app, cast, at(-1, 6)) == []
    assert said(app, cast, at(-1, 7)) == [("due_tomorrow", name, 0) for name in team]
    assert said(app, cast, at(0, 23)) == []
    for ahead, week in ((1, 0), (7, 0), (8, 1), (29, 4)):
        assert said(app, cast, at(ahead)) == [("overdue", name, week) for name in ("manager", *team)]


@pytest.mark.parametrize("state", ["completed", "cancelled", "in_review"])
def test_what_is_done_is_never_due(app: Flask, cast: Cast, manager: PageClient, state: str) -> None:
    store(app, plan(manager, cast), state=state)
    assert said(app, cast, at(-1)) == said(app, cast, at(3)) == []


def test_a_planner_on_the_team_gets_one_letter(app: Flask, cast: Cast, manager: PageClient) -> None:
    store(app, plan(manager, cast), created_by=cast.teammate)
    assert said(app, cast, at(1)) == [("overdue", "owner", 0), ("overdue", "teammate", 0)]


def test_who_came_to_the_team_today_has_just_been_told(app: Flask, cast: Cast, manager: PageClient) -> None:
    address = plan(manager, cast)
    with app.app_context(), transaction() as session:
        held = select(Assignment).where(Assignment.inspection_id == id_of(address))
        for assignment in session.scalars(held.where(Assignment.person_id == cast.teammate)):
            assignment.assigned_at = at(-1, 1)
    assert said(app, cast, at(-1)) == [("due_tomorrow", "owner", 0)]
    assert ("overdue", "teammate", 0) in said(app, cast, at(1))


def test_each_site_has_its_own_day(app: Flask, cast: Cast, manager: PageClient) -> None:
    east = id_of(plan(manager, cast, others=[]))
    west = id_of(plan(manager, cast, others=[], site=str(cast.other_site)))
    with app.app_context(), transaction() as session:
        session.get_one(Site, cast.site).time_zone = "Pacific/Kiritimati"
        session.get_one(Site, cast.other_site).time_zone = "Pacific/Pago_Pago"
    now = datetime(DUE.year, DUE.month, DUE.day, 18, 30, tzinfo=UTC)  # in the east the next day, 08:30
    for due, letter, where in ((DUE, "overdue", east), (DUE + timedelta(days=1), "due_tomorrow", west)):
        with app.app_context(), transaction() as session:
            for row in session.scalars(select(Inspection)):
                row.due = due
        with app.app_context():
            assert {(one.letter, one.inspection_id) for one in reminders(reading(), now)} == {(letter, where)}


def test_each_is_sent_once_whatever_the_worker_does(
    app: Flask, cast: Cast, manager: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = plan(manager, cast)
    work(app, datetime.now(UTC), monkeypatch)  # the letters of the plan
    assert work(app, at(-1), monkeypatch) == ["owner", "teammate"]
    assert work(app, at(-1, 10), monkeypatch) == []
    assert work(app, at(1), monkeypatch) == ["manager", "owner", "teammate"]
    assert work(app, at(6), monkeypatch) == []
    assert work(app, at(8), monkeypatch) == ["manager", "owner", "teammate"]
    store(app, address, state="completed")
    assert work(app, at(15), monkeypatch) == []


def test_another_due_day_is_told_anew(
    app: Flask, cast: Cast, manager: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = plan(manager, cast, others=[])
    work(app, at(-1), monkeypatch)
    answer = change(manager, address, "postponement", due=day(9), reason="The line stands still")
    assert answer.status_code == 303
    assert work(app, at(-1, 12), monkeypatch) == ["owner"], "that it was moved"
    assert work(app, at(1), monkeypatch) == ["owner"], "the day before, again"


def test_two_workers_at_once_write_each_once(app: Flask, cast: Cast, manager: PageClient) -> None:
    plan(manager, cast)
    gate, new = threading.Barrier(3), []

    def run() -> None:
        with app.app_context():
            wanted = unsaid(reading(), reminders(reading(), at(1)))
            gate.wait()
            with transaction() as session:
                new.append(remind(session, wanted, at(1)))

    crew = [threading.Thread(target=run) for _ in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert len(new) == 3 and sum(new) == 3, "owner, teammate, manager"
    with app.app_context():
        rows = reading().scalars(select(Outgoing).where(Outgoing.kind == MAIL)).all()
        assert sum(row.payload["letter"] == "overdue" for row in rows) == 3
        assert unsaid(reading(), reminders(reading(), at(1))) == []


def told(app: Flask, one: Reminder, now: datetime) -> str | None:
    """To whom the letter goes; None when it has lost its point."""
    payload = {
        "letter": one.letter,
        "inspection": str(one.inspection_id),
        "person": str(one.person_id),
        "due": one.due.isoformat(),
        "week": one.week,
    }
    with app.app_context():
        letter = letter_for(payload, now)
        return letter.to if letter else None


def test_a_reminder_that_waited_too_long_or_is_not_theirs_is_not_sent(
    app: Flask, cast: Cast, manager: PageClient
) -> None:
    address = plan(manager, cast)
    key = id_of(address)
    before = Reminder("due_tomorrow", key, cast.owner, DUE, 0)
    over = Reminder("overdue", key, cast.manager, DUE, 0)
    assert told(app, before, at(-1, 23)) == "owner@example.com"
    assert told(app, over, at(1)) == "manager@example.com"
    assert told(app, before, at(0, 1)) is None, "on the day itself it would be wrong"
    assert told(app, over, at(8)) is None, "the next week's says it"
    assert told(app, Reminder("due_tomorrow", key, cast.manager, DUE, 0), at(-1)) is None
    for nobody in (cast.stranger, cast.scoped, cast.admin, new_id()):
        assert told(app, Reminder("overdue", key, nobody, DUE, 0), at(1)) is None
    with app.app_context(), transaction() as session:
        for grant in session.scalars(select(GivenGrant).where(GivenGrant.person_id == cast.manager)):
            grant.ended_at = BORN
        session.get_one(Person, cast.owner).disabled_at = BORN
    assert told(app, over, at(1)) is None, "who may not see it any more"
    assert told(app, Reminder("overdue", key, cast.owner, DUE, 0), at(1)) is None, "disabled"
    mate = Reminder("overdue", key, cast.teammate, DUE, 0)
    assert told(app, mate, at(1)) == "teammate@example.com"
    store(app, address, state="completed")
    assert told(app, mate, at(1)) is None


def compare(name: str, text: str) -> None:
    path = FOLDER / name
    if not path.exists():
        path.write_text(text, "utf-8")
        raise AssertionError(f"{name} was written; read it, then run again")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_for_word(app: Flask, cast: Cast, manager: PageClient, language: str) -> None:
    address = plan(manager, cast)
    due = date(2026, 12, 3)
    store(app, address, due=due, number="2026-0412")
    with app.app_context(), transaction() as session:
        for person in (cast.owner, cast.manager):
            session.get_one(Person, person).language = language
    for name, letter, person, now in (
        ("due_tomorrow", "due_tomorrow", cast.owner, datetime(2026, 12, 2, 1, tzinfo=UTC)),
        ("overdue", "overdue", cast.owner, datetime(2026, 12, 4, 1, tzinfo=UTC)),
        ("overdue_planner", "overdue", cast.manager, datetime(2026, 12, 4, 1, tzinfo=UTC)),
    ):
        payload = {
            "letter": letter,
            "inspection": str(id_of(address)),
            "person": str(person),
            "due": due.isoformat(),
            "week": 0,
        }
        if letter == "overdue":
            store(app, address, state="in_progress", asked=59, answered=24)
        with app.app_context():
            written = letter_for(payload, now)
            assert written is not None
        text = f"{written.subject}\n\n{written.text}".replace(str(id_of(address)), "ID")
        compare(f"{name}.{language}.txt", text)


def asked(app: Flask, record: str, language: str, person: UUID) -> UUID:
    with app.app_context(), transaction() as session:
        return reports.request(
            session,
            kind="inspection",
            record_id=UUID(record),
            revision=1,
            language=language,
            now=clock.now(),
            person_id=person,
        ).id


def issued(app: Flask, report: UUID, digit: str) -> list[str]:
    """Makes a file the report; to whom letters go, sorted."""
    made = reports.Made(digit * 64, 1, 1, "B-B", [], "")
    with app.app_context():
        with transaction() as session:
            assert reports.issue(session, report, made, digit * 64, digit * 32, clock.now())
        with transaction() as session:
            assert not reports.issue(session, report, made, digit * 64, digit * 32, clock.now())
        rows = reading().scalars(select(Outgoing).where(Outgoing.kind == reports.MAIL)).all()
        mine = [row.payload for row in rows if row.payload["report"] == str(report)]
        letters = [report_letter(payload, clock.now()) for payload in mine]
        return sorted(letter.to.partition("@")[0] if letter else "" for letter in letters)


def test_the_first_report_is_told_to_all_it_concerns_a_further_language_to_whoever_asked(
    app: Flask, cast: Cast, manager: PageClient
) -> None:
    address = plan(manager, cast)
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.record = str(id_of(address))
    phone.answer_all(app)
    phone.push()
    phone.complete(phone.sign_both())
    assert {answer["result"] for answer in phone.push()} == {"applied"}
    with app.app_context():
        report = reading().scalars(select(Report)).one()
        assert (report.record_id, report.requested_by) == (id_of(address), cast.owner)
    assert issued(app, report.id, "a") == ["manager", "owner", "teammate"]
    further = asked(app, str(id_of(address)), "zh-Hant", cast.admin)
    assert issued(app, further, "b") == ["admin"]


def test_a_report_is_not_told_to_who_may_not_read_it(app: Flask, cast: Cast, manager: PageClient) -> None:
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app)
    phone.push()
    phone.complete(phone.sign_both())
    phone.push()
    stranger = asked(app, phone.record, "zh-Hans", cast.stranger)
    with app.app_context():
        own = reading().scalars(select(Report.id).where(Report.id != stranger)).one()
    assert issued(app, own, "a") == ["owner"], "planned by herself: one letter"
    assert issued(app, stranger, "b") == [""]
