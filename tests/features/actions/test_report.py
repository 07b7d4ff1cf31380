"""The 8D report: what stands on its pages, the same each time, in the reader's language."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import g, render_template
from flask_babel import force_locale

from app.db import reading
from app.domain.words import babel_locale
from app.features.actions.report import ActionReports
from tests.client import problems
from tests.features.actions.steps import raised
from tests.features.actions.test_circle import case, guest_of, walk  # noqa: F401 (the fixture)

CONTROL = SimpleNamespace(
    number="R-1", digest="ab" * 32, verify_qr="data:,", verify_url="http://localhost/verify"
)


@pytest.fixture
def told(app, case):  # noqa: F811
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    walk(manager, phone, address, guest)
    return UUID(address.rpartition("/")[2])


def test_it_says_what_was_found_done_and_by_whom(app, told):
    with app.app_context():
        content = ActionReports().collect(reading(), told, 1, "en")
    context = content.context
    assert context["contain"]["totals"] == {"quantity": 840, "ok": 822, "not_ok": 18}
    assert context["cause"]["escape"] == ["The red area is counted on Mondays only."]
    assert [row["cause"] for row in context["measures"]] == [
        "Tag issue needs a key",
        "Night shift not briefed",
    ]
    senders = {row["who"] for row in context["history"] if row["act"] == "Sent"}
    assert senders == {"through the link sent to wang@hengda.example"}, "a guest is never named as a signer"
    assert len(content.photos) == 1 and json.loads(content.attachments[0].data) == context


def test_it_is_the_same_each_time_and_in_each_language_its_own(app, told):
    with app.app_context():
        kind, session = ActionReports(), reading()
        first, second = (kind.collect(session, told, 1, "en").digest for _ in range(2))
        chinese = kind.collect(session, told, 1, "zh-Hans")
        assert first == second != chinese.digest
        assert chinese.context["severity"] == "严重" and chinese.context["title"].startswith("Red-area")
        assert kind.missing_photos(session, told, 1) == []
        assert kind.listed(session, told, 1).company == "Hengda Precision"


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_its_pages_are_valid_and_name_only_photos_of_the_case(app, told, language):
    with app.app_context():
        content = ActionReports().collect(reading(), told, 1, language)
        with force_locale(babel_locale(language)):
            g.language = language
            html = render_template(f"pdf/{content.template}", context=content.context, control=CONTROL)
    assert problems(html) == []
    assert set(re.findall(r'src="photo:(\w+)"', html)) == set(content.photos)


def test_the_organisation_vouches_for_its_own_people_only(app, cast, client_for, told):
    checker = client_for(cast.teammate)
    address = f"/actions/{told}"
    for number in ("1", "2", "3"):
        lot = {"number": number, "quantity": "9", "not_ok": "0", "inspected_on": "2026-11-25"}
        client_for(cast.manager).post(f"{address}/lots", lot)
    assert checker.post(f"{address}/verification", {"note": "Seen.", "effective": "1"}).status_code == 303
    with app.app_context():
        content = ActionReports().collect(reading(), told, 1, "en")
        with force_locale("en"):
            g.language = "en"
            html = render_template(f"pdf/{content.template}", context=content.context, control=CONTROL)
    assert [(seal.name, seal.role) for seal in content.seals] == [("Teammate Auditor", "Verifier")]
    assert all(f'id="{seal.anchor}"' in html for seal in content.seals)


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
