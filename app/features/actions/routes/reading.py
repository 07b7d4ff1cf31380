"""What is read: the list, the board, the overview, one case, its history, its photos, the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters import clock
from app.adapters.sheets_writing import Value, csv_lines, xlsx_bytes
from app.db import reading
from app.domain.action_steps import BRANCHES, TYPES
from app.domain.actions import SEVERITIES, Step
from app.domain.permissions import Act, may_somewhere
from app.features.actions import queries, words
from app.features.actions.queries import listing, overview
from app.features.actions.queries.listing import AGES, SORTS, STATES, Filters
from app.features.actions.routes import bp, files, photos
from app.features.actions.routes.showing import show, vocabulary
from app.features.actions.words.labels import filter_states
from app.web.htmx import wants_fragment
from app.web.i18n import words as in_words
from app.web.identity import actor, needs

SHEET_AT_MOST = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("")
@needs(Act.SEE_ACTIONS)
def index() -> Response:
    session, filters, now, swapped = reading(), filters_asked(), clock.now(), wants_fragment()
    body = render_template(
        "actions/_list.html" if swapped else "actions/index.html",
        swapped=swapped,
        found=listing.find(session, actor(), filters, now),
        filters=filters,
        offered=listing.choices(session, actor()),
        address=address,
        states=filter_states(),
        may_raise=may_somewhere(actor(), Act.RAISE_ACTION),
        **vocabulary(now),
    )
    answer = make_response(body)
    if swapped:
        answer.headers["HX-Push-Url"] = address(filters)
    answer.vary.add("HX-Request")
    return answer


@bp.get("/board")
@needs(Act.SEE_ACTIONS)
def board() -> Response:
    filters, swapped = filters_asked("all"), wants_fragment()
    answer = make_response(draw_board(filters, fragment=swapped))
    if swapped:
        answer.headers["HX-Push-Url"] = address(filters, ".board")
    answer.vary.add("HX-Request")
    return answer


def draw_board(
    filters: Filters, *, fragment: bool = False, problem: str = "", ticked: Sequence[str] = ()
) -> str:
    """The open cases by step; `problem`: why what was `ticked` was not printed."""
    session, now = reading(), clock.now()
    return render_template(
        "actions/_board.html" if fragment else "actions/board.html",
        columns=listing.board(session, actor(), filters, now),
        filters=filters,
        offered=listing.choices(session, actor()),
        address=address,
        may_raise=may_somewhere(actor(), Act.RAISE_ACTION),
        may_issue=may_somewhere(actor(), Act.MANAGE_ACTION),
        problem=problem,
        ticked=ticked,
        **vocabulary(now),
    )


@bp.get("/overview")
@needs(Act.SEE_ACTIONS)
def compared() -> str:
    session, now = reading(), clock.now()
    return render_template(
        "actions/overview.html",
        told=overview.load(session, actor()),
        ageing=listing.ageing(session, actor(), now),
        **vocabulary(now),
    )


@bp.get("/sheet.xlsx")
@needs(Act.SEE_ACTIONS)
def as_xlsx() -> Response:
    answer = Response(xlsx_bytes(_("Actions"), _columns(), _rows()), mimetype=XLSX)
    answer.headers["Content-Disposition"] = 'attachment; filename="actions.xlsx"'
    return answer


@bp.get("/sheet.csv")
@needs(Act.SEE_ACTIONS)
def as_csv() -> Response:
    answer = Response(csv_lines(_columns(), _rows()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="actions.csv"'
    return answer


@bp.get("/<uuid:action_id>")
@needs(Act.SEE_ACTIONS)
def one(action_id: UUID) -> str:
    return show(queries.get_visible_to(reading(), actor(), action_id))


@bp.get("/<uuid:action_id>/history")
@needs(Act.SEE_ACTIONS)
def history(action_id: UUID) -> str:
    from app.features.actions.queries import page

    session, now = reading(), clock.now()
    action = queries.get_visible_to(session, actor(), action_id)
    return render_template(
        "actions/history.html", story=page.load(session, action, now), action=action, **vocabulary(now)
    )


@bp.get("/<uuid:action_id>/photos/<uuid:picture_id>")
@needs(Act.SEE_ACTIONS)
def photo(action_id: UUID, picture_id: UUID) -> Response:
    return photos.served(queries.get_visible_to(reading(), actor(), action_id), picture_id)


@bp.get("/<uuid:action_id>/files/<uuid:file_id>")
@needs(Act.SEE_ACTIONS)
def file(action_id: UUID, file_id: UUID) -> Response:
    return files.served(queries.get_visible_to(reading(), actor(), action_id), file_id)


def filters_asked(state: str = "open") -> Filters:
    """The filters in the address. What cannot be read is left out: an address is no form."""
    asked = request.args

    def among(name: str, known: object, default: str = "") -> str:
        value = asked.get(name, "")
        return value if value in known else default  # type: ignore[operator]

    return Filters(
        text=asked.get("q", "").strip()[:200],
        state=among("state", STATES, state),
        step=among("step", [step.value for step in Step]),
        supplier=_uuid("company"),
        site=_uuid("site"),
        severity=among("severity", SEVERITIES),
        code=_uuid("code"),
        trade=asked.get("trade", "")[:60],
        branch=among("branch", BRANCHES),
        kind=among("type", TYPES),
        again=asked.get("again") == "1",
        age=among("age", AGES),
        mine=asked.get("mine") == "1",
        sort=among("sort", SORTS, "due"),
        page=min(max(1, asked.get("page", 1, type=int)), 1_000_000),
    )


def address(filters: Filters, endpoint: str = ".index", **changes: object) -> str:
    """The address of the list with these filters; only what differs from the plain list is in it."""
    wanted: dict[str, object] = {
        "q": filters.text or None,
        "state": filters.state if filters.state != ("all" if endpoint == ".board" else "open") else None,
        "step": filters.step or None,
        "company": filters.supplier,
        "site": filters.site,
        "severity": filters.severity or None,
        "code": filters.code,
        "trade": filters.trade or None,
        "branch": filters.branch or None,
        "type": filters.kind or None,
        "again": "1" if filters.again else None,
        "age": filters.age or None,
        "mine": "1" if filters.mine else None,
        "sort": filters.sort if filters.sort != "due" else None,
        **changes,
    }
    return url_for(f"actions{endpoint}", **wanted)  # type: ignore[arg-type]


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _columns() -> list[str]:
    return [
        *(_("Number"), _("Title"), _("Supplier"), _("Site"), _("Part"), _("Defect code"), _("Severity")),
        *(_("Form"), _("State"), _("Step"), _("Owner"), _("Due"), _("Days overdue"), _("Revision")),
        *(_("Opened"), _("Closed"), _("Trade")),
    ]


def _rows() -> list[list[Value]]:
    zone = ZoneInfo(actor().time_zone)
    lines = listing.all_lines(reading(), actor(), filters_asked(), clock.now(), SHEET_AT_MOST)
    return [
        [
            *(line.action.number, line.action.title),
            line.action.company.name if line.action.company else None,
            line.action.site.name if line.action.site else None,
            line.action.part.number if line.action.part else None,
            _code(line),
            str(words.SEVERITIES[line.action.severity]),
            str(words.FORMS[line.action.form]),
            str(words.PHASES[line.action.phase][2]),
            str(words.STEPS[line.action.step]) if line.action.step else None,
            line.action.owner.name,
            line.due,
            line.late or None,
            line.action.revision,
            line.action.created_at.astimezone(zone),
            line.action.closed_at.astimezone(zone) if line.action.closed_at else None,
            line.action.trade or None,
        ]
        for line in lines
    ]


def _code(line: listing.Line) -> str | None:
    code = line.action.defect_code
    return f"{code.code} {in_words(code.name)}" if code else None
