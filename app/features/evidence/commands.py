"""Photos arrive in numbered parts, are put together, fully decoded, and only then count as present.

The bytes the phone made and hashed are the evidence and are kept as they are; what people see are copies
derived from them, without metadata (DESIGN §8, photos).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.adapters.blobs import BlobStore
from app.adapters.pictures import Picture, PictureRoom, keep_picture
from app.domain.errors import Invalid, TooLarge
from app.domain.operations import Operation
from app.domain.register_values import PHOTO_AT_MOST
from app.features.evidence.models import Media, MediaUse

PART_AT_MOST = (
    PHOTO_AT_MOST  # as long as photos travel in one part; smaller parts come with resumable uploads
)
PARTS_AT_MOST = 256


def take_part(blobs: BlobStore, sha256: str, index: int, part_size: int, data: bytes) -> bool:
    """Keeps one part; True when it is new. A later one replaces it: the hash of the whole decides."""
    if not 1 <= part_size <= PART_AT_MOST or not 0 <= index < PARTS_AT_MOST:
        raise Invalid("bad_request")
    if len(data) > part_size:
        raise TooLarge("too_large")
    if index * part_size >= PHOTO_AT_MOST:
        raise TooLarge("picture_too_large")  # no photo has such a part: somebody fills the disk
    new = index not in blobs.parts(sha256, part_size)
    blobs.put_part(sha256, index, data, part_size)
    return new


def put_together(
    blobs: BlobStore, room: PictureRoom, sha256: str, size: int, parts: int, part_size: int
) -> Picture:
    """Joins the parts, checks hash and picture, keeps the bytes and their copies. Outside any transaction.

    Raises Stale (parts_missing), Invalid with the reason the picture is refused; refused bytes are dropped.
    """
    if not 1 <= size <= PHOTO_AT_MOST:
        raise TooLarge("picture_too_large")
    if not 1 <= parts <= PARTS_AT_MOST or not 1 <= part_size <= PART_AT_MOST:
        raise Invalid("bad_request")
    with blobs.assembled(sha256, parts, size, part_size) as path:
        try:
            picture = keep_picture(blobs, room, sha256, path)
        except Invalid:
            blobs.discard_parts(sha256)
            raise
    blobs.discard_parts(sha256)
    return picture


def present(
    session: Session, sha256: str, size: int, picture: Picture, device_id: UUID | None, now: datetime
) -> None:
    """Notes that the content is here. The same content from two phones is one row."""
    if session.get(Media, sha256) is not None:
        return
    session.add(
        Media(
            sha256=sha256,
            size=size,
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            facts={"taken_at": picture.taken_at, "gps": picture.gps},
            received_at=now,
            device_id=device_id,
        )
    )
    session.flush()


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
