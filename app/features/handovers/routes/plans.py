"""Floor plans with their pins, whichever revision they were set on; how two revisions lie on each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid
from app.domain.permissions import Act
from app.domain.plan_points import same_shape, unmoved
from app.domain.words import pick
from app.features.actions import queries as actions
from app.features.handovers import queries
from app.features.handovers.forms import PointsForm
from app.features.handovers.queries import pins
from app.features.handovers.queries.pins import Pinned
from app.features.handovers.routes import Answer, bp
from app.features.places.commands.plans import register_plan
from app.features.places.models import Plan
from app.features.places.queries import estates
from app.features.places.queries.plans import Pin, PinnedPlan, pinned
from app.features.places.routes.estates import managed
from app.web.htmx import wants_fragment
from app.web.i18n import language
from app.web.identity import actor, needs


@bp.get("/units/<uuid:unit_id>/plan")
@needs(Act.SEE_PLACES)
def unit_plan(unit_id: UUID) -> Response | str:
    """The unit's plan with every defect on it; `?plan=<id>`: on that revision."""
    unit = queries.get_unit(reading(), actor(), unit_id)
    found = _found(unit.type_id, _pins(pins.of_unit(reading(), unit.id)))
    title = f"{unit.building.name}, {unit.name}"
    return _shown(found, title, url_for("estates.unit", short_id=unit.short_id))


