"""Held work: an admin sees whose it is and what it says, accepts it as theirs or dismisses it, and why."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app import journal
from app.adapters import clock
from app.db import reading, transaction
from app.features.accounts.models import Person
from app.features.inspections.models import Inspection
from app.features.operations.commands import HELD_FOR, forget_expired
from app.features.operations.models import Operation, OperationFate, Quarantined
from app.features.operations.queries import state_of
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    """Somebody who was disabled while their phone still held two answers (scenario 22)."""
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    made.push()
    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.owner)
        assert person is not None
        person.disabled_at = BORN
    made.set("q/M01", "score", "6")
    made.set("q/M01", "note", {"text": "<b>Straps</b> worn", "lang": "en"})
    assert {result["result"] for result in made.push()} == {"quarantined"}
    return made


@pytest.fixture
def admin(app: Flask, cast: Cast) -> PageClient:
    return PageClient(app, cast.admin)


def pieces(page: str) -> list[str]:
    return re.findall(r'name="pieces" value="([0-9a-f-]+)"', page)


def decide(client: PageClient, what: str, ids: list[str], reason: str = "") -> Any:
    data = {"csrf_token": client.token(), "pieces": ids, "reason": reason}
    return client.client.post(f"/held/{what}", data=data, follow_redirects=True)


def test_it_says_whose_what_why_and_how_long(cast: Cast, phone: Phone, admin: PageClient) -> None:
    page = admin.get("/held").text
    assert "Owner Auditor" in page and f"/inspections/{phone.record}" in page
    assert "M01: Score" in page and "Partially met" in page
    assert "&lt;b&gt;Straps&lt;/b&gt; worn" in page and "<b>Straps" not in page
    assert "Test phone" in page and "held until" in page
    assert len(pieces(page)) == 2
    assert "/held" in admin.get("/people").text


def test_accepted_work_is_its_authors_on_the_admins_word(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    page = decide(admin, "acceptance", pieces(admin.get("/held").text))
    assert "2 changes were accepted." in page.text
    assert "Nothing is held." in page.text
    with app.app_context():
        session = reading()
        state = state_of(session, UUID(phone.record))
        assert state["q/M01", "score"].value == "6"
        rows = session.execute(
            select(Operation.person_id, Operation.device_id, OperationFate.fate, OperationFate.person_id)
            .join(OperationFate, OperationFate.operation_id == Operation.id)
            .where(Operation.path == "q/M01")
        ).all()
        assert {tuple(row) for row in rows} == {(cast.owner, UUID(phone.device), "applied", cast.admin)}
        acts = [(e.act, e.person_id) for e in journal.entries(session, UUID(phone.record))]
        assert acts.count(("held.accepted", cast.admin)) == 2
        assert session.scalars(select(Quarantined)).all() == []
        inspection = session.get(Inspection, UUID(phone.record))
        assert inspection is not None and inspection.answered == 1
    # what the phone sends again is known
    again = phone.set("q/M02", "score", "8")
    assert phone.push()[-1]["result"] == "quarantined", "accepting once opens no door"
    assert again


def test_late_stays_late(app: Flask, cast: Cast, phone: Phone, admin: PageClient) -> None:
    with app.app_context(), transaction() as session:
        inspection = session.get(Inspection, UUID(phone.record))
        assert inspection is not None
        inspection.state, inspection.completed_at = "completed", BORN
    page = decide(admin, "acceptance", pieces(admin.get("/held").text))
    assert "late work" in page.text
    with app.app_context():
        assert ("q/M01", "score") not in state_of(reading(), UUID(phone.record))


def test_what_breaks_a_rule_stays_with_its_reason(app: Flask, cast: Cast, admin: PageClient) -> None:
    other = Phone(PageClient(app, cast.teammate)).register()
    other.start(audit_version(app), cast.site, cast.teammate)
    other.push()
    other.set("q/M01", "score", "7000")
    other.send([{"id": "x", "path": ["<script>"]}, *other.waiting])
    page = admin.get("/held").text
    assert len(pieces(page)) == 2 and "<script>" not in page.replace('<script type="module"', "")
    page = decide(admin, "acceptance", pieces(page)).text
    assert "q/M01 score: " in page
    assert len(pieces(page)) == 2


def test_dismissing_wants_a_reason_and_keeps_the_body(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    ids = pieces(admin.get("/held").text)
    refused = decide(admin, "dismissal", ids, "  ")
    assert refused.status_code == 422 and len(pieces(refused.text)) == 2
    page = decide(admin, "dismissal", ids[:1], "Wrong site")
    assert "1 change was dismissed." in page.text and len(pieces(page.text)) == 1
    with app.app_context(), transaction() as session:
        row = session.get(Quarantined, UUID(ids[0]))
        assert row is not None
        assert (row.decided_by, row.reason) == (cast.admin, "Wrong site")
        acts = [e.act for e in journal.entries(session, UUID(phone.record))]
        assert acts.count("held.dismissed") == 1
        assert forget_expired(session, clock.now() + HELD_FOR) == 2, "90 days, decided or not"
    # deciding about it again changes nothing
    assert "1 change was dismissed." not in decide(admin, "dismissal", ids[:1], "Again").text


def test_nobody_but_an_admin_sees_or_decides(app: Flask, cast: Cast, phone: Phone, admin: PageClient) -> None:
    ids = pieces(admin.get("/held").text)
    for person in (cast.manager, cast.officer, cast.teammate, cast.stranger):
        client = PageClient(app, person)
        assert client.get("/held").status_code == 404
        assert decide(client, "acceptance", ids).status_code == 404
        assert decide(client, "dismissal", ids, "No").status_code == 404
    assert len(pieces(admin.get("/held").text)) == 2


def test_ids_of_rubbish_decide_nothing(phone: Phone, admin: PageClient) -> None:
    assert "Nothing was chosen." in decide(admin, "acceptance", ["x", "7", ""]).text
    assert len(pieces(admin.get("/held").text)) == 2
