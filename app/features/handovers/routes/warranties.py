"""Warranties of an estate that end soon, as a page and as a sheet."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters import clock
from app.adapters.sheets_writing import Value, csv_lines
from app.db import reading
from app.domain.dates import local_day
from app.domain.handover import CATEGORIES
from app.domain.permissions import Act
from app.domain.warranty import CLOCKS
from app.features.handovers import words
from app.features.handovers.queries.endings import Filters, Group, ending
from app.features.handovers.routes import bp
from app.features.places.models import Estate
from app.features.places.queries import estates
from app.web.asked import uuid_asked
from app.web.downloads import attachment
from app.web.identity import actor, needs

AHEAD = (30, 90, 180, 365)
FAREST = 3650  # days
NAMED_AT_MOST = 30  # units of one group on the page; the sheet names them all


@bp.get("/estates/<uuid:estate_id>/warranties")
@needs(Act.SEE_PLACES)
def warranties_page(estate_id: UUID) -> str:
    estate, filters, groups = _found(estate_id)
    return render_template(
        "handovers/warranties.html",
        estate=estate,
        filters=filters,
        groups=groups,
        total=sum(len(one.units) for one in groups),
        buildings=estates.buildings_of(reading(), estate.id),
        categories=[one for one in CATEGORIES if one != "maker"],
        ahead=AHEAD,
        most=NAMED_AT_MOST,
        words=words,
        query=request.query_string.decode("ascii", "ignore"),
        later=None if groups else _later(estate, filters),
    )


def _later(estate: Estate, filters: Filters) -> tuple[Group, str] | None:
    """Where nothing ends in the time asked for: what ends first after it, and the page that shows it."""
    today = local_day(clock.now(), estate.site.time_zone)
    groups = ending(reading(), estate, replace(filters, days=FAREST), today)
    if not groups:
        return None
    return groups[0], url_for(
        ".warranties_page",
        estate_id=estate.id,
        days=groups[0].left,
        category=filters.category or None,
        clock=filters.clock or None,
        building=filters.building,
    )


@bp.get("/estates/<uuid:estate_id>/warranties.csv")
@needs(Act.SEE_PLACES)
def warranties_sheet(estate_id: UUID) -> Response:
    estate, _filters, groups = _found(estate_id)
    heads = [
        _("Building"),
        _("Unit"),
        _("Owner"),
        _("Warranty"),
        _("Who answers"),
        _("Until"),
        _("Days left"),
    ]
    rows: list[list[Value]] = [
        [
            unit.building,
            unit.name,
            unit.owner_name,
            str(words.WARRANTIES[one.category]),
            str(words.CLOCKS[one.clock]),
            one.until,
            one.left,
        ]
        for one in groups
        for unit in one.units
    ]
    answer = Response(csv_lines(heads, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = attachment(f"warranties-{estate.code}", "csv")
    return answer


def _found(estate_id: UUID) -> tuple[Estate, Filters, list[Group]]:
    """What the address asks for; what cannot be read in it is left out."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    asked = request.args
    days = asked.get("days", 90, type=int)
    filters = Filters(
        days=min(max(0, days), FAREST),
        category=asked.get("category", "") if asked.get("category") in CATEGORIES else "",
        clock=asked.get("clock", "") if asked.get("clock") in CLOCKS else "",
        building=uuid_asked("building"),
    )
    today = local_day(clock.now(), estate.site.time_zone)
    return estate, filters, ending(reading(), estate, filters, today)
