"""Guessing passwords is slow, and nobody can lock somebody else out by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from tests.cast import Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WRONG = "not the password at all"
Give = Callable[[UUID], str]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch, with_password: Give) -> None:
    # hundreds of guesses: what is tested is their number, not the cost of each
    from app.adapters import passwords

    monkeypatch.setattr(passwords, "fits", lambda password, stored: bool(stored) and password == PASSWORD)


def guess(client: PageClient, email: str, address: str = "192.0.2.1", password: str = WRONG) -> int:
    fields = {"email": email, "password": password}
    return client.post("/sign-in", fields, environ_base={"REMOTE_ADDR": address}).status_code


def test_the_sixth_guess_in_a_minute_is_not_looked_at_and_says_how_long_to_wait(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False) as clock:
        assert [guess(anonymous, email) for _ in range(5)] == [422] * 5
        clock.shift(timedelta(seconds=20))
        fields = {"email": email, "password": PASSWORD}
        answer = anonymous.post("/sign-in", fields, environ_base={"REMOTE_ADDR": "192.0.2.1"})
        assert answer.status_code == 429, "also with the right password"
        assert answer.headers["Retry-After"] == "40"
        assert "Try again in 40 seconds." in answer.text
        assert f'value="{email}"' in answer.text
        clock.shift(timedelta(seconds=41))
        assert guess(anonymous, email, password=PASSWORD) == 303


def test_unknown_emails_are_slowed_down_just_the_same(anonymous: PageClient, cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False):
        assert [guess(anonymous, "nobody@example.com") for _ in range(6)] == [422] * 5 + [429]


def test_one_address_cannot_try_one_password_on_everybody(anonymous: PageClient, cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False):
        answers = [guess(anonymous, f"somebody{n}@example.com") for n in range(41)]
    assert answers == [422] * 40 + [429]


def test_many_addresses_cannot_try_many_passwords_on_one_person(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False):
        answers = [guess(PageClient(app, None), email, f"198.51.100.{n}") for n in range(31)]
    assert answers == [422] * 30 + [429]


def test_a_stranger_guessing_elsewhere_does_not_hold_up_the_owner_on_her_own_phone(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False) as clock:
        phone = PageClient(app, None)
        assert guess(phone, email, "203.0.113.7", PASSWORD) == 303
        phone.post("/sign-out")
        clock.shift(timedelta(days=3))
        for n in range(40):
            guess(PageClient(app, None), email, f"198.51.100.{n}")
        for _ in range(6):  # even from the same address as she has
            guess(PageClient(app, None), email, "203.0.113.7")
        assert guess(PageClient(app, None), email, "203.0.113.8", PASSWORD) == 429
        assert guess(phone, email, "203.0.113.7", PASSWORD) == 303


def test_the_mark_of_a_known_browser_counts_for_its_own_person_only(
    app: Flask, cast: Cast, with_password: Give
) -> None:
    own, other = with_password(cast.stranger), with_password(cast.owner)
    with time_machine.travel(NOW, tick=False):
        attacker = PageClient(app, None)
        assert guess(attacker, own, password=PASSWORD) == 303
        attacker.post("/sign-out")
        assert [guess(attacker, other) for _ in range(6)] == [422] * 5 + [429]


def test_a_known_browser_cannot_guess_without_end_either(
    anonymous: PageClient, cast: Cast, with_password: Give
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False):
        assert guess(anonymous, email, password=PASSWORD) == 303
        anonymous.post("/sign-out")
        answers = [guess(anonymous, email, f"203.0.113.{n}") for n in range(6)]
    assert answers == [422] * 5 + [429]


def test_good_sign_ins_are_not_counted_as_guesses(app: Flask, cast: Cast, with_password: Give) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False):
        for _ in range(8):
            assert guess(PageClient(app, None), email, password=PASSWORD) == 303


def test_no_address_may_ask_for_reset_mails_without_end(anonymous: PageClient) -> None:
    with time_machine.travel(NOW, tick=False):
        answers = [anonymous.post("/password-reset", {"email": f"n{n}@example.com"}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert re.search(r"Try again in 60 minutes\.", answers[-1].text)
