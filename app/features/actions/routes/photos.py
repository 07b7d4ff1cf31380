"""Photos as evidence for a case: checked in the picture room, kept as they came, served as copies only."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.adapters.pictures import SCREEN_WIDTH, WIDTHS, Picture, PictureRoom, copy_name, keep_picture
from app.db import transaction
from app.domain.actions import Step
from app.domain.errors import Invalid, NotFound, TooLarge, Unavailable
from app.domain.register_values import PHOTO_AT_MOST
from app.features.actions.commands import Hand, beside
from app.features.actions.models import Action
from app.features.evidence.commands import present
from app.web.photos import copy_of

# The keys under which wiring.py hangs the store and the room; sync names them too.
BLOBS, ROOM = "plumbline.blobs", "plumbline.pictures"
AT_ONCE = 10
LEAST_DISK = 512 << 20
Kept = list[tuple[str, int, Picture]]


def received() -> Kept:
    """The photos of this request, each checked and kept: (hash, bytes, what it is). Outside any transaction.

    Raises Invalid with the reason one is refused; those before it are kept, and harm nobody.
    """
    files = [file for file in request.files.getlist("photos") if file.filename]
    if len(files) > AT_ONCE:
        raise Invalid("photos_too_many", field="photos")
    if files and shutil.disk_usage(current_app.config["PLUMBLINE"].data).free < LEAST_DISK:
        raise Unavailable("disk_full")
    return [_keep(file) for file in files]


def attach(
    session: Any, action: Action, kept: Kept, step: Step | None, moment: str, hand: Hand, caption: str = ""
) -> None:
    """Hangs kept photos to a step, in the caller's transaction."""
    now = clock.now()
    blobs: BlobStore = current_app.extensions[BLOBS]
    giver = (hand.person_id, None) if hand.person_id else None
    for sha256, size, picture in kept:
        present(session, blobs, sha256, size, picture, giver, now)
        beside.add_picture(session, action, step, moment, sha256, hand, now, caption)


def served(action: Action, picture_id: UUID) -> Response:
    """A copy without metadata. Raises NotFound for a photo of another case, or one that is not here yet."""
    found = next((one for one in action.pictures if one.id == picture_id), None)
    width = request.args.get("w", SCREEN_WIDTH, type=int)
    if found is None or width not in WIDTHS:
        raise NotFound()
    blobs: BlobStore = current_app.extensions[BLOBS]
    try:
        file = blobs.open_named(copy_name(found.sha256, width))
    except (NotFound, FileNotFoundError):
        raise NotFound() from None
    return copy_of(file)


def _keep(file: FileStorage) -> tuple[str, int, Picture]:
    blobs: BlobStore = current_app.extensions[BLOBS]
    room: PictureRoom = current_app.extensions[ROOM]
    with tempfile.TemporaryDirectory(prefix="plumbline-photo-") as folder:
        path = Path(folder) / "photo"
        file.save(path)
        size = path.stat().st_size
        if size > PHOTO_AT_MOST:
            raise TooLarge("picture_too_large")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        try:
            return sha256, size, keep_picture(blobs, room, sha256, path)
        except Invalid as error:
            raise Invalid(error.code, field="photos", **error.params) from error


def add(action_id: UUID, load: Any, hand: Hand) -> None:
    """Photos posted on their own: kept, then hung to the step and moment the form names."""
    kept = received()
    step = request.form.get("step", "")
    moment = request.form.get("moment", "evidence")
    if not kept:
        raise Invalid("required", field="photos")
    with transaction() as session:
        action = load(session, action_id)
        attach(session, action, kept, Step(step) if step in set(Step) else None, moment, hand)
