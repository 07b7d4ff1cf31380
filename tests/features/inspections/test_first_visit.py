"""What a phone gets that was never here: an inspection together with the form of its checklist."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.config import LANGUAGES
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version


@pytest.fixture
def version(app) -> UUID:
    return audit_version(app)


@pytest.fixture
def record(client_for, cast: Cast, version: UUID) -> str:
    phone = Phone(client_for(cast.owner)).register()
    record = phone.start(version, cast.site, cast.owner)
    assert phone.push()[0]["result"] == "applied"
    return record


@pytest.fixture
def owner(client_for, cast: Cast) -> PageClient:
    return client_for(cast.owner)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_that_comes_along_is_the_one_of_its_own_address(owner, record, version, language) -> None:
    with_form = owner.api("GET", f"/api/v1/inspections/{record}?form={language}").json
    alone = owner.api("GET", f"/api/v1/checklists/{version}/{language}").json
    assert with_form["form"] == {name: alone[name] for name in alone if name != "api"}
    assert with_form["form"]["language"] == language
    assert with_form["inspection"]["id"] == record


@pytest.mark.parametrize("asked", ["", "?form=", "?form=fr", "?form=../en"])
def test_without_a_language_there_is_no_form(owner, record, asked) -> None:
    answer = owner.api("GET", f"/api/v1/inspections/{record}{asked}").json
    assert "form" not in answer
    assert answer["inspection"]["id"] == record


def test_nobody_gets_a_form_through_an_inspection_of_others(client_for, cast: Cast, record) -> None:
    stranger = client_for(cast.stranger)
    assert stranger.api("GET", f"/api/v1/inspections/{record}?form=en").status_code == 404
