"""Units for devices: a walk nobody planned begins where there is no signal."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify, request

from app.db import reading
from app.domain.errors import NotFound
from app.domain.permissions import Act, may
from app.features.handovers.queries.startable import units_to_start
from app.features.places.queries import estates
from app.web.errors import API
from app.web.identity import actor, needs

bp = Blueprint("handovers_api", __name__, url_prefix="/api/v1/estates")


@bp.get("/<uuid:estate_id>/units")
@needs(Act.START_INSPECTION)
def units(estate_id: UUID) -> Response:
    """Every unit in use, to be kept on the phone; asked again, mostly the answer is 304."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    if not may(actor(), Act.START_INSPECTION, estates.scope_of(estate)):
        raise NotFound()
    response = jsonify(api=API, **units_to_start(reading(), estate))
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    response.make_conditional(request)
    return response
