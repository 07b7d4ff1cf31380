"""The sites of a company at the desk."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, NotAllowed, NotFound, Stale
from app.domain.permissions import Act, Scope, may
from app.features.companies import queries as companies
from app.features.places import commands, queries
from app.features.places.forms import SiteForm
from app.features.places.models import Site
from app.features.places.routes import types, unit_imports, units  # noqa: F401 (they fill the estates' pages)
from app.features.places.routes.estates import estates_bp as estates_bp
from app.features.places.routes.imports import bp as imports
from app.web.htmx import wants_fragment
from app.web.identity import actor, needs

bp = Blueprint("places", __name__, url_prefix="/suppliers")
bp.register_blueprint(imports)
Answer = str | Response | tuple[str, int]


@bp.get("/<uuid:company_id>/sites")
@needs(Act.SEE_PLACES)
def of_company(company_id: UUID) -> str:
    company, sites = queries.of_company(reading(), actor(), company_id)
    return render_template(
        "places/_sites.html" if wants_fragment() else "places/sites.html",
        company=company,
        sites=sites,
        may_manage=_may_manage(company_id),
    )


@bp.get("/<uuid:company_id>/sites/new")
@needs(Act.MANAGE_PLACES)
def new(company_id: UUID) -> str:
    company = companies.get_visible_to(reading(), actor(), company_id)
    if not _may_manage(company_id):
        raise NotAllowed()
    return _form(SiteForm(country=company.country, time_zone=actor().time_zone), company_id)


@bp.post("/<uuid:company_id>/sites")
@needs(Act.MANAGE_PLACES)
def add(company_id: UUID) -> Answer:
    companies.get_visible_to(reading(), actor(), company_id)
    form = SiteForm()
    if not form.validate():
        return _form(form, company_id), 422
    try:
        with transaction() as session:
            commands.add_site(session, actor(), company_id, clock.now(), **form.values())
    except Invalid as error:
        status = form.refuse(error)
        return _form(form, company_id), status
    flash(_("The site is added."))
    return redirect(url_for("companies.page", company_id=company_id), 303)


@bp.get("/<uuid:company_id>/sites/<uuid:site_id>/edit")
@needs(Act.MANAGE_PLACES)
def edit(company_id: UUID, site_id: UUID) -> str:
    site = _site(company_id, site_id)
    if not _may_manage(company_id):
        raise NotAllowed()
    return _form(SiteForm(obj=site), company_id, site)


@bp.post("/<uuid:company_id>/sites/<uuid:site_id>")
@needs(Act.MANAGE_PLACES)
def change(company_id: UUID, site_id: UUID) -> Answer:
    site = _site(company_id, site_id)
    form = SiteForm()
    if not form.validate():
        return _form(form, company_id, site), 422
    version = form.record_version.data
    try:
        with transaction() as session:
            commands.edit_site(session, actor(), site_id, version, clock.now(), **form.values())
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        return _form(form, company_id, _site(company_id, site_id), stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for("companies.page", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/sites/<uuid:site_id>/retirement")
@needs(Act.MANAGE_PLACES)
def retire(company_id: UUID, site_id: UUID) -> Answer:
    _site(company_id, site_id)
    with transaction() as session:
        commands.retire_site(session, actor(), site_id, _version(), clock.now())
    flash(_("The site is retired. What happened there stays."))
    return redirect(url_for("companies.page", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/sites/<uuid:site_id>/restoration")
@needs(Act.MANAGE_PLACES)
def restore(company_id: UUID, site_id: UUID) -> Answer:
    _site(company_id, site_id)
    with transaction() as session:
        commands.restore_site(session, actor(), site_id, _version(), clock.now())
    flash(_("The site is in use again."))
    return redirect(url_for("companies.page", company_id=company_id), 303)


def _site(company_id: UUID, site_id: UUID) -> Site:
    site = queries.get_visible_to(reading(), actor(), site_id)
    if site.company_id != company_id:
        raise NotFound()
    return site


def _may_manage(company_id: UUID) -> bool:
    return may(actor(), Act.MANAGE_PLACES, Scope(company=company_id))


def _version() -> int | None:
    return request.form.get("record_version", type=int)


def _form(form: SiteForm, company_id: UUID, site: Site | None = None, stale: bool = False) -> str:
    company = companies.get_visible_to(reading(), actor(), company_id)
    if site and stale:
        form.record_version.data = site.record_version
    return render_template("places/site.html", form=form, company=company, site=site, stale=stale)
