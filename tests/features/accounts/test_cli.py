"""The commands of whoever runs the server."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Flask

from tests.cast import Cast
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD
from tests.features.accounts.test_invitations import WELCOME, follow


def test_an_invitation_from_the_command_line_works(app: Flask) -> None:
    run = app.test_cli_runner().invoke(
        args=["people", "invite", "mara@nordhaven.example", "Mara Okafor", "--role", "admin"]
    )
    assert run.exit_code == 0, run.output
    guest = PageClient(app, None)
    follow(guest, run.output.strip().removeprefix("http://localhost"))
    assert guest.post("/invitation", {**WELCOME, "name": "Mara Okafor"}).location == "/inspections"
    listed = app.test_cli_runner().invoke(args=["people", "list"])
    assert listed.output == "mara@nordhaven.example\tMara Okafor\tactive\tadmin\n"


def test_a_reset_link_from_the_command_line_works(
    app: Flask, cast: Cast, with_password: Callable[[UUID], str]
) -> None:
    email = with_password(cast.owner)
    run = app.test_cli_runner().invoke(args=["people", "reset", email])
    owner = PageClient(app, None)
    follow(owner, run.output.strip().removeprefix("http://localhost"))
    assert owner.post("/new-password", {"password": f"{PASSWORD} again"}).status_code == 303


def test_a_mistake_is_a_sentence(app: Flask, cast: Cast) -> None:
    runner = app.test_cli_runner()
    for args, says in (
        (["people", "reset", "nobody@example.com"], "Nobody has the e-mail address nobody@example.com."),
        (["people", "reset", "gone@example.com"], "Gone Auditor is disabled."),
        (
            ["people", "invite", "owner@example.com", "X", "--role", "auditor"],
            "has this e-mail address already",
        ),
        (["people", "invite", "no address", "X", "--role", "auditor"], "not an e-mail address"),
    ):
        run = runner.invoke(args=args)
        assert run.exit_code == 1
        assert says in run.output
