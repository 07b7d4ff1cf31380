"""Planning an inspection at the desk, as a manager does."""

from __future__ import annotations

from sqlalchemy import select

from app.db import reading
from app.features.operations.queries import history, state_of
from app.outbox import Outgoing
from tests.features.inspections.steps import day, id_of, plan, row_of, typed


def test_a_plan_becomes_an_inspection_its_operations_and_mails(app, cast, client_for):
    manager = client_for(cast.manager)
    address = plan(
        manager,
        cast,
        **{
            "participants-0-name": "Wang Jianguo",
            "participants-0-organisation": "Hengda Precision",
            "participants-0-role": "Quality manager",
            "left_out": ["management"],
            "reason-management": "Audited in May",
        },
    )
    page = manager.get(address).get_data(as_text=True)
    for shown in (
        *("Hengda Precision", "4M1E supplier audit", "Owner Auditor", "Teammate Auditor", "Planned"),
        *("See whether the new line is under control.", "Line 3", "Quality agreement 2026"),
        *("Nordhaven Appliances", "Wang Jianguo", "Quality manager", "Audited in May", "out of scope"),
    ):
        assert shown in page, shown
    row = row_of(app, address)
    assert (row.state, row.due.isoformat(), row.asked, row.planned) == ("planned", day(7), 54, True)
    with app.app_context():
        session = reading()
        kinds = [entry.operation.kind for entry in history(session, row.id)]
        assert kinds[0] == "create" and kinds.count("row.add") == 1
        said = state_of(session, row.id)[("plan", "objectives")].value
        assert said == {"text": "See whether the new line is under control.", "lang": "en"}
        mails = session.scalars(select(Outgoing).where(Outgoing.kind == "inspections.mail")).all()
        assert {(mail.payload["letter"], mail.payload["person"]) for mail in mails} == {
            ("assigned", str(cast.owner)),
            ("assigned", str(cast.teammate)),
        }
        assert {mail.payload["inspection"] for mail in mails} == {str(row.id)}


def test_words_are_kept_in_the_planners_language(app, cast, client_for):
    with app.app_context():
        from app.db import transaction
        from app.features.accounts.models import Person

        with transaction() as session:
            session.get(Person, cast.manager).language = "zh-Hans"
    address = plan(client_for(cast.manager), cast, objectives="确认新线受控")
    with app.app_context():
        said = state_of(reading(), id_of(address))[("plan", "objectives")].value
    assert said == {"text": "确认新线受控", "lang": "zh-Hans"}


