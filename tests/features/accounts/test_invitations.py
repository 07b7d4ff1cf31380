"""An invitation from the admin's form to the first page of the invited."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.features.accounts.mails import letter_for
from app.features.accounts.models import GivenGrant, Person, Token
from app.features.accounts.queries import by_email
from tests.cast import Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GUEST = {
    "name": "  Bo   Chen ",
    "email": "Bo.Chen@Nordhaven.example",
    "role": "auditor",
    "scope": "everything",
    "language": "zh-Hans",
    "time_zone": "Europe/Berlin",
}
WELCOME = {"name": "Bo Chen", "password": PASSWORD, "language": "zh-Hant", "time_zone": "Asia/Taipei"}
Looking = Callable[..., Any]


def invited(client: PageClient, **changes: str) -> str:
    """Invites; gives the path of the link shown."""
    answer = client.post("/invitations", {**GUEST, **changes})
    assert answer.status_code == 201
    found = re.search(r'value="http://localhost(/invitation/[\w-]+)"', answer.text)
    assert found
    return found[1]


def follow(client: PageClient, path: str) -> Any:
    """Opens a one-time link as a person does: its page, its button, the form."""
    page = client.get(path)
    if page.status_code != 200:
        return page
    fields = dict(re.findall(r'name="(purpose|token)" value="([^"]+)"', page.text))
    return client.get(client.post("/one-time-link", fields).location)


@pytest.fixture
def admin(app: Flask, cast: Cast) -> PageClient:
    return PageClient(app, cast.admin)


def test_the_invited_sets_a_password_and_is_in(
    app: Flask, cast: Cast, admin: PageClient, looking: Looking, acts: Callable[[UUID], list[str]]
) -> None:
    path = invited(admin)
    guest = PageClient(app, None)
    form = follow(guest, path)
    assert "bo.chen@nordhaven.example" in form.text
    assert 'value="Bo Chen"' in form.text
    answer = guest.post("/invitation", WELCOME)
    assert (answer.status_code, answer.location) == (303, "/app/")
    assert '<html lang="zh-Hant"' in guest.get("/me").text
    person = looking(lambda session: by_email(session, "bo.chen@nordhaven.example"))
    assert (person.name, person.time_zone) == ("Bo Chen", "Asia/Taipei")
    assert acts(person.id)[:2] == ["person.invited", "grant.given"]
    assert acts(person.id)[-1] == "password.set"

    again = PageClient(app, None)
    fields = {"email": "BO.CHEN@nordhaven.example", "password": PASSWORD}
    assert again.post("/sign-in", fields).status_code == 303


def test_fetching_a_link_uses_nothing_up_and_the_secret_leaves_the_address(
    app: Flask, admin: PageClient
) -> None:
    path = invited(admin)
    secret = path.rpartition("/")[2]
    for _ in range(3):  # scanners of mails, previews of chats
        assert PageClient(app, None).get(path).status_code == 200
    guest = PageClient(app, None)
    page = guest.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    answer = guest.post("/one-time-link", {"purpose": "invitation", "token": secret})
    assert secret not in answer.location
    assert secret not in guest.get(answer.location).text


def test_a_link_works_once(app: Flask, admin: PageClient) -> None:
    path = invited(admin)
    first, second = PageClient(app, None), PageClient(app, None)
    follow(first, path)
    follow(second, path)  # both hold the form
    assert first.post("/invitation", WELCOME).status_code == 303
    assert second.post("/invitation", WELCOME).status_code == 410
    assert second.get("/me").status_code == 302
    assert PageClient(app, None).get(path).status_code == 410


@pytest.mark.parametrize(("hours", "status"), [(71, 200), (73, 410)])
def test_a_link_lives_seventy_two_hours(app: Flask, cast: Cast, hours: int, status: int) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        path = invited(PageClient(app, cast.admin))
        clock.shift(timedelta(hours=hours))
        assert follow(PageClient(app, None), path).status_code == status


def test_a_secret_is_good_for_its_own_purpose_only(app: Flask, admin: PageClient) -> None:
    secret = invited(admin).rpartition("/")[2]
    guest = PageClient(app, None)
    for page in ("password-reset", "first-admin"):
        assert guest.get(f"/{page}/{secret}").status_code == 410
    guest.post("/one-time-link", {"purpose": "password_reset", "token": secret})
    assert guest.get("/new-password").status_code == 410
    guest.post("/one-time-link", {"purpose": "first_admin", "token": secret})
    assert guest.get("/first-admin").status_code == 410
    assert guest.get("/invitation").status_code == 410
    assert guest.post("/one-time-link", {"purpose": "anything", "token": secret}).status_code == 422


def test_no_secret_is_stored_or_waits_in_the_outbox(
    app: Flask, admin: PageClient, looking: Looking, outgoing: Callable[[], list[dict[str, Any]]]
) -> None:
    secret = invited(admin).rpartition("/")[2]
    [payload] = outgoing()
    assert set(payload) == {"letter", "token"}
    assert payload["letter"] == "invitation"
    hashes = looking(lambda session: session.scalars(select(Token.secret_hash)).all())
    assert len(hashes) == 2  # the one shown and the one of the letter
    assert secret not in hashes


def test_the_letter_is_in_the_language_of_the_invited_and_its_link_works(
    app: Flask, admin: PageClient, outgoing: Callable[[], list[dict[str, Any]]]
) -> None:
    shown = invited(admin, language="en")
    with app.app_context():
        first = letter_for(outgoing()[0], datetime.now(UTC))
        second = letter_for(outgoing()[0], datetime.now(UTC))  # carried out twice
    assert first is not None
    assert second is not None
    assert second.to == "bo.chen@nordhaven.example"
    assert second.subject == "Your invitation to Plumbline"
    assert "Hello Bo Chen," in second.text
    paths = [re.search(r"http://localhost(/invitation/[\w-]+)", one.text) for one in (first, second)]
    assert paths[0] is not None
    assert paths[1] is not None
    assert paths[0][1] != paths[1][1]
    assert follow(PageClient(app, None), paths[0][1]).status_code == 200, "the first may have arrived"
    guest = PageClient(app, None)
    assert follow(guest, paths[1][1]).status_code == 200
    assert guest.post("/invitation", WELCOME).status_code == 303
    for other in (shown, paths[0][1]):
        assert PageClient(app, None).get(other).status_code == 410, "the others are used up with it"
    with app.app_context():
        assert letter_for(outgoing()[0], datetime.now(UTC)) is None


def test_inviting_again_ends_the_first_link(app: Flask, admin: PageClient, looking: Looking) -> None:
    first = invited(admin)
    person = looking(lambda session: by_email(session, GUEST["email"]).id)
    answer = admin.post(f"/people/{person}/invitation")
    assert answer.status_code == 201
    assert PageClient(app, None).get(first).status_code == 410


def test_somebody_with_a_password_is_not_invited_again(
    cast: Cast, admin: PageClient, with_password: Callable[[UUID], str]
) -> None:
    with_password(cast.owner)
    assert admin.post(f"/people/{cast.owner}/invitation").status_code == 422


def test_a_mistake_is_said_beside_its_field_and_the_rest_is_kept(admin: PageClient) -> None:
    answer = admin.post("/invitations", {**GUEST, "email": "bo.chen", "role": ""})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'id="role-error"' in answer.text
    assert 'value="Bo Chen"' in answer.text
    assert '<option value="Europe/Berlin" selected>' in answer.text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "owner@example.com", "Somebody has this e-mail address already."),
        ("email", " OWNER@example.com", "Somebody has this e-mail address already."),
        ("language", "tlh", "Choose one from the list."),
        ("time_zone", "Mars/Olympus", "Choose one from the list."),
        ("role", "emperor", "Choose one from the list."),
        ("scope", "company:0197a5f2-0000-7000-8000-000000000000", "Choose one from the list."),
        ("name", "x" * 121, "This is too long. Shorten it."),
        ("name", " \u200b\t\n ", "This is needed."),
    ],
)
def test_what_cannot_be_is_refused(
    field: str, value: str, says: str, admin: PageClient, looking: Looking
) -> None:
    before = looking(lambda session: len(session.scalars(select(Person.id)).all()))
    answer = admin.post("/invitations", {**GUEST, field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert looking(lambda session: len(session.scalars(select(Person.id)).all())) == before


def test_a_role_can_be_limited_to_a_company(
    app: Flask, cast: Cast, admin: PageClient, looking: Looking
) -> None:
    app.extensions["plumbline.scope_choices"] = lambda session: [
        ("company", cast.supplier, "Hengda Precision")
    ]
    invited(admin, role="manager", scope=f"company:{cast.supplier}")
    given = looking(
        lambda session: session.scalars(select(GivenGrant).order_by(GivenGrant.created_at.desc())).first()
    )
    assert (given.role, given.scope_kind, given.scope_id) == ("manager", "company", cast.supplier)
    answer = admin.post(
        "/invitations",
        {**GUEST, "email": "x@example.com", "role": "admin", "scope": f"company:{cast.supplier}"},
    )
    assert answer.status_code == 422
    assert "does not fit that scope" in answer.text


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 12 characters"),
        ("x" * 257, "at most 256"),
        ("bochen-bochen", "made of your name"),
        ("password12345", "tried first"),
        ("aaaaaaaaaaaaaaa", "repeats itself"),
        ("qwertyuiopas", "tried first"),
        ("nordhaven2026", "the organisation"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    app: Flask, admin: PageClient, password: str, says: str
) -> None:
    guest = PageClient(app, None)
    follow(guest, invited(admin))
    answer = guest.post("/invitation", {**WELCOME, "password": password})
    assert answer.status_code == 422
    assert says in answer.text
    assert password not in answer.text
    assert guest.post("/invitation", WELCOME).status_code == 303, "the link is not used up by it"


def test_nothing_but_the_fields_of_the_form_can_be_posted(
    app: Flask, admin: PageClient, looking: Looking
) -> None:
    guest = PageClient(app, None)
    follow(guest, invited(admin))
    extra = {"role": "admin", "scope": "everything", "email": "other@example.com", "password_hash": "x"}
    guest.post("/invitation", {**WELCOME, **extra, "disabled_at": "2026-01-01"})
    person = looking(lambda session: by_email(session, GUEST["email"]))
    assert person is not None
    assert person.disabled_at is None
    assert person.password_hash.startswith("$argon2id$")
    assert guest.get("/people").status_code == 404


def test_no_secret_gets_into_the_log_when_something_fails(
    app: Flask, admin: PageClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = invited(admin)

    def fail(*_: object) -> None:
        raise RuntimeError("the database fell over")

    monkeypatch.setattr("app.features.accounts.routes.sign_in.links.find", fail)
    assert PageClient(app, None).get(path).status_code == 500
    assert "the database fell over" in caplog.text
    assert path.rpartition("/")[2] not in caplog.text
