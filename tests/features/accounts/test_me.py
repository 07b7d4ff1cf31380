"""One's own page: settings, password, sessions and devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters.passwords import secret_hash
from app.db import new_id, transaction
from app.domain.permissions import Actor
from app.features.accounts.commands.devices import register_device
from app.features.accounts.models import Device, Person, SignedIn
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD

NEW = "otter violin thermal bridge"
Looking = Callable[..., Any]
Acts = Callable[[UUID], list[str]]


@pytest.fixture
def mine(app: Flask, cast: Cast, with_password: Callable[[UUID], str]) -> PageClient:
    with_password(cast.owner)
    return PageClient(app, cast.owner)


def settings(looking: Looking, person_id: UUID, **changes: Any) -> dict[str, Any]:
    person = looking(lambda session: session.get_one(Person, person_id))
    same = {key: getattr(person, key) for key in ("name", "language", "time_zone", "record_version")}
    return {**same, **changes}


def test_language_and_zone_hold_at_once(mine: PageClient, cast: Cast, looking: Looking, acts: Acts) -> None:
    changes = {"language": "zh-Hant", "time_zone": "America/New_York"}
    assert mine.post("/me", settings(looking, cast.owner, **changes)).status_code == 303
    page = mine.get("/me").text
    assert '<html lang="zh-Hant"' in page
    assert '<option value="America/New_York" selected>' in page
    assert acts(cast.owner) == ["person.changed"]


def test_the_language_switch_is_the_persons_own(mine: PageClient, cast: Cast, looking: Looking) -> None:
    mine.post("/language", {"language": "zh-Hans", "next": "/me"})
    assert looking(lambda session: session.get_one(Person, cast.owner).language) == "zh-Hans"


def test_a_stale_edit_of_oneself_is_refused_too(mine: PageClient, cast: Cast, looking: Looking) -> None:
    old = settings(looking, cast.owner)
    mine.post("/me", {**old, "name": "Lin Yue"})
    answer = mine.post("/me", {**old, "name": "Lin Y."})
    assert answer.status_code == 409
    assert 'value="Lin Y."' in answer.text


def test_nobody_gives_themselves_a_role_or_another_address(
    mine: PageClient, cast: Cast, looking: Looking
) -> None:
    extra = {"role": "admin", "scope": "everything", "email": "x@example.com", "password_hash": "x"}
    mine.post("/me", settings(looking, cast.owner, name="Lin Yue", **extra))
    person = looking(lambda session: session.get_one(Person, cast.owner))
    assert person.email == "owner@example.com"
    assert person.password_hash.startswith("$argon2id$")
    assert mine.get("/people").status_code == 404


def test_a_new_password_needs_the_present_one(mine: PageClient, cast: Cast, looking: Looking) -> None:
    before = looking(lambda session: session.get_one(Person, cast.owner).password_hash)
    answer = mine.post("/me/password", {"current": "wrong", "password": NEW})
    assert answer.status_code == 422
    assert 'id="current-error"' in answer.text
    assert looking(lambda session: session.get_one(Person, cast.owner).password_hash) == before
    guesses = [mine.post("/me/password", {"current": f"g{n}", "password": NEW}) for n in range(5)]
    assert [answer.status_code for answer in guesses] == [422, 422, 422, 422, 429]


def test_a_new_password_signs_out_everywhere_else_and_renews_the_secret_here(
    app: Flask,
    mine: PageClient,
    cast: Cast,
    acts: Acts,
    outgoing: Callable[[], list[dict[str, Any]]],
) -> None:
    elsewhere = PageClient(app, cast.owner)
    before = mine.client.get_cookie("plumbline").value
    assert mine.post("/me/password", {"current": PASSWORD, "password": NEW}).status_code == 303
    assert mine.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 302
    stolen = PageClient(app, None)
    stolen.client.set_cookie("plumbline", before)
    assert stolen.get("/me").status_code == 302
    assert acts(cast.owner) == ["sessions.ended", "password.set"]
    assert outgoing() == [{"letter": "changed", "person": str(cast.owner)}]
    fresh = PageClient(app, None)
    old = {"email": "owner@example.com", "password": PASSWORD}
    assert fresh.post("/sign-in", old).status_code == 422
    assert fresh.post("/sign-in", {**old, "password": NEW}).status_code == 303


def test_a_weak_new_password_is_refused_beside_its_field(mine: PageClient) -> None:
    answer = mine.post("/me/password", {"current": PASSWORD, "password": "owner-auditor"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert "made of your name" in answer.text


def test_ending_another_session_kills_it_and_its_device(
    app: Flask, mine: PageClient, cast: Cast, looking: Looking
) -> None:
    lost = PageClient(app, cast.owner)
    device = new_id()
    with app.app_context(), transaction() as session:
        actor = Actor(cast.owner, (), "en", "UTC", "Owner")
        register_device(session, actor, device, "Lost phone", "Android", BORN, lost.session_id)
    assert str(lost.session_id) in mine.get("/me").text
    assert mine.post(f"/me/sessions/{lost.session_id}/ending").status_code == 303
    assert lost.get("/me").status_code == 302
    assert looking(lambda session: session.get_one(Device, device).revoked_at) is not None
    assert mine.post(f"/me/sessions/{lost.session_id}/ending").status_code == 404


def test_nobody_ends_the_session_or_device_of_somebody_else(app: Flask, mine: PageClient, cast: Cast) -> None:
    other = PageClient(app, cast.stranger)
    device = new_id()
    with app.app_context(), transaction() as session:
        actor = Actor(cast.stranger, (), "en", "UTC", "Stranger")
        register_device(session, actor, device, "Phone", "Android", BORN)
    assert mine.post(f"/me/sessions/{other.session_id}/ending").status_code == 404
    assert mine.post(f"/me/devices/{device}/ending").status_code == 404
    assert other.get("/me").status_code == 200


def test_a_device_can_be_shut_out(app: Flask, mine: PageClient, cast: Cast, looking: Looking) -> None:
    device = new_id()
    with app.app_context(), transaction() as session:
        actor = Actor(cast.owner, (), "en", "UTC", "Owner")
        register_device(session, actor, device, "Old phone", "Android", BORN.replace(year=2100))
    assert "Old phone" in mine.get("/me").text
    mine.post(f"/me/devices/{device}/ending")
    assert "Old phone" not in mine.get("/me").text


def test_the_loader_reads_twice_at_most_and_the_page_shows_nothing_secret(
    app: Flask, mine: PageClient, looking: Looking
) -> None:
    from sqlalchemy import event

    from app.features.accounts.queries import person_loader

    with mine.client.session_transaction() as cookie:
        secret = cookie["sid"]
    statements: list[str] = []
    engine = app.extensions["plumbline.database"].engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with app.test_request_context():
        actor = person_loader(secret)
    assert actor is not None
    assert len(statements) == 2
    assert all(statement.startswith("SELECT") for statement in statements)
    page = mine.get("/me").text
    stored = looking(lambda session: session.scalars(select(SignedIn.secret_hash)).all())
    assert secret not in page
    assert not any(one in page for one in [*stored, secret_hash(secret)])
