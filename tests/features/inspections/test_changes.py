"""Changing a plan: reassign, postpone, cover, rewrite, cancel; each an operation with a maker and a time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db import reading
from app.features.operations.queries import history, state_of
from app.outbox import Outgoing
from tests.factories.phone import Phone
from tests.features.inspections.steps import change, day, id_of, plan, row_of, seq_in, today

NOUNS = {
    "assignment": lambda cast: {"lead": str(cast.stranger)},
    "postponement": lambda cast: {"due": day(20), "reason": "The line stands still"},
    "coverage": lambda cast: {"section": "man", "covered": "out", "reason": "Audited in May"},
    "plan": lambda cast: {"objectives": "Other", "scope": "", "criteria": "", "client": ""},
    "cancellation": lambda cast: {"reason": "The supplier is gone"},
}


@pytest.fixture
def manager(client_for, cast):
    return client_for(cast.manager)


@pytest.fixture
def address(manager, cast):
    return plan(manager, cast)


def value_of(app, address, path, field):
    with app.app_context():
        return state_of(reading(), id_of(address))[(path, field)].value


def letters(app, kind):
    with app.app_context():
        sent = reading().scalars(select(Outgoing).where(Outgoing.kind == "inspections.mail"))
        return [mail.payload["person"] for mail in sent if mail.payload["letter"] == kind]


def test_the_team_changes_and_only_who_is_new_gets_a_mail(app, cast, manager, address, client_for):
    answer = change(manager, address, "assignment", lead=str(cast.teammate), others=[str(cast.stranger)])
    assert answer.status_code == 303
    assert value_of(app, address, "plan", "auditors") == [str(cast.teammate), str(cast.stranger)]
    assert client_for(cast.owner).get(address).status_code == 404
    assert client_for(cast.stranger).get(address).status_code == 200
    assert letters(app, "assigned") == [str(cast.owner), str(cast.teammate), str(cast.stranger)]
    page = manager.get(address).get_data(as_text=True)
    assert page.index("Teammate Auditor") < page.index("Stranger Auditor")


def test_a_due_day_moves_with_its_reason(app, cast, manager, address):
    answer = change(manager, address, "postponement", due=day(20), reason="The line stands still until then")
    assert answer.status_code == 303
    assert row_of(app, address).due.isoformat() == day(20)
    page = manager.get(address).get_data(as_text=True)
    assert "The line stands still until then" in page
    assert sorted(letters(app, "moved")) == sorted([str(cast.owner), str(cast.teammate)])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"due": day(-1), "reason": "Kept words"}, "This date has passed. Choose today or later."),
        ({"due": day(7), "reason": "Kept words"}, "It is due on this day already."),
        ({"due": "tomorrow", "reason": "Kept words"}, "This is not a date;"),
        ({"due": day(9), "reason": " "}, "This is needed."),
    ],
)
def test_a_postponement_says_what_is_wrong_and_keeps_the_typing(app, manager, address, fields, sentence):
    answer = change(manager, address, "postponement", **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page and f'value="{fields["due"]}"' in page
    assert fields["reason"].strip() in page
    assert '<details class="tool" id="postponement" open>' in page
    assert row_of(app, address).due.isoformat() == day(7)


def test_a_section_goes_out_of_scope_with_a_reason_and_comes_back(app, manager, address):
    assert change(manager, address, "coverage", section="man", covered="out", reason="").status_code == 422
    answer = change(manager, address, "coverage", section="man", covered="out", reason="Audited in May")
    assert answer.status_code == 303
    assert row_of(app, address).asked == 49
    page = manager.get(address).get_data(as_text=True)
    assert "Audited in May" in page and "out of scope" in page
    assert change(manager, address, "coverage", section="man", covered="in", reason="").status_code == 303
    assert row_of(app, address).asked == 59


def test_the_last_section_stays(app, manager, address):
    sections = ["man", "machine", "material", "method", "environment"]
    for section in sections:
        change(manager, address, "coverage", section=section, covered="out", reason="No")
    answer = change(manager, address, "coverage", section="management", covered="out", reason="No")
    assert answer.status_code == 422
    assert "At least one section must stay" in answer.get_data(as_text=True)
    assert row_of(app, address).asked == 5


def test_scope_is_closed_once_the_work_has_begun(app, cast, manager, address, client_for):
    seq = seq_in(manager.get(address))
    phone = Phone(client_for(cast.owner)).register()
    phone.record = str(id_of(address))
    phone.set("q/M01", "score", "8")
    phone.push()
    auditor = client_for(cast.owner)
    fields = {"seq": seq, "section": "man", "covered": "out", "reason": "Late"}
    answer = auditor.post(f"{address}/coverage", fields)
    assert answer.status_code == 422
    assert "has begun" in answer.get_data(as_text=True)
    assert 'action="' + address + "/coverage" not in manager.get(address).get_data(as_text=True)


def test_an_auditor_may_set_scope_before_the_work_and_nothing_else(app, cast, address, client_for):
    owner = client_for(cast.owner)
    page = owner.get(address)
    assert change(owner, address, "coverage", section="man", covered="out", reason="Seen").status_code == 303
    for noun in ("assignment", "postponement", "plan", "cancellation"):
        assert f"{address}/{noun}" not in page.get_data(as_text=True)
        answer = owner.post(f"{address}/{noun}", {"seq": "99", **NOUNS[noun](cast)})
        assert answer.status_code == 404, noun  # their role has no such act anywhere
    assert row_of(app, address).state == "planned"


def test_plan_words_change_one_by_one(app, manager, address):
    before = len(entries(app, address))
    answer = change(
        manager,
        address,
        "plan",
        objectives="Other objectives",
        scope="Line 3",
        criteria="Quality agreement 2026",
        client="",
    )
    assert answer.status_code == 303
    assert value_of(app, address, "plan", "objectives")["text"] == "Other objectives"
    assert value_of(app, address, "plan", "client") is None
    assert len(entries(app, address)) == before + 2  # what says the same is not written again


def entries(app, address):
    with app.app_context():
        return history(reading(), id_of(address))


def test_cancelling_needs_a_reason_and_ends_it(app, cast, manager, address):
    assert change(manager, address, "cancellation", reason="").status_code == 422
    assert row_of(app, address).state == "planned"
    seq = seq_in(manager.get(address))
    assert change(manager, address, "cancellation", reason="The supplier is gone").status_code == 303
    assert row_of(app, address).state == "cancelled"
    assert sorted(letters(app, "cancelled")) == sorted([str(cast.owner), str(cast.teammate)])
    page = manager.get(address).get_data(as_text=True)
    assert "The supplier is gone" in page and 'class="tool"' not in page
    for noun, fields in NOUNS.items():
        answer = manager.post(f"{address}/{noun}", {"seq": seq, **fields(cast)})
        assert answer.status_code == 422, noun
        assert "was cancelled, so its plan can no longer be changed" in answer.get_data(as_text=True)


def test_a_stale_form_is_refused_and_its_typing_kept(app, cast, manager, address, client_for):
    seq = seq_in(manager.get(address))
    change(client_for(cast.admin), address, "postponement", due=day(9), reason="First")
    answer = manager.post(f"{address}/postponement", {"seq": seq, "due": day(11), "reason": "My own words"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "My own words" in page and f'value="{day(11)}"' in page
    assert "Somebody else changed this meanwhile" in page
    assert row_of(app, address).due.isoformat() == day(9)
    again = manager.post(
        f"{address}/postponement", {"seq": seq_in(answer), "due": day(11), "reason": "My own words"}
    )
    assert again.status_code == 303  # sent again with both seen: meant


def test_answers_that_come_in_do_not_make_a_plan_stale(app, cast, manager, address, client_for):
    seq = seq_in(manager.get(address))
    phone = Phone(client_for(cast.owner)).register()
    phone.record = str(id_of(address))
    phone.set("q/M01", "score", "8")
    phone.push()
    answer = manager.post(f"{address}/postponement", {"seq": seq, "due": day(11), "reason": "Later"})
    assert answer.status_code == 303


@pytest.mark.parametrize("seq", ["", "-1", "x", "9" * 40, "１２"])
def test_a_form_without_a_place_to_stand_counts_as_old(app, manager, address, seq):
    answer = manager.post(f"{address}/postponement", {"seq": seq, "due": day(11), "reason": "Later"})
    assert answer.status_code in (303, 409)
    assert row_of(app, address).due.isoformat() in (day(7), day(11))


@pytest.mark.parametrize("noun", NOUNS)
def test_who_may_not_see_it_does_not_find_it(cast, manager, address, client_for, noun):
    other = plan(manager, cast, site=str(cast.other_site))
    for person, at in ((cast.stranger, address), (cast.scoped, other)):
        answer = client_for(person).post(f"{at}/{noun}", {"seq": "99", **NOUNS[noun](cast)})
        assert answer.status_code == 404
    unknown = "/inspections/00000000-0000-7000-8000-000000000000"
    assert manager.post(f"{unknown}/{noun}", {"seq": "1", **NOUNS[noun](cast)}).status_code == 404
    assert manager.post(f"/inspections/nothing/{noun}", {"seq": "1"}).status_code == 404


def test_changes_without_a_token_are_refused(manager, address):
    answer = manager.post(f"{address}/cancellation", {"seq": "99", "reason": "Forged"}, token=False)
    assert answer.status_code == 400


def test_hostile_choices_change_nothing(app, cast, manager, address):
    for noun, fields in (
        ("assignment", {"lead": "x"}),
        ("assignment", {"lead": str(cast.owner), "others": ["'; --"]}),
        ("assignment", {"lead": str(cast.gone)}),
        ("coverage", {"section": "nosuch", "covered": "out", "reason": "No"}),
        ("coverage", {"section": "man", "covered": "maybe", "reason": "No"}),
        ("postponement", {"due": "9999-99-99", "reason": "No"}),
        ("cancellation", {"reason": "x" * 10_001}),
    ):
        before = len(entries(app, address))
        assert change(manager, address, noun, **fields).status_code == 422, (noun, fields)
        assert len(entries(app, address)) == before
    assert row_of(app, address).due == today().fromisoformat(day(7))
