"""Suppliers, contractors and developers at the desk."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.duplicates import Alike
from app.db import reading, transaction
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.parties import KINDS, tidy
from app.domain.permissions import Act, Scope, may
from app.features.companies import commands, queries
from app.features.companies.forms import KIND_NAMES, CompanyForm, ContactForm
from app.web.countries import country_name
from app.web.htmx import wants_fragment
from app.web.identity import actor, needs

bp = Blueprint("companies", __name__, url_prefix="/suppliers")
codes_bp = Blueprint("defect_codes", __name__, url_prefix="/defect-codes")
Answer = str | Response | tuple[str, int]
bp.add_app_template_filter(country_name, "country")


@bp.get("")
@needs(Act.SEE_COMPANIES)
def index() -> str:
    filters, swapped = _filters(), wants_fragment()
    return render_template(
        "companies/_list.html" if swapped else "companies/index.html",
        swapped=swapped,
        found=queries.find(reading(), actor(), filters),
        filters=filters,
        kinds=KIND_NAMES,
        may_add=_may_add(),
    )


@bp.get("/new")
@needs(Act.MANAGE_COMPANIES)
def new() -> str:
    _refuse_unless_may_add()
    return _form(CompanyForm(kinds=["supplier"]))


@bp.post("")
@needs(Act.MANAGE_COMPANIES)
def add() -> Answer:
    _refuse_unless_may_add()
    form = CompanyForm()
    if not form.validate():
        return _form(form), 422
    similar = queries.similar(reading(), actor(), form.name.data, form.other_name.data)
    if similar and "anyway" not in request.form:
        return _form(form, similar=similar), 422
    try:
        with transaction() as session:
            company = commands.add_company(session, actor(), clock.now(), **form.values())
    except Invalid as error:
        status = form.refuse(error)
        return _form(form), status
    flash(_("The company is added. Its sites come next."))
    return redirect(url_for(".page", company_id=company.id), 303)


@bp.get("/<uuid:company_id>")
@needs(Act.SEE_COMPANIES)
def page(company_id: UUID) -> str:
    company = queries.get_visible_to(reading(), actor(), company_id)
    return render_template(
        "companies/page.html",
        company=company,
        kinds=KIND_NAMES,
        contacts=[contact for contact in company.contacts if contact.retired_at is None],
        former=[contact for contact in company.contacts if contact.retired_at is not None],
        may_manage=_may_manage(company_id),
    )


@bp.get("/<uuid:company_id>/edit")
@needs(Act.MANAGE_COMPANIES)
def edit(company_id: UUID) -> str:
    company = queries.get_visible_to(reading(), actor(), company_id)
    if not _may_manage(company_id):
        raise NotAllowed()
    return _form(CompanyForm(obj=company), company_id)


@bp.post("/<uuid:company_id>")
@needs(Act.MANAGE_COMPANIES)
def change(company_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    form = CompanyForm()
    if not form.validate():
        return _form(form, company_id), 422
    try:
        with transaction() as session:
            commands.edit_company(
                session, actor(), company_id, form.record_version.data, clock.now(), **form.values()
            )
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        return _form(form, company_id, stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for(".page", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/retirement")
@needs(Act.MANAGE_COMPANIES)
def retire(company_id: UUID) -> Answer:
    with transaction() as session:
        commands.retire_company(session, actor(), company_id, _version(), clock.now())
    flash(_("The company is retired. What happened there stays."))
    return redirect(url_for(".page", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/restoration")
@needs(Act.MANAGE_COMPANIES)
def restore(company_id: UUID) -> Answer:
    with transaction() as session:
        commands.restore_company(session, actor(), company_id, _version(), clock.now())
    flash(_("The company is in use again."))
    return redirect(url_for(".page", company_id=company_id), 303)


def _filters() -> queries.Filters:
    asked = request.args
    state, sort, kind = asked.get("state", ""), asked.get("sort", ""), asked.get("kind", "")
    return queries.Filters(
        text=tidy(asked.get("q", ""))[:200],
        kind=kind if kind in KINDS else "",
        state=state if state in ("retired", "all") else "used",
        sort=sort if sort == "newest" else "name",
        page=asked.get("page", 1, type=int),
    )


def _may_add() -> bool:
    return may(actor(), Act.MANAGE_COMPANIES, Scope())


def _refuse_unless_may_add() -> None:
    if not _may_add():
        raise NotAllowed()


def _may_manage(company_id: UUID) -> bool:
    return may(actor(), Act.MANAGE_COMPANIES, Scope(company=company_id))


def _version() -> int | None:
    return request.form.get("record_version", type=int)


def _form(
    form: CompanyForm,
    company_id: UUID | None = None,
    similar: list[Alike] | None = None,
    stale: bool = False,
) -> str:
    company = queries.get_visible_to(reading(), actor(), company_id) if company_id else None
    if company and stale:
        form.record_version.data = company.record_version  # saving again means it, now that both are seen
    return render_template(
        "companies/form.html",
        form=form,
        company=company,
        similar=similar or [],
        stale=stale,
        kinds=KIND_NAMES,
    )


@bp.get("/<uuid:company_id>/contacts/new")
@needs(Act.MANAGE_COMPANIES)
def new_contact(company_id: UUID) -> str:
    queries.get_visible_to(reading(), actor(), company_id)
    if not _may_manage(company_id):
        raise NotAllowed()
    return _contact_form(ContactForm(), company_id)


@bp.post("/<uuid:company_id>/contacts")
@needs(Act.MANAGE_COMPANIES)
def add_contact(company_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    form = ContactForm()
    if not form.validate():
        return _contact_form(form, company_id), 422
    try:
        with transaction() as session:
            commands.add_contact(session, actor(), company_id, clock.now(), **form.values())
    except Invalid as error:
        status = form.refuse(error)
        return _contact_form(form, company_id), status
    flash(_("The contact is added."))
    return redirect(url_for(".page", company_id=company_id), 303)


@bp.get("/<uuid:company_id>/contacts/<uuid:contact_id>/edit")
@needs(Act.MANAGE_COMPANIES)
def edit_contact(company_id: UUID, contact_id: UUID) -> str:
    contact = queries.get_contact_visible_to(reading(), actor(), company_id, contact_id)
    if not _may_manage(company_id):
        raise NotAllowed()
    return _contact_form(ContactForm(obj=contact), company_id, contact_id)


@bp.post("/<uuid:company_id>/contacts/<uuid:contact_id>")
@needs(Act.MANAGE_COMPANIES)
def change_contact(company_id: UUID, contact_id: UUID) -> Answer:
    queries.get_contact_visible_to(reading(), actor(), company_id, contact_id)
    form = ContactForm()
    if not form.validate():
        return _contact_form(form, company_id, contact_id), 422
    version = form.record_version.data
    try:
        with transaction() as session:
            commands.edit_contact(
                session, actor(), company_id, contact_id, version, clock.now(), **form.values()
            )
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        return _contact_form(form, company_id, contact_id, stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for(".page", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/contacts/<uuid:contact_id>/retirement")
@needs(Act.MANAGE_COMPANIES)
def retire_contact(company_id: UUID, contact_id: UUID) -> Answer:
    with transaction() as session:
        commands.retire_contact(session, actor(), company_id, contact_id, _version(), clock.now())
    flash(_("The contact is retired."))
    return redirect(url_for(".page", company_id=company_id), 303)


def _contact_form(
    form: ContactForm, company_id: UUID, contact_id: UUID | None = None, stale: bool = False
) -> str:
    company = queries.get_visible_to(reading(), actor(), company_id)
    contact = next((one for one in company.contacts if one.id == contact_id), None)
    if contact and stale:
        form.record_version.data = contact.record_version
    return render_template("companies/contact.html", form=form, company=company, contact=contact, stale=stale)


from app.features.companies.routes import registers  # noqa: E402, F401 (it fills both)
