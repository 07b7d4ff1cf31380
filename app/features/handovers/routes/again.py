"""Looking again at what was repaired: a re-inspection begun from the unit's page, and the photos it compares
with.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response as Streamed
from flask import current_app, redirect, request
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.adapters.pictures import SCREEN_WIDTH, WIDTHS, copy_name
from app.db import reading, transaction
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotFound
from app.domain.permissions import Act
from app.features.handovers import queries
from app.features.handovers.routes import bp
from app.features.inspections import queries as inspections
from app.features.inspections.commands import Walks, plan_walks
from app.features.places.queries import estates
from app.web.i18n import language
from app.web.identity import actor, needs

BLOBS = "plumbline.blobs"  # under which wiring.py hangs the store


@bp.post("/units/<uuid:unit_id>/reinspections")
@needs(Act.START_INSPECTION)
def start_again(unit_id: UUID) -> Response:
    """Begins a re-inspection of what was repaired in this unit for whoever asks, today, and opens it on the
    device; the walk that is open already, if there is one.
    """
    found = queries.handover_of(reading(), actor(), unit_id)
    walk_id = found.under_way.id if found.under_way else None
    if walk_id is None:
        versions = queries.walk_versions(reading(), actor())
        if not versions:
            raise Invalid("rooms_no_checks")
        now, estate_id = clock.now(), found.unit.building.estate_id
        with transaction() as session:
            estate = estates.get_visible_to(session, actor(), estate_id)
            today = local_day(now, estate.site.time_zone)
            repaired = queries.repaired_in(session, [unit_id])
            wanted = Walks(versions[0].id, [unit_id], [actor().id], today, repaired)
            (walk_id,) = plan_walks(session, actor(), estate, wanted, now)
    return redirect(f"/app/{language()}/#/i/{walk_id}", 303)


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
    response = Streamed(_chunks(file), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.vary.add("Cookie")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    response.call_on_close(file.close)
    return response


def _chunks(file: Any) -> Iterator[bytes]:
    return iter(partial(file.read, 64 * 1024), b"")
