"""Looking again at what was repaired: a re-inspection begun from the unit's page, and the photos it compares
with.
"""

from __future__ import annotations

from uuid import UUID

from flask import Response as Streamed
from flask import current_app, request
from werkzeug.wrappers import Response

from app.adapters.blobs import BlobStore
from app.adapters.pictures import SCREEN_WIDTH, WIDTHS, copy_name
from app.db import reading
from app.domain.errors import NotFound
from app.domain.permissions import Act
from app.features.handovers.routes import begun, bp
from app.features.inspections import queries as inspections
from app.web.identity import actor, needs
from app.web.photos import copy_of

BLOBS = "plumbline.blobs"  # under which wiring.py hangs the store


@bp.post("/units/<uuid:unit_id>/reinspections")
@needs(Act.START_INSPECTION)
def start_again(unit_id: UUID) -> Response:
    """Begins a re-inspection of what was repaired in this unit for whoever asks, today, and opens it on the
    device; the walk that is open already, if there is one.
    """
    return begun(unit_id, again=True)


@bp.get("/inspections/<uuid:inspection_id>/repaired/<sha256>")
@needs(Act.SEE_INSPECTIONS)
def repaired_photo(inspection_id: UUID, sha256: str) -> Streamed:
    """A copy, 480 or 1280 pixels wide, of a photo the re-inspection compares with: whoever sees the
    re-inspection sees what it is about, though it may be another visit's, or a contractor's.
    """
    found = inspections.get_visible_to(reading(), actor(), inspection_id)
    named = {sha for one in found.repaired or () for sha in (*one["before"], *one["after"])}
    width = request.args.get("w", SCREEN_WIDTH, type=int)
    if sha256 not in named or width not in WIDTHS:
        raise NotFound()
    blobs: BlobStore = current_app.extensions[BLOBS]
    try:
        file = blobs.open_named(copy_name(sha256, width))
    except (NotFound, FileNotFoundError):
        raise NotFound() from None
    return copy_of(file)
