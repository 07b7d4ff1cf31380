"""One inspection to read: its answers, photos, score, conflicts; its history."""

from __future__ import annotations

import hashlib
import re

import pytest

from app.db import new_id
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.features.inspections.steps import change, day, id_of, plan, row_of


@pytest.fixture
def manager(client_for, cast):
    return client_for(cast.manager)


@pytest.fixture
def address(manager, cast):
    return plan(manager, cast)


def phone_of(client_for, person, address):
    phone = Phone(client_for(person)).register()
    phone.record = str(id_of(address))
    return phone


def text(words, lang="en"):
    return {"text": words, "lang": lang}


def photo(phone, question, data):
    """Adds a photo to an answer without sending its bytes."""
    media, sha = str(new_id()), hashlib.sha256(data).hexdigest()
    about = {"w": 640, "h": 480, "taken_at": None, "gps": None, "name": "IMG_0412.jpg"}
    value = {"media_id": media, "sha256": sha, "size": len(data), "mime": "image/jpeg", **about}
    phone.operation("media.add", f"q/{question}", f"photo:{media}", value)
    return sha


def send(phone, data, sha):
    """Sends the bytes of a photo."""
    part = f"/api/v1/media/{sha}/parts/0?ps={len(data)}"
    kind = "application/octet-stream"
    assert phone.client.api("PUT", part, data=data, content_type=kind).status_code in (200, 201)
    whole = {"size": len(data), "parts": 1, "ps": len(data), "mime": "image/jpeg"}
    answer = phone.client.api("POST", f"/api/v1/media/{sha}/completion", json=whole)
    assert answer.status_code in (200, 201), answer.text


def question(page, name):
    """The part of the page about one question."""
    return page[page.index(f'<li class="given" id="{name}">') :].split('<li class="given"')[1]


def test_answers_with_their_words_notes_reasons_and_photos(cast, manager, address, client_for):
    phone = phone_of(client_for, cast.owner, address)
    here, away = jpeg(seed=1), jpeg(seed=2)
    phone.set("q/M01", "score", "6")
    phone.set("q/M01", "note", text("三月的记录缺失", "zh-Hans"))
    sha = photo(phone, "M01", here)
    lost = photo(phone, "M01", away)
    phone.set("q/M08", "score", "na")
    phone.set("q/M08", "reason", text("No temporary workers"))
    phone.set("opening", "areas_seen", text("Lines 1 to 4"))
    phone.set("closing", "good_practices", text("Visual standards at each post"))
    phone.push()
    send(phone, here, sha)
    page = manager.get(address).get_data(as_text=True)
    first = question(page, "M01")
    assert "Partially met" in first and "Critical" in first and "weight 3" in first
    assert '<span lang="zh-Hans">三月的记录缺失</span>' in first
    assert f'src="/api/v1/media/{sha}?w=480"' in first and 'alt="Photo 1 of M01"' in first
    assert f"/api/v1/media/{lost}" not in page
    assert "Photo 2 is still on the phone of Owner Auditor" in first
    assert "1 photo is still on a phone." in page
    assert "No temporary workers" in question(page, "M08") and "Not applicable" in question(page, "M08")
    assert "no answer" in question(page, "M02")
    assert "Lines 1 to 4" in page and "Visual standards at each post" in page


def test_the_score_explains_itself_with_ways_to_the_answers(cast, manager, address, client_for):
    phone = phone_of(client_for, cast.owner, address)
    for name, score in (("M01", "10"), ("M02", "4"), ("M03", "10"), ("P04", "0")):
        phone.set(f"q/{name}", "score", score)
    phone.push()
    page = manager.get(address).get_data(as_text=True)
    why = page[page.index('id="why"') : page.index("</details>", page.index('id="why"'))]
    for said in (
        "M02 is critical and scored 4: no A.",
        "P04 is critical and scored 0: C.",
        "P04 is a veto question and scored 0: not approved.",
        "55 questions are not answered: the grade is provisional.",
    ):
        assert said in why, said
    assert '<a href="#P04">See P04</a>' in why and 'id="P04"' in page
    assert "Not approved (veto)" in page
    row = row_of(manager.app, address)
    assert f'<span class="truth__n">{row.score // 10}.{row.score % 10}</span>' in page
    assert f"Score {row.score // 10}.{row.score % 10} of 100. Grade B from 80, grade A from 90" in page


def test_two_answers_are_shown_both_with_who_and_when(cast, manager, address, client_for):
    for person, score in ((cast.owner, "8"), (cast.teammate, "4")):
        phone = phone_of(client_for, person, address)
        phone.set("q/M01", "score", score)
        phone.push()
    page = manager.get(address).get_data(as_text=True)
    conflict = page[page.index("card--open") : page.index("</div>", page.index("card--open"))]
    for said in ("M01: Score", "8, Mainly met", "4, Inadequately met", "Owner Auditor", "Teammate Auditor"):
        assert said in conflict, said
    assert "Test phone" in conflict and conflict.count("shown until somebody decides") == 1


