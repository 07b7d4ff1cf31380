"""The papers of a case: what stands on their pages, frozen when asked for, sealed by the machine."""

from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import g, render_template
from flask_babel import force_locale

from app.db import reading
from app.domain.words import babel_locale
from app.features.actions import queries
from app.features.actions.report import PAPERS, ActionReports
from tests.client import problems
from tests.features.actions.papers import ask, file_of, made
from tests.features.actions.steps import raised
from tests.features.actions.test_circle import case, guest_of, walk  # noqa: F401 (the fixture)

CONTROL = SimpleNamespace(
    number="R-1", revision=1, digest="ab" * 32, verify_qr="data:,", verify_url="http://localhost/verify"
)


GENUINE = 'data-verdict="genuine"'


@pytest.fixture
def told(app, case):  # noqa: F811
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    walk(manager, phone, address, guest)
    return UUID(address.rpartition("/")[2])


def drafted(told, kind="action", language="en"):
    return PAPERS[kind].drafted(reading(), queries.one(reading(), told), language)


def page(said, language, kind="action"):
    with force_locale(babel_locale(language)):
        g.language = language
        return render_template(f"pdf/{PAPERS[kind].template}", context=said["context"], control=CONTROL)


def test_it_says_what_was_found_done_and_by_whom(app, told):
    with app.app_context():
        said = drafted(told)
    context = said["context"]
    assert context["contain"]["totals"] == {"quantity": 840, "ok": 822, "not_ok": 18}
    assert context["cause"]["escape"] == ["The red area is counted on Mondays only."]
    assert [row["cause"] for row in context["measures"]] == [
        "Tag issue needs a key",
        "Night shift not briefed",
    ]
    senders = {row["who"] for row in context["history"] if row["act"] == "Sent"}
    assert senders == {"through the link sent to wang@hengda.example"}, "a guest is never named as a signer"
    assert len(said["photos"]) == 1


def test_a_paper_stays_what_it_was_while_the_case_goes_on(app, cast, client_for, told):
    manager, address, kind = client_for(cast.manager), f"/actions/{told}", ActionReports()
    ask(manager, address)
    ask(manager, address, language="zh-Hans")
    with app.app_context():
        first, chinese = (kind.collect(reading(), told, 1, code) for code in ("en", "zh-Hans"))
        assert chinese.context["context"]["severity"] == "严重" and chinese.context["context"][
            "title"
        ].startswith("Red-area")
        assert json.loads(first.attachments[0].data) == first.context["context"]
        assert kind.missing_photos(reading(), told, 1) == []
        assert kind.listed(reading(), told, 1).company == "Hengda Precision"
    lot = {"number": "1", "quantity": "9", "not_ok": "0", "inspected_on": "2026-11-25"}
    assert manager.post(f"{address}/lots", lot).status_code == 303
    ask(manager, address)
    ask(manager, address)  # nothing happened in between: the same paper
    with app.app_context():
        again, second = (kind.collect(reading(), told, number, "en") for number in (1, 2))
    assert again == first and second.digest != first.digest
    assert again.context["context"]["lots"] == []
    assert second.context["context"]["lots"] == [{"number": "1", "quantity": 9, "not_ok": 0}]
    reports = made(app, address)
    assert [(one.revision, one.language, one.digest) for one in reports] == [
        (1, "en", first.digest),
        (1, "zh-Hans", chinese.digest),
        (2, "en", second.digest),
    ]


def test_it_is_drawn_sealed_and_verified_by_anybody(app, cast, client_for, told):
    manager, address = client_for(cast.manager), f"/actions/{told}"
    ask(manager, address)
    (report,) = made(app, address)
    data = file_of(app, report)
    stranger = client_for(None)
    sent = stranger.post(
        "/verify", {"file": (io.BytesIO(data), "8d.pdf")}, content_type="multipart/form-data"
    )
    assert GENUINE in sent.get_data(as_text=True)
    broken = data.replace(b"%%EOF", b"%%EOG", 1)
    sent = stranger.post(
        "/verify", {"file": (io.BytesIO(broken), "8d.pdf")}, content_type="multipart/form-data"
    )
    assert GENUINE not in sent.get_data(as_text=True)
    shown = manager.get(f"/reports/of/action/{told}").get_data(as_text=True)
    assert f"/reports/{report.id}" in shown
    assert f"/reports/of/action/{told}" in manager.get(address).get_data(as_text=True)


