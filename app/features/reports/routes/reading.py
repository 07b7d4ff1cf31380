"""The list of reports, with its filters in the address."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from app.config import LANGUAGES
from app.db import reading
from app.domain.permissions import Act
from app.features.reports import queries, words
from app.features.reports.queries import FALLING, GRADES, SHOWN_STATES, SORTS, Filters
from app.features.reports.routes import bp
from app.features.reports.routes.taking import MOST_AT_ONCE
from app.web.asked import day_asked, uuid_asked
from app.web.htmx import wants_fragment
from app.web.i18n import OWN_NAMES
from app.web.identity import actor, needs


@bp.get("/reports")
@needs(Act.SEE_REPORTS)
def index() -> Response:
    filters, swapped = filters_asked(), wants_fragment()
    found = queries.find(reading(), actor(), filters)
    body = render_template(
        "reports/_table.html" if swapped else "reports/index.html",
        swapped=swapped,
        found=found,
        filters=filters,
        offered=queries.choices(reading(), actor()),
        states=words.STATES,
        grades=GRADES,
        languages=OWN_NAMES,
        words=words,
        address=address,
        most=MOST_AT_ONCE,
    )
    answer = make_response(body)
    if swapped:
        answer.headers["HX-Push-Url"] = address(filters)
    answer.vary.add("HX-Request")
    return answer


def filters_asked() -> Filters:
    """The filters in the address. What cannot be read is left out: an address is no form."""
    asked = request.args
    sort = asked.get("sort", "") if asked.get("sort") in SORTS else "number"
    falling = asked["direction"] == "down" if asked.get("direction") in ("up", "down") else sort in FALLING
    return Filters(
        company=uuid_asked("company"),
        kind=asked.get("kind", "") if asked.get("kind", "").isidentifier() else "",
        grade=asked.get("grade", "") if asked.get("grade") in GRADES else "",
        state=asked.get("state", "") if asked.get("state") in SHOWN_STATES else "",
        language=asked.get("language", "") if asked.get("language") in LANGUAGES else "",
        since=day_asked("from"),
        until=day_asked("to"),
        text=asked.get("q", "").strip()[:200],
        sort=sort,
        falling=falling,
        page=min(max(1, asked.get("page", 1, type=int)), 1_000_000),
    )


def address(filters: Filters, **changes: object) -> str:
    """The address of the list with these filters; only what differs from the plain list is in it."""
    wanted: dict[str, object] = {
        "company": filters.company,
        "kind": filters.kind or None,
        "grade": filters.grade or None,
        "state": filters.state or None,
        "language": filters.language or None,
        "from": filters.since.isoformat() if filters.since else None,
        "to": filters.until.isoformat() if filters.until else None,
        "q": filters.text or None,
        "sort": filters.sort if filters.sort != "number" else None,
        "direction": ("down" if filters.falling else "up")
        if filters.falling != (filters.sort in FALLING)
        else None,
        **changes,
    }
    return url_for("reports.index", **wanted)  # type: ignore[arg-type]