def test_what_is_wrong_is_said_beside_its_field_and_typing_is_kept(app, cast, client_for):
    manager = client_for(cast.manager)
    answer = manager.post(
        "/inspections/new",
        typed(
            app,
            cast,
            lead="",
            due="30.11.2026",
            client="A <b>client</b>",
            left_out=["man"],
            **{"reason-man": "  ", "participants-0-role": "Chef"},
        ),
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="lead-error"' in page and 'id="due-error"' in page and 'id="reason-man-error"' in page
    assert 'id="participants-0-name-error"' in page
    assert "This is not a date;" in page
    for kept in ("30.11.2026", "A &lt;b&gt;client&lt;/b&gt;", "Chef", "See whether the new line"):
        assert kept in page, kept
    with app.app_context():
        assert reading().scalars(select(Outgoing)).all() == []


def test_a_due_day_that_is_over_at_the_site_is_refused(app, cast, client_for):
    manager = client_for(cast.manager)
    answer = manager.post("/inspections/new", typed(app, cast, due=day(-1)))
    assert answer.status_code == 422
    assert "This date has passed. Choose today or later." in answer.get_data(as_text=True)
    assert manager.post("/inspections/new", typed(app, cast, due=day(0))).status_code == 303


def test_only_people_who_may_can_be_sent(app, cast, client_for):
    manager = client_for(cast.manager)
    page = manager.get("/inspections/new").get_data(as_text=True)
    assert "Owner Auditor" in page and "Gone Auditor" not in page and f'value="{cast.manager}"' not in page
    for nobody in (cast.gone, cast.manager, "x", "00000000-0000-7000-8000-000000000000"):
        answer = manager.post("/inspections/new", typed(app, cast, lead=str(nobody)))
        assert answer.status_code == 422
        assert "lead-error" in answer.get_data(as_text=True)


def test_something_must_be_left_to_ask(app, cast, client_for):
    sections = ["man", "machine", "material", "method", "environment", "management"]
    reasons = {f"reason-{section}": "No" for section in sections}
    answer = client_for(cast.manager).post("/inspections/new", typed(app, cast, left_out=sections, **reasons))
    assert answer.status_code == 422
    assert "At least one section must stay" in answer.get_data(as_text=True)


def test_a_scoped_manager_plans_only_at_their_suppliers(app, cast, client_for):
    scoped = client_for(cast.scoped)
    page = scoped.get("/inspections/new").get_data(as_text=True)
    assert "Suzhou" in page and "Kunshan" not in page
    assert scoped.post("/inspections/new", typed(app, cast)).status_code == 303
    answer = scoped.post("/inspections/new", typed(app, cast, site=str(cast.other_site)))
    assert answer.status_code == 422
    assert "site-error" in answer.get_data(as_text=True)


def test_auditors_do_not_plan(app, cast, client_for):
    for person in (cast.owner, cast.stranger):
        assert client_for(person).get("/inspections/new").status_code == 404
        assert client_for(person).post("/inspections/new", typed(app, cast)).status_code == 404


def test_choices_follow_each_other_with_and_without_javascript(app, cast, client_for):
    manager = client_for(cast.manager)
    first = manager.get("/inspections/new").get_data(as_text=True)
    assert 'name="left_out"' not in first  # no checklist yet, no sections
    chosen = typed(
        app, cast, supplier=str(cast.other_supplier), site="", objectives="", scope="", criteria=""
    )
    again = manager.post("/inspections/new", {**chosen, "client": "", "refresh": "1"})
    page = again.get_data(as_text=True)
    assert again.status_code == 200 and page.lstrip().lower().startswith("<!doctype")
    assert "Kunshan" in page and "Suzhou" not in page
    assert 'value="management"' in page
    assert "Find out how far the supplier" in page  # words to start from
    token = manager.token()
    piece = manager.client.post(
        "/inspections/new",
        data={**chosen, "refresh": "1", "csrf_token": token},
        headers={"HX-Request": "true"},
    ).get_data(as_text=True)
    assert piece.count('id="plan"') == 1 and "<html" not in piece


def test_rows_for_participants_can_be_added_and_typing_stays(app, cast, client_for):
    manager = client_for(cast.manager)
    page = manager.post(
        "/inspections/new", {**typed(app, cast), "participants-2-name": "Wang Jianguo", "add": "1"}
    ).get_data(as_text=True)
    assert 'name="participants-3-name"' in page and 'value="Wang Jianguo"' in page


def test_hostile_ids_are_refused_with_words(app, cast, client_for):
    manager = client_for(cast.manager)
    for field in ("checklist", "site", "lead"):
        for value in ("'; DROP TABLE x", "../../etc", "0" * 5000, "\x00", str(cast.supplier)):
            answer = manager.post("/inspections/new", typed(app, cast, **{field: value}))
            assert answer.status_code == 422, (field, value)


def test_names_that_are_markup_stay_text(app, cast, client_for):
    manager = client_for(cast.manager)
    nasty = '"><script>alert(1)</script>'
    address = plan(
        manager,
        cast,
        objectives=nasty,
        client=nasty,
        left_out=["man"],
        **{"reason-man": nasty, "participants-0-name": nasty},
    )
    for path in (address, f"{address}/history"):
        page = manager.get(path).get_data(as_text=True)
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
