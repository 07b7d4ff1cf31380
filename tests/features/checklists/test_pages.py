"""Checklists to read, and the form that phones keep."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import new_id, transaction
from app.features.accounts.models import Person
from app.features.checklists import commands
from app.features.checklists.library import definitions
from app.features.checklists.models import Fragment, Version
from tests.cast import BORN, Cast
from tests.client import PageClient, problems

Clients = Callable[..., PageClient]


@pytest.fixture
def audit(app: Flask, cast: Cast) -> Version:
    with app.app_context(), transaction() as session:
        versions = commands.load_library(session, BORN)
        found = next(version for version in versions if version.checklist.code == "4m1e-supplier-audit")
        assert len(versions) == 2
        return found


def speak(app: Flask, person_id: object, language: str) -> None:
    with app.app_context(), transaction() as session:
        person = session.get(Person, person_id)
        assert person is not None
        person.language = language


def test_everybody_with_a_role_reads_the_list(audit: Version, cast: Cast, client_for: Clients) -> None:
    for person in (cast.owner, cast.stranger, cast.manager, cast.scoped, cast.officer, cast.admin):
        page = client_for(person).get("/checklists")
        assert page.status_code == 200
        assert "4M1E supplier audit" in page.text
        assert "Unit handover" in page.text
    assert client_for(None).get("/checklists").status_code == 302


def test_an_empty_house_says_what_comes(cast: Cast, client_for: Clients) -> None:
    assert "No checklist yet" in client_for(cast.admin).get("/checklists").text


def test_a_version_is_read_whole(audit: Version, cast: Cast, client_for: Clients) -> None:
    page = client_for(cast.stranger).get(f"/checklists/{audit.checklist_id}")
    assert page.status_code == 200
    assert page.text.count('<li class="ask"') == 59
    assert page.text.count("tag--veto") == 5
    assert page.text.count("tag--star") == 19
    for said in (
        "Mainly met",
        "minor lapse, no special risk",
        "Grade A from 90 %, B from 80 %, C below.",
        "fewer than 2/3",
        "At most C: a section below 70 %",
        "A veto question at 0 means not approved",
        "Mock trace of one shipped lot",
        audit.sha256[:16],
    ):
        assert said in page.text, said


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-Hans", ("基本满足", "物料是否来自合格供方")), ("zh-Hant", ("基本滿足", "物料是否來自合格供應商"))],
)
def test_a_version_in_the_readers_language(
    app: Flask, audit: Version, cast: Cast, client_for: Clients, language: str, said: tuple[str, ...]
) -> None:
    speak(app, cast.owner, language)
    page = client_for(cast.owner).get(f"/checklists/{audit.checklist_id}")
    assert f'<html lang="{language}"' in page.text
    for words in said:
        assert words in page.text


def test_earlier_versions_stay_readable(app: Flask, audit: Version, cast: Cast, client_for: Clients) -> None:
    changed = {**definitions()[0], "title": {"en": "Our own audit"}}
    with app.app_context(), transaction() as session:
        commands.publish(session, changed, BORN, cast.manager)
    client, path = client_for(cast.owner), f"/checklists/{audit.checklist_id}"
    assert "Our own audit" in client.get(path).text
    earlier = client.get(f"{path}?version=1").text
    assert "This is an earlier version" in earlier
    assert "4M1E supplier audit" in earlier
    assert client.get(f"{path}?version=3").status_code == 404
    assert client.get(f"{path}?version=x").status_code == 200


def test_handover_checks_show_trade_severity_and_warranty(
    app: Flask, audit: Version, cast: Cast, client_for: Clients
) -> None:
    with app.app_context(), transaction() as session:
        handover = session.scalars(select(Version).where(Version.id != audit.id)).one()
    page = client_for(cast.officer).get(f"/checklists/{handover.checklist_id}")
    assert page.text.count('<li class="ask"') == 62
    for said in ("Waterproofing", "A critical", "5 years", "Feeler gauge"):
        assert said in page.text


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_a_phone_fetches_the_form_once_and_for_ever(
    app: Flask, audit: Version, cast: Cast, client_for: Clients, language: str
) -> None:
    client, path = client_for(cast.stranger), f"/api/v1/checklists/{audit.id}/{language}"
    answer = client.api("GET", path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.json is not None
    body = answer.json
    assert set(body) == {"api", "id", "language", "format", "sha256", "html", "definition"}
    assert (body["api"], body["id"], body["language"], body["format"]) == (
        "plumbline/1",
        str(audit.id),
        language,
        1,
    )
    assert body["definition"] == audit.definition
    assert hashlib.sha256(body["html"].encode()).hexdigest() == body["sha256"]
    assert body["html"].count("data-question=") == 59
    assert problems(body["html"], whole=False) == []
    assert "Lin Yue" not in body["html"]
    squeezed = client.api("GET", path, headers={"Accept-Encoding": "gzip"})
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(squeezed.data)) == body
    assert len(squeezed.data) < 40_000
    again = client.api("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    with app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(Fragment)) == 1


def test_the_form_does_not_depend_on_who_asks_first(
    app: Flask, audit: Version, cast: Cast, client_for: Clients
) -> None:
    speak(app, cast.owner, "zh-Hant")
    drawn = client_for(cast.owner).api("GET", f"/api/v1/checklists/{audit.id}/en").json
    assert drawn is not None
    assert "What to look at" in drawn["html"]
    assert "Fully met" in drawn["html"]
    assert "完全" not in drawn["html"]
    assert client_for(cast.teammate).api("GET", f"/api/v1/checklists/{audit.id}/en").json == drawn


def test_what_is_not_there_is_not_found(audit: Version, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.owner)
    for path in (f"{audit.id}/de", f"{new_id()}/en", "nonsense/en"):
        assert client.api("GET", f"/api/v1/checklists/{path}").status_code == 404
    assert client.get(f"/checklists/{new_id()}").status_code == 404
    assert client_for(None).api("GET", f"/api/v1/checklists/{audit.id}/en").status_code == 401


def test_a_kept_form_is_never_redrawn(app: Flask, audit: Version) -> None:
    with app.app_context(), transaction() as session:
        first = commands.keep_fragment(session, audit, "en", lambda: "<p>first</p>", BORN)
        second = commands.keep_fragment(session, audit, "en", lambda: "<p>second</p>", BORN)
        assert (second.html, second.sha256) == (first.html, first.sha256) == ("<p>first</p>", first.sha256)


def test_the_load_command_says_what_it_did(app: Flask) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["checklists", "load"])
    assert "Published 4m1e-supplier-audit version 1." in first.output
    assert "is there" in runner.invoke(args=["checklists", "load"]).output
