"""What is refused, and to whom: each in a sentence, nothing typed is lost, nothing half done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.db import reading, transaction
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions import queries
from app.features.actions.commands import opening
from app.features.actions.commands.opening import FindingFacts, Wanted
from app.features.actions.models import Action, ActionEvent
from app.journal import Entry
from tests.cast import assemble
from tests.features.actions.steps import CONTAIN, raised, row, step, subject, unknown

NOW = datetime(2026, 11, 18, 3, 20, tzinfo=UTC)


def lines(answer):
    return answer.get_data(as_text=True)


def test_quantities_that_do_not_add_up_are_refused_and_kept(app, cast, client_for):
    manager = client_for(cast.manager)
    address = raised(manager, cast)
    answer = step(manager, address, "contain", {**CONTAIN, "transit-ok": "199"})
    assert answer.status_code == 422 and "add up" in lines(answer)
    assert 'value="199"' in lines(answer) and "Shipment stopped" in lines(answer)
    assert row(app, address).phase == "open"
    wrong = step(manager, address, "contain", {**CONTAIN, "transit-ok": "many"})
    assert wrong.status_code == 422 and "quantity" in lines(wrong)


def test_a_snag_is_fixed_photographed_and_checked_by_somebody_else(app, cast, client_for):
    officer, manager = client_for(cast.officer), client_for(cast.manager)
    address = raised(officer, cast, severity="c", owner=str(cast.officer), title="Scratch on the door")
    assert row(app, address).form == "short"
    bare = step(officer, address, "implement", {"done": "Painted."})
    assert bare.status_code == 422 and "photo" in lines(bare)
    assert step(officer, address, "implement", {"done": "Painted."}, photos=1).status_code == 303
    assert officer.post(f"{address}/steps/implement/acceptance").status_code == 303
    own = officer.post(f"{address}/verification", {"note": "Looks good.", "effective": "1"})
    assert own.status_code == 422 and "cannot check it" in lines(own)
    assert (
        manager.post(f"{address}/verification", {"note": "Scratch is there", "effective": "1"}).status_code
        == 303
    )
    found = row(app, address)
    assert (found.phase, found.outcome) == ("closed", "effective")
    assert manager.post(f"{address}/cancellation", {"reason": "x"}).status_code == 422


def test_what_was_not_good_goes_back_to_the_work(app, cast, client_for):
    officer, manager = client_for(cast.officer), client_for(cast.manager)
    address = raised(officer, cast, severity="b", owner=str(cast.officer))
    step(officer, address, "implement", {"done": "Painted."}, photos=1)
    officer.post(f"{address}/steps/implement/acceptance")
    silent = manager.post(f"{address}/verification", {"note": " "})
    assert silent.status_code == 422, "a reason is owed"
    assert manager.post(f"{address}/verification", {"note": "Still there."}).status_code == 303
    found = row(app, address)
    assert (found.step, found.phase, found.cut_in) == ("implement", "open", None)


def test_two_people_at_one_step_lose_nothing(app, cast, client_for):
    manager, admin = client_for(cast.manager), client_for(cast.admin)
    address = raised(manager, cast)
    page = admin.get(address)
    assert page.status_code == 200
    assert step(manager, address, "contain", CONTAIN, send=False).status_code == 303
    old = {**CONTAIN, "response": "My own words.", "record_version": "1"}
    answer = admin.post(f"{address}/steps/contain", old)
    assert answer.status_code == 409 and "My own words." in lines(answer)
    assert "Shipment stopped" in row(app, address).steps[0].content["response"]


def test_a_day_that_has_passed_needs_a_reason(app, cast, client_for):
    manager = client_for(cast.manager)
    past = (datetime.now(UTC).date() - timedelta(days=3)).isoformat()
    fields = {"title": "Late", "severity": "minor", "kind": "corrective", "site": str(cast.site)}
    fields |= {"owner": str(cast.manager), "due": past}
    assert manager.post("/actions", fields).status_code == 422
    address = raised(manager, cast, severity="minor", due=past, due_reason="Agreed by telephone.")
    assert (
        manager.get(address).status_code == 200
        and row(app, address).dates[0].reason == "Agreed by telephone."
    )


def test_a_changed_date_keeps_the_old_one_the_reason_and_who_approved(app, cast, client_for):
    manager, owner = client_for(cast.manager), client_for(cast.owner)
    address = raised(manager, cast, severity="minor", owner=str(cast.owner))
    new = (datetime.now(UTC).date() + timedelta(days=12)).isoformat()
    assert manager.post(f"{address}/dates", {"due": new, "reason": " "}).status_code == 422
    assert owner.post(f"{address}/dates", {"due": new, "reason": "Tool maker is away."}).status_code == 303
    asked = row(app, address).dates[0]
    assert asked.decided_at is None, "an auditor asks, the desk decides"
    assert owner.post(f"{address}/dates/{asked.id}/decision", {"approve": "1"}).status_code == 403
    assert manager.post(f"{address}/dates/{asked.id}/decision", {"approve": "1"}).status_code == 303
    found = row(app, address).dates[0]
    assert (found.approved, found.approver_id, found.new.isoformat()) == (True, cast.manager, new)
    assert found.old < found.new and queries.due_of  # the rule's day stays readable
    again = manager.post(f"{address}/dates/{asked.id}/decision", {"approve": "1"})
    assert again.status_code == 422


def test_more_time_for_a_complex_cause_needs_a_second_person(app, cast, client_for):
    manager, admin = client_for(cast.manager), client_for(cast.admin)
    address = raised(manager, cast, severity="minor")
    new = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
    manager.post(f"{address}/dates", {"due": new, "reason": "Trials.", "complex": "1"})
    asked = row(app, address).dates[0]
    assert asked.decided_at is None
    assert manager.post(f"{address}/dates/{asked.id}/decision", {"approve": "1"}).status_code == 403
    assert admin.post(f"{address}/dates/{asked.id}/decision", {"approve": "1"}).status_code == 303
    assert row(app, address).complex_cause


def test_a_form_can_be_raised_but_not_lowered(app, cast, client_for):
    manager = client_for(cast.manager)
    address = raised(manager, cast, severity="observation")
    assert manager.post(f"{address}/form", {"form": "medium", "reason": ""}).status_code == 422
    assert manager.post(f"{address}/form", {"form": "full", "reason": "Third time."}).status_code == 303
    assert row(app, address).step == "contain"
    assert manager.post(f"{address}/form", {"form": "short", "reason": "no"}).status_code == 422


def test_costs_are_struck_out_not_deleted(app, cast, client_for):
    manager = client_for(cast.manager)
    address = raised(manager, cast)
    for amount in ("1,860.00", "12.5"):
        assert manager.post(f"{address}/costs", {"cost_kind": "sorting", "amount": amount}).status_code == 303
    for wrong in ("", "-3", "1.234", "a lot"):
        assert manager.post(f"{address}/costs", {"cost_kind": "sorting", "amount": wrong}).status_code == 422
    costs = row(app, address).costs
    assert [cost.amount for cost in costs] == [186000, 1250]
    assert manager.post(f"{address}/costs/{costs[1].id}/striking").status_code == 303
    page = lines(manager.get(address))
    assert "EUR 1,860.00" in page and "12.50" in page


def test_who_sees_a_case(app, cast, client_for):
    address = raised(client_for(cast.manager), cast, verifier=str(cast.teammate))
    seen = {
        name: client_for(getattr(cast, name)).get(address).status_code
        for name in ("manager", "scoped", "admin", "teammate", "stranger", "owner")
    }
    inside = dict.fromkeys(("manager", "scoped", "admin", "teammate"), 200)
    assert seen == inside | {"stranger": 404, "owner": 404}
    for name in ("stranger", "owner"):
        client = client_for(getattr(cast, name))
        assert "Red-area" not in lines(client.get("/actions?state=all"))
        assert client.post(f"{address}/team", {"person": str(getattr(cast, name))}).status_code == 404


def test_whoever_works_at_it_does_not_decide_at_its_gates(app, cast, client_for):
    manager, mate = client_for(cast.manager), client_for(cast.teammate)
    address = raised(manager, cast)
    manager.post(f"{address}/team", {"person": str(cast.teammate), "duty": "Store"})
    assert step(mate, address, "contain", CONTAIN).status_code == 303
    assert mate.post(f"{address}/steps/contain/acceptance").status_code == 403
    assert mate.post(f"{address}/costs", {"cost_kind": "scrap", "amount": "1"}).status_code == 403
    assert row(app, address).phase == "review"


def test_the_line_abnormality_opens_its_tasks(app, cast, client_for):
    manager = client_for(cast.manager)
    fields = {"triage": "y", "part_defect": "y", "spread": "batch", "by_supplier": "y"}
    address = raised(manager, cast, severity="minor", **fields)
    found = row(app, address)
    assert found.form == "full" and found.commitment, "batch-wide"
    names = [task["task"] for task in found.triage["tasks"]]
    assert names == ["confirmed_ok", "stock", "emergency", "commitment"]
    assert manager.post(f"{address}/tasks", {"task": "stock"}).status_code == 303
    assert manager.post(f"{address}/tasks", {"task": "stock"}).status_code == 422
    silent = {"title": "x", "severity": "minor", "kind": "corrective", "site": str(cast.site)}
    silent |= {"owner": str(cast.manager), "triage": "y", "part_defect": "y"}
    assert manager.post("/actions", silent).status_code == 422


def test_what_does_not_belong_together_is_refused(app, cast, client_for):
    manager, fields = client_for(cast.manager), subject(app, cast)
    base = {"title": "x", "severity": "minor", "kind": "corrective", "owner": str(cast.manager)}
    for wrong in (
        {"site": str(cast.other_site), "part": fields["part"]},
        {"site": str(cast.other_site), "contact": fields["contact"]},
        {"site": str(cast.site), "owner": unknown()},
        {"site": str(cast.site), "defect_code": unknown()},
        {"site": "nonsense"},
        {"site": str(cast.site), "kind": "revenge"},
        {"site": str(cast.site), "severity": "apocalyptic"},
    ):
        answer = manager.post("/actions", {**base, **wrong})
        assert answer.status_code == 422, wrong
    scoped = client_for(cast.scoped)
    assert scoped.post("/actions", {**base, "site": str(cast.other_site)}).status_code in (404, 422)


# On both engines, through the commands themselves.


@pytest.fixture
def house(app_on_both):
    return app_on_both, assemble(app_on_both)


def wanted(cast, **changes):
    return Wanted(
        **{"title": "No tags", "severity": "major", "owner_id": cast.manager, "site_id": cast.site, **changes}
    )


def finding(cast, **changes):
    facts = {
        "id": UUID(unknown()),
        "inspection_id": UUID(unknown()),
        "inspection_number": "2026-0412",
        "number": "3",
        "question": "P04",
        "severity": "major",
        "at_once": False,
        "site_id": cast.site,
        "statement": {"text": "三箱无标签", "lang": "zh-Hans"},
        "evidence": "photo",
        "photos": ["ab" * 32],
        "due": date(2026, 12, 1),
    }
    return FindingFacts(**{**facts, **changes})


def test_a_grave_finding_opens_a_case_once(house):
    app, cast = house
    first = finding(cast)
    later = finding(cast, inspection_id=first.inspection_id)  # frozen again with the next revision
    with app.app_context(), transaction() as session:
        opened = opening.open_from_finding(session, first, NOW, cast.owner)
        assert opened == opening.open_from_finding(session, later, NOW, cast.owner)
        assert opening.open_from_finding(session, finding(cast, severity="minor"), NOW, cast.owner) is None
        at_once = finding(cast, severity="minor", at_once=True, question="P05")
        assert opening.open_from_finding(session, at_once, NOW, cast.owner) not in (None, opened)
    with app.app_context():
        action = queries.one(reading(), opened)
        assert action.title == "三箱无标签" and action.pictures[0].moment == "found"
        assert action.dates[0].new == date(2026, 12, 1) and action.number == "A-2026-0001"


def test_several_findings_make_one_case_and_the_gravest_decides(house):
    app, cast = house
    findings = [finding(cast, severity="minor", question="P01"), finding(cast, question="P02")]
    with app.app_context(), transaction() as session:
        opened = opening.open_from_findings(session, findings, NOW, cast.owner)
        assert opening.open_from_findings(session, findings[:1], NOW, cast.owner) == opened
    with app.app_context():
        action = queries.one(reading(), opened)
        assert (action.severity, action.form, len(action.findings)) == ("major", "full", 2)


def test_events_and_journal_agree(house):
    app, cast = house
    with app.app_context(), transaction() as session:
        manager = actor_of(session, session.get(Person, cast.manager))
        action = opening.raise_action(session, manager, wanted(cast), "contain=48h", NOW)
    with app.app_context():
        session = reading()
        events = [event.act for event in queries.events_of(session, action.id)]
        chain = session.query(Entry).filter_by(record_id=action.id).order_by(Entry.seq).all()
        assert [f"action.{act}" for act in events] == [entry.act for entry in chain] == ["action.raised"]
        assert "No tags" not in str([entry.facts for entry in chain]), "words stay out of the chain"
        assert session.get(Action, action.id).due_at == NOW + timedelta(hours=48), "as allowed at the notice"
        assert session.query(ActionEvent).count() == 1


def test_the_same_defect_just_inside_and_just_outside_the_window(house):
    app, cast = house
    with app.app_context(), transaction() as session:
        manager = actor_of(session, session.get(Person, cast.manager))
        ids = parts(session, cast)
        action = opening.raise_action(session, manager, wanted(cast, **ids), "", NOW)
        action.cut_in = date(2026, 8, 31)
        session.flush()
        inside = datetime(2027, 2, 28, 15, 59, tzinfo=UTC)  # the last minute of that day in Shanghai
        outside = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
        fresh = opening.raise_action(session, manager, wanted(cast, **ids), "", outside)
        assert fresh.id != action.id and fresh.form == "full"
        again = opening.raise_action(session, manager, wanted(cast, **ids), "", inside)
        assert again.id == action.id and again.revision == 2
        other = opening.raise_action(session, manager, wanted(cast, part_id=ids["part_id"]), "", inside)
        assert other.id != action.id, "without a code nothing is the same"


def parts(session, cast):
    from app.features.companies.models import DefectCode, Part

    part = Part(company_id=cast.supplier, number="4410-A", name={}, created_at=NOW)
    code = DefectCode(code="T01", name={"en": "x"}, created_at=NOW)
    session.add_all([part, code])
    session.flush()
    return {"part_id": part.id, "defect_code_id": code.id}
