"""Photos arrive in numbered parts, are put together, fully decoded, and only then count as present.

The bytes the phone made and hashed are the evidence and are kept as they are; what people see are copies
derived from them, without metadata (DESIGN §8, photos).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, cast, delete, exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.adapters.blobs import BlobStore
from app.adapters.pictures import WIDTHS, Picture, PictureRoom, copy_name, keep_picture
from app.domain.errors import Invalid, Stale, TooLarge
from app.domain.operations import Operation
from app.domain.register_values import PHOTO_AT_MOST
from app.features.evidence.models import Media, MediaHolder, MediaUse
from app.features.operations.models import Operation as Op
from app.features.operations.models import Quarantined

PART_AT_MOST = PHOTO_AT_MOST
PARTS_AT_MOST = 256
Told = Callable[[Session, str, datetime], None]
ARRIVED: list[Told] = []  # who is told, in the same transaction, that a photo is here (wiring.py)
ORPHAN_FOR = timedelta(days=30)  # how long a photo waits for an operation that names it
_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):", re.IGNORECASE).search


def judge_digest(header: str, data: bytes) -> None:
    """Raises Invalid when the bytes are not those that `Content-Digest` (RFC 9530) promises; without a
    SHA-256 in it nothing is promised.
    """
    found = _DIGEST(header)
    # compared as text: what is no base64 at all is no promise that could be kept
    if found and found[1].encode() != base64.b64encode(hashlib.sha256(data).digest()):
        raise Invalid("digest_mismatch")


def take_part(
    blobs: BlobStore, sha256: str, index: int, part_size: int, data: bytes, by: UUID | None = None
) -> bool:
    """Keeps one part of a person's upload; True when it is new, False when it was here already.

    Raises Stale (part_differs) when other bytes are here under this number: the whole decides who is right.
    """
    if not 1 <= part_size <= PART_AT_MOST or not 0 <= index < PARTS_AT_MOST:
        raise Invalid("bad_request")
    if len(data) > part_size:
        raise TooLarge("too_large")
    if index * part_size >= PHOTO_AT_MOST:
        raise TooLarge("picture_too_large")  # no photo has such a part: somebody fills the disk
    owner = str(by or "")
    known = blobs.part(sha256, index, part_size, owner)
    if known is not None:
        if known != data:
            raise Stale("part_differs")
        return False
    blobs.put_part(sha256, index, data, part_size, owner)
    return True


def put_together(
    blobs: BlobStore,
    room: PictureRoom,
    sha256: str,
    size: int,
    parts: int,
    part_size: int,
    by: UUID | None = None,
) -> Picture:
    """Joins a person's parts, checks hash and picture, keeps the bytes and copies. Outside any transaction.

    Raises Stale (parts_missing), Invalid with the reason the picture is refused; refused bytes are dropped.
    """
    if not 1 <= size <= PHOTO_AT_MOST:
        raise TooLarge("picture_too_large")
    if not 1 <= parts <= PARTS_AT_MOST or not 1 <= part_size <= PART_AT_MOST:
        raise Invalid("bad_request")
    owner = str(by or "")
    with blobs.assembled(sha256, parts, size, part_size, owner) as path:
        try:
            picture = keep_picture(blobs, room, sha256, path)
        except Invalid:
            blobs.discard_parts(sha256, owner)
            raise
    blobs.discard_parts(sha256, owner)
    return picture


def present(
    session: Session,
    blobs: BlobStore,
    sha256: str,
    size: int,
    picture: Picture,
    giver: tuple[UUID, UUID | None] | None,
    now: datetime,
) -> None:
    """Notes that the content is here, and that `giver` (person, device) has it; None: it came through a link,
    from nobody who has an account. One row however many send it.

    Raises Stale (parts_missing) when the sweep has taken the bytes in between: they are sent once more.
    """
    person_id, device_id = giver or (None, None)
    held = session.scalar(select(Media).where(Media.sha256 == sha256).with_for_update())
    if person_id is not None:
        hold(session, [sha256], person_id, now)
    if not blobs.exists(sha256):
        raise Stale("parts_missing", missing=[0])
    if held is not None:
        return
    made = Media(
        sha256=sha256,
        size=size,
        mime=picture.mime,
        width=picture.width,
        height=picture.height,
        facts={"taken_at": picture.taken_at, "gps": picture.gps},
        received_at=now,
        device_id=device_id,
    )
    with suppress(IntegrityError), session.begin_nested():
        session.add(made)  # the same photo may arrive from two phones at one moment
    for told in ARRIVED:
        told(session, sha256, now)


def hold(session: Session, hashes: Iterable[str], person_id: UUID, now: datetime) -> None:
    """Notes that the person has these contents, now."""
    for sha256 in hashes:
        known = session.get(MediaHolder, (sha256, person_id))
        if known is not None:
            known.at = now
            continue
        with suppress(IntegrityError), session.begin_nested():
            session.add(MediaHolder(sha256=sha256, person_id=person_id, at=now))
    session.flush()


def sweep_orphans(session: Session, now: datetime) -> list[str]:
    """Forgets photos that nothing has named for 30 days; their hashes, for `erase` after the commit.

    Whatever names one keeps it for ever: an operation, also a late or removed one, and a held body.
    """
    old = now - ORPHAN_FOR
    unused = select(Media.sha256).where(
        Media.received_at < old,
        ~exists().where(MediaUse.sha256 == Media.sha256),
        ~exists().where(MediaHolder.sha256 == Media.sha256, MediaHolder.at >= old),
    )
    gone = []
    for sha256 in session.scalars(unused.with_for_update()).all():
        words = f"%{sha256}%"
        named = select(Op.id).where(Op.kind == "media.add", cast(Op.value, Text).like(words))
        held = select(Quarantined.id).where(Quarantined.body.like(words))
        if session.scalar(named.limit(1)) is None and session.scalar(held.limit(1)) is None:
            session.execute(delete(MediaHolder).where(MediaHolder.sha256 == sha256))
            session.execute(delete(Media).where(Media.sha256 == sha256))
            gone.append(sha256)
    return gone


def erase(blobs: BlobStore, hashes: Iterable[str]) -> None:
    """Removes the bytes and copies of photos that are forgotten."""
    for sha256 in hashes:
        blobs.delete(sha256)
        for width in WIDTHS:
            blobs.delete_named(copy_name(sha256, width))


def note_use(session: Session, by: UUID, sha256: str, record: tuple[str, UUID]) -> None:
    """Notes that the row `by` of a record names this content, so that it is kept as long as the record."""
    session.merge(MediaUse(operation_id=by, sha256=sha256, record_kind=record[0], record_id=record[1]))


def note_uses(session: Session, operations: Iterable[Operation]) -> None:
    """Notes which content the applied `media.add` operations name."""
    rows = [
        {
            "operation_id": UUID(op.id),
            "sha256": op.value["sha256"],
            "record_kind": op.record_kind,
            "record_id": UUID(op.record_id),
        }
        for op in operations
        if op.kind == "media.add"
    ]
    if rows:
        session.execute(insert(MediaUse), rows)
