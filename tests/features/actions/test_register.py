"""Several cases in one sealed file; what the board finds; a finding's case on its inspection."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.db import reading
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions.models import ActionRegister
from app.features.actions.report.register import Registers
from app.features.reports.models import Report
from tests.client import problems
from tests.features.actions.papers import file_of
from tests.features.actions.steps import (
    CAUSE,
    MEASURE,
    audited,
    letters,
    raised,
    row,
    subject,
    unknown,
)
from tests.features.actions.test_circle import case, decided, guest_of, walk  # noqa: F401 (the fixture)
from tests.features.actions.test_done import case_of
from tests.features.actions.test_report import CONTROL


def ids(*addresses):
    return [address.rpartition("/")[2] for address in addresses]


def register(client, addresses, language="en"):
    return client.post("/actions/registers", {"case": ids(*addresses), "language": language})


def test_ticked_cases_become_one_sealed_file(app, cast, client_for, case):  # noqa: F811
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    walk(manager, phone, address, guest)
    other = raised(manager, cast, title="Oil on the floor", severity="minor")
    board = manager.get("/actions/board").get_data(as_text=True)
    assert board.count('name="case"') == 2 and 'id="register"' in board
    answer = register(manager, (address, other), "zh-Hans")
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/reports?q=AR-")
    letters(app)
    with app.app_context():
        report = reading().scalars(select(Report).where(Report.kind == "register")).one()
        assert (report.state, report.error) == ("issued", "")
        kind = Registers()
        content = kind.collect(reading(), report.record_id, 1, "zh-Hans")
        assert [line["number"] for line in content.context["context"]["lines"]] == [
            row(app, one).number for one in (address, other)
        ]
        assert len(content.photos) == 1 and content.context["context"]["kind"] == "整改登记表"
        listed = kind.listed(reading(), report.record_id, 1)
        assert listed.company == "Hengda Precision" and listed.company_id == cast.supplier
        body = reading().get_one(ActionRegister, report.record_id).body
    assert file_of(app, report).startswith(b"%PDF-")
    assert manager.post(f"{other}/cancellation", {"reason": "Opened by mistake"}).status_code == 303
    with app.app_context():
        assert reading().get_one(ActionRegister, report.record_id).body == body, "it says what was then"
    shown = manager.get("/reports?kind=register").get_data(as_text=True)
    assert report.number in shown and "Oil on the floor" not in shown


def test_only_who_may_read_all_of_its_cases_reads_a_register(app, cast, client_for):
    manager = client_for(cast.manager)
    mine = raised(manager, cast, title="One", severity="minor", verifier=str(cast.teammate))
    other = raised(manager, cast, title="Two", severity="minor")
    for person in (cast.teammate, cast.stranger):
        assert register(client_for(person), (mine,)).status_code == 404, "who manages nothing prints nothing"
    there = {"site": str(cast.other_site), "verifier": str(cast.scoped), "title": "Elsewhere"}
    elsewhere = raised(manager, cast, **there, severity="minor")
    scoped = client_for(cast.scoped)
    assert scoped.get(elsewhere).status_code == 200 and register(scoped, (elsewhere,)).status_code == 403
    assert register(scoped, (unknown(),)).status_code == 404
    for addresses in ((mine,), (mine, other)):
        assert register(manager, addresses).status_code == 303
    with app.app_context():
        session = reading()
        made = session.scalars(select(ActionRegister.id).order_by(ActionRegister.number)).all()

        def seen(person):
            actor = actor_of(session, session.get(Person, person))
            return [one for one in made if one in Registers().visible_to(session, actor, made)]

        assert seen(cast.manager) == list(made) and seen(cast.teammate) == made[:1]
        assert seen(cast.stranger) == []


def test_nothing_ticked_is_said_on_the_board(cast, client_for):
    manager = client_for(cast.manager)
    answer = register(manager, ())
    assert answer.status_code == 422 and "Tick the actions" in answer.get_data(as_text=True)
    assert manager.post("/actions/registers", {"case": "x", "language": "en"}).status_code == 422
    assert manager.post("/actions/registers", {"language": "tlh"}).status_code == 422


def test_a_registers_pages_are_valid_in_each_language(app, cast, client_for, case):  # noqa: F811
    from flask import g, render_template
    from flask_babel import force_locale

    from app.adapters import clock
    from app.domain.words import babel_locale
    from app.features.actions import queries

    _, address, _ = case
    with app.app_context():
        action = queries.one(reading(), UUID(address.rpartition("/")[2]))
        for language in ("en", "zh-Hans", "zh-Hant"):
            told = Registers().drafted(reading(), [action], "AR-2026-0001", language, clock.now())
            with force_locale(babel_locale(language)):
                g.language = language
                html = render_template("pdf/register.html", context=told["context"], control=CONTROL)
            assert problems(html) == [] and action.number in html


def test_the_board_and_the_list_find_by_cause_type_and_repeat(app, cast, client_for, case):  # noqa: F811
    manager, address, fields = case
    phone, guest = guest_of(app, address)
    number = row(app, address).number
    raised(manager, cast, title="Another", severity="minor")

    def found(query, page="/actions/board"):
        return number in manager.get(f"{page}?{query}").get_data(as_text=True)

    assert not found("branch=method")
    walk(manager, phone, address, guest)
    confirmed = [name[5:].rpartition("-")[0].rpartition("-")[0] for name in CAUSE if name.endswith("-ok")]
    assert confirmed, CAUSE
    for branch in ("man", "machine", "material", "method", "environment", "measurement"):
        assert found(f"branch={branch}") == (branch in confirmed), branch
        assert found(f"branch={branch}", "/actions") == (branch in confirmed)
    types = {value for name, value in MEASURE.items() if name.endswith("-type")}
    for kind in ("technical", "organisational", "management", "economic", "contract"):
        assert found(f"type={kind}") == (kind in types), kind
    assert not found("again=1")
    assert raised(manager, cast, **fields, lot="2603-11", title="Again") == address
    assert found("again=1") and found("again=1", "/actions")
    fragment = manager.get("/actions/board?again=1", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Push-Url"] == "/actions/board?again=1"
    assert fragment.get_data(as_text=True).lstrip().startswith("<div")


def test_each_finding_shows_where_its_case_stands(app, cast, client_for):
    audit = audited(app, cast, cast.owner, photo_of="M01", M01="0", E01="6")
    address = case_of(app, audit, "M01")
    manager = client_for(cast.manager)
    page = manager.get(f"/inspections/{audit.record}").get_data(as_text=True)
    assert 'id="case-M01"' in page and 'id="case-E01"' in page
    told = manager.get(f"/actions/of/inspection/{audit.record}", headers={"HX-Request": "true"}).get_data(
        as_text=True
    )
    mine = told.partition('id="case-M01" hx-swap-oob="true">')[2].partition("</div>\n")[0]
    assert row(app, address).number in mine and "Owner Auditor" in mine and "due " in mine
    assert "none yet" in told.partition('id="case-E01"')[2]


def test_the_lot_of_what_a_finding_opened_is_named_afterwards(app, cast, client_for):
    fields = subject(app, cast)
    audit = audited(app, cast, cast.owner, photo_of="M01", M01="0")
    address, manager = case_of(app, audit, "M01"), client_for(cast.manager)

    def name(**typed):
        return manager.post(f"{address}/subject", {"defect_code": fields["defect_code"], **typed})

    refused = name(part="", lot="2511-08")
    assert refused.status_code == 422 and "Choose the part first" in refused.get_data(as_text=True)
    assert name(part=fields["part"], lot="2511-08").status_code == 303
    assert row(app, address).lot.number == "2511-08"
    assert name(part=fields["part"]).status_code == 303 and row(app, address).lot.number == "2511-08"
    assert name(part=fields["part"], lot="").status_code == 303 and row(app, address).lot is None
