"""Bringing a sheet of units: upload, preview, confirmation."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.sheets_writing import xlsx_bytes
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound, Stale
from app.domain.permissions import Act
from app.domain.unit_columns import HEADINGS
from app.features.places.commands import units as commands
from app.features.places.forms import UnitSheetForm
from app.features.places.models import ImportDraft
from app.features.places.queries import estates as queries
from app.features.places.queries import own_draft
from app.features.places.queries.units import compare, read
from app.features.places.routes.estates import Answer, estates_bp
from app.features.places.routes.imports import SHOWN, XLSX
from app.web.i18n import comma, language
from app.web.identity import actor, needs
from app.web.sentences import sentence

# what a filled sheet looks like: one owner's contact is a number, another's an address
_EXAMPLE = (
    ("1", "101", "A1", "Wang Fang", "", "+86 138 0000 0000"),
    ("1", "102", "B1", "", "", ""),
    ("2", "201", "A1", "Li Na", "li.na@example.com", ""),
)


@estates_bp.get("/estates/imports/new")
@needs(Act.MANAGE_PLACES)
def new_import() -> str:
    return _upload(_form(request.args.get("estate", "")))


@estates_bp.get("/estates/imports/sample.xlsx")
@needs(Act.MANAGE_PLACES)
def sample() -> Response:
    offered = queries.choices(reading(), actor())
    estate = offered[0][1] if offered else ""
    tower = _("Tower %(n)s", n=1)
    rows = [[estate, tower, *cells, "2026-09-30", "2026-12-20"] for cells in _EXAMPLE]
    headings = [said[language()] for said in HEADINGS.values()]
    return send_file(
        BytesIO(xlsx_bytes(_("Units"), headings, rows)),
        mimetype=XLSX,
        as_attachment=True,
        download_name="units.xlsx",
        max_age=0,
    )


@estates_bp.post("/estates/imports")
@needs(Act.MANAGE_PLACES)
def upload() -> Answer:
    form = _form()
    if not form.validate():
        return _upload(form), 422
    chosen = form.estate.data if form.estate.data in dict(form.estate.choices) else ""
    try:
        found = read(form.sheet.data, reading(), actor(), chosen)
    except Invalid as error:
        status = form.refuse(error)
        return _upload(form), status
    with transaction() as session:
        name = form.sheet.data.filename or ""
        draft = commands.keep_draft(session, actor(), name, found.rows, clock.now())
    for heading in found.ignored[:5]:
        flash(_("The column “%(heading)s” is not used.", heading=heading), "warn")
    return redirect(url_for(".preview", draft_id=draft.id), 303)


@estates_bp.get("/estates/imports/<uuid:draft_id>")
@needs(Act.MANAGE_PLACES)
def preview(draft_id: UUID) -> Answer:
    draft = own_draft(reading(), actor(), draft_id, kind=commands.KIND)
    if draft.expires_at <= clock.now():
        flash(_("This preview is over or was confirmed already. Import the sheet again."), "warn")
        return redirect(url_for(".new_import"))
    return _preview(draft)


@estates_bp.post("/estates/imports/<uuid:draft_id>/confirmation")
@needs(Act.MANAGE_PLACES)
def confirm(draft_id: UUID) -> Answer:
    draft = _draft(draft_id)
    estates = sorted(commands.estates_in([row for row in commands.rows_of(draft) if not row.faults]))
    try:
        with transaction() as session:
            done = commands.confirm(session, actor(), draft_id, clock.now())
    except Stale:
        with transaction() as session:
            commands.look_again(session, actor(), draft_id)
        return _preview(_draft(draft_id), changed=True), 409
    flash(_said(done))
    if len(estates) == 1:
        return redirect(url_for(".page", estate_id=estates[0]), 303)
    return redirect(url_for(".index"), 303)


@estates_bp.post("/estates/imports/<uuid:draft_id>/discarding")
@needs(Act.MANAGE_PLACES)
def discard(draft_id: UUID) -> Response:
    with transaction() as session:
        commands.discard(session, actor(), draft_id)
    return redirect(url_for(".index"), 303)


def _draft(draft_id: UUID) -> ImportDraft:
    draft = own_draft(reading(), actor(), draft_id, kind=commands.KIND)
    if draft.expires_at <= clock.now():
        raise NotFound()
    return draft


def _form(estate: str = "") -> UnitSheetForm:
    form = UnitSheetForm(estate=estate)
    offered = queries.choices(reading(), actor())
    form.estate.choices = [
        ("", _("None: each row names its estate")),
        *((str(key), name) for key, name, _code in offered),
    ]
    return form


def _upload(form: UnitSheetForm) -> str:
    return render_template("estates/import.html", form=form, headings=HEADINGS)


def _preview(draft: ImportDraft, changed: bool = False) -> str:
    doing = compare(reading(), actor(), commands.rows_of(draft))
    return render_template(
        "estates/preview.html",
        draft=draft,
        doing=doing,
        changed=changed,
        shown=SHOWN,
        sentence=sentence,
    )


def _said(done: commands.Stored) -> str:
    parts = [
        ngettext("%(num)s unit", "%(num)s units", done.units),
        ngettext("%(num)s building", "%(num)s buildings", done.buildings),
        ngettext("%(num)s type", "%(num)s types", done.types),
    ]
    changed = ngettext("%(num)s unit changed.", "%(num)s units changed.", done.changed)
    return f"{_('Added: %(what)s.', what=comma().join(parts))} {changed}"
