"""Handing over the keys, and correcting what was written down about it."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.certificate import OPEN
from app.domain.dates import local_day
from app.domain.errors import NotFound, PlumblineError
from app.domain.handover import keys_gate
from app.domain.permissions import Act
from app.domain.register_walk import KEYS
from app.domain.words import script_language
from app.features.handovers import queries, words
from app.features.handovers.commands.keys import correct, hand_over, may_hand_over
from app.features.handovers.forms import KeysForm
from app.features.handovers.models import Handover
from app.features.handovers.queries import keys
from app.features.handovers.queries.certificate import certified
from app.features.handovers.routes import Answer, bp
from app.features.inspections.words import walk as walk_words
from app.features.places.models import Unit
from app.web.identity import actor, needs


@bp.get("/units/<uuid:unit_id>")
@needs(Act.SEE_PLACES)
def unit_page(unit_id: UUID) -> Response:
    """Where lists lead that know a unit by its id: its page, whose address is on its label."""
    found = queries.get_unit(reading(), actor(), unit_id)
    return redirect(url_for("estates.unit", short_id=found.short_id))


@bp.get("/units/<uuid:unit_id>/keys/new")
@needs(Act.HAND_OVER)
def keys_form(unit_id: UUID) -> str:
    """The form to hand over the keys; once they are, the form to correct it, filled with what stands."""
    unit, before = _found(unit_id)
    return _draw(KeysForm(formdata=None), unit, before)


@bp.post("/units/<uuid:unit_id>/keys")
@needs(Act.HAND_OVER)
def give_keys(unit_id: UUID) -> Answer:
    unit, before = _found(unit_id)
    form = KeysForm()
    if not form.validate():
        return _draw(form, unit, before), 422
    known = request.form.get("revision", type=int)
    try:
        with transaction() as session:
            if known:
                made = correct(session, actor(), unit_id, known, form.handing(), clock.now())
            else:
                made = hand_over(session, actor(), unit_id, form.handing(), clock.now())
    except PlumblineError as error:
        if isinstance(error, NotFound):
            raise
        status = form.refuse(error)
        return _draw(form, *_found(unit_id)), status
    flash(
        _("The keys are handed over; the certificate %(number)s is being made.", number=made.number)
        if made.revision == 1
        else _("Corrected; revision %(n)s of the certificate is being made.", n=made.revision)
    )
    return redirect(url_for("estates.unit", short_id=unit.short_id), 303)


def _found(unit_id: UUID) -> tuple[Unit, Handover | None]:
    """A unit whose keys this person may hand over, and the handover there is. Raises NotFound."""
    unit = queries.get_unit(reading(), actor(), unit_id)
    if not may_hand_over(actor(), unit):
        raise NotFound()
    return unit, keys.latest_handover(reading(), unit_id)


def _draw(form: KeysForm, unit: Unit, before: Handover | None) -> str:
    walks = keys.walked(reading(), unit.id)
    counted = keys.keys_counted(walks)
    told = certified(reading(), unit, walks)
    others = [kind for kind in KEYS if kind not in counted]
    zone = unit.building.estate.site.time_zone
    today = local_day(clock.now(), zone)
    if not form.is_submitted():
        _fill(form, unit, before, today)
    needs_met = keys_gate(queries.ready_of(reading(), unit.id, queries.open_cases(reading(), unit.id)))
    return render_template(
        "handovers/keys.html",
        form=form,
        unit=unit,
        estate=unit.building.estate,
        before=before,
        today=today.isoformat(),
        walked=(day.isoformat() if (day := keys.walked_on(walks, first=before is not None)) else ""),
        missing=[] if before else [need for need in needs_met if not need.met],
        counted=counted,
        kinds=[kind for kind in KEYS if kind in counted],
        others=others,
        opened=any(form[f"key_{kind}"].data or form[f"note_{kind}"].data for kind in others),
        open=[
            {**one, "due": date.fromisoformat(one["day"])} for one in told["defects"] if one["state"] == OPEN
        ],
        names=walk_words.KEYS,
        classes=walk_words.CLASSES,
        words=words,
    )


def _fill(form: KeysForm, unit: Unit, before: Handover | None, today: date) -> None:
    """What stands already, else what is usual: today, the owner, every key as it was counted."""
    if before is not None:
        _fill_again(form, before)
        return
    house = str(current_app.config["PLUMBLINE"].language)
    spoken = script_language(unit.owner_name, house) if unit.owner_name else house
    form.day.data, form.receiver.data = today.isoformat(), unit.owner_name
    form.language.data, form.second.data = house, spoken if spoken != house else ""
    form.papers.data = ["guarantee", "manual"]
    form.delivery.data = True


def _fill_again(form: KeysForm, before: Handover) -> None:
    """The form as it was sent for the revision that stands."""
    body = json.loads(before.body)
    handed = body["handed"]
    form.day.data, form.stand.data = handed["on"], handed["stand"]
    form.receiver.data, form.authority.data = handed["to"], handed["authority"]
    form.remarks.data = (handed["remarks"] or {}).get("text", "")
    form.language.data = before.languages[0]
    form.second.data = before.languages[1] if len(before.languages) > 1 else ""
    form.papers.data = [one for one in body["papers"] if isinstance(one, str)]
    form.others.data = "\n".join(one["text"] for one in body["papers"] if not isinstance(one, str))
    for one in body["keys"]:
        form[f"key_{one['kind']}"].data = str(one["handed"])
        form[f"note_{one['kind']}"].data = (one["remark"] or {}).get("text", "")
