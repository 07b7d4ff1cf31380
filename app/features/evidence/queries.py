"""Who may see a photo: whoever may see a record in which it counts; and which photos are still missing.

A use counts when its writer has the bytes (MediaHolder). Otherwise whoever knows a hash could name it in work
of their own and so see a picture of somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.permissions import Actor
from app.features.evidence.models import Media, MediaHolder, MediaUse
from app.features.operations.models import Operation
from app.features.operations.record import Kinds


def _counted() -> Select[str, str, UUID]:
    """(sha256, record kind, record id) of the uses whose writer has the bytes."""
    return (
        select(MediaUse.sha256, MediaUse.record_kind, MediaUse.record_id)
        .join(Operation, Operation.id == MediaUse.operation_id)
        .join(
            MediaHolder,
            and_(MediaHolder.sha256 == MediaUse.sha256, MediaHolder.person_id == Operation.person_id),
        )
        .distinct()
    )


def get_visible_to(session: Session, kinds: Kinds, actor: Actor, sha256: str) -> Media:
    """The photo, if the actor may read a record in which it counts. Raises NotFound otherwise."""
    media = session.get(Media, sha256)
    if media is not None:
        uses: dict[str, set[UUID]] = {}
        for _, kind, record_id in session.execute(_counted().where(MediaUse.sha256 == sha256)):
            uses.setdefault(kind, set()).add(record_id)
        for name, ids in uses.items():
            found = kinds.get(name)
            if found is not None and found.visible_to(session, actor, ids):
                return media
    raise NotFound("not_found")


def have(session: Session, kinds: Kinds, actor: Actor, hashes: Iterable[str]) -> list[str]:
    """Which of these photos are here AND the actor has given or may see: no oracle about other people's."""
    wanted = list(hashes)
    given = set(
        session.scalars(
            select(MediaHolder.sha256)
            .join(Media, Media.sha256 == MediaHolder.sha256)
            .where(MediaHolder.person_id == actor.id, MediaHolder.sha256.in_(wanted))
        )
    )
    return [sha256 for sha256 in wanted if sha256 in given or _sees(session, kinds, actor, sha256)]


def _sees(session: Session, kinds: Kinds, actor: Actor, sha256: str) -> bool:
    try:
        return get_visible_to(session, kinds, actor, sha256) is not None
    except NotFound:
        return False


def kept_among(session: Session, hashes: Iterable[str]) -> set[str]:
    """Which of these contents are here at all; for records that serve their own photos."""
    return set(session.scalars(select(Media.sha256).where(Media.sha256.in_(list(hashes)))))


def present_among(
    session: Session, hashes: Iterable[str], record_id: UUID, writer: UUID | None = None
) -> set[str]:
    """Which of these contents are here and count in the record; those that `writer` has given count too."""
    wanted = list(hashes)
    if not wanted:
        return set()
    here = select(Media.sha256).where(Media.sha256.in_(wanted))
    counted = _counted().where(MediaUse.record_id == record_id, MediaUse.sha256.in_(wanted)).subquery()
    found = set(session.scalars(here.where(exists().where(counted.c.sha256 == Media.sha256))))
    if writer is not None and set(wanted) - found:
        mine = exists().where(MediaHolder.sha256 == Media.sha256, MediaHolder.person_id == writer)
        found |= set(session.scalars(here.where(mine)))
    return found
