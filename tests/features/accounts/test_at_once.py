"""Two who decide at the same moment: one decision holds, on both engines."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Invalid
from app.domain.permissions import Grant, Role, ScopeKind
from app.features.accounts.commands import links, people
from app.features.accounts.commands.links import Purpose
from app.features.accounts.models import GivenGrant, Person
from tests.cast import assemble

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at_once(app: Flask, *works: Callable[[Session], object]) -> list[str]:
    """Runs the works in a thread each, at the same moment; gives "done" or the code of the refusal."""
    together = threading.Barrier(len(works))
    answers: list[str] = []

    def run(work: Callable[[Session], object]) -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction() as session:
                    work(session)
            except Invalid as error:
                answers.append(error.code)
            else:
                answers.append("done")

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(answers)


def test_a_link_is_used_once_by_two_at_once(app_on_both: Flask) -> None:
    cast = assemble(app_on_both)
    with app_on_both.app_context(), transaction() as session:
        person = session.get_one(Person, cast.owner)
        secret = links.show(session, Purpose.RESET, person, None, NOW)

    def use(session: Session) -> None:
        links.use(session, Purpose.RESET, secret, NOW)

    assert at_once(app_on_both, use, use, use) == ["done", "link_expired", "link_expired"]


def test_two_admins_cannot_end_each_other_at_once(app_on_both: Flask) -> None:
    cast = assemble(app_on_both)
    with app_on_both.app_context(), transaction() as session:
        for each in (cast.admin, cast.manager):
            session.get_one(Person, each).password_hash = "some hash"
        other = session.get_one(Person, cast.manager)
        people.give_grant(session, other, Grant(Role.ADMIN, ScopeKind.EVERYTHING), cast.admin, NOW)
        found = session.execute(select(GivenGrant.person_id, GivenGrant.id).where(GivenGrant.role == "admin"))
        grants: dict[UUID, UUID] = {row[0]: row[1] for row in found}

    def ending(whose: UUID, by: UUID) -> Callable[[Session], None]:
        def end(session: Session) -> None:
            people.end_grant(session, session.get_one(Person, whose), grants[whose], by, NOW)

        return end

    answers = at_once(app_on_both, ending(cast.admin, cast.manager), ending(cast.manager, cast.admin))
    assert answers == ["done", "last_admin"]
