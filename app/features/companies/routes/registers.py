"""The registers at the desk: parts and lots of a supplier, defect codes; each with its sheet."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, Stale
from app.domain.permissions import Act, Scope, may
from app.features.companies import queries
from app.features.companies.commands import registers as commands
from app.features.companies.commands.registers import Brought
from app.features.companies.forms import CodeForm, LotForm, PartForm, RegisterSheetForm
from app.features.companies.queries import registers
from app.features.companies.routes import bp, codes_bp
from app.web.identity import actor, needs
from app.web.sentences import sentence

Answer = str | Response | tuple[str, int]


@bp.get("/<uuid:company_id>/parts")
@needs(Act.SEE_COMPANIES)
def parts(company_id: UUID) -> str:
    return _parts(company_id, PartForm(), RegisterSheetForm())


@bp.post("/<uuid:company_id>/parts")
@needs(Act.MANAGE_COMPANIES)
def add_part(company_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    form = PartForm()
    try:
        if not form.validate():
            return _parts(company_id, form, RegisterSheetForm(formdata=None)), 422
        with transaction() as session:
            commands.add_part(session, actor(), company_id, form.number.data, form.words(), clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _parts(company_id, form, RegisterSheetForm(formdata=None)), status
    flash(_("The part is added."))
    return redirect(url_for(".parts", company_id=company_id), 303)


@bp.post("/<uuid:company_id>/parts/sheet")
@needs(Act.MANAGE_COMPANIES)
def bring_parts(company_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    form = RegisterSheetForm()
    try:
        if not form.validate():
            return _parts(company_id, PartForm(formdata=None), form), 422
        rows = registers.read_sheet(form.sheet.data, registers.PART_COLUMNS, "number")
        with transaction() as session:
            brought = commands.bring_parts(session, actor(), company_id, rows, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _parts(company_id, PartForm(formdata=None), form), status
    return _parts(company_id, PartForm(formdata=None), RegisterSheetForm(formdata=None), brought)


@bp.get("/<uuid:company_id>/parts/<uuid:part_id>")
@needs(Act.SEE_COMPANIES)
def part(company_id: UUID, part_id: UUID) -> str:
    queries.get_visible_to(reading(), actor(), company_id)
    found = registers.part_of(reading(), company_id, part_id)
    form = PartForm(number=found.number, record_version=found.record_version, **_names(found.name))
    return _part(company_id, part_id, form, LotForm(), RegisterSheetForm())


@bp.post("/<uuid:company_id>/parts/<uuid:part_id>")
@needs(Act.MANAGE_COMPANIES)
def change_part(company_id: UUID, part_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    registers.part_of(reading(), company_id, part_id)
    form = PartForm()
    version = form.record_version.data
    try:
        with transaction() as session:
            commands.rename_part(session, actor(), company_id, part_id, version, form.words(), clock.now())
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        page = _part(company_id, part_id, form, LotForm(formdata=None), RegisterSheetForm(formdata=None))
        return page, status
    flash(_("Saved."))
    return redirect(url_for(".part", company_id=company_id, part_id=part_id), 303)


@bp.post("/<uuid:company_id>/parts/<uuid:part_id>/retirement")
@needs(Act.MANAGE_COMPANIES)
def retire_part(company_id: UUID, part_id: UUID) -> Response:
    queries.get_visible_to(reading(), actor(), company_id)
    with transaction() as session:
        retire = "restore" not in request.form
        commands.retire_part(session, actor(), company_id, part_id, retire, clock.now())
    return redirect(url_for(".part", company_id=company_id, part_id=part_id), 303)


@bp.post("/<uuid:company_id>/parts/<uuid:part_id>/lots")
@needs(Act.MANAGE_COMPANIES)
def add_lot(company_id: UUID, part_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    registers.part_of(reading(), company_id, part_id)
    form = LotForm()
    try:
        if not form.validate():
            return _part(company_id, part_id, None, form, RegisterSheetForm(formdata=None)), 422
        values = (form.number.data, form.made_on.data, form.quantity.data)
        with transaction() as session:
            commands.add_lot(session, actor(), company_id, part_id, *values, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _part(company_id, part_id, None, form, RegisterSheetForm(formdata=None)), status
    flash(_("The lot is added."))
    return redirect(url_for(".part", company_id=company_id, part_id=part_id), 303)


@bp.post("/<uuid:company_id>/parts/lots/sheet")
@needs(Act.MANAGE_COMPANIES)
def bring_lots(company_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), company_id)
    form = RegisterSheetForm()
    try:
        if not form.validate():
            return _parts(company_id, PartForm(formdata=None), form), 422
        rows = registers.read_sheet(form.sheet.data, registers.LOT_COLUMNS, "lot")
        with transaction() as session:
            brought = commands.bring_lots(session, actor(), company_id, rows, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _parts(company_id, PartForm(formdata=None), form), status
    return _parts(company_id, PartForm(formdata=None), RegisterSheetForm(formdata=None), brought)


@codes_bp.get("")
@needs(Act.SEE_ACTIONS)
def codes() -> str:
    return _codes(CodeForm(), RegisterSheetForm())


@codes_bp.post("")
@needs(Act.MANAGE_DEFECT_CODES)
def add_code() -> Answer:
    form = CodeForm()
    try:
        if not form.validate():
            return _codes(form, RegisterSheetForm(formdata=None)), 422
        with transaction() as session:
            area = form.area.data or ""
            commands.add_code(session, actor(), form.code.data, area, form.words(), clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _codes(form, RegisterSheetForm(formdata=None)), status
    flash(_("The code is added."))
    return redirect(url_for(".codes"), 303)


@codes_bp.post("/starter")
@needs(Act.MANAGE_DEFECT_CODES)
def load_starter() -> Response:
    with transaction() as session:
        count = commands.load_starter_codes(session, actor(), clock.now())
    flash(_("Added: %(what)s.", what=count))
    return redirect(url_for(".codes"), 303)


@codes_bp.post("/sheet")
@needs(Act.MANAGE_DEFECT_CODES)
def bring_codes() -> Answer:
    form = RegisterSheetForm()
    try:
        if not form.validate():
            return _codes(CodeForm(formdata=None), form), 422
        rows = registers.read_sheet(form.sheet.data, registers.CODE_COLUMNS, "code")
        with transaction() as session:
            brought = commands.bring_codes(session, actor(), rows, clock.now())
    except Invalid as error:
        status = form.refuse(error)
        return _codes(CodeForm(formdata=None), form), status
    return _codes(CodeForm(formdata=None), RegisterSheetForm(formdata=None), brought)


@codes_bp.post("/<uuid:code_id>/retirement")
@needs(Act.MANAGE_DEFECT_CODES)
def retire_code(code_id: UUID) -> Response:
    with transaction() as session:
        commands.retire_code(session, actor(), code_id, "restore" not in request.form, clock.now())
    return redirect(url_for(".codes"), 303)


def _parts(company_id: UUID, form: PartForm, sheet: RegisterSheetForm, brought: Brought | None = None) -> str:
    session = reading()
    company = queries.get_visible_to(session, actor(), company_id)
    return render_template(
        "companies/parts.html",
        company=company,
        parts=registers.parts_of(session, company_id, retired=True),
        lots=registers.lot_counts(session, company_id),
        form=form,
        sheet=sheet,
        brought=brought,
        sentence=sentence,
        may_manage=may(actor(), Act.MANAGE_COMPANIES, Scope(company=company_id)),
    )


def _part(
    company_id: UUID, part_id: UUID, form: PartForm | None, lot: LotForm, sheet: RegisterSheetForm
) -> str:
    session = reading()
    found = registers.part_of(session, company_id, part_id)
    if form is None:
        form = PartForm(
            formdata=None, number=found.number, record_version=found.record_version, **_names(found.name)
        )
    return render_template(
        "companies/part.html",
        company=queries.get_visible_to(session, actor(), company_id),
        part=found,
        lots=registers.lots_of(session, part_id),
        form=form,
        lot=lot,
        may_manage=may(actor(), Act.MANAGE_COMPANIES, Scope(company=company_id)),
    )


def _codes(form: CodeForm, sheet: RegisterSheetForm, brought: Brought | None = None) -> str:
    return render_template(
        "companies/codes.html",
        codes=registers.all_codes(reading()),
        form=form,
        sheet=sheet,
        brought=brought,
        sentence=sentence,
        may_manage=may(actor(), Act.MANAGE_DEFECT_CODES, Scope()),
    )


def _names(name: dict[str, str]) -> dict[str, str]:
    fields = {"name_en": "en", "name_hans": "zh-Hans", "name_hant": "zh-Hant"}
    return {key: name.get(language, "") for key, language in fields.items()}
