"""Documents of a case: taken in after a look at their content, given back as attachments and nothing else."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from flask import Response, current_app, request

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.adapters.documents import FILE_AT_MOST, MIMES, kind_of
from app.db import transaction
from app.domain.actions import Step
from app.domain.errors import Invalid, NotFound, PlumblineError, Unavailable
from app.features.actions.commands import Hand
from app.features.actions.commands.documents import add_file
from app.features.actions.models import Action
from app.features.actions.routes.photos import BLOBS, LEAST_DISK

AT_ONCE = 5


class Kept(NamedTuple):
    name: str
    kind: str
    size: int
    sha256: str


def received() -> list[Kept]:
    """The documents of this request, each checked and kept. Outside any transaction. Raises Invalid, with its
    field, for the first that is refused.
    """
    files = [file for file in request.files.getlist("files") if file.filename]
    if len(files) > AT_ONCE:
        raise Invalid("files_too_many", field="files")
    if files and shutil.disk_usage(current_app.config["PLUMBLINE"].data).free < LEAST_DISK:
        raise Unavailable("disk_full")
    blobs: BlobStore = current_app.extensions[BLOBS]
    found = []
    for file in files:
        name, content = file.filename or "", file.stream.read(FILE_AT_MOST + 1)
        try:
            kind = kind_of(content, name)
        except PlumblineError as error:
            raise Invalid(error.code, field="files", **error.params) from error
        kept = Kept(name, kind, len(content), hashlib.sha256(content).hexdigest())
        blobs.put(kept.sha256, content)
        found.append(kept)
    return found


def attach(session: Any, action: Action, kept: list[Kept], step: Step | None, hand: Hand) -> None:
    """Hangs kept documents to a step, in the caller's transaction."""
    for one in kept:
        add_file(session, action, step, one.name, one.kind, one.size, one.sha256, hand, clock.now())


def add(action_id: UUID, load: Any, hand: Hand) -> None:
    """Documents posted on their own, hung to the step the form names."""
    kept = received()
    if not kept:
        raise Invalid("required", field="files")
    step = request.form.get("step", "")
    with transaction() as session:
        attach(session, load(session, action_id), kept, Step(step) if step in set(Step) else None, hand)


def served(action: Action, file_id: UUID) -> Response:
    """The bytes as they came, to be saved, never shown. Raises NotFound for a document of another case."""
    found = next((one for one in action.files if one.id == file_id), None)
    if found is None:
        raise NotFound()
    blobs: BlobStore = current_app.extensions[BLOBS]
    file = blobs.open(found.sha256)
    answer = Response(iter(partial(file.read, 64 * 1024), b""), mimetype=MIMES[found.kind])
    named = f"attachment; filename=file.{found.kind}; filename*=UTF-8''{quote(found.name, safe='')}"
    answer.headers["Content-Disposition"] = named
    answer.headers["Content-Length"] = str(found.size)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    answer.call_on_close(file.close)
    return answer
