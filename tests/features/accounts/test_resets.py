"""A forgotten password, and the first admin of an empty house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.db import transaction
from app.features.accounts.commands.links import ensure_first_admin_token
from app.features.accounts.mails import Letter, letter_for
from app.features.accounts.models import Person, Token
from tests.cast import Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD
from tests.features.accounts.test_invitations import follow

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEW = "otter violin thermal bridge"
ADMIN = {
    "name": "Mara Okafor",
    "email": "mara.okafor@nordhaven.example",
    "password": PASSWORD,
    "language": "en",
    "time_zone": "Europe/Berlin",
}
Looking = Callable[..., Any]
Outgoing = Callable[[], list[dict[str, Any]]]


def carry_out(app: Flask, outgoing: Outgoing, done: int = 0) -> list[Letter]:
    """Carries out the outbox from the row `done` on, what it adds included; gives the letters."""
    letters = []
    while len(rows := outgoing()) > done:
        with app.app_context():
            letters.append(letter_for(rows[done], datetime.now(UTC)))
        done += 1
    return [letter for letter in letters if letter]


def path_in(letter: Letter) -> str:
    return letter.text.split("http://localhost")[1].split()[0]


def test_the_answer_is_the_same_whether_there_is_an_account(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str], outgoing: Outgoing
) -> None:
    known = with_password(cast.owner)
    pages = []
    for email in (known, "nobody@example.com", with_password(cast.gone)):
        answer = PageClient(app, None).post("/password-reset", {"email": email})
        assert answer.status_code == 200
        pages.append(answer.text.replace(email, "…").split("<footer>")[0].split("csrf-token")[0])
    assert len(set(pages)) == 1
    assert [row["letter"] for row in outgoing()] == ["asked"] * 3, "the same work, also in the database"
    assert [letter.to for letter in carry_out(app, outgoing)] == [known]


def test_a_reset_sets_the_password_once_and_ends_every_session(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str], outgoing: Outgoing
) -> None:
    email = with_password(cast.owner)
    thief = PageClient(app, cast.owner)
    PageClient(app, None).post("/password-reset", {"email": email.upper()})
    [letter] = carry_out(app, outgoing)
    owner = PageClient(app, None)
    assert email in follow(owner, path_in(letter)).text
    assert owner.post("/new-password", {"password": "short"}).status_code == 422
    assert owner.post("/new-password", {"password": NEW}).status_code == 303
    assert owner.get("/me").status_code == 200
    assert thief.get("/me").status_code == 302
    assert owner.post("/new-password", {"password": PASSWORD}).status_code == 410
    assert follow(PageClient(app, None), path_in(letter)).status_code == 410
    old = {"email": email, "password": PASSWORD}
    assert PageClient(app, None).post("/sign-in", old).status_code == 422
    told = carry_out(app, outgoing, done=2)
    assert [one.subject for one in told] == ["Your Plumbline password was changed"]


def test_a_reset_lives_one_hour(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str], outgoing: Outgoing
) -> None:
    email = with_password(cast.owner)
    with time_machine.travel(NOW, tick=False) as clock:
        PageClient(app, None).post("/password-reset", {"email": email})
        [letter] = carry_out(app, outgoing)
        clock.shift(timedelta(minutes=61))
        assert follow(PageClient(app, None), path_in(letter)).status_code == 410


def test_one_person_gets_three_letters_an_hour_at_most(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str], outgoing: Outgoing
) -> None:
    email = with_password(cast.owner)
    for _ in range(5):
        PageClient(app, None).post("/password-reset", {"email": email})
    assert len(carry_out(app, outgoing)) == 3


def test_a_disabled_person_cannot_use_a_link_made_before(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str], outgoing: Outgoing
) -> None:
    with_password(cast.admin)
    PageClient(app, None).post("/password-reset", {"email": with_password(cast.owner)})
    [letter] = carry_out(app, outgoing)
    admin = PageClient(app, cast.admin)
    admin.post(f"/people/{cast.owner}/disabling", {"reason": "Left."})
    admin.post(f"/people/{cast.owner}/enabling")
    assert follow(PageClient(app, None), path_in(letter)).status_code == 410


def first_link(app: Flask) -> str | None:
    with app.app_context(), transaction() as session:
        secret = ensure_first_admin_token(session, datetime.now(UTC))
    return f"/first-admin/{secret}" if secret else None


def test_an_empty_house_gets_its_first_admin_once(app: Flask, looking: Looking) -> None:
    earlier, path = first_link(app), first_link(app)
    assert earlier is not None
    assert path is not None
    assert PageClient(app, None).get(earlier).status_code == 410, "each start makes a new one"
    visitor, late = PageClient(app, None), PageClient(app, None)
    assert follow(visitor, path).status_code == 200
    follow(late, path)
    assert visitor.post("/first-admin", {**ADMIN, "email": "no address"}).status_code == 422
    answer = visitor.post("/first-admin", ADMIN)
    assert (answer.status_code, answer.location) == (303, "/inspections")
    assert visitor.get("/people").status_code == 200
    assert late.post("/first-admin", {**ADMIN, "email": "second@example.com"}).status_code == 410
    assert looking(lambda session: session.scalar(select(func.count()).select_from(Person))) == 1
    assert first_link(app) is None


def test_a_house_with_people_makes_no_first_admin(app: Flask, cast: Cast, looking: Looking) -> None:
    assert first_link(app) is None
    assert looking(lambda session: session.scalar(select(func.count()).select_from(Token))) == 0
