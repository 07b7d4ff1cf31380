"""The way of a unit to its owner: its part of the unit's page, and planning walks for many units."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotFound
from app.domain.permissions import Act, may
from app.domain.words import pick
from app.features.handovers import queries, words
from app.features.handovers.forms import WalksForm
from app.features.handovers.queries import repairs as of_repairs
from app.features.handovers.queries.disputes import open_among
from app.features.handovers.queries.keys import given
from app.features.handovers.queries.later import later_defects
from app.features.inspections.commands import UNITS_AT_MOST, Walks, plan_walks
from app.features.inspections.queries.choosing import auditors_for
from app.features.inspections.words import STATES
from app.features.inspections.words import walk as walk_words
from app.features.places.models import Building, Estate
from app.features.places.queries import estates
from app.web.i18n import language
from app.web.identity import actor, needs

bp = Blueprint("handovers", __name__)
Answer = str | Response | tuple[str, int]


@bp.get("/units/<uuid:unit_id>/handover")
@needs(Act.SEE_PLACES)
def of_unit(unit_id: UUID) -> str:
    """Walks, open defects, the gate for the keys and the warranties, as a fragment of the unit's page."""
    found = queries.handover_of(reading(), actor(), unit_id)
    scope = estates.scope_of(found.unit.building.estate)
    open_cases = {case.action.id for case in found.cases}
    return render_template(
        "handovers/_unit.html",
        found=found,
        unit=found.unit,
        words=words,
        states=STATES,
        meters=walk_words.METERS,
        problems=walk_words.PROBLEMS,
        classes=walk_words.CLASSES,
        slots=walk_words.SLOTS,
        disputed=open_among(reading(), open_cases),
        defects={str(case): one for case, one in of_repairs.defects_of(reading(), open_cases).items()},
        may_walk=may(actor(), Act.PLAN_INSPECTION, scope) and may(actor(), Act.START_INSPECTION, scope),
        may_answer=may(actor(), Act.ANSWER_INSPECTION, scope),
        again=queries.again_of(reading(), unit_id),
        keys=given(reading(), unit_id),
        may_give=may(actor(), Act.HAND_OVER, scope),
        later=later_defects(reading(), actor(), unit_id),
    )


@bp.post("/units/<uuid:unit_id>/walks")
@needs(Act.START_INSPECTION)
def start(unit_id: UUID) -> Response:
    """Begins a walk of this unit for whoever asks, today, and opens it on the device; the one that is open
    already, if there is one.
    """
    return begun(unit_id, again=False)


def begun(unit_id: UUID, again: bool) -> Response:
    """The walk of a unit that is open, else a new one for whoever asks, today; `again`: of what was repaired.
    It opens on the device.
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
            repaired = queries.repaired_in(session, [unit_id]) if again else None
            wanted = Walks(versions[0].id, [unit_id], [actor().id], today, repaired)
            (walk_id,) = plan_walks(session, actor(), estate, wanted, now)
    return redirect(f"/app/{language()}/#/i/{walk_id}", 303)


@bp.get("/estates/<uuid:estate_id>/walks/new")
@needs(Act.PLAN_INSPECTION)
def plan_form(estate_id: UUID) -> str:
    estate = _planned_at(estate_id)
    return _draw(WalksForm(formdata=None), estate, _building(estate))


@bp.post("/estates/<uuid:estate_id>/walks")
@needs(Act.PLAN_INSPECTION)
def plan(estate_id: UUID) -> Answer:
    estate = _planned_at(estate_id)
    form, building = WalksForm(), _building(estate)
    _offer(form, estate)
    if not form.validate():
        return _draw(form, estate, building), 422
    again = bool(request.values.get("again"))
    try:
        with transaction() as session:
            here = estates.get_visible_to(session, actor(), estate_id)
            units = form.chosen()
            wanted = Walks(
                UUID(form.checklist.data),
                units,
                form.officers(),
                date.fromisoformat(form.due.data or ""),
                queries.repaired_in(session, units) if again else None,
            )
            made = plan_walks(session, actor(), here, wanted, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _draw(form, _planned_at(estate_id), building), status
    if again:
        flash(ngettext("%(num)s re-inspection is planned.", "%(num)s re-inspections are planned.", len(made)))
    else:
        flash(ngettext("%(num)s walk is planned.", "%(num)s walks are planned.", len(made)))
    return redirect(
        url_for(
            ".plan_form",
            estate_id=estate_id,
            building=building.id if building else None,
            again=1 if again else None,
        ),
        303,
    )


def _planned_at(estate_id: UUID) -> Estate:
    """An estate at which this person may plan walks. Raises NotFound."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    if not may(actor(), Act.PLAN_INSPECTION, estates.scope_of(estate)):
        raise NotFound()
    return estate


def _building(estate: Estate) -> Building | None:
    """The building that was asked for, else the first."""
    buildings = estates.buildings_of(reading(), estate.id)
    asked = request.values.get("building", "")
    return next((one for one in buildings if str(one.id) == asked), buildings[0] if buildings else None)


def _offer(form: WalksForm, estate: Estate) -> None:
    checklists = [
        (str(version.id), pick(version.checklist.title, language()))
        for version in queries.walk_versions(reading(), actor())
    ]
    form.offer(checklists, auditors_for(reading(), estate.site.company_id, estate.id))


def _draw(form: WalksForm, estate: Estate, building: Building | None) -> str:
    _offer(form, estate)
    if not form.is_submitted():
        form.due.data = local_day(clock.now(), estate.site.time_zone).isoformat()
        if any(value == str(actor().id) for value, _name in form.lead.choices):
            form.lead.data = str(actor().id)
    units = queries.units_to_walk(reading(), building.id) if building else []
    again = bool(request.values.get("again"))
    repaired = queries.units_repaired(reading(), [unit.id for unit, _taken in units])
    floors: dict[str, list[object]] = {}
    for unit, taken in units:
        floors.setdefault(unit.floor, []).append((unit, taken))
    return render_template(
        "handovers/plan.html",
        form=form,
        estate=estate,
        building=building,
        buildings=estates.buildings_of(reading(), estate.id),
        floors=floors,
        chosen=set(form.units.data or ()),
        most=UNITS_AT_MOST,
        again=again,
        repaired=repaired,
        title=_("Plan re-inspections") if again else _("Plan walks"),
    )


# each of these hangs its pages on the blueprint above
from app.features.handovers.routes import again as again  # noqa: E402
from app.features.handovers.routes import (  # noqa: E402, F401
    blocks,
    disputes,
    figures,
    guests,
    keys,
    later,
    plans,
    repairs,
    warranties,
)
