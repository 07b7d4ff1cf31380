"""Planning an inspection. Choosing a checklist, a supplier or a site redraws what depends on it; where there
is no JavaScript, a button does.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.adapters import clock
from app.config import Config
from app.db import reading, transaction
from app.domain.errors import Invalid
from app.domain.permissions import Act
from app.features.checklists.models import Version
from app.features.inspections import commands
from app.features.inspections.forms import PARTICIPANTS_AT_MOST, PlanForm
from app.features.inspections.queries import choosing
from app.features.inspections.routes import Answer, bp
from app.web.htmx import wants_fragment
from app.web.i18n import language
from app.web.identity import actor, needs

REDRAW = ("refresh", "add")


@bp.get("/inspections/new")
@needs(Act.PLAN_INSPECTION)
def new() -> str:
    return _draw(PlanForm(request.args))


@bp.post("/inspections/new")
@needs(Act.PLAN_INSPECTION)
def create() -> Answer:
    form = PlanForm()
    offered = _offer(form)
    if any(name in request.form for name in REDRAW):
        if "add" in request.form and len(form.participants) < PARTICIPANTS_AT_MOST:
            form.participants.append_entry()
        return _draw(form, offered)
    if not form.validate():
        return _draw(form, offered), 422
    wanted = commands.Plan(
        version_id=UUID(form.checklist.data),
        site_id=UUID(form.site.data),
        auditors=form.team(),
        due=date.fromisoformat(form.due.data),
        texts=form.texts(),
        participants=form.expected(),
        left_out={section: form.reasons[section] for section in form.left_out.data},
    )
    try:
        with transaction() as session:
            inspection_id = commands.plan(session, actor(), wanted, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _draw(form, offered), status
    flash(_("The inspection is planned. The team gets a mail."))
    return redirect(url_for("inspections.one", inspection_id=inspection_id), 303)


def _offer(form: PlanForm) -> choosing.Offer:
    """Gives the form its choices, each depending on the ones before it."""
    offered = choosing.offer(reading(), actor())
    form.checklist.choices = [("", _("Choose a checklist")), *choosing.checklist_choices(offered, language())]
    form.supplier.choices = [("", _("All suppliers")), *choosing.company_choices(offered)]
    form.site.choices = {
        "": [("", _("Choose a site"))],
        **choosing.site_choices(offered, form.supplier.data or ""),
    }
    chosen = next((site for site in offered.sites if str(site.id) == form.site.data), None)
    form.offer_people(choosing.auditors_for(reading(), chosen.company_id if chosen else None))
    version = _version(form, offered)
    sections = [section["id"] for section in version.definition["sections"]] if version else []
    form.take_reasons(sections, request.form)
    return offered


def _version(form: PlanForm, offered: choosing.Offer) -> Version | None:
    return next((version for version in offered.versions if str(version.id) == form.checklist.data), None)


def _draw(form: PlanForm, offered: choosing.Offer | None = None) -> str:
    offered = offered or _offer(form)
    if len(offered.versions) == 1 and not form.checklist.data:
        form.checklist.data = str(offered.versions[0].id)
    version = _version(form, offered)
    if version is not None and (request.method == "GET" or "refresh" in request.form):
        config: Config = current_app.config["PLUMBLINE"]
        form.suggest(version.checklist.kind, config.organisation)
    chosen = next((site for site in offered.sites if str(site.id) == form.site.data), None)
    return render_template(
        "inspections/_plan.html" if wants_fragment() else "inspections/new.html",
        form=form,
        offered=offered,
        version=version,
        site=chosen,
    )
