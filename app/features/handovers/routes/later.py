"""Defects that show after the keys were handed over: reported from the unit, shown beside their case."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.adapters import clock
from app.db import reading, transaction
from app.domain.dates import local_day
from app.domain.errors import NotFound, PlumblineError
from app.domain.handover import CATEGORIES, warranties
from app.domain.permissions import Act
from app.domain.register_values import is_day
from app.domain.rooms import walked
from app.domain.warranty import coverage
from app.domain.words import pick
from app.features.actions import queries as cases
from app.features.actions.commands import Hand
from app.features.actions.routes import photos
from app.features.handovers import queries, words
from app.features.handovers.commands.keys import may_hand_over
from app.features.handovers.commands.later import CONTRACT, category_for, common_defect, report_defect
from app.features.handovers.forms import LaterForm
from app.features.handovers.models import Handover
from app.features.handovers.queries.keys import latest_handover
from app.features.handovers.queries.later import definition_of, judged
from app.features.handovers.routes import Answer, bp
from app.features.inspections.words import walk as walk_words
from app.features.places.models import Unit
from app.web.i18n import language
from app.web.identity import actor, needs


@bp.get("/units/<uuid:unit_id>/defects/new")
@needs(Act.HAND_OVER)
def later_form(unit_id: UUID) -> str:
    unit, handover = _found(unit_id)
    form = LaterForm(formdata=None)
    form.found_on.data = local_day(clock.now(), unit.building.estate.site.time_zone).isoformat()
    form.reported_by.data = unit.owner_name
    return _draw(form, unit, handover)


@bp.post("/units/<uuid:unit_id>/defects")
@needs(Act.HAND_OVER)
def report_later(unit_id: UUID) -> Answer:
    unit, handover = _found(unit_id)
    form = _filled(LaterForm(), unit)
    if "ask" in request.form:
        return _draw(form, unit, handover)
    if not form.validate():
        return _draw(form, unit, handover), 422
    try:
        kept = photos.received()
        with transaction() as session:
            deadlines = current_app.config["PLUMBLINE"].deadlines
            case = report_defect(session, actor(), unit_id, form.wanted(), deadlines, clock.now())
            photos.attach(session, case, kept, None, "found", Hand(person_id=actor().id))
    except PlumblineError as error:
        if isinstance(error, NotFound):
            raise
        status = form.refuse(error)
        return _draw(form, unit, handover), status
    flash(_("Reported: %(number)s is open.", number=case.number))
    return redirect(f"/actions/{case.id}", 303)


@bp.get("/units/<uuid:unit_id>/defects/answers")
@needs(Act.HAND_OVER)
def who_answers(unit_id: UUID) -> str:
    """Who answers for what the form says so far, as a fragment beside it."""
    unit, _handover = _found(unit_id)
    form = _filled(LaterForm(request.args), unit)
    return render_template("handovers/_answers.html", **_judged(form, unit))


@bp.get("/cases/<uuid:action_id>/unit")
@needs(Act.SEE_ACTIONS)
def of_case(action_id: UUID) -> str:
    """What was judged when the defect of a case was reported, as a fragment of the case's page; nothing for
    every other case.
    """
    cases.get_visible_to(reading(), actor(), action_id)
    found = judged(reading(), action_id)
    if found is None:
        return ""
    told, unit_id = found
    unit = reading().get_one(Unit, unit_id)
    return render_template("handovers/_of_case.html", told=told, unit=unit, words=words)


def _found(unit_id: UUID) -> tuple[Unit, Handover]:
    """A handed-over unit of which this person may report defects. Raises NotFound."""
    unit = queries.get_unit(reading(), actor(), unit_id)
    handover = latest_handover(reading(), unit_id)
    if handover is None or not may_hand_over(actor(), unit):
        raise NotFound()
    return unit, handover


def _filled(form: LaterForm, unit: Unit) -> LaterForm:
    """The form with its choices; where words of a common defect were chosen, its trade and class are filled
    in unless somebody said otherwise.
    """
    definition = definition_of(reading(), actor(), unit) or {}
    trades = definition.get("terms", {}).get("trade", {})
    form.room.choices = [("", ""), *((room["id"], _name(room["name"])) for room in walked(unit.type.rooms))]
    form.trade.choices = [
        ("", _("By the defect")),
        *sorted(((key, pick(name, language())) for key, name in trades.items()), key=lambda one: one[1]),
    ]
    form.category.choices = [
        ("", _("By the trade")),
        *((one, words.WARRANTIES[one]) for one in CATEGORIES),
        (CONTRACT, _("None by law, by contract only")),
    ]
    form.grade.choices = [
        ("", _("By the defect")),
        *((one, f"{one} {walk_words.CLASSES[one][2]}") for one in "ABC"),
    ]
    return form


def _name(name: dict[str, str]) -> str:
    return name["text"] if "text" in name else pick(name, language())


def _judged(form: LaterForm, unit: Unit) -> dict[str, object]:
    """Who answers on the day the form says, for what it says; nothing while no trade follows."""
    definition = definition_of(reading(), actor(), unit) or {"sections": []}
    common = common_defect(definition, form.what.data or "")
    trade = form.trade.data or (common["trade"] if common else "")
    day, chosen = form.found_on.data or "", form.category.data or ""
    known = {*CATEGORIES, CONTRACT, ""}
    if not (trade or chosen) or chosen not in known or not is_day(day):
        return {"clocks": [], "words": words}
    category = category_for(definition, trade, chosen)
    ends = warranties(unit.building.estate.completed_on, unit.delivery_on)
    trades = definition.get("terms", {}).get("trade", {})
    return {
        "trade": pick(trades.get(trade, {}), language()) or trade,
        "category": category,
        "clocks": coverage(category, date.fromisoformat(day), ends),
        "words": words,
    }


def _draw(form: LaterForm, unit: Unit, handover: Handover) -> str:
    definition = definition_of(reading(), actor(), unit) or {}
    common = sorted({pick(one["text"], language()) for one in definition.get("defects", ())})
    return render_template(
        "handovers/later.html",
        form=_filled(form, unit),
        unit=unit,
        estate=unit.building.estate,
        handover=handover,
        common=common,
        today=local_day(clock.now(), unit.building.estate.site.time_zone).isoformat(),
        **_judged(form, unit),
    )
