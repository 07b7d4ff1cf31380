"""The whole story: an audit's finding becomes a supplier's 8D, comes back within its watch, and is told in
one sealed file.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters import clock
from app.db import reading, transaction
from app.features.actions.commands import put_point
from app.features.actions.models import Action, ActionFinding
from app.features.actions.report import ActionReports
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.actions.papers import ask, file_of, made
from tests.features.actions.steps import (
    ACT,
    CAUSE,
    CONTAIN,
    MEASURE,
    audited,
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
from tests.features.actions.test_circle import at, decided


def case_of(app, phone, question):
    with app.app_context():
        one = (ActionFinding.inspection_id == UUID(phone.record), ActionFinding.question == question)
        found = reading().scalars(select(ActionFinding).where(*one)).one()
        return f"/actions/{found.action_id}"


def next_audit(app, cast):
    """The phone of an auditor who begins the site's next audit, and the open points it is given."""
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.push()
    whole = phone.client.api("GET", f"/api/v1/inspections/{phone.record}").json["inspection"]
    return phone, whole["open_points"]


def open_points(app, cast):
    _, points = next_audit(app, cast)
    return [f"{point['number']} · {point['text']['text']}" for point in points]


def test_a_finding_runs_the_whole_circle_and_comes_back(app, cast, client_for, monkeypatch):
    fields = subject(app, cast)
    assert open_points(app, cast) == []
    audit = audited(app, cast, cast.owner, photo_of="M01", M01="0")
    address = case_of(app, audit, "M01")
    number = row(app, address).number
    manager, checker = client_for(cast.manager), client_for(cast.teammate)
    assert number in manager.get(f"/actions/of/inspection/{audit.record}").get_data(as_text=True)

    people = {"owner": str(cast.manager), "verifier": str(cast.teammate), "contact": fields["contact"]}
    answer = manager.post(f"{address}/people", people)
    assert answer.status_code == 303, said(answer)
    subject_of = {name: fields[name] for name in ("part", "defect_code")}
    answer = manager.post(f"{address}/subject", subject_of)
    assert answer.status_code == 303, said(answer)
    assert manager.post(f"{address}/links").status_code == 303
    phone = enter(app, token_in(to(letters(app), "wang@hengda.example")[-1]))
    guest = f"/l{address}"
    assert phone.arrived == guest

    decide = {"contain": CONTAIN, "cause": CAUSE, "measure": MEASURE, "implement": implement()}
    for name, typed in decide.items():
        sent = step(phone, guest, name, typed, photos=1 if name == "implement" else 0)
        assert sent.status_code == 303, said(sent)
        if name == "cause":
            decided(manager, address, name, "return", reason="Why was the key in the office?")
            assert "Why was the key in the office?" in phone.get(guest).get_data(as_text=True)
            assert step(phone, guest, name, typed).status_code == 303
        decided(manager, address, name, "acceptance")
    again, points = next_audit(app, cast)
    assert [point["number"] for point in points] == [number], "by itself, at the re-audit"
    assert points[0]["person"] == "Manager Person" and points[0]["since"]
    shown = again.client.api("GET", f"/api/v1/inspections/{again.record}/points/{points[0]['id']}/photo")
    assert shown.status_code == 200 and shown.data[:2] == b"\xff\xd8", "the photo of what was found"

    seen = checker.post(f"{address}/verification", {"note": "Seen at the re-audit.", "effective": "1"})
    assert seen.status_code == 303, said(seen)
    assert manager.post(f"{address}/standard", {**ACT, "send": "1"}).status_code == 303
    found = row(app, address)
    assert found.phase == "watch" and found.due_at is not None
    assert open_points(app, cast) == [f"{number} · {ACT['open_point']}"]
    ask(manager, address)

    last_day = found.due_at - timedelta(days=1)
    at(app, monkeypatch, last_day)
    assert row(app, address).phase == "watch", "one day is missing"
    with monkeypatch.context() as moved:
        moved.setattr(clock, "now", lambda: last_day)
        later = PageClient(app, None)
        later.sign_in(cast.manager, last_day)
        assert raised(later, cast, **subject_of, lot="2605-03", title="Again") == address, "no new case"
    found = row(app, address)
    assert (found.revision, found.phase, found.outcome) == (2, "open", "ineffective")
    at(app, monkeypatch, last_day + timedelta(days=3))
    assert row(app, address).phase == "open", "the end of the watch does not close what came back"

    ask(manager, address)
    calm, again = made(app, address)
    assert (calm.revision, again.revision) == (1, 2) and again.supersedes == calm.id
    with app.app_context():
        told = ActionReports().collect(reading(), UUID(address.rpartition("/")[2]), 2, "en")
    story = told.context["context"]
    assert [part["revision"] for part in story["before"]] == [1]
    acts = [event["act"] for event in story["before"][0]["history"]]
    assert {"Sent", "Sent back", "Accepted"} <= set(acts)
    assert story["before"][0]["act"]["lesson"] == ACT["lesson"] and story["act"] == {}
    sent = PageClient(app, None).post(
        "/verify",
        {"file": (io.BytesIO(file_of(app, again)), "story.pdf")},
        content_type="multipart/form-data",
    )
    assert 'data-verdict="genuine"' in sent.get_data(as_text=True)


def test_what_is_open_at_a_site_goes_when_its_case_is_closed(app, cast, client_for):
    address = raised(client_for(cast.manager), cast, severity="minor")
    with app.app_context(), transaction() as session:
        action = session.get_one(Action, UUID(address.rpartition("/")[2]))
        put_point(session, action, "Is the tag there?", datetime.now(UTC))
        number = action.number
    assert open_points(app, cast) == [f"{number} · Is the tag there?"]
    answer = client_for(cast.manager).post(f"{address}/cancellation", {"reason": "Opened by mistake"})
    assert answer.status_code == 303 and open_points(app, cast) == []
