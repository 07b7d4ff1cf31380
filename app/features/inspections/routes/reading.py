"""What is read: the list, its sheets, one inspection, its history."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters import clock
from app.adapters.sheets_writing import Value, csv_lines, xlsx_bytes
from app.db import reading
from app.domain.permissions import Act, may_somewhere
from app.features.inspections import queries, words
from app.features.inspections.queries import listing, page
from app.features.inspections.queries.conditions import FALLING, GRADES, SORTS, STATES, Filters
from app.features.inspections.routes import bp
from app.features.inspections.routes.showing import show
from app.features.inspections.words import history, walk
from app.web.asked import day_asked, uuid_asked
from app.web.htmx import wants_fragment
from app.web.i18n import brief_day, comma, language
from app.web.i18n import words as in_words
from app.web.identity import actor, needs

SHEET_AT_MOST = 20_000


@bp.get("/inspections")
@needs(Act.SEE_INSPECTIONS)
def index() -> Response:
    session, filters, swapped = reading(), filters_asked(), wants_fragment()
    found = listing.find(session, actor(), filters, clock.now())
    body = render_template(
        "inspections/_table.html" if swapped else "inspections/index.html",
        swapped=swapped,
        found=found,
        filters=filters,
        offered=listing.choices(session, actor()),
        states=words.STATES,
        grades=words.GRADES,
        points=words.points,
        classes=walk.CLASSES,
        address=address,
        date_of=_date_of,
        may_plan=may_somewhere(actor(), Act.PLAN_INSPECTION),
    )
    answer = make_response(body)
    if swapped:
        answer.headers["HX-Push-Url"] = address(filters)
    answer.vary.add("HX-Request")
    return answer


@bp.get("/inspections.csv")
@needs(Act.SEE_INSPECTIONS)
def as_csv() -> Response:
    answer = Response(csv_lines(_columns(), _rows()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="inspections.csv"'
    return answer


@bp.get("/inspections.xlsx")
@needs(Act.SEE_INSPECTIONS)
def as_xlsx() -> Response:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = Response(xlsx_bytes(_("Inspections"), _columns(), _rows()), mimetype=kind)
    answer.headers["Content-Disposition"] = 'attachment; filename="inspections.xlsx"'
    return answer


@bp.get("/inspections/<uuid:inspection_id>")
@needs(Act.SEE_INSPECTIONS)
def one(inspection_id: UUID) -> str:
    return show(page.load(reading(), actor(), inspection_id, clock.now()))


@bp.get("/inspections/<uuid:inspection_id>/history")
@needs(Act.SEE_INSPECTIONS)
def history_of(inspection_id: UUID) -> str:
    session = reading()
    row = queries.get_visible_to(session, actor(), inspection_id)
    form = queries.asked_in(session, row)
    told = history.page_of(session, row.id, form, language(), request.args.get("page", 1, type=int))
    return render_template("inspections/history.html", row=row, told=told)


@bp.get("/inspections/<uuid:inspection_id>/photos/<sha256>")
@needs(Act.SEE_INSPECTIONS)
def photo(inspection_id: UUID, sha256: str) -> str:
    """One photo as large as the window, with what was drawn on it, which can be taken off."""
    seen = page.photo_of(reading(), actor(), inspection_id, sha256)
    bare = request.args.get("drawn") == "no"
    return render_template("inspections/photo.html", seen=seen, row=seen.row, bare=bare)


def filters_asked() -> Filters:
    """The filters in the address. What cannot be read is left out: an address is no form."""
    asked = request.args
    sort = asked.get("sort", "") if asked.get("sort") in SORTS else "number"
    falling = asked["direction"] == "down" if asked.get("direction") in ("up", "down") else sort in FALLING
    return Filters(
        supplier=uuid_asked("company"),
        checklist=uuid_asked("checklist"),
        auditor=uuid_asked("auditor"),
        state=asked.get("state", "") if asked.get("state") in STATES else "",
        grade=asked.get("grade", "") if asked.get("grade") in GRADES else "",
        since=day_asked("from"),
        until=day_asked("to"),
        text=asked.get("q", "").strip()[:200],
        sort=sort,
        falling=falling,
        page=min(max(1, asked.get("page", 1, type=int)), 1_000_000),
    )


def address(filters: Filters, endpoint: str = ".index", **changes: object) -> str:
    """The address of the list with these filters; only what differs from the plain list is in it."""
    wanted: dict[str, object] = {
        "company": filters.supplier,
        "checklist": filters.checklist,
        "auditor": filters.auditor,
        "state": filters.state or None,
        "grade": filters.grade or None,
        "from": filters.since.isoformat() if filters.since else None,
        "to": filters.until.isoformat() if filters.until else None,
        "q": filters.text or None,
        "sort": filters.sort if filters.sort != "number" else None,
        "direction": ("down" if filters.falling else "up")
        if filters.falling != (filters.sort in FALLING)
        else None,
        **changes,
    }
    return url_for(f"inspections{endpoint}", **wanted)  # type: ignore[arg-type]


def _date_of(line: listing.Line) -> str:
    """The day a line stands for: when it ended, on the reader's calendar; else when it is due."""
    return brief_day(line.moment or line.due)


def _columns() -> list[str]:
    return [
        *(_("Number"), _("Supplier"), _("Site"), _("City"), _("Checklist"), _("Team"), _("State")),
        *(_("Score"), _("Grade"), _("Veto"), _("Due"), _("Ended")),
        *(_("Defects %(name)s", name=name) for name in walk.CLASSES),
    ]


def _rows() -> list[list[Value]]:
    zone = ZoneInfo(actor().time_zone)
    found = listing.all_lines(reading(), actor(), filters_asked(), clock.now(), SHEET_AT_MOST)
    return [
        [
            *(
                line.number,
                line.company,
                ", ".join(filter(None, (line.site, line.unit))),
                line.city,
                in_words(line.checklist),
            ),
            *(comma().join(line.team), str(words.STATES[line.state][2])),
            None if line.score is None else Decimal(line.score) / 10,
            None if line.provisional else line.grade,
            _("yes") if line.vetoed else None,
            *(line.due, line.moment.astimezone(zone) if line.moment else None),
            *(line.defects.values() if line.defects else (None,) * len(walk.CLASSES)),
        ]
        for line in found
    ]