@bp.get("/estates/<uuid:estate_id>/types/<uuid:type_id>/pins")
@needs(Act.SEE_PLACES)
def type_plan(estate_id: UUID, type_id: UUID) -> Response | str:
    """A type's plan with the defects of all its units."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    kind = estates.type_of(reading(), estate.id, type_id)
    rows = pins.of_type(reading(), kind.id)
    found = _found(kind.id, _pins(rows, units=True))
    back = url_for("estates.type_page", estate_id=estate_id, type_id=type_id)
    newest = len(rows) if len(rows) == pins.PINS_AT_MOST else 0
    return _shown(found, _("Type %(code)s", code=kind.code), back, newest=newest)


@bp.get("/actions/<uuid:action_id>/plan")
@needs(Act.SEE_ACTIONS)
def case_plan(action_id: UUID) -> Response | str:
    """Where the defect of a case is; nothing of a case that was never pinned."""
    action = actions.get_visible_to(reading(), actor(), action_id)
    one = pins.of_case(reading(), action)
    back = url_for("actions.one", action_id=action.id)
    if one is None:
        return "" if wants_fragment() else redirect(back)
    found = _found(one.unit.type_id, _pins([one]))
    return _shown(found, action.number, back, "" if "plan" in request.args else "_case")


@bp.get("/estates/<uuid:estate_id>/types/<uuid:type_id>/plans/<uuid:plan_id>/registration")
@needs(Act.MANAGE_PLACES)
def registration(estate_id: UUID, type_id: UUID, plan_id: UUID) -> str:
    """Two revisions beside each other, and the places that are the same on both."""
    managed(estate_id)
    plan, old = _pair(estate_id, type_id, plan_id)
    form = PointsForm(formdata=None)
    known = plan.registration
    if known and known["from"] == str(old.id) and known["old"] != known["new"]:
        form.take(known)
    return _registering(estate_id, plan, old, form)


@bp.get("/estates/<uuid:estate_id>/types/<uuid:type_id>/plans/<uuid:plan_id>/registration/preview")
@needs(Act.MANAGE_PLACES)
def preview(estate_id: UUID, type_id: UUID, plan_id: UUID) -> str:
    """Where the pins would be with the places as they are typed now."""
    managed(estate_id)
    plan, old = _pair(estate_id, type_id, plan_id)
    return render_template(
        "handovers/_preview.html", **_previewed(plan, old, PointsForm(formdata=request.args))
    )


@bp.post("/estates/<uuid:estate_id>/types/<uuid:type_id>/plans/<uuid:plan_id>/registration")
@needs(Act.MANAGE_PLACES)
def register(estate_id: UUID, type_id: UUID, plan_id: UUID) -> Answer:
    """Keeps the two places; `how=same`: nothing moved; `how=none`: pins stay on their own revision."""
    managed(estate_id)
    plan, old = _pair(estate_id, type_id, plan_id)
    form, how = PointsForm(), request.form.get("how", "")
    wanted: dict[str, Any] | None = None
    if how == "same":
        wanted = unmoved(str(old.id))
    elif how != "none":
        wanted = {"from": str(old.id), **form.points()}
    try:
        with transaction() as session:
            register_plan(session, actor(), estate_id, type_id, plan_id, wanted, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _registering(estate_id, plan, old, form), status
    flash(
        _("Pins of revision %(old)s are shown on revision %(new)s.", old=old.revision, new=plan.revision)
        if wanted
        else _("Pins stay on the revision they were set on.")
    )
    return redirect(url_for("estates.type_page", estate_id=estate_id, type_id=type_id), 303)


def _pair(estate_id: UUID, type_id: UUID, plan_id: UUID) -> tuple[Plan, Plan]:
    """The plan and the earlier one that is asked for, the one it was matched with, or the one before it."""
    estates.type_of(reading(), estate_id, type_id)
    plan, old = estates.plan_and_before(reading(), type_id, plan_id)
    wanted = request.values.get("from") or (plan.registration or {}).get("from")
    earlier = [each for each in estates.plans_of(reading(), type_id) if each.revision < plan.revision]
    return plan, next((each for each in earlier if str(each.id) == wanted), old)


def _found(type_id: UUID, wanted: Iterable[Pin]) -> PinnedPlan | None:
    return pinned(estates.plans_of(reading(), type_id), wanted, request.args.get("plan"))


def _pins(rows: Iterable[Pinned], units: bool = False) -> list[Pin]:
    """Pins as they are drawn; `units`: the plan is that of many units, so each says whose it is."""
    found = []
    for one in rows:
        pin = one.defect.pin or {}
        name = f"{one.unit.building.name}, {one.unit.name}" if units else ""
        room = pick(one.defect.room_name, language()) if one.defect.room_name else ""
        parts = [name, room, _words(one.defect.text), one.case.number if one.case else ""]
        label = " · ".join([one.defect.grade, *(part for part in parts if part)])
        look = "done" if one.done else one.defect.grade
        url = f"/actions/{one.case.id}" if one.case else ""
        found.append(Pin(str(one.defect.id), pin["plan"], pin["x"], pin["y"], look, label, url))
    return found


def _words(text: dict[str, str] | None) -> str:
    if not text:
        return ""
    return text["text"] if "text" in text else pick(text, language())


def _shown(
    found: PinnedPlan | None, title: str, back: str, kind: str = "", newest: int = 0
) -> Response | str:
    """The plan alone for htmx, of a case with its panel (`kind`); a page of its own else. `newest`: how many
    pins there are, where there are more.
    """
    template = f"handovers/_pinned{kind}.html" if wants_fragment() else "handovers/pinned.html"
    # for the page's own script, which draws them on a canvas
    shown = (
        [{**one.pin._asdict(), "id": one.pin.key, "x": one.x, "y": one.y} for one in found.on]
        if found
        else []
    )
    return render_template(
        template, found=found, title=title, back=back, address=request.path, pins=shown, newest=newest
    )


def _registering(estate_id: UUID, plan: Plan, old: Plan, form: PointsForm) -> str:
    kind = estates.type_of(reading(), estate_id, plan.type_id)
    earlier = [each for each in estates.plans_of(reading(), kind.id) if each.revision < plan.revision]
    return render_template(
        "handovers/registration.html",
        estate=estates.get_visible_to(reading(), actor(), estate_id),
        type=kind,
        plan=plan,
        old=old,
        earlier=earlier,
        form=form,
        same=same_shape((old.width, old.height), (plan.width, plan.height)),
        **_previewed(plan, old, form),
    )


def _previewed(plan: Plan, old: Plan, form: PointsForm) -> dict[str, Any]:
    """The new plan with the pins where they would be, or what is wrong with the places."""
    plans = estates.plans_of(reading(), plan.type_id)
    problem, wanted = form.problem((old.width, old.height), (plan.width, plan.height)), None
    if problem is None and form.anything:
        wanted = {"from": str(old.id), **form.points()}
    elif problem is None:
        wanted = plan.registration
    older = [each for each in plans if each.revision <= plan.revision]
    rows = pins.set_on(reading(), older)
    found = pinned(older, _pins(rows, units=True), str(plan.id), wanted) if not problem else None
    return {"found": found, "problem": problem, "pins": len(rows)}
