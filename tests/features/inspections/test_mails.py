"""Letters to the team: each in its reader's language, none that is no longer true."""

from __future__ import annotations

from datetime import UTC, datetime

from app.db import transaction
from app.features.accounts.models import Person
from app.features.inspections.mails import letter_for
from tests.features.inspections.steps import change, day, id_of, plan

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def letter(app, kind, address, person):
    with app.app_context():
        return letter_for({"letter": kind, "inspection": str(id_of(address)), "person": str(person)}, NOW)


def test_a_new_inspection_says_what_where_and_when(app, cast, client_for):
    address = plan(client_for(cast.manager), cast)
    written = letter(app, "assigned", address, cast.owner)
    assert written.to == "owner@example.com"
    assert written.subject == "You have a new inspection: Hengda Precision"
    for said in ("4M1E supplier audit", "Suzhou", day(7), f"http://localhost{address}", "Owner Auditor"):
        assert said in written.text, said
    assert "供应商4M1E现场审核" in letter(app, "assigned", address, cast.teammate).text


def test_a_new_date_and_an_end_come_with_their_reason(app, cast, client_for):
    manager = client_for(cast.manager)
    address = plan(manager, cast)
    change(manager, address, "postponement", due=day(20), reason="The line <stands> still & waits")
    moved = letter(app, "moved", address, cast.owner)
    assert day(20) in moved.subject and "The line <stands> still & waits" in moved.text
    change(manager, address, "cancellation", reason="Given up")
    assert "Given up" in letter(app, "cancelled", address, cast.owner).text
    assert letter(app, "assigned", address, cast.owner) is None  # it is over
    assert letter(app, "moved", address, cast.owner) is None


def test_no_letter_for_who_has_left_or_may_no_longer(app, cast, client_for):
    manager = client_for(cast.manager)
    address = plan(manager, cast)
    change(manager, address, "assignment", lead=str(cast.teammate))
    assert letter(app, "assigned", address, cast.owner) is None
    assert letter(app, "assigned", address, cast.stranger) is None
    with app.app_context(), transaction() as session:
        session.get(Person, cast.teammate).disabled_at = NOW
    assert letter(app, "assigned", address, cast.teammate) is None
    assert letter(app, "somebody_elses", address, cast.owner) is None


def test_names_cannot_write_headers(app, cast, client_for):
    from app.features.companies.models import Company

    with app.app_context(), transaction() as session:
        session.get(Company, cast.supplier).name = "Hengda\nBcc: everybody@example.com"
    written = letter(app, "assigned", plan(client_for(cast.manager), cast), cast.owner)
    assert "\n" not in written.subject and "Bcc" not in written.subject
