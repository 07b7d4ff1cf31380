"""Opening a case by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.action_triage import Triage
from app.domain.actions import Form
from app.domain.errors import Invalid, PlumblineError
from app.domain.permissions import Act
from app.features.actions import words
from app.features.actions.commands import Hand, opening
from app.features.actions.commands.opening import Wanted
from app.features.actions.forms import RaiseForm, as_day, as_form, as_id
from app.features.actions.routes import bp, photos
from app.features.actions.routes.showing import people_choices, vocabulary
from app.features.companies.commands import registers
from app.features.companies.queries import registers as register_queries
from app.features.places.models import Site
from app.features.places.queries import sites_for
from app.web.i18n import words as in_words
from app.web.identity import actor, needs

Answer = str | Response | tuple[str, int]
NOTHING = ("", "")


@bp.get("/new")
@needs(Act.RAISE_ACTION)
def new() -> Answer:
    """First where, then what: the parts and contacts offered are those of the site's company."""
    form = RaiseForm(owner=str(actor().id), site=request.args.get("site", ""), severity="minor")
    return _form(form)


@bp.post("")
@needs(Act.RAISE_ACTION)
def add() -> Answer:
    form = RaiseForm()
    if "choose" in request.form or not _filled(form).validate():
        status = 200 if "choose" in request.form else 422
        if "choose" in request.form:
            for field in form:
                field.errors = []
        return _form(form), status
    try:
        wanted = _wanted(form)
        kept = photos.received()
        config = current_app.config["PLUMBLINE"]
        with transaction() as session:
            lot = registers.lot_named(session, wanted.part_id, form.lot.data, clock.now())
            wanted = _with_lot(wanted, lot)
            action = opening.raise_action(session, actor(), wanted, config.deadlines, clock.now())
            photos.attach(session, action, kept, None, "found", Hand(person_id=actor().id))
    except PlumblineError as error:
        status = form.refuse(error)
        return _form(form), status
    return redirect(url_for(".one", action_id=action.id), 303)


def _wanted(form: RaiseForm) -> Wanted:
    site = reading().get(Site, as_id(form.site.data, "site")) if form.site.data else None
    if site is None:
        raise Invalid("required", field="site")
    names = ("who", "what", "when", "where", "why", "how", "how_many")
    triage = None
    if form.triage.data:
        triage = Triage(
            part_defect=form.part_defect.data,
            spread=form.spread.data or "",
            by_supplier=form.by_supplier.data,
            unavoidable=form.unavoidable.data,
        )
    owner = as_id(form.owner.data, "owner")
    if owner is None:
        raise Invalid("required", field="owner")
    return Wanted(
        title=form.title.data,
        severity=form.severity.data,
        kind=form.kind.data,
        owner_id=owner,
        requirement=form.requirement.data,
        statement=form.statement.data,
        evidence=form.evidence.data,
        description={name: form[name].data for name in names if form[name].data},
        site_id=site.id,
        part_id=as_id(form.part.data, "part"),
        defect_code_id=as_id(form.defect_code.data, "defect_code"),
        contact_id=as_id(form.contact.data, "contact"),
        verifier_id=as_id(form.verifier.data, "verifier"),
        place=form.place.data,
        trade=form.trade.data,
        at_once=form.at_once.data,
        form=as_form(form.form.data) if form.form.data else None,
        due=as_day(form.due.data, "due", needed=False),
        due_reason=form.due_reason.data,
        commitment=form.commitment.data,
        triage=triage,
    )


def _with_lot(wanted: Wanted, lot_id: UUID | None) -> Wanted:
    from dataclasses import replace

    return replace(wanted, lot_id=lot_id)


def _filled(form: RaiseForm) -> RaiseForm:
    """The form with its choices: sites one may see, and what belongs to the chosen one's company."""
    session, who = reading(), actor()
    sites = sites_for(session, who, Act.SEE_COMPANIES)
    form.site.choices = [NOTHING, *((str(site.id), f"{site.company.name} · {site.name}") for site in sites)]
    chosen = next((site for site in sites if str(site.id) == form.site.data), None)
    parts = register_queries.parts_of(session, chosen.company_id) if chosen else []
    form.part.choices = [
        NOTHING,
        *((str(part.id), f"{part.number} {in_words(part.name)}".strip()) for part in parts),
    ]
    contacts = [one for one in chosen.company.contacts if one.retired_at is None] if chosen else []
    form.contact.choices = [NOTHING, *((str(one.id), one.name) for one in contacts)]
    codes = register_queries.codes_in_use(session)
    form.defect_code.choices = [
        NOTHING,
        *((str(code.id), f"{code.code} {in_words(code.name)}") for code in codes),
    ]
    people = people_choices()
    form.owner.choices = [NOTHING, *people]
    form.verifier.choices = [NOTHING, *people]
    form.form.choices = [("", _("By rule")), *((one.value, words.FORMS[one.value]) for one in Form)]
    return form


def _form(form: RaiseForm) -> str:
    context: dict[str, Any] = vocabulary(clock.now())
    return render_template("actions/new.html", form=_filled(form), **context)
