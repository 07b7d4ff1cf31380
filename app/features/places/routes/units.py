"""A unit at the desk and on the phone that read its label; the labels of a building."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock, qr
from app.db import reading, transaction
from app.domain.errors import Invalid, Stale
from app.domain.permissions import Act
from app.features.places.commands import estates as commands
from app.features.places.forms import UnitForm
from app.features.places.models import Estate, Unit
from app.features.places.queries import estates as queries
from app.features.places.routes.estates import Answer, estates_bp, managed, version
from app.web.identity import actor, needs, signed_in

LABELS_ON_A_SHEET = 24


@estates_bp.get("/u/<short_id>")
@signed_in
def unit(short_id: str) -> Answer:
    """Where a label's QR code leads; whoever has no part in the estate is told that it is not there."""
    found = queries.unit_by_short_id(reading(), actor(), short_id)
    if short_id != found.short_id:  # typed by hand
        return redirect(url_for(".unit", short_id=found.short_id))
    estate = queries.get_visible_to(reading(), actor(), found.building.estate_id)
    contractors = queries.contractors_of(reading(), estate.id)
    return render_template(
        "estates/unit.html",
        unit=found,
        estate=estate,
        plan=queries.newest_plans(reading(), [found.type_id]).get(found.type_id),
        contractors=contractors,
        may_manage=queries.may_manage(actor(), estate),
    )


@estates_bp.get("/estates/<uuid:estate_id>/units/new")
@needs(Act.MANAGE_PLACES)
def new_unit(estate_id: UUID) -> str:
    estate = managed(estate_id)
    asked = request.args.get("building", "")[:60]
    return _form(_offered(UnitForm(building=asked), estate), estate)


@estates_bp.post("/estates/<uuid:estate_id>/units")
@needs(Act.MANAGE_PLACES)
def add_unit(estate_id: UUID) -> Answer:
    estate = managed(estate_id)
    form = _offered(UnitForm(), estate)
    if not form.validate():
        return _form(form, estate), 422
    try:
        with transaction() as session:
            made = commands.add_unit(session, actor(), estate_id, clock.now(), **form.values())
    except Invalid as error:
        status = form.refuse(error)
        return _form(form, estate), status
    flash(_("The unit is added."))
    return redirect(url_for(".unit", short_id=made.short_id), 303)


@estates_bp.get("/u/<short_id>/edit")
@needs(Act.MANAGE_PLACES)
def edit_unit(short_id: str) -> str:
    found, estate = _managed_unit(short_id)
    form = UnitForm(obj=found, data={"building": found.building.name, "type_id": str(found.type_id)})
    form.building.data, form.type_id.data = found.building.name, str(found.type_id)
    return _form(_offered(form, estate), estate, found)


@estates_bp.post("/u/<short_id>")
@needs(Act.MANAGE_PLACES)
def change_unit(short_id: str) -> Answer:
    found, estate = _managed_unit(short_id)
    form = _offered(UnitForm(), estate)
    if not form.validate():
        return _form(form, estate, found), 422
    known = form.record_version.data
    try:
        with transaction() as session:
            commands.edit_unit(session, actor(), short_id, known, clock.now(), **form.values())
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        found, estate = _managed_unit(short_id)
        return _form(form, estate, found, stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for(".unit", short_id=found.short_id), 303)


@estates_bp.post("/u/<short_id>/retirement")
@needs(Act.MANAGE_PLACES)
def retire_unit(short_id: str) -> Response:
    with transaction() as session:
        commands.retire_unit(session, actor(), short_id, version(), True, clock.now())
    flash(_("The unit is retired. What happened there stays."))
    return redirect(url_for(".unit", short_id=short_id), 303)


@estates_bp.post("/u/<short_id>/restoration")
@needs(Act.MANAGE_PLACES)
def restore_unit(short_id: str) -> Response:
    with transaction() as session:
        commands.retire_unit(session, actor(), short_id, version(), False, clock.now())
    flash(_("The unit is in use again."))
    return redirect(url_for(".unit", short_id=short_id), 303)


@estates_bp.get("/estates/<uuid:estate_id>/buildings/<uuid:building_id>/labels")
@needs(Act.SEE_PLACES)
def labels(estate_id: UUID, building_id: UUID) -> str:
    """Sheets of A4 to print: 24 labels of 70 × 37 mm each, floor by floor from the bottom."""
    estate = queries.get_visible_to(reading(), actor(), estate_id)
    building = queries.building_of(reading(), estate_id, building_id)
    (grid,) = queries.grids(reading(), [building])
    cells = [(floor, cell) for floor, row in reversed(grid.floors) for cell in row if cell]
    stickers = [(floor, cell, _code(cell.short_id)) for floor, cell in cells]
    sheets = [
        stickers[start : start + LABELS_ON_A_SHEET] for start in range(0, len(stickers), LABELS_ON_A_SHEET)
    ]
    return render_template("estates/labels.html", estate=estate, building=building, sheets=sheets)


def _code(short_id: str) -> qr.Code:
    """The QR code of a unit's address."""
    base = str(current_app.config["PLUMBLINE"].public_url).rstrip("/")
    return qr.code(f"{base}/u/{short_id}")


def _managed_unit(short_id: str) -> tuple[Unit, Estate]:
    found = queries.unit_by_short_id(reading(), actor(), short_id)
    return found, managed(found.building.estate_id)


def _offered(form: UnitForm, estate: Estate) -> UnitForm:
    types = queries.types_of(reading(), estate.id)
    return form.offer(
        (str(row.type.id), f"{row.type.code} {row.type.name}".strip())
        for row in types
        if row.type.retired_at is None or str(row.type.id) == form.type_id.data
    )


def _form(form: UnitForm, estate: Estate, found: Unit | None = None, stale: bool = False) -> str:
    if found and stale:
        form.record_version.data = found.record_version
    return render_template(
        "estates/unit_form.html",
        form=form,
        estate=estate,
        unit=found,
        stale=stale,
        buildings=queries.buildings_of(reading(), estate.id),
    )
