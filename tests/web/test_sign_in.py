"""Signing in and out through HTTP, and what a stranger can try there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.features.accounts.models import Person, SignedIn
from tests.cast import Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Give = Callable[[UUID], str]


def sign_in(client: PageClient, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", {"email": email, "password": password, **more})


def has_come_in(client: PageClient) -> bool:
    return client.get("/me").status_code == 200


def test_an_auditor_lands_on_the_phone_page_and_a_manager_at_the_desk(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    for person, start in ((cast.owner, "/app/"), (cast.officer, "/app/"), (cast.manager, "/inspections")):
        client = PageClient(app, None)
        answer = sign_in(client, with_password(person))
        assert (answer.status_code, answer.location) == (303, start)
        assert client.client.get("/").location == start
        assert has_come_in(client)


def test_a_visitor_is_sent_to_sign_in_and_on_to_where_they_wanted(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    assert anonymous.get("/").location == "/sign-in"
    refused = anonymous.get("/people?state=invited")
    assert refused.status_code == 302
    page = anonymous.get(refused.location)
    assert 'name="next" value="/people?state=invited"' in page.text
    answer = sign_in(anonymous, with_password(cast.admin), next="/people?state=invited")
    assert answer.location == "/people?state=invited"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
    ],
)
def test_next_never_leads_to_another_site(
    target: str, anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    assert 'name="next" value=""' in anonymous.get("/sign-in", query_string={"next": target}).text
    assert sign_in(anonymous, with_password(cast.owner), next=target).location == "/app/"


def test_wrong_unknown_disabled_and_without_password_get_one_answer(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    known = with_password(cast.owner)
    disabled = with_password(cast.gone)
    answers = []
    for email, password in (
        (known, "not the password at all"),
        ("nobody@example.com", PASSWORD),
        (disabled, PASSWORD),
        ("stranger@example.com", PASSWORD),
    ):
        client = PageClient(app, None)
        answer = sign_in(client, email, password)
        assert not has_come_in(client)
        assert "Check both and try again" in answer.text
        body = answer.text.replace(email, "…")
        answers.append(
            (answer.status_code, body[body.index("<form") : body.index("</form>")].split("csrf")[0])
        )
        assert email in answer.text, "what was typed is kept"
        assert password not in answer.text
    assert answers[0][0] == 422
    assert len({status for status, _ in answers}) == 1
    assert len({body for _, body in answers}) == 1


def test_an_unknown_email_costs_the_same_work(
    anonymous: PageClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.adapters import passwords

    compared: list[str] = []

    class Watched(passwords.PasswordHasher):  # type: ignore[misc]
        def verify(self, stored: str, password: str) -> bool:
            compared.append(stored.split("$")[3])
            return super().verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Watched(time_cost=3, memory_cost=65536, parallelism=4))
    sign_in(anonymous, "nobody@example.com")
    assert compared == ["m=65536,t=3,p=4"]


def test_a_cookie_planted_before_the_sign_in_is_worth_nothing_after(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    victim = PageClient(app, None)
    victim.get("/sign-in")
    planted = victim.client.get_cookie("plumbline")
    assert planted is not None
    sign_in(victim, with_password(cast.owner))
    assert has_come_in(victim)
    assert victim.client.get_cookie("plumbline").value != planted.value

    attacker = PageClient(app, None)
    attacker.client.set_cookie("plumbline", planted.value)
    assert attacker.get("/me").status_code == 302


def test_signing_in_again_ends_the_session_before(app: Flask, cast: Cast, with_password: Give) -> None:
    client = PageClient(app, cast.stranger)
    before = client.client.get_cookie("plumbline").value
    assert sign_in(client, with_password(cast.owner)).status_code == 303
    old = PageClient(app, None)
    old.client.set_cookie("plumbline", before)
    assert old.get("/me").status_code == 302


def test_only_the_hash_of_the_session_secret_is_stored(
    anonymous: PageClient, cast: Cast, with_password: Give, looking: Callable[..., Any]
) -> None:
    sign_in(anonymous, with_password(cast.owner))
    with anonymous.client.session_transaction() as cookie:
        secret = cookie["sid"]
    stored = looking(lambda session: session.scalars(select(SignedIn.secret_hash)).all())
    assert len(secret) >= 43  # 256 bits
    assert len(stored) == 1
    assert secret not in stored[0]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    answer = sign_in(anonymous, with_password(cast.owner))
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_signing_out_ends_the_session_on_the_server(app: Flask, cast: Cast) -> None:
    client = PageClient(app, cast.owner)
    kept = client.client.get_cookie("plumbline").value
    answer = client.post("/sign-out")
    assert answer.location == "/sign-in"
    assert "stays on this device" in client.get("/sign-in").text
    thief = PageClient(app, None)
    thief.client.set_cookie("plumbline", kept)
    assert thief.get("/me").status_code == 302


def test_signing_out_needs_a_post(app: Flask, cast: Cast) -> None:
    client = PageClient(app, cast.owner)
    assert client.get("/sign-out").status_code == 405
    assert has_come_in(client)


def test_a_form_without_its_token_does_nothing(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    answer = anonymous.post(
        "/sign-in", {"email": with_password(cast.owner), "password": PASSWORD}, token=False
    )
    assert answer.status_code == 400
    assert not has_come_in(anonymous)


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_sent_by_another_site_does_nothing(
    header: dict[str, str], anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    fields = {"email": with_password(cast.owner), "password": PASSWORD}
    assert anonymous.post("/sign-in", fields, headers=header).status_code >= 400
    assert not has_come_in(anonymous)


def test_a_form_of_our_own_page_is_taken_as_a_browser_sends_it(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    # Referrer-Policy: no-referrer makes Chromium send "null" from our own pages
    fields = {"email": with_password(cast.owner), "password": PASSWORD}
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert anonymous.post("/sign-in", fields, headers=own).status_code == 303


def test_a_session_ends_after_twelve_idle_hours(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(anonymous, email)
        for _ in range(3):  # used again and again it lives on
            clock.shift(timedelta(hours=11))
            assert has_come_in(anonymous)
        clock.shift(timedelta(hours=12, minutes=1))
        assert not has_come_in(anonymous)


def test_a_kept_session_idles_for_fourteen_days_and_dies_after_ninety(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(anonymous, email, kept="y")
        for _ in range(6):
            clock.shift(timedelta(days=13, hours=23))
            assert has_come_in(anonymous)
        clock.shift(timedelta(days=6, hours=6, minutes=1))
        assert not has_come_in(anonymous), "ninety days after the sign-in it is over, used or not"


def test_that_a_session_is_used_is_written_every_ten_minutes_at_most(
    anonymous: PageClient, cast: Cast, with_password: Give, looking: Callable[..., Any]
) -> None:
    email = with_password(cast.owner)

    def seen() -> datetime:
        found: datetime = looking(lambda session: session.scalars(select(SignedIn.last_seen_at)).one())
        return found

    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(anonymous, email)
        clock.shift(timedelta(minutes=9))
        anonymous.get("/me")
        assert seen() == NOW
        clock.shift(timedelta(minutes=1))
        anonymous.get("/me")
        assert seen() == NOW + timedelta(minutes=10)


def test_a_hash_with_older_parameters_is_renewed_at_sign_in(
    anonymous: PageClient, cast: Cast, looking: Callable[..., Any]
) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)

    def weaken(session: Any) -> str:
        person = session.get_one(Person, cast.owner)
        person.password_hash = old
        return str(person.email)

    assert sign_in(anonymous, looking(weaken)).status_code == 303
    renewed = looking(lambda session: session.get_one(Person, cast.owner).password_hash)
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_empty_form_says_what_is_missing_beside_the_field(anonymous: PageClient) -> None:
    answer = anonymous.post("/sign-in", {"email": "someone@example.com", "password": ""})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert 'value="someone@example.com"' in answer.text


def test_the_sign_in_page_speaks_three_languages(anonymous: PageClient) -> None:
    for code in ("zh-Hans", "zh-Hant", "en"):
        answer = anonymous.post("/language", {"language": code, "next": "/sign-in"})
        assert answer.location == "/sign-in"
        assert f'<html lang="{code}"' in anonymous.get("/sign-in").text
    assert anonymous.post("/language", {"language": "tlh"}).status_code == 422
    assert anonymous.post("/language", {"language": "en", "next": "//evil.example"}).location == "/"


def test_the_theme_is_kept_by_the_browser(anonymous: PageClient) -> None:
    anonymous.post("/theme", {"theme": "sun", "next": "/sign-in"})
    assert 'data-theme="sun"' in anonymous.get("/sign-in").text
    anonymous.post("/theme", {"theme": "none"})
    assert "data-theme=" not in anonymous.get("/sign-in").text.split("<body>")[0]
