"""The letters of a case, word for word in three languages; `letters/<letter>.<language>.txt` is what is sent.

To write them anew after a change of words: delete the file, run the test once, read what it wrote.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from app.adapters import clock, jobs
from app.db import reading, transaction
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions.commands import Hand, note, opening
from app.features.actions.commands import clock as ticks
from app.features.actions.mails import CONTACTS, PEOPLE, letter_for
from app.features.actions.models import Action
from app.features.companies.models import Contact, Part
from tests.cast import BORN, Cast, assemble
from tests.features.actions.steps import letters, raised, subject, to

FOLDER = Path(__file__).parent / "letters"
NOW = datetime(2026, 11, 18, 3, 20, tzinfo=UTC)
LATER = NOW + timedelta(days=9)


@pytest.fixture
def case(app: Flask) -> tuple[Flask, Cast, UUID]:
    """A case of 18 November about part 4410-A, due in 24 hours."""
    cast = assemble(app)
    with app.app_context(), transaction() as session:
        part = Part(company_id=cast.supplier, number="4410-A", name={"en": "Shaft"}, created_at=BORN)
        session.add(part)
        session.flush()
        manager = actor_of(session, session.get(Person, cast.manager))
        wanted = opening.Wanted(
            title="Red-area tags missing",
            severity="major",
            owner_id=cast.manager,
            site_id=cast.site,
            part_id=part.id,
        )
        action = opening.raise_action(session, manager, wanted, "", NOW)
        contact = session.query(Contact).filter_by(company_id=cast.supplier).one()
        contact.email = "wang@hengda.example"
        action.contact_id = contact.id
        reason = {"reason": "Not yet a cause."}
        note(session, action, "returned", Hand(person_id=cast.manager), NOW, facts=reason)
        return app, cast, action.id


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("side", ["person", "contact"])
def test_what_is_written(case: tuple[Flask, Cast, UUID], language: str, side: str) -> None:
    app, cast, action_id = case
    with app.app_context():
        with transaction() as session:
            contact = session.query(Contact).filter_by(company_id=cast.supplier).one()
            contact.language = language
            session.get(Person, cast.manager).language = language
            to_whom = {"person": str(cast.manager)} if side == "person" else {"contact": str(contact.id)}
        written = []
        for kind in sorted(PEOPLE if side == "person" else CONTACTS):
            payload = {"letter": kind, "action": str(action_id), "revision": 1, **to_whom}
            letter = letter_for(payload, LATER)
            assert letter is not None, kind
            text = re.sub(r"/l/\S+", "/l/SECRET", letter.text).replace(str(action_id), "ID")
            written.append(f"== {kind}\n{letter.subject}\n\n{text}")
    compare(f"{side}.{language}.txt", "\n".join(written))


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_digest(case: tuple[Flask, Cast, UUID], language: str) -> None:
    app, cast, _ = case
    with app.app_context():
        with transaction() as session:
            session.get(Person, cast.manager).language = language
        letter = letter_for({"letter": "digest", "person": str(cast.manager)}, LATER)
    assert letter is not None
    compare(f"digest.{language}.txt", f"{letter.subject}\n\n{letter.text}")


def compare(name: str, text: str) -> None:
    path = FOLDER / name
    if not path.exists():
        path.write_text(text, "utf-8")
        raise AssertionError(f"{name} was written; read it, then run again")
    assert text == path.read_text("utf-8")


def test_a_letter_that_lost_its_point_is_not_sent(case: tuple[Flask, Cast, UUID]) -> None:
    app, cast, action_id = case
    payload = {"letter": "after", "action": str(action_id), "revision": 1, "person": str(cast.manager)}
    with app.app_context():
        assert letter_for(payload | {"step": "cause"}, LATER) is None, "that step is not the open one"
        assert letter_for(payload | {"revision": 2}, LATER) is None
        with transaction() as session:
            session.get(Person, cast.manager).disabled_at = NOW
        assert letter_for(payload, LATER) is None


def test_reminders_before_after_and_up_both_sides_once_each(app, cast, client_for, monkeypatch):
    manager = client_for(cast.manager)
    address = raised(manager, cast, **subject(app, cast))
    key = UUID(address.rpartition("/")[2])
    letters(app)
    with app.app_context():
        due = reading().get(Action, key).due_at
    for moment in (
        due - timedelta(hours=8),
        due - timedelta(hours=3),
        due - timedelta(hours=2),
        due + timedelta(hours=1),
        due + timedelta(days=3),
        due + timedelta(days=8),
        due + timedelta(days=9),
    ):
        with app.app_context():
            with transaction() as session:
                for action_id in ticks.due_for_look(session, moment):
                    ticks.look(session, action_id, moment)
            with transaction() as session:
                ticks.look(session, key, moment)  # the same again says nothing
    monkeypatch.setattr(clock, "now", lambda: due + timedelta(days=9))
    with app.app_context():
        app.extensions[jobs.KEY].run_due(app, datetime.now(UTC) + timedelta(days=400))
    monkeypatch.undo()
    found = letters(app)
    theirs = [letter["Subject"] for letter in to(found, "wang@hengda.example")]
    assert sum("即将到期" in text for text in theirs) == 1
    assert sum("已逾期" in text and "天" not in text for text in theirs) == 1
    assert sum("天" in text for text in theirs) == 1, "up their side after eight days"
    ours = [letter["Subject"] for letter in to(found, "scoped@example.com")]
    assert len([text for text in ours if "days overdue" in text]) == 2, "three and eight days"


def test_the_mail_server_down_loses_nothing(app, cast, client_for, monkeypatch):
    from app.adapters import mail
    from app.outbox import Outgoing

    raised(client_for(cast.manager), cast, **subject(app, cast))
    monkeypatch.setattr(mail.FileMail, "send", _down)
    with app.app_context():
        app.extensions[jobs.KEY].run_due(app, datetime.now(UTC) + timedelta(seconds=1))
        waiting = reading().query(Outgoing).filter(Outgoing.kind == "actions.mail").all()
        assert waiting and all(row.done_at is None and row.error for row in waiting)
    monkeypatch.undo()
    assert to(letters(app, datetime.now(UTC) + timedelta(hours=2)), "wang@hengda.example")


def _down(*_):
    raise OSError("connection refused")
