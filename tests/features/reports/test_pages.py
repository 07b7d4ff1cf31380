"""The desk's pages and the device's twin: who sees which report, finding, taking away, trying again."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from app.db import new_id, transaction
from app.features.reports import commands
from app.journal import entries
from tests.features.reports.conftest import House


@pytest.fixture
def full(house: House) -> House:
    """Two suppliers, two revisions, three languages; one report waits and one failed."""
    house.make(house.ask(house.cast.site, language="zh-Hans"))
    house.make(house.ask(house.cast.site, revision=2))
    walk = house.walks.told[house.cast.other_site]
    walk.missing = ["ab" * 32]
    house.make(house.ask(house.cast.other_site))
    walk.missing, walk.template = [], "nowhere.html"
    house.make(house.ask(house.cast.other_site, language="zh-Hant"), attempt=8)
    return house


def rows(page: str) -> int:
    return page.count('name="report"')


def test_the_list_shows_what_one_may_see(full: House) -> None:
    cast = full.cast
    assert rows(full.client(cast.manager).get("/reports").text) == 5
    assert rows(full.client(cast.admin).get("/reports").text) == 5
    assert rows(full.client(cast.scoped).get("/reports").text) == 3
    for person in (cast.stranger, cast.owner):
        assert "No report yet" in full.client(person).get("/reports").text


def test_filters_are_in_the_address(full: House) -> None:
    client = full.client(full.cast.manager)
    for query, expected in (
        (f"company={full.cast.supplier}", 3),
        (f"company={full.cast.other_supplier}", 2),
        ("kind=walk", 5),
        ("kind=inspection", 0),
        ("grade=B", 3),
        ("state=issued", 1),
        ("state=superseded", 2),
        ("state=waiting", 1),
        ("state=failed", 1),
        ("language=zh-Hans", 1),
        ("q=W-2026-0008", 2),
        ("q=Hengda", 3),
        ("q=苏州", 3),
        ("from=2026-11-20&to=2026-11-20", 5),
        ("from=2026-11-21", 0),
        ("to=2026-11-19", 0),
        ("sort=grade&direction=up", 5),
        ("company=nonsense&from=never&sort=drop&page=-4&state=x&grade=Z&kind=%27", 5),
    ):
        page = client.htmx(f"/reports?{query}")
        assert rows(page.text) == expected, query
        assert client.get(f"/reports?{query}").status_code == 200
    assert "Nothing matches" in client.get("/reports?from=2026-11-21").text
    swapped = client.htmx("/reports?state=failed&page=7")
    assert swapped.headers["HX-Push-Url"] == "/reports?state=failed"
    assert "more time or memory" not in swapped.text and "could not be drawn" in swapped.text


def test_taking_one_away_is_in_the_journal(full: House) -> None:
    client = full.client(full.cast.manager)
    answer = client.get(f"/reports/{full.report}/file")
    assert answer.data == full.file() and answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="W-2026-0007-r1-en.pdf"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with full.app.app_context(), transaction() as session:
        last = entries(session, full.report)[-1]
        assert (last.act, last.person_id) == ("report_downloaded", full.cast.manager)


def test_several_come_as_one_zip(full: House) -> None:
    client = full.client(full.cast.manager)
    chinese = full.ask(full.cast.site, language="zh-Hans")
    answer = client.post("/reports/archive", {"report": [str(full.report), str(chinese)]})
    assert answer.mimetype == "application/zip" and "reports-" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["W-2026-0007-r1-en.pdf", "W-2026-0007-r1-zh-Hans.pdf"]
        assert archive.read("W-2026-0007-r1-en.pdf") == full.file()
    with full.app.app_context(), transaction() as session:
        assert entries(session, chinese)[-1].act == "report_downloaded"


def test_a_zip_of_what_is_not_there_is_refused(full: House) -> None:
    client = full.client(full.cast.scoped)
    waiting = full.ask(full.cast.other_site)
    assert client.post("/reports/archive", {"report": [str(waiting)]}).status_code == 404
    assert client.post("/reports/archive", {"report": [str(new_id())]}).status_code == 404
    assert client.post("/reports/archive", {"report": []}).status_code == 422
    assert client.post("/reports/archive", {"report": ["x"]}).status_code == 422
    many = {"report": [str(new_id()) for _ in range(201)]}
    assert client.post("/reports/archive", many).status_code == 422
    manager = full.client(full.cast.manager)
    assert manager.post("/reports/archive", {"report": [str(waiting)]}).status_code == 409
    assert manager.get(f"/reports/{waiting}/file").status_code == 409


def test_what_one_may_not_see_is_not_there(full: House) -> None:
    for person in (full.cast.stranger, full.cast.owner):
        client = full.client(person)
        for method, address in (
            ("GET", f"/reports/{full.report}/file"),
            ("GET", f"/reports/of/walk/{full.cast.site}"),
            ("GET", f"/api/v1/reports/of/walk/{full.cast.site}"),
            ("POST", f"/reports/of/walk/{full.cast.site}"),
            ("POST", f"/reports/{full.report}/attempts"),
        ):
            if method == "GET":
                assert client.get(address).status_code == 404, address
            else:
                assert client.post(address, {"language": "en"}).status_code == 404, address
    other = full.client(full.cast.scoped)
    assert other.get(f"/reports/of/walk/{full.cast.other_site}").status_code == 404
    assert other.get(f"/reports/of/nothing/{full.cast.site}").status_code == 404


def test_the_fragment_says_how_far_it_is_and_asks_again(full: House) -> None:
    client = full.client(full.cast.manager)
    done = client.htmx(f"/reports/of/walk/{full.cast.site}").text
    assert "hx-trigger" not in done and done.count("/file") == 3 and "Superseded" in done
    assert 'value="zh-Hans"' in done and 'value="en"' not in done  # revision 2 is only in English
    moving = full.ask(full.cast.site, revision=2, language="zh-Hant")
    with full.app.app_context(), transaction() as session:
        commands.begin(session, moving, datetime.now(UTC))
        commands.note_progress(session, moving, "photos", 12, 34, datetime.now(UTC))
    page = client.htmx(f"/reports/of/walk/{full.cast.site}").text
    assert 'hx-trigger="every 2s"' in page and "photos 12/34" in page and 'max="34"' in page
    with full.app.app_context(), transaction() as session:
        commands.note_progress(session, moving, "sealing", 0, 2, datetime.now(UTC))
    assert "sealing" in client.htmx(f"/reports/of/walk/{full.cast.site}").text
    waits = client.htmx(f"/reports/of/walk/{full.cast.other_site}").text
    assert "abababab" in waits and "Try again" in waits and 'hx-trigger="every 20s"' in waits


def test_another_language_is_one_press_away(full: House) -> None:
    client = full.client(full.cast.manager)
    address = f"/reports/of/walk/{full.cast.site}"
    asked = client.client.post(
        address, data={"csrf_token": client.token(), "language": "zh-Hant"}, headers={"HX-Request": "true"}
    )
    assert asked.status_code == 200 and "waiting for its turn" in asked.text
    full.app.extensions["plumbline.jobs"].run_due(full.app)
    told = client.api("GET", f"/api/v1{address}").json
    assert [(each["revision"], each["language"]) for each in told["reports"]][:2] == [
        (2, "en"),
        (2, "zh-Hant"),
    ]
    assert client.post(address, {"language": "fr"}).status_code == 422
    assert client.post(address, {"language": "zh-Hant"}).status_code == 303  # without scripts


def test_trying_again_is_one_press_away(full: House) -> None:
    client = full.client(full.cast.manager)
    failed = full.ask(full.cast.other_site, language="zh-Hant")
    full.walks.told[full.cast.other_site].template = "walk.html"
    assert client.post(f"/reports/{failed}/attempts").status_code == 303
    full.app.extensions["plumbline.jobs"].run_due(full.app)
    assert full.row(failed).state == "issued"
    assert client.post(f"/reports/{failed}/attempts").status_code == 409


def test_a_device_learns_the_same(full: House) -> None:
    client = full.client(full.cast.manager)
    told = client.api("GET", f"/api/v1/reports/of/walk/{full.cast.site}").json
    first, second, *_ = told["reports"]
    assert (first["state"], first["revision"], first["number"]) == ("issued", 2, "W-2026-0007")
    assert second["state"] == "superseded" and second["error"] is None
    assert client.get(first["download"]).status_code == 200
    assert client.get(first["verify"]).status_code == 200
    other = client.api("GET", f"/api/v1/reports/of/walk/{full.cast.other_site}").json["reports"]
    by_state = {each["state"]: each for each in other}
    assert by_state["waiting"]["error"]["code"] == "report_photos_missing"
    assert by_state["waiting"]["download"] is None
    assert "Hengda" not in json.dumps(told)


def test_health_says_what_is_stuck(full: House) -> None:
    client = full.client(full.cast.admin)
    parts = client.get("/health").json["parts"]
    assert parts["seal"]["ok"] and len(parts["seal"]["fingerprint"]) == 95
    assert not parts["report_queue"]["ok"] and parts["report_queue"]["failed"] == 1
    assert parts["report_queue"]["waiting"] == 1


def test_names_that_are_markup_stay_text(house: House, hostile: str) -> None:
    walk = house.walks.told[house.cast.other_site]
    walk.title = walk.auditor = hostile
    report = house.ask(house.cast.other_site)
    house.make(report)
    client = house.client(house.cast.manager)
    for address in ("/reports", f"/reports/of/walk/{house.cast.other_site}"):
        assert "<script>alert" not in client.get(address).text


@pytest.fixture(params=["<script>alert(1)</script>", "{{ config }}", "\ud800 \u202e x"])
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_both_engines_find_the_same(
    app_on_both,
    cast_on_both,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    """The list's conditions are read alike by SQLite and PostgreSQL."""
    from app.features.reports import queries
    from app.features.reports.queries import Filters
    from tests.features.reports.conftest import NOW
    from tests.features.reports.kind import Walk

    app, cast, walks = app_on_both, *cast_on_both
    for site in (cast.site, cast.other_site):
        walks.told[site] = Walk(site)
        for language in ("en", "zh-Hans"):
            with app.app_context(), transaction() as session:
                commands.request(
                    session,
                    kind="walk",
                    record_id=site,
                    revision=1,
                    language=language,
                    now=NOW,
                    person_id=None,
                )
    from app.db import reading
    from app.domain.permissions import Actor, Grant, Role, ScopeKind

    actor = Actor(cast.manager, (Grant(Role.MANAGER, ScopeKind.EVERYTHING),), "en", "Asia/Shanghai", "M")
    with app.app_context():
        for filters, expected in (
            (Filters(), 4),
            (Filters(company=cast.supplier, language="en"), 1),
            (Filters(text="Kunshan"), 2),
            (Filters(state="superseded"), 0),
            (Filters(state="issued"), 0),
            (Filters(grade="A", sort="grade"), 2),
            (Filters(sort="subject", falling=False, since=NOW.date(), until=NOW.date()), 4),
        ):
            assert queries.find(reading(), actor, filters).span.matching == expected, filters
        assert len(queries.choices(reading(), actor).companies) == 2
        assert queries.queue(reading(), NOW)["under_way"] == 4
