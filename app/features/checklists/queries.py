"""Checklists and their versions. Whoever has a role may read what is asked (SEE_CHECKLISTS)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, may_somewhere
from app.features.checklists.models import Checklist, Fragment, Version


def visible_checklists(session: Session, actor: Actor) -> list[Checklist]:
    """Every checklist in use that has a version, with its versions, oldest first. What they ask is read when
    somebody looks: a phone's work list names a dozen of them and shows none.
    """
    if not may_somewhere(actor, Act.SEE_CHECKLISTS):
        return []
    found = session.scalars(
        select(Checklist)
        .where(Checklist.retired_at.is_(None), Checklist.versions.any())
        .options(selectinload(Checklist.versions).defer(Version.definition))
        .order_by(Checklist.created_at, Checklist.code)
    )
    return list(found)


def get_visible_to(session: Session, actor: Actor, checklist_id: UUID) -> Checklist:
    """One checklist with its versions. Raises NotFound."""
    found = session.get(Checklist, checklist_id, options=[selectinload(Checklist.versions)])
    if found is None or not found.versions or not may_somewhere(actor, Act.SEE_CHECKLISTS):
        raise NotFound()
    return found


def get_version_visible_to(session: Session, actor: Actor, version_id: UUID) -> Version:
    """One published version. Raises NotFound."""
    found = session.get(Version, version_id)
    if found is None or not may_somewhere(actor, Act.SEE_CHECKLISTS):
        raise NotFound()
    return found


def newest_versions(session: Session, actor: Actor) -> list[Version]:
    """The version of each checklist that a new inspection uses."""
    return [checklist.versions[-1] for checklist in visible_checklists(session, actor)]


def kept_fragment(session: Session, version_id: UUID, language: str, form_format: int) -> Fragment | None:
    return session.get(Fragment, (version_id, language, form_format))
