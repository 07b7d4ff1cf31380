"""An estate in figures: the page, the lists behind every figure, the tables as CSV, the heat maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters import clock
from app.adapters.sheets_writing import Value, csv_lines
from app.db import reading
from app.domain import heat
from app.domain.dates import local_day
from app.domain.estates import ROOM_KINDS
from app.domain.paging import Span
from app.domain.permissions import Act
from app.domain.trades import TRADES
from app.domain.unit_figures import CLASSES, STATES, Found, Line, days, figures, in_state, lines, weight
from app.domain.words import pick
from app.features.handovers.queries import figures as queries
from app.features.handovers.queries.figures import Asked, Told
from app.features.handovers.routes import bp
from app.features.handovers.words import figures as telling
from app.features.inspections.words import walk as walk_words
from app.features.places import words as places
from app.features.places.models import Building, Estate
from app.features.places.queries import estates
from app.web.asked import day_asked, uuid_asked
from app.web.downloads import attachment
from app.web.htmx import wants_fragment
from app.web.i18n import brief_day, language
from app.web.identity import actor, needs

PAGE = 50
TOP = 12  # of what defects were called by
TABLES = ("figures", "trades", "contractors", "rooms", "classes", "codes", "defects", "units")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; `since` and `until` are days at the estate, both included."""

    building: UUID | None = None
    since: Any = None
    until: Any = None
    trade: str = ""
    company: UUID | None = None
    kind: str = ""
    grade: str = ""
    code: str = ""
    state: str = ""
    page: int = 1

    @property
    def asked(self) -> Asked:
        return Asked(self.building, self.since, self.until)


@bp.get("/estates/<uuid:estate_id>/quality")
@needs(Act.SEE_PLACES)
def quality(estate_id: UUID) -> Response:
    estate, filters, told = _loaded(estate_id)
    counted = figures(told.found, told.units)
    return _answered(
        "quality",
        estate,
        filters,
        figures=telling.told(counted, told.prices, _disputes(told.found)),
        counted=counted,
        tables=_tables(told),
        units=len(told.units),
        today=local_day(clock.now(), estate.site.time_zone),
    )


@bp.get("/estates/<uuid:estate_id>/quality/defects")
@needs(Act.SEE_PLACES)
def defects(estate_id: UUID) -> Response:
    """The defects behind a figure or a line of a table."""
    estate, filters, told = _loaded(estate_id)
    wanted = _wanted(told.found, filters)
    span = Span.at(filters.page, PAGE, len(wanted))
    rows = queries.rows_of(reading(), wanted[span.before : span.before + PAGE])
    return _answered("defects", estate, filters, rows=rows, span=span, told=told, every=len(told.found))


@bp.get("/estates/<uuid:estate_id>/quality/units")
@needs(Act.SEE_PLACES)
def units(estate_id: UUID) -> Response:
    """The units that were walked, with what was found in each and how often one went there."""
    estate, filters, told = _loaded(estate_id)
    rows = queries.units_of(reading(), estate, filters.asked)
    span = Span.at(filters.page, PAGE, len(rows))
    by_unit = {line.key: line for line in lines(told.found, lambda one: one.unit)}
    shown = rows[span.before : span.before + PAGE]
    return _answered("units", estate, filters, rows=shown, span=span, told=told, by_unit=by_unit)


