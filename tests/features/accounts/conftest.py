"""What the tests about people share: somebody with a password, and what stands in the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.adapters.passwords import hash_password
from app.db import transaction
from app.features.accounts.models import Person
from app.outbox import Outgoing

PASSWORD = "lantern granite ferry cello"


@lru_cache(maxsize=1)
def stored_password() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def with_password(app: Flask) -> Callable[[UUID], str]:
    """Gives a person the password of the tests; the answer is their e-mail."""

    def give(person_id: UUID) -> str:
        with app.app_context(), transaction() as session:
            person = session.get_one(Person, person_id)
            person.password_hash = stored_password()
            return person.email

    return give


@pytest.fixture
def looking(app: Flask) -> Callable[[Callable[[Session], Any]], Any]:
    """Runs a look into the database and gives what it found."""

    def look(question: Callable[[Session], Any]) -> Any:
        with app.app_context(), transaction() as session:
            return question(session)

    return look


@pytest.fixture
def acts(looking: Callable[..., Any]) -> Callable[[UUID], list[str]]:
    """The acts in a person's journal, oldest first."""
    return lambda person_id: looking(
        lambda session: [entry.act for entry in journal.entries(session, person_id)]
    )


@pytest.fixture
def outgoing(looking: Callable[..., Any]) -> Callable[[], list[dict[str, Any]]]:
    """What waits in the outbox."""
    return lambda: looking(
        lambda session: [row.payload for row in session.scalars(select(Outgoing).order_by(Outgoing.id))]
    )