def test_what_the_last_one_said(app, cast, manager, address, client_for):
    from datetime import UTC, datetime

    from app.db import transaction
    from app.features.inspections.models import Inspection

    phone = phone_of(client_for, cast.owner, address)
    phone.set("q/M01", "score", "10")
    phone.push()
    with app.app_context(), transaction() as session:
        row = session.get(Inspection, id_of(address))
        row.state, row.completed_at = "completed", datetime(2026, 5, 4, tzinfo=UTC)
    second = plan(manager, cast, lead=str(cast.stranger), others=[])
    phone = phone_of(client_for, cast.stranger, second)
    phone.set("q/M01", "score", "8")
    phone.push()
    page = manager.get(second).get_data(as_text=True)
    assert f'href="{address}"' in page and "20.0 less now" in page
    assert "last time: 10" in question(page, "M01")
    theirs = client_for(cast.stranger).get(second).get_data(as_text=True)
    assert row_of(app, address).number in theirs and f'href="{address}"' not in theirs  # not theirs to open


def test_who_sees_it_and_who_does_not_find_it(app, cast, manager, address, client_for):
    paths = (address, f"{address}/history")
    for person in (cast.owner, cast.teammate, cast.manager, cast.scoped, cast.officer, cast.admin):
        assert [client_for(person).get(path).status_code for path in paths] == [200, 200]
    other = plan(manager, cast, site=str(cast.other_site))
    for person, at in ((cast.stranger, address), (cast.scoped, other)):
        for path in (at, f"{at}/history"):
            assert client_for(person).get(path).status_code == 404
            assert client_for(person).htmx(path).status_code == 404
    for person in (None, cast.gone):
        assert client_for(person).get(address).status_code == 302
    for bad in ("00000000-0000-7000-8000-000000000000", "1", "%27", "..%2f"):
        assert manager.get(f"/inspections/{bad}").status_code == 404


def test_tools_are_offered_to_those_who_may(cast, address, client_for):
    link = f'href="/app/en/#/i/{id_of(address)}"'
    for person, nouns, runs in (
        (cast.manager, {"assignment", "postponement", "coverage", "plan", "cancellation"}, False),
        (cast.scoped, {"assignment", "postponement", "coverage", "plan", "cancellation"}, False),
        (cast.owner, {"coverage"}, True),
    ):
        page = client_for(person).get(address).get_data(as_text=True)
        assert set(re.findall(rf'action="{address}/(\w+)#', page)) == nouns
        assert (link in page) is runs


def test_the_history_tells_everything_in_words(cast, manager, address, client_for):
    phone = phone_of(client_for, cast.owner, address)
    phone.set("q/M01", "score", "8")
    phone.set("q/M01", "score", "6")
    phone.set("q/M01", "note", text("<b>bold</b>"))
    phone.push()
    change(manager, address, "postponement", due=day(20), reason="The line stands still")
    change(manager, address, "assignment", lead=str(cast.teammate), others=[str(cast.owner)])
    change(manager, address, "cancellation", reason="Given up")
    phone.set("q/M02", "score", "10")
    phone.push()
    page = manager.get(f"{address}/history").get_data(as_text=True)
    assert "<del>8, Mainly met</del>" in page and "6, Partially met" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "Reason of the new date" in page and "The line stands still" in page
    assert "Teammate Auditor" in page and "at the desk" in page and "Test phone" in page
    assert "late: kept, not in the result" in page
    assert "its clock: 1 Jan" in page
    assert f'href="{address}#M01"' in page
    assert page.index("M02: Score") < page.index("Inspection cancelled") < page.index("Inspection created")
    read = manager.get(address).get_data(as_text=True)
    assert "1 change arrived after the end" in read


def test_the_history_comes_in_pages(cast, manager, address, client_for):
    phone = phone_of(client_for, cast.owner, address)
    for n in range(60):
        phone.set("q/M01", "note", text(f"note number {n:02}"))
    phone.push()
    first = manager.get(f"{address}/history").get_data(as_text=True)
    second = manager.get(f"{address}/history?page=2").get_data(as_text=True)
    assert "note number 59" in first and "Inspection created" not in first
    assert "Inspection created" in second and "note number 59" not in second
    assert first.count('class="log__line"') == 50
    assert "Page 1 of 2" in first
    for beyond in ("3", "99999999999999999999"):
        assert "Inspection created" in manager.get(f"{address}/history?page={beyond}").get_data(as_text=True)
    for before in ("0", "-4", "x"):
        assert "note number 59" in manager.get(f"{address}/history?page={before}").get_data(as_text=True)


def test_a_page_asks_the_database_as_often_for_many_answers_as_for_one(
    app, cast, manager, client_for, address
):
    from sqlalchemy import event

    phone = phone_of(client_for, cast.owner, address)
    phone.set("q/M01", "score", "8")
    phone.push()
    asked = []
    engine = app.extensions["plumbline.database"].engine
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    manager.get(address)
    few = len(asked)
    for n in range(2, 11):
        phone.set(f"q/M{n:02}", "score", "8")
        phone.set(f"q/M{n:02}", "note", text("Seen"))
    phone.push()
    asked.clear()
    manager.get(address)
    assert len(asked) == few
