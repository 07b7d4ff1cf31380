"""The letters an inspection sends: to whom, in which language, and when they have lost their point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.adapters import jobs
from app.db import reading, transaction
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.inspections import commands
from app.features.inspections.models import Inspection
from app.outbox import Outgoing
from tests.features.inspections.steps import change, id_of, plan

NOW = datetime.now(UTC)
SOON = timedelta(minutes=1)


def posted(app, tmp_path):  # type: ignore[no-untyped-def]
    """Carries out what is due and gives the letters written, by their file."""
    with app.app_context():
        app.extensions[jobs.KEY].run_due(app, datetime.now(UTC) + SOON)
        failed = reading().scalars(select(Outgoing.error).where(Outgoing.error != "")).all()
        assert failed == []
    folder = app.config["PLUMBLINE"].data / "mail"
    import email
    from email import policy

    return [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]


def test_everybody_on_the_team_is_told_in_their_own_language(app, cast, client_for, tmp_path):
    address = plan(client_for(cast.manager), cast)
    letters = {letter["To"]: letter for letter in posted(app, tmp_path)}
    assert set(letters) == {"owner@example.com", "teammate@example.com"}
    english = letters["owner@example.com"]
    assert english["Subject"] == "New inspection: Hengda Precision, Suzhou"
    text = english.get_content()
    assert "4M1E supplier audit" in text and address.rpartition("/")[2] in text
    assert "http://localhost/app/#/i/" in text
    chinese = letters["teammate@example.com"].get_content()
    assert "4M1E" in chinese and "供应商" in chinese and "Hello" not in chinese


def test_a_cancelled_audit_sends_no_invitation_any_more_but_says_why(app, cast, client_for, tmp_path):
    manager = client_for(cast.manager)
    address = plan(manager, cast)
    page = manager.get(address).get_data(as_text=True)
    seq = page.split('name="seq" value="', 1)[1].split('"', 1)[0]
    answer = manager.post(f"{address}/cancellation", {"seq": seq, "reason": "Plant closed"})
    assert answer.status_code in (200, 302, 303)
    letters = posted(app, tmp_path)
    subjects = {letter["Subject"] for letter in letters if letter["To"] == "owner@example.com"}
    assert subjects == {"Cancelled: Hengda Precision, Suzhou"}
    assert all("Plant closed" in letter.get_content() for letter in letters)


def test_nobody_disabled_is_written_to(app, cast, client_for, tmp_path):
    plan(client_for(cast.manager), cast)
    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.owner)
        person.disabled_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert [letter["To"] for letter in posted(app, tmp_path)] == ["teammate@example.com"]


def test_who_left_the_team_is_not_written_to(app, cast, client_for, tmp_path):
    manager = client_for(cast.manager)
    address = plan(manager, cast, others=[])
    change(manager, address, "assignment", lead=str(cast.teammate))
    assert [letter["To"] for letter in posted(app, tmp_path)] == ["teammate@example.com"]


def test_a_name_cannot_write_headers(app, cast, client_for, tmp_path):
    from app.features.companies.models import Company

    with app.app_context(), transaction() as session:
        session.get(Company, cast.supplier).name = "Hengda\nBcc: everybody@example.com"
    plan(client_for(cast.manager), cast)
    for letter in posted(app, tmp_path):
        assert letter["Bcc"] is None and "everybody" not in letter["To"]


def test_a_return_and_a_new_revision_are_told_to_the_team_with_the_reason(app, cast, client_for, tmp_path):
    manager = client_for(cast.manager)
    address = plan(manager, cast)
    with app.app_context():
        session = reading()
        manager_actor = actor_of(session, session.get(Person, cast.manager))
    for kind, state, subject in (
        ("returned", "in_review", "Returned"),
        ("reopened", "completed", "New revision"),
    ):
        with app.app_context(), transaction() as session:
            row = session.get(Inspection, id_of(address))
            row.state = state
            session.flush()
            if kind == "returned":
                commands.send_back(session, manager_actor, row.id, 10**6, "Not precise", [], NOW)
            else:
                commands.revise(session, manager_actor, row.id, 10**6, "Wrong photo", NOW)
        letters = [letter for letter in posted(app, tmp_path) if letter["Subject"].startswith(subject)]
        assert [letter["To"] for letter in letters] == ["owner@example.com"]  # the teammate reads Chinese
        assert ("Not precise" if kind == "returned" else "Wrong photo") in letters[0].get_content()
        assert "http://localhost/app/#/i/" in letters[0].get_content()
