"""The whole circle: opened at the desk, answered through a link, rejected once, accepted, checked, made the
standard, watched, come back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.db import reading
from app.features.inspections.models import OpenPoint
from app.features.links.models import LinkUse
from tests.features.actions.steps import (
    ACT,
    CAUSE,
    CONTAIN,
    MEASURE,
    enter,
    implement,
    letters,
    raised,
    row,
    said,
    step,
    subject,
    to,
    token_in,
)


@pytest.fixture
def case(app, cast, client_for):
    """A manager's case about a supplier's part, its contact reached by mail, teammate checks."""
    manager = client_for(cast.manager)
    fields = subject(app, cast)
    address = raised(manager, cast, **fields, lot="2511-08", verifier=str(cast.teammate), commitment="y")
    return manager, address, fields


def guest_of(app, address):
    letter = to(letters(app), "wang@hengda.example")[-1]
    phone = enter(app, token_in(letter))
    assert phone.arrived == f"/l{address}"
    return phone, f"/l{address}"


def decided(client, address, name, verdict, **fields):
    answer = client.post(f"{address}/steps/{name}/{verdict}", fields)
    assert answer.status_code == 303, said(answer)


def test_one_case_from_the_finding_to_the_recurrence(app, cast, client_for, case):
    manager, address, fields = case
    phone, guest = guest_of(app, address)

    assert step(phone, guest, "contain", CONTAIN).status_code == 303
    assert row(app, address).phase == "review" and row(app, address).due_at is None, "the clock stands still"
    decided(manager, address, "contain", "acceptance")

    thin = {"occurrence-0": "Operator forgot", "escape-0": "Nobody looked", "shown": "asked"}
    assert step(phone, guest, "cause", thin).status_code == 303
    decided(manager, address, "cause", "return", reason="“Forgot” is not yet a cause.")
    page = phone.get(guest).get_data(as_text=True)
    assert "“Forgot” is not yet a cause." in page and "Operator forgot" in page, "reason and typing are there"
    assert step(phone, guest, "cause", CAUSE).status_code == 303
    decided(manager, address, "cause", "acceptance")

    assert step(phone, guest, "measure", MEASURE).status_code == 303
    decided(manager, address, "measure", "acceptance")
    assert step(phone, guest, "implement", implement(), photos=2).status_code == 303
    decided(manager, address, "implement", "acceptance")
    found = row(app, address)
    assert found.step == "check" and found.cut_in == datetime.now(UTC).date()
    with app.app_context():
        points = reading().scalars(select(OpenPoint).where(OpenPoint.closed_at.is_(None))).all()
        assert [point.subject_id for point in points] == [cast.site]

    checker = client_for(cast.teammate)
    early = checker.post(f"{address}/verification", {"note": "Seen.", "effective": "1"})
    assert early.status_code == 422 and row(app, address).step == "check", "three lots come first"
    for number in ("2511-34", "2511-37"):
        lot = {"number": number, "quantity": "400", "not_ok": "0", "inspected_on": "2026-11-25"}
        assert manager.post(f"{address}/lots", lot).status_code == 303
    lot = {"number": "2512-02", "quantity": "410", "not_ok": "0", "inspected_on": "2026-11-26"}
    assert phone.post(f"{guest}/lots", lot).status_code == 303
    assert (
        checker.post(f"{address}/verification", {"note": "Seen at night.", "effective": "1"}).status_code
        == 303
    )
    assert row(app, address).step == "act"

    closed = manager.post(f"{address}/closing")
    assert closed.status_code == 422 and "without Act" in closed.get_data(as_text=True)
    assert manager.post(f"{address}/standard", {**ACT, "send": "1"}).status_code == 303
    found = row(app, address)
    assert found.phase == "watch" and found.watch_until is not None
    with app.app_context():
        points = reading().scalars(select(OpenPoint).where(OpenPoint.closed_at.is_(None))).all()
        assert [point.text["text"].split(" · ")[1] for point in points] == [ACT["open_point"]]
    assert manager.post(f"{address}/closing").status_code == 422, "the watch is running"

    again = raised(manager, cast, **fields, lot="2603-11", title="Tags missing again")
    assert again == address, "the same case, not a new one"
    found = row(app, address)
    assert (found.revision, found.phase, found.step, found.outcome) == (2, "open", "contain", "ineffective")
    for client, where in ((manager, address), (phone, guest), (checker, address)):
        assert client.get(where).status_code == 200
    told = letters(app)
    subjects = {letter["To"]: letter["Subject"] for letter in told}
    assert "happened again" in subjects["manager@example.com"]
    assert "再次发生" in subjects["wang@hengda.example"] and "再次发生" in subjects["teammate@example.com"]
    assert manager.get(f"{address}/history").status_code == 200


def test_a_watch_that_ends_in_peace_closes_the_case_through_the_jobs(
    app, cast, client_for, case, monkeypatch
):
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    walk(manager, phone, address, guest)
    checker = client_for(cast.teammate)
    for number in ("1", "2", "3"):
        lot = {"number": number, "quantity": "400", "not_ok": "0", "inspected_on": "2026-11-25"}
        manager.post(f"{address}/lots", lot)
    checker.post(f"{address}/verification", {"note": "Seen.", "effective": "1"})
    manager.post(f"{address}/standard", {**ACT, "send": "1"})
    until = row(app, address).due_at
    assert until is not None
    at(app, monkeypatch, until - timedelta(minutes=20))
    assert row(app, address).phase == "watch"
    at(app, monkeypatch, until + timedelta(minutes=20))
    found = row(app, address)
    assert (found.phase, found.outcome) == ("closed", "effective")
    with app.app_context():
        assert reading().scalars(select(OpenPoint).where(OpenPoint.closed_at.is_(None))).all() == []
    assert manager.get(address).status_code == 200


def test_three_lots_in_a_row_must_be_good_and_a_setback_counts_anew(app, cast, client_for, case):
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    early = {"number": "0", "quantity": "10", "not_ok": "0", "inspected_on": "2026-11-25"}
    manager.post(f"{address}/lots", early)  # before the work was accepted: not one of the three
    walk(manager, phone, address, guest)
    checker = client_for(cast.teammate)

    def verify(word="Seen.", **verdict):
        return checker.post(f"{address}/verification", {"note": word, **verdict}).status_code

    for number, bad in (("1", 0), ("2", 4), ("3", 0)):
        manager.post(f"{address}/lots", {**early, "number": number, "not_ok": str(bad)})
    assert verify(effective="1") == 422, "one of the last three is bad"
    for number in ("4", "5"):
        manager.post(f"{address}/lots", {**early, "number": number})
    assert verify(effective="1") == 303, "three good ones in a row"
    assert row(app, address).step == "act"


def walk(manager, phone, address, guest):
    """Plan and Do, answered through the link and accepted."""
    for name, fields, photos in (
        ("contain", CONTAIN, 0),
        ("cause", CAUSE, 0),
        ("measure", MEASURE, 0),
        ("implement", implement(), 1),
    ):
        answer = step(phone, guest, name, fields, photos=photos)
        assert answer.status_code == 303, said(answer)
        decided(manager, address, name, "acceptance")


def at(app, monkeypatch, moment):
    """The clock's jobs as they run at that moment."""
    from app.adapters import clock, jobs

    monkeypatch.setattr(clock, "now", lambda: moment)
    work = app.extensions[jobs.KEY]
    work.tick(app, moment)
    work.run_due(app, moment + timedelta(seconds=1))
    monkeypatch.undo()


def test_each_use_of_a_link_is_kept(app, case):
    _, address, _ = case
    phone, guest = guest_of(app, address)
    phone.get(guest)
    step(phone, guest, "contain", CONTAIN)
    with app.app_context():
        acts = reading().scalars(select(LinkUse.act).order_by(LinkUse.id)).all()
    assert acts[0] == "opened" and "seen" in acts and acts[-1] == "sent contain"


def test_a_letter_is_in_the_contacts_language_and_the_link_too(app, case):
    _, address, _ = case
    letter = to(letters(app), "wang@hengda.example")[0]
    assert "4410-A" in letter.get_content() and "Hello" not in letter.get_content()
    phone, guest = guest_of(app, address)
    page = phone.get(guest)
    text = page.get_data(as_text=True)
    assert '<html lang="zh-Hans"' in text and "Red-area tags missing" in text
    assert len(page.data) < 60_000
