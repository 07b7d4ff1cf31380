"""Estates at the desk: the list, one estate with its buildings as grids, its contractors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain import heat
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.estates import STATES
from app.domain.parties import tidy
from app.domain.permissions import Act, may_somewhere
from app.domain.trades import TRADES
from app.features.companies.models import Company
from app.features.places import words
from app.features.places.commands import estates as commands
from app.features.places.forms import BuildingForm, EstateForm
from app.features.places.models import Estate
from app.features.places.queries import estates as queries
from app.web.identity import actor, needs
from app.web.sentences import sentence

estates_bp = Blueprint("estates", __name__)
Answer = str | Response | tuple[str, int]
IN_NUMBERS = 600  # units whose names stand in the grids of one page; a larger estate is drawn in shapes


@estates_bp.app_context_processor
def names() -> dict[str, Any]:
    return {"unit_states": words.STATES, "room_kinds": words.ROOM_KINDS, "trade_names": words.TRADES}


@estates_bp.get("/estates")
@needs(Act.SEE_PLACES)
def index() -> str:
    listed = queries.listed(reading(), actor())
    may_bring = bool(queries.choices(reading(), actor()))
    return render_template("estates/index.html", listed=listed, may_add=_may_add(), may_bring=may_bring)


@estates_bp.get("/estates/new")
@needs(Act.MANAGE_PLACES)
def new() -> str:
    return _form(_new_form(request.args.get("site", "")))


@estates_bp.post("/estates")
@needs(Act.MANAGE_PLACES)
def add() -> Answer:
    form = _new_form()
    if not form.validate():
        return _form(form), 422
    try:
        if form.site.data not in dict(form.site.choices) or not form.site.data:
            raise Invalid("required" if not form.site.data else "not_a_choice", field="site")
        with transaction() as session:
            estate = commands.add_estate(
                session, actor(), clock.now(), site_id=UUID(form.site.data), **_values(form)
            )
    except Invalid as error:
        status = form.refuse(error)
        return _form(form), status
    flash(_("The estate is added. Its units come next, from a sheet or one by one."))
    return redirect(url_for(".page", estate_id=estate.id), 303)


@estates_bp.get("/estates/<uuid:estate_id>")
@needs(Act.SEE_PLACES)
def page(estate_id: UUID) -> str:
    session = reading()
    estate = queries.get_visible_to(session, actor(), estate_id)
    state, text = _asked_state(), tidy(request.args.get("q", ""))[:60]
    counts = queries.states_of(session, estate_id)
    grids = queries.grids(session, queries.buildings_of(session, estate_id))
    in_numbers = counts.total() <= IN_NUMBERS
    return render_template(
        "estates/page.html",
        estate=estate,
        state=state,
        text=text,
        counts=counts,
        grids=grids,
        drawn={} if in_numbers else {grid.building.id: _drawn(grid, state) for grid in grids},
        in_numbers=in_numbers,
        found=queries.matching(session, estate_id, text) if text else [],
        most=queries.FOUND_AT_MOST,
        types=queries.types_of(session, estate_id),
        contractors=_by_company(queries.contractors_of(session, estate_id)),
        may_manage=queries.may_manage(actor(), estate),
    )


@estates_bp.get("/estates/<uuid:estate_id>/edit")
@needs(Act.MANAGE_PLACES)
def edit(estate_id: UUID) -> str:
    estate = managed(estate_id)
    return _form(EstateForm(obj=estate), estate)


@estates_bp.post("/estates/<uuid:estate_id>")
@needs(Act.MANAGE_PLACES)
def change(estate_id: UUID) -> Answer:
    estate = managed(estate_id)
    form = EstateForm()
    if not form.validate():
        return _form(form, estate), 422
    try:
        with transaction() as session:
            version = form.record_version.data
            commands.edit_estate(session, actor(), estate_id, version, clock.now(), **_values(form))
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        return _form(form, managed(estate_id), stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for(".page", estate_id=estate_id), 303)


@estates_bp.post("/estates/<uuid:estate_id>/retirement")
@needs(Act.MANAGE_PLACES)
def retire(estate_id: UUID) -> Response:
    with transaction() as session:
        commands.retire_estate(session, actor(), estate_id, version(), True, clock.now())
    flash(_("The estate is retired. What happened there stays."))
    return redirect(url_for(".page", estate_id=estate_id), 303)


@estates_bp.post("/estates/<uuid:estate_id>/restoration")
@needs(Act.MANAGE_PLACES)
def restore(estate_id: UUID) -> Response:
    with transaction() as session:
        commands.retire_estate(session, actor(), estate_id, version(), False, clock.now())
    flash(_("The estate is in use again."))
    return redirect(url_for(".page", estate_id=estate_id), 303)


@estates_bp.get("/estates/<uuid:estate_id>/buildings/<uuid:building_id>")
@needs(Act.SEE_PLACES)
def building(estate_id: UUID, building_id: UUID) -> str:
    return _building(estate_id, building_id)


@estates_bp.post("/estates/<uuid:estate_id>/buildings/<uuid:building_id>")
@needs(Act.MANAGE_PLACES)
def change_building(estate_id: UUID, building_id: UUID) -> Answer:
    managed(estate_id)
    queries.building_of(reading(), estate_id, building_id)
    form = BuildingForm()
    if not form.validate():
        return _building(estate_id, building_id, form), 422
    try:
        with transaction() as session:
            commands.edit_building(
                session,
                actor(),
                estate_id,
                building_id,
                form.record_version.data,
                clock.now(),
                name=form.name.data,
                position=form.position.data,
            )
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        return _building(estate_id, building_id, form), status
    flash(_("Saved."))
    return redirect(url_for(".building", estate_id=estate_id, building_id=building_id), 303)


@estates_bp.get("/estates/<uuid:estate_id>/contractors")
@needs(Act.SEE_PLACES)
def contractors(estate_id: UUID) -> str:
    return _contractors(estate_id)


@estates_bp.post("/estates/<uuid:estate_id>/contractors")
@needs(Act.MANAGE_PLACES)
def set_contractors(estate_id: UUID) -> Answer:
    managed(estate_id)
    try:
        chosen = {
            trade: _id(request.form[f"t-{place}"])
            for place, trade in enumerate(TRADES)
            if f"t-{place}" in request.form
        }
        with transaction() as session:
            commands.set_contractors(session, actor(), estate_id, chosen, clock.now())
    except Invalid as error:
        return _contractors(estate_id, sentence(error.code, **error.params)), error.status
    flash(_("Saved."))
    return redirect(url_for(".page", estate_id=estate_id), 303)


def managed(estate_id: UUID) -> Estate:
    """The estate, for somebody who may change it. Raises NotFound, NotAllowed."""
    estate = queries.get_visible_to(reading(), actor(), estate_id)
    if not queries.may_manage(actor(), estate):
        raise NotAllowed()
    return estate


def version() -> int | None:
    return request.form.get("record_version", type=int)


def _by_company(contractors: Mapping[str, Company]) -> list[tuple[Company, list[str]]]:
    """Each contractor with its trades, in the order of the trades."""
    found: dict[UUID, tuple[Company, list[str]]] = {}
    for trade in TRADES:
        if trade in contractors:
            company = contractors[trade]
            found.setdefault(company.id, (company, []))[1].append(trade)
    return list(found.values())


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("contractor_unknown") from None


def _asked_state() -> str:
    state = request.args.get("state", "")
    return state if state in STATES else ""


def _drawn(grid: queries.Grid, state: str) -> dict[str, str]:
    floors = (
        [cell.state if cell and (not state or cell.state == state) else None for cell in cells]
        for _, cells in grid.floors
    )
    return heat.paths(floors)


def _building(estate_id: UUID, building_id: UUID, form: BuildingForm | None = None) -> str:
    session = reading()
    estate = queries.get_visible_to(session, actor(), estate_id)
    found = queries.building_of(session, estate_id, building_id)
    (grid,) = queries.grids(session, [found])
    form = form or BuildingForm(formdata=None, obj=found)
    form.record_version.data = found.record_version
    return render_template(
        "estates/building.html",
        estate=estate,
        building=found,
        grid=grid,
        counts=grid.units,
        state=_asked_state(),
        form=form,
        may_manage=queries.may_manage(actor(), estate),
    )


def _contractors(estate_id: UUID, problem: str = "") -> str:
    session = reading()
    estate = queries.get_visible_to(session, actor(), estate_id)
    return render_template(
        "estates/contractors.html",
        estate=estate,
        present=queries.contractors_of(session, estate_id),
        offered=commands.contractors_offered(session, actor()),
        problem=problem,
        may_manage=queries.may_manage(actor(), estate),
    )


def _may_add() -> bool:
    return may_somewhere(actor(), Act.MANAGE_PLACES) and bool(queries.free_sites(reading(), actor()))


def _new_form(site: str = "") -> EstateForm:
    form = EstateForm(site=site)
    offered = queries.free_sites(reading(), actor())
    form.site.choices = [
        ("", _("Choose a site")),
        *((str(site.id), f"{site.company.name} · {site.name}") for site in offered),
    ]
    return form


def _values(form: EstateForm) -> dict[str, Any]:
    completed: date | None = form.completed_on.data
    return {"name": form.name.data, "code": form.code.data, "completed_on": completed}


def _form(form: EstateForm, estate: Estate | None = None, stale: bool = False) -> str:
    if estate and stale:
        form.record_version.data = estate.record_version
    return render_template("estates/form.html", form=form, estate=estate, stale=stale)
