"""Publishing checklists: what is published never changes, so the same content is never published twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.canonical import canonical, digest
from app.domain.checklists import check_definition
from app.features.checklists import library
from app.features.checklists.models import Checklist, Fragment, Version

# The form format the runner reads; a change that the runner must know is a new number (DESIGN §4.1).
FORM_FORMAT = 1


def publish(
    session: Session,
    definition: dict[str, Any],
    now: datetime,
    person_id: UUID | None = None,
) -> Version:
    """Publishes a definition as the next version of the checklist of its code.

    `person_id` None means the library did. Publishing what the newest version already says gives that
    version. Raises Invalid("checklist_invalid").
    """
    check_definition(definition)
    sha256 = digest(canonical(definition))
    checklist = _by_code(session, definition["code"])
    if checklist is None:
        checklist = Checklist(
            id=new_id(),
            code=definition["code"],
            kind=definition["kind"],
            title=definition["title"],
            library=person_id is None,
            created_at=now,
            retired_at=None,
        )
        session.add(checklist)
    newest = checklist.versions[-1] if checklist.versions else None
    if newest is not None and newest.sha256 == sha256:
        return newest
    version = Version(
        id=new_id(),
        checklist=checklist,
        number=newest.number + 1 if newest else 1,
        definition=definition,
        sha256=sha256,
        published_at=now,
        published_by=person_id,
    )
    checklist.title = definition["title"]
    session.add(version)
    session.flush()
    facts = {"version": str(version.id), "number": version.number, "sha256": sha256}
    journal.write(session, "checklist.published", ("checklist", checklist.id), now, person_id, facts)
    return version


def load_library(session: Session, now: datetime) -> list[Version]:
    """Publishes what comes with Plumbline and is not there yet, and gives the versions it published.

    A checklist that a person published since is theirs: a newer library leaves it alone.
    """
    published = []
    for definition in library.definitions():
        known = _by_code(session, definition["code"])
        newest = known.versions[-1] if known and known.versions else None
        if newest is not None and newest.published_by is not None:
            continue
        version = publish(session, definition, now)
        if newest is None or version.id != newest.id:
            published.append(version)
    return published


def keep_fragment(
    session: Session, version: Version, language: str, draw: Callable[[], str], now: datetime
) -> Fragment:
    """The form of a version in a language, drawn only if it is not kept yet; what is kept stays for ever."""
    # the lock makes two phones that ask first at the same moment take turns (PostgreSQL)
    session.execute(select(Version.id).where(Version.id == version.id).with_for_update())
    kept = session.get(Fragment, (version.id, language, FORM_FORMAT))
    if kept is not None:
        return kept
    html = draw()
    fragment = Fragment(
        version_id=version.id,
        language=language,
        format=FORM_FORMAT,
        html=html,
        sha256=digest(html.encode()),
        created_at=now,
    )
    session.add(fragment)
    session.flush()
    return fragment


def _by_code(session: Session, code: str) -> Checklist | None:
    # locked, so that two people who publish at once get two numbers
    return session.scalars(select(Checklist).where(Checklist.code == code).with_for_update()).one_or_none()
