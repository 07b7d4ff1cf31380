"""Who may see a photo: whoever may see a record that names it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.permissions import Actor
from app.features.evidence.models import Media, MediaUse
from app.features.operations.record import Kinds


def get_visible_to(session: Session, kinds: Kinds, actor: Actor, sha256: str) -> Media:
    """The photo, if the actor may read a record that names it. Raises NotFound otherwise."""
    media = session.get(Media, sha256)
    if media is not None:
        uses: dict[str, set[UUID]] = {}
        for kind, record_id in session.execute(
            select(MediaUse.record_kind, MediaUse.record_id).where(MediaUse.sha256 == sha256).distinct()
        ):
            uses.setdefault(kind, set()).add(record_id)
        for name, ids in uses.items():
            found = kinds.get(name)
            if found is not None and found.visible_to(session, actor, ids):
                return media
    raise NotFound("not_found")


def have(session: Session, kinds: Kinds, actor: Actor, hashes: list[str]) -> list[str]:
    """Which of these photos the server has AND the actor may see: no oracle about other people's."""
    found = []
    for sha256 in hashes:
        try:
            found.append(get_visible_to(session, kinds, actor, sha256).sha256)
        except NotFound:
            continue
    return found


def present_among(session: Session, hashes: Iterable[str]) -> set[str]:
    """Which of these contents are here."""
    wanted = list(hashes)
    return set(session.scalars(select(Media.sha256).where(Media.sha256.in_(wanted)))) if wanted else set()
