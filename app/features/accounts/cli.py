"""`flask --app wsgi people …`: for whoever runs the server, also when no mail is sent."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import force_locale

from app.adapters import clock
from app.config import LANGUAGES, Config
from app.db import reading, transaction
from app.domain.errors import PlumblineError
from app.domain.permissions import Grant, Role, ScopeKind
from app.features.accounts import queries
from app.features.accounts.commands import links, people
from app.features.accounts.commands.links import Purpose
from app.features.accounts.models import Person
from app.web.sentences import sentence

people_group = AppGroup("people", help="People who may sign in.")


def _config() -> Config:
    found: Config = current_app.config["PLUMBLINE"]
    return found


def _refusal(error: PlumblineError) -> click.ClickException:
    with force_locale("en"):
        return click.ClickException(sentence(error.code, **error.params))


@people_group.command("invite")
@click.argument("email")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--language", type=click.Choice(LANGUAGES))
def invite(email: str, name: str, role: str, language: str | None) -> None:
    """Invite somebody, with a role everywhere, and print the link."""
    config, now = _config(), clock.now()
    grant = Grant(Role(role), ScopeKind.EVERYTHING)
    try:
        with transaction() as session:
            who = (email, name, language or config.language, config.time_zone)
            _, secret = people.invite(session, *who, grant=grant, by=None, now=now)
    except PlumblineError as error:
        raise _refusal(error) from error
    print(f"{config.public_url}/invitation/{secret}")


@people_group.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Print a link with which this person sets a new password."""
    with transaction() as session:
        person = queries.by_email(session, email)
        if person is None:
            raise click.ClickException(f"Nobody has the e-mail address {email}.")
        if person.disabled_at:
            raise click.ClickException(f"{person.name} is disabled.")
        purpose = Purpose.RESET if person.password_hash else Purpose.INVITATION
        secret = links.show(session, purpose, person, None, clock.now())
    page = "password-reset" if purpose is Purpose.RESET else "invitation"
    print(f"{_config().public_url}/{page}/{secret}")


@people_group.command("list")
def list_people() -> None:
    """Print everybody: e-mail, name, state, roles."""
    for person in reading().query(Person).order_by(Person.email):
        roles = ", ".join(grant.role for grant in queries.grants_of(reading(), person.id))
        print(f"{person.email}\t{person.name}\t{queries.state_of(person)}\t{roles or '-'}")
