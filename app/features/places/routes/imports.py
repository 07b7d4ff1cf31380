"""Bringing a sheet of suppliers: upload, preview, confirmation."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.sheets_writing import xlsx_bytes
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound, Stale
from app.domain.permissions import Act
from app.domain.supplier_columns import HEADINGS
from app.features.companies.forms import KIND_NAMES
from app.features.places.commands import imports as commands
from app.features.places.forms import SheetForm
from app.features.places.models import ImportDraft
from app.features.places.queries import own_draft
from app.features.places.queries.imports import compare
from app.features.places.queries.sheets import read
from app.web.i18n import comma, language
from app.web.identity import actor, needs
from app.web.sentences import sentence

bp = Blueprint("imports", __name__, url_prefix="/imports")
Answer = str | Response | tuple[str, int]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 500  # rows and choices drawn at once; a form takes 2,000 parts


@bp.get("/new")
@needs(Act.IMPORT_COMPANIES)
def new() -> str:
    return _upload(SheetForm())


@bp.get("/sample.xlsx")
@needs(Act.IMPORT_COMPANIES)
def sample() -> Response:
    headings = [said[language()] for said in HEADINGS.values()]
    return send_file(
        BytesIO(xlsx_bytes(_("Suppliers"), headings, [])),
        mimetype=XLSX,
        as_attachment=True,
        download_name="suppliers.xlsx",
        max_age=0,
    )


@bp.post("")
@needs(Act.IMPORT_COMPANIES)
def upload() -> Answer:
    form = SheetForm()
    if not form.validate():
        return _upload(form), 422
    try:
        found = read(form.sheet.data, actor().time_zone)
    except Invalid as error:
        status = form.refuse(error)
        return _upload(form), status
    with transaction() as session:
        draft = commands.keep_draft(
            session, actor(), form.sheet.data.filename or "", found.rows, [form.kind.data], clock.now()
        )
    for heading in found.ignored[:5]:
        flash(_("The column “%(heading)s” is not used.", heading=heading), "warn")
    return redirect(url_for(".preview", draft_id=draft.id), 303)


@bp.get("/<uuid:draft_id>")
@needs(Act.IMPORT_COMPANIES)
def preview(draft_id: UUID) -> Answer:
    try:
        draft = _draft(draft_id)
    except NotFound:
        flash(_("This preview is over or was confirmed already. Import the sheet again."), "warn")
        return redirect(url_for(".new"))
    return _preview(draft)


@bp.post("/<uuid:draft_id>/confirmation")
@needs(Act.IMPORT_COMPANIES)
def confirm(draft_id: UUID) -> Answer:
    groups = compare(reading(), commands.rows_of(_draft(draft_id)))
    choices = {
        int(name[2:]): value
        for name, value in request.form.items()
        if name.startswith("c-") and name[2:].isdecimal() and len(name) < 12
    }
    try:
        with transaction() as session:
            done = commands.confirm(session, actor(), draft_id, groups, choices, clock.now())
    except Stale:
        with transaction() as session:
            commands.look_again(session, actor(), draft_id)
        return _preview(_draft(draft_id), choices, changed=True), 409
    flash(_said(done))
    return redirect(url_for("companies.index", sort="newest"), 303)


@bp.post("/<uuid:draft_id>/discarding")
@needs(Act.IMPORT_COMPANIES)
def discard(draft_id: UUID) -> Answer:
    with transaction() as session:
        commands.discard(session, actor(), draft_id)
    return redirect(url_for("companies.index"), 303)


def _draft(draft_id: UUID) -> ImportDraft:
    draft = own_draft(reading(), actor(), draft_id)
    if draft.expires_at <= clock.now():
        raise NotFound()
    return draft


def _upload(form: SheetForm) -> str:
    return render_template("places/import.html", form=form, headings=HEADINGS, kinds=KIND_NAMES)


def _preview(draft: ImportDraft, choices: dict[int, str] | None = None, changed: bool = False) -> str:
    rows = commands.rows_of(draft)
    groups = compare(reading(), rows)
    return render_template(
        "places/preview.html",
        draft=draft,
        faulty=[row for row in rows if row.faults],
        retired=[group for group in groups if group.retired],
        doubtful=[group for group in groups if group.doubtful],
        known=[group for group in groups if group.choices and not group.doubtful],
        fresh=[group for group in groups if not group.choices and not group.retired],
        choices=choices or {},
        changed=changed,
        shown=SHOWN,
        sentence=sentence,
    )


def _said(done: commands.Imported) -> str:
    parts = [
        ngettext("%(num)s company", "%(num)s companies", len(done.companies)),
        ngettext("%(num)s site", "%(num)s sites", len(done.sites)),
        ngettext("%(num)s contact", "%(num)s contacts", len(done.contacts)),
    ]
    return _("Added: %(what)s.", what=comma().join(parts))
