"""The letters of this feature: written by whoever carries out the outbox, each in its reader's language.

The secret of a link is made here, at the moment it is written into the letter, so that it is stored nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app

from app.db import transaction
from app.features.accounts.commands import links
from app.features.accounts.models import Person
from app.web.letters import Letter, write

PATHS = {"invitation": "invitation", "password_reset": "password-reset"}


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `accounts.mail` stands for; None when there is nothing to send (any
    more). Carried out twice, it gives two letters whose links both work until one of them is used.
    """
    kind = payload["letter"]
    with transaction() as session:
        if kind == "asked":
            links.answer_asked(session, payload["email"], now)  # puts the letter itself into the outbox
            return None
        if kind == "changed":
            person = session.get(Person, UUID(payload["person"]))
            return _written("accounts_changed.txt", person, "/password-reset") if person else None
        filled = links.fill_letter(session, UUID(payload["token"]), now)
    if filled is None:
        return None
    token, person, secret = filled
    return _written(f"accounts_{kind}.txt", person, f"/{PATHS[token.purpose]}/{secret}")


def _written(template: str, person: Person, path: str) -> Letter:
    address = current_app.config["PLUMBLINE"].public_url + path
    return write(template, person.email, person.language, name=person.name, address=address)
