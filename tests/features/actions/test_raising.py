"""Cases that findings of an audit open: by rule, because the auditor asked on the phone, or ticked at the
desk.
"""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import reading
from app.features.actions.models import Action, ActionFinding
from app.features.inspections.models import Finding
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.actions.steps import audited


def cases(app):
    """Question → number of its case."""
    with app.app_context():
        rows = reading().execute(
            select(ActionFinding.question, Action.number).join(Action, Action.id == ActionFinding.action_id)
        )
        return {found.question: found.number for found in rows}


def test_a_lesser_finding_opens_a_case_only_when_somebody_asked_on_the_phone(app, cast):
    audited(app, cast, cast.owner, asked=["M03"], M03="6", M04="6")
    assert set(cases(app)) == {"M03"}


@pytest.mark.parametrize("value", [{"open": False}, {"open": 1}, {}, True, {"open": True, "more": 1}])
def test_nothing_else_is_taken_for_asking(app, cast, value):
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.push()
    phone.set("f/M03", "action", value)
    assert [result["result"] for result in phone.push()] == ["rejected"]


def test_asking_can_be_taken_back(app, cast):
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M03="6")
    phone.set("f/M03", "action", {"open": True})
    phone.set("f/M03", "action", None)
    phone.push()
    rows = phone.sign_both()
    phone.push()
    phone.complete(rows)
    assert [result["result"] for result in phone.push()] == ["applied"]
    assert cases(app) == {}


def test_several_findings_become_one_case_at_the_desk(app, cast, client_for):
    phone = audited(app, cast, cast.owner, photo_of="M01", M01="0", M03="6", M04="6", M05="6")
    assert set(cases(app)) == {"M01"}, "the major one opened by itself"
    desk, address = client_for(cast.manager), f"/actions/of/inspection/{phone.record}"
    page = desk.get(address).get_data(as_text=True)
    assert len(re.findall(r'name="finding"', page)) == 3
    assert cases(app)["M01"] in page
    with app.app_context():
        found = reading().scalars(select(Finding).where(Finding.inspection_id == UUID(phone.record)))
        by_question = {one.question: str(one.id) for one in found}
    assert desk.post(address, {"finding": []}).status_code == 422
    assert desk.post(address, {"finding": [by_question["M01"]]}).status_code == 422, "has its case"
    answer = desk.post(address, {"finding": [by_question["M03"], by_question["M04"]]})
    assert answer.status_code == 303
    held = cases(app)
    assert held["M03"] == held["M04"] != held["M01"] and "M05" not in held
    again = desk.get(address).get_data(as_text=True)
    assert again.count('name="finding"') == 1 and again.count(held["M03"]) == 2
    assert f"/actions/of/inspection/{phone.record}" in desk.get(f"/inspections/{phone.record}").get_data(
        as_text=True
    )
    stranger = client_for(cast.stranger)
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"finding": [by_question["M05"]]}).status_code == 404