@bp.get("/estates/<uuid:estate_id>/quality.csv")
@needs(Act.SEE_PLACES)
def quality_csv(estate_id: UUID) -> Response:
    """A table of the page, or a list behind it, for a spreadsheet."""
    estate, filters, told = _loaded(estate_id)
    asked = request.args.get("table", "")
    table = asked if asked in TABLES else "figures"
    header, rows = _sheet(table, estate, filters, told)
    answer = Response(csv_lines(header, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = attachment(f"{estate.code.lower()}-{table}", "csv")
    return answer


@bp.get("/estates/<uuid:estate_id>/heat")
@needs(Act.SEE_PLACES)
def heat_map(estate_id: UUID) -> str:
    """Every building as a small drawing: the wider and darker a unit, the more is wrong there."""
    session = reading()
    estate = estates.get_visible_to(session, actor(), estate_id)
    by, all_of_them = _by(), _everything()
    found = queries.heat(session, estate_id, all_of_them)
    drawn = []
    for grid in estates.grids(session, estates.buildings_of(session, estate_id)):
        values = _values(grid, found, by)
        levels = [
            [value if value in (None, heat.UNKNOWN) else heat.level(value, by) for value in row]
            for row in values
        ]
        counted = [value for row in values for value in row if value not in (None, heat.UNKNOWN)]
        drawn.append((grid, heat.dots(levels), len(counted), sum(counted)))
    return render_template(
        "handovers/heat.html",
        estate=estate,
        drawn=drawn,
        by=by,
        everything=all_of_them,
        spans=heat.spans(by),
        address=_heat_address(estate),
    )


@bp.get("/estates/<uuid:estate_id>/heat/<uuid:building_id>")
@needs(Act.SEE_PLACES)
def heat_of_building(estate_id: UUID, building_id: UUID) -> str:
    """One building in numbers."""
    session = reading()
    estate = estates.get_visible_to(session, actor(), estate_id)
    building = estates.building_of(session, estate_id, building_id)
    by, all_of_them = _by(), _everything()
    (grid,) = estates.grids(session, [building])
    values = _values(grid, queries.heat(session, estate_id, all_of_them), by)
    return render_template(
        "handovers/heat_building.html",
        estate=estate,
        building=building,
        grid=grid,
        floors=[
            (floor, list(zip(cells, row, strict=True)))
            for (floor, cells), row in zip(grid.floors, values, strict=True)
        ],
        level=lambda value: heat.level(value, by),
        by=by,
        everything=all_of_them,
        spans=heat.spans(by),
        address=_heat_address(estate, building),
    )


def _by() -> str:
    return "count" if request.args.get("by") == "count" else "weight"


def _everything() -> bool:
    return request.args.get("of") == "all"


def _values(grid: estates.Grid, found: dict[str, dict[str, int]], by: str) -> list[list[int | None]]:
    """What each unit of the grid counts; None where none stands, UNKNOWN where nobody walked."""

    def value(cell: estates.Cell | None) -> int | None:
        if cell is None:
            return None
        classes = found.get(cell.short_id)
        if classes is None:
            return heat.UNKNOWN
        return sum(classes.values()) if by == "count" else weight(classes)

    return [[value(cell) for cell in cells] for _floor, cells in grid.floors]


def _heat_address(estate: Estate, building: Building | None = None) -> Callable[..., str]:
    def address(**changes: Any) -> str:
        kept = {"by": "count" if _by() == "count" else None, "of": "all" if _everything() else None}
        endpoint, more = "handovers.heat_map", {}
        found = changes.pop("building", building)
        if found is not None:
            endpoint, more = "handovers.heat_of_building", {"building_id": found.id}
        return url_for(endpoint, estate_id=estate.id, **more, **{**kept, **changes})

    return address


def _loaded(estate_id: UUID) -> tuple[Estate, Filters, Told]:
    session = reading()
    estate = estates.get_visible_to(session, actor(), estate_id)
    filters = _filters()
    return estate, filters, queries.load(session, estate, filters.asked, clock.now())


def _filters() -> Filters:
    """The filters in the address. What cannot be read is left out: an address is no form."""
    asked = request.args

    def among(name: str, known: Iterable[str]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    return Filters(
        building=uuid_asked("building"),
        since=day_asked("from"),
        until=day_asked("to"),
        trade=among("trade", TRADES),
        company=uuid_asked("company"),
        kind=among("room", ROOM_KINDS),
        grade=among("class", CLASSES),
        code=asked.get("code", "").strip()[:40],
        state=among("state", STATES),
        page=min(max(1, asked.get("page", 1, type=int)), 1_000_000),
    )


def address_of(estate: Estate, page: str) -> Callable[..., str]:
    """Gives the address of a page with these filters; only what is asked for is in it."""

    def address(filters: Filters, view: str = page, /, **changes: object) -> str:
        wanted: dict[str, object] = {
            "building": filters.building,
            "from": filters.since.isoformat() if filters.since else None,
            "to": filters.until.isoformat() if filters.until else None,
        }
        if view == "defects":
            wanted |= {
                "trade": filters.trade or None,
                "company": filters.company,
                "room": filters.kind or None,
                "class": filters.grade or None,
                "code": filters.code or None,
                "state": filters.state or None,
            }
        return url_for(f"handovers.{view}", estate_id=estate.id, **{**wanted, **changes})  # type: ignore[arg-type]

    return address


def _answered(page: str, estate: Estate, filters: Filters, **shown: Any) -> Response:
    """The page, or the part of it that follows its filters, with its address kept."""
    swapped, address = wants_fragment(), address_of(estate, page)
    answer = make_response(
        render_template(
            f"handovers/_{page}.html" if swapped else f"handovers/{page}.html",
            swapped=swapped,
            estate=estate,
            filters=filters,
            address=address,
            buildings=[(one.id, one.name) for one in estates.buildings_of(reading(), estate.id)],
            classes=walk_words.CLASSES,
            lists_of_states=list(telling.LISTS.items()),
            checks=telling.CHECKS,
            disputes=telling.DISPUTES,
            tenths=telling.tenths,
            days=days,
            percent=telling.percent,
            of=telling.of,
            brief=lambda moment: brief_day(moment, estate.site.time_zone),
            firms=sorted(
                ((UUID(key), name) for key, name in shown["told"].companies.items()), key=lambda one: one[1]
            )
            if page == "defects"
            else [],
            code_words=lambda code, words: pick(words.get(code, {}), language()) or code,
            **shown,
        )
    )
    if swapped:
        answer.headers["HX-Push-Url"] = address(filters, page=filters.page if filters.page > 1 else None)
    answer.vary.add("HX-Request")
    return answer


def _wanted(found: Sequence[Found], filters: Filters) -> list[Found]:
    """The defects a list shows: class A first, then contractor by contractor."""
    wanted = [
        one
        for one in found
        if (not filters.trade or one.trade == filters.trade)
        and (not filters.company or one.company == filters.company.hex)
        and (not filters.kind or one.kind == filters.kind)
        and (not filters.grade or one.grade == filters.grade)
        and (not filters.code or one.code == filters.code)
        and in_state(one, filters.state)
    ]
    return sorted(wanted, key=lambda one: (one.grade, not one.late, not one.open, one.case))


def _disputes(found: Iterable[Found]) -> list[str]:
    return [one.dispute for one in found if one.dispute]


@dataclass(frozen=True)
class Table:
    """One table of the page: its lines, each with its words and the member of the address that lists it."""

    key: str
    title: str
    what: str
    member: str
    rows: list[tuple[str, Line]]

    @property
    def bars(self) -> list[tuple[str, Line]]:
        return self.rows[:8]


def _tables(told: Told, top: int | None = TOP) -> list[Table]:
    def words(code: Any) -> str:
        return pick(told.codes.get(code, {}), language()) or str(code) or _("In own words")

    by: list[tuple[str, str, str, str, Callable[[Found], Any], Callable[[Any], str]]] = [
        ("trades", _("By trade"), _("Trade"), "trade", lambda one: one.trade, _trade),
        (
            *("contractors", _("By contractor"), _("Contractor"), "company"),
            *(lambda one: one.company, lambda key: told.companies.get(key, telling.NONE)),
        ),
        ("rooms", _("By room"), _("Room"), "room", lambda one: one.kind, _room),
        ("codes", _("Most frequent defects"), _("Defect"), "code", lambda one: one.code, words),
        ("classes", _("By class"), _("Class"), "class", lambda one: one.grade, _class),
    ]
    made = []
    for key, title, what, member, of, in_words in by:
        rows = [(in_words(line.key), line) for line in lines(told.found, of)]
        if key == "classes":
            rows.sort(key=lambda row: str(row[1].key))
        made.append(Table(key, title, what, member, rows[:top] if key == "codes" else rows))
    return made


def _trade(key: Any) -> str:
    return str(places.TRADES.get(key, key or telling.NONE))


def _room(key: Any) -> str:
    return str(places.ROOM_KINDS.get(key, _("Other")))


def _class(key: Any) -> str:
    return f"{key} · {walk_words.CLASSES[key][2]}"


def _sheet(
    table: str, estate: Estate, filters: Filters, told: Told
) -> tuple[list[str], Iterable[Sequence[Value]]]:
    """Heading and rows of a table as a spreadsheet takes them."""
    if table == "figures":
        told_of = telling.told(figures(told.found, told.units), told.prices, _disputes(told.found))
        header = [_("Figure"), _("Value"), _("Made of"), _("How it is made")]
        return header, [(one.title, one.value, one.said, one.made) for one in told_of]
    if table == "defects":
        return _defects_sheet(_wanted(told.found, filters), told)
    if table == "units":
        return _units_sheet(queries.units_of(reading(), estate, filters.asked), told)
    found = next(one for one in _tables(told, None) if one.key == table)
    header = [
        *(found.what, "A", "B", "C", _("All"), _("Not closed"), _("Overdue")),
        *(_("Sent back"), _("Repairs looked at"), _("Median days"), _("9 of 10 within"), _("Mean days")),
        _("Units"),
    ]
    rows: list[list[Value]] = [
        [
            words,
            *(line.classes[grade] for grade in CLASSES),
            *(line.total, line.open, line.late, line.back.part, line.back.of),
            *(_number(value) for value in (line.days.middle, line.days.ninth, line.days.mean)),
            line.units,
        ]
        for words, line in found.rows
    ]
    return header, rows


def _number(tenths: int | None) -> Value:
    return None if tenths is None else Decimal(tenths) / 10


def _defects_sheet(found: Sequence[Found], told: Told) -> tuple[list[str], Iterable[Sequence[Value]]]:
    header = [
        *(_("Number"), _("Place"), _("Defect"), _("Class"), _("Trade"), _("Contractor"), _("Room")),
        *(_("Re-inspections"), _("Dispute"), _("Not closed"), _("Overdue"), _("Closed"), _("Days")),
    ]
    rows = (
        (
            *(row.number, row.place, row.title, row.found.grade, _trade(row.found.trade)),
            told.companies.get(row.found.company, ""),
            _room(row.found.kind),
            " ".join(str(telling.CHECKS[check]) for check in row.found.checks),
            str(telling.DISPUTES.get(row.found.dispute, "")),
            *(_("yes") if held else None for held in (row.found.open, row.found.late)),
            local_day(row.closed, row.zone) if row.closed else None,
            None if row.found.took is None else _number(days([row.found.took]).mean),
        )
        for start in range(0, len(found), 500)
        for row in queries.rows_of(reading(), found[start : start + 500])
    )
    return header, list(rows)


def _units_sheet(rows: Sequence[queries.UnitRow], told: Told) -> tuple[list[str], Iterable[Sequence[Value]]]:
    by_unit = {line.key: line for line in lines(told.found, lambda one: one.unit)}
    header = [
        *(_("Building"), _("Floor"), _("Unit"), _("State"), "A", "B", "C", _("Not closed")),
        *(_("Walks"), _("Re-inspections"), _("Handed over"), _("In one visit")),
    ]
    made = []
    for row in rows:
        line, visits = by_unit.get(row.id.hex), told.units[row.id.hex]
        made.append(
            (
                *(row.building, row.floor, row.name, str(places.STATES[row.state])),
                *((line.classes[grade] if line else 0) for grade in CLASSES),
                line.open if line else 0,
                *(visits.walks, visits.again, row.handed_on, _("yes") if visits.one else None),
            )
        )
    return header, made