def test_what_a_case_cost_is_charged_back_without_what_was_struck_out(app, cast, client_for, told):
    manager, address = client_for(cast.manager), f"/actions/{told}"
    empty = manager.post(f"{address}/papers/charge_back", {"language": "en"})
    assert empty.status_code == 422 and "nothing to charge" in empty.get_data(as_text=True)
    for kind, amount in (("sorting", "1240.50"), ("line_stop", "300"), ("sorting", "59.50"), ("scrap", "9")):
        cost = {"cost_kind": kind, "amount": amount, "cost_note": f"Note of {kind}"}
        assert manager.post(f"{address}/costs", cost).status_code == 303
    with app.app_context():
        scrap = next(one.id for one in queries.one(reading(), told).costs if one.kind == "scrap")
    assert manager.post(f"{address}/costs/{scrap}/striking").status_code == 303
    ask(manager, address, "charge_back", "zh-Hant")
    (report,) = made(app, address, "charge_back")
    assert report.state == "issued"
    with app.app_context():
        context = drafted(told, "charge_back")["context"]
        assert context["total"] == 160000
        assert context["sums"] == [
            {"kind": "Line stop", "amount": 30000},
            {"kind": "Sorting", "amount": 130000},
        ]
        for language in ("en", "zh-Hans", "zh-Hant"):
            html = page(drafted(told, "charge_back", language), language, "charge_back")
            assert problems(html) == [] and "1,600.00" in html and "Scrap" not in html


def test_only_who_manages_a_case_asks_for_its_papers(app, cast, client_for, told):
    for person, status in ((cast.teammate, 403), (cast.stranger, 404)):
        answer = client_for(person).post(f"/actions/{told}/papers/action", {"language": "en"})
        assert answer.status_code == status
    manager = client_for(cast.manager)
    assert manager.post(f"/actions/{told}/papers/nothing", {"language": "en"}).status_code == 404
    assert manager.post(f"/actions/{told}/papers/action", {"language": "tlh"}).status_code == 422


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_its_pages_are_valid_and_name_only_photos_of_the_case(app, told, language):
    with app.app_context():
        said = drafted(told, language=language)
        html = page(said, language)
    assert problems(html) == []
    assert set(re.findall(r'src="photo:(\w+)"', html)) == set(said["photos"])


def test_the_organisation_vouches_for_its_own_people_only(app, cast, client_for, told):
    checker = client_for(cast.teammate)
    address = f"/actions/{told}"
    for number in ("1", "2", "3"):
        lot = {"number": number, "quantity": "9", "not_ok": "0", "inspected_on": "2026-11-25"}
        client_for(cast.manager).post(f"{address}/lots", lot)
    assert checker.post(f"{address}/verification", {"note": "Seen.", "effective": "1"}).status_code == 303
    with app.app_context():
        said = drafted(told)
        html = page(said, "en")
    assert [(seal["name"], seal["role"]) for seal in said["seals"]] == [("Teammate Auditor", "Verifier")]
    assert all(f'id="{seal["anchor"]}"' in html for seal in said["seals"])


def test_who_may_not_see_the_case_may_not_see_its_report(app, cast, client_for, told):
    from app.features.accounts.models import Person
    from app.features.accounts.queries import actor_of

    other = raised(client_for(cast.manager), cast, title="Another", severity="minor")
    ids = {told, UUID(other.rpartition("/")[2])}
    with app.app_context():
        session = reading()

        def seen(person):
            return ActionReports().visible_to(session, actor_of(session, session.get(Person, person)), ids)

        assert seen(cast.manager) == ids and seen(cast.scoped) == ids
        assert seen(cast.teammate) == {told} and seen(cast.stranger) == set()
