"""Pages for admins: held work to decide about, and bringing in a file of unsent work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.adapters import clock, rescue_file
from app.db import reading, transaction
from app.domain.errors import PlumblineError
from app.domain.permissions import Act, may_somewhere
from app.features.inspections.queries import asked_in
from app.features.inspections.words import history
from app.features.operations.record import KINDS
from app.features.rescue import commands, queries
from app.features.rescue.forms import DecisionForm, FileForm
from app.features.sync.api import BLOBS, ROOM
from app.web import limits
from app.web.i18n import language
from app.web.identity import actor, current_actor, needs
from app.web.sentences import sentence

bp = Blueprint("rescue", __name__)
Answer = str | Response | tuple[str, int]
TRIES = "60 per hour"  # of one person: a passphrase is not to be guessed here


@bp.url_value_preprocessor
def larger_files(endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """A file of unsent work is larger than anything else that is sent; only who may bring one may send it."""
    if endpoint == "rescue.bring" and request.method == "POST":
        person = current_actor()
        if person is not None and may_somewhere(person, Act.IMPORT_WORK):
            request.max_content_length = rescue_file.FILE_AT_MOST + 64 * 1024


@bp.get("/held")
@needs(Act.SEE_QUARANTINE)
def held() -> str:
    return _held(DecisionForm(formdata=None))


def _held(form: DecisionForm) -> str:
    found = queries.waiting(reading(), actor())
    return render_template("rescue/held.html", found=found, form=form, told=_teller(), why=_why)


def _why(code: str) -> str:
    """Why it is held, said to whoever decides; the catalogue's sentence speaks to the author."""
    if code == "quarantined":
        return _("Its author no longer had access when it arrived.")
    return sentence(code)


def _teller() -> Callable[[queries.Heap, queries.Piece], history.Told | None]:
    """What a held operation says, in the words of the history; None when it cannot be put in words."""

    def told(heap: queries.Heap, piece: queries.Piece) -> history.Told | None:
        op = piece.operation
        if op is None or heap.inspection is None:
            return None
        form = asked_in(reading(), heap.inspection)
        try:
            written = history.Written(op["kind"], op["path"], op["field"], op.get("value"))
            return history.describe(written, form, language())
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None  # it was refused for a reason: its value may be anything

    return told


@bp.post("/held/acceptance")
@needs(Act.SEE_QUARANTINE)
def accept() -> Answer:
    form = DecisionForm()
    with transaction() as session:
        outcome = commands.accept(session, KINDS, actor(), form.ids(), clock.now())
    taken = sum(outcome.results[name] for name in ("applied", "late", "duplicate"))
    if taken:
        flash(ngettext("%(num)s change was accepted.", "%(num)s changes were accepted.", taken), "good")
    if outcome.results["late"]:
        flash(_("The inspection is closed, so its owner sees it as late work."), "warn")
    for what, code in outcome.refused[:5]:
        flash(f"{what}: {sentence(code)}", "bad")
    if not outcome.results:
        flash(_("Nothing was chosen."), "warn")
    return redirect(url_for(".held"), 303)


@bp.post("/held/dismissal")
@needs(Act.SEE_QUARANTINE)
def dismiss() -> Answer:
    form = DecisionForm()
    if not form.validate():
        return _held(form), 422
    try:
        with transaction() as session:
            done = commands.dismiss(session, actor(), form.ids(), form.reason.data or "", clock.now())
    except PlumblineError as error:
        status = form.refuse(error)
        return _held(form), status
    flash(ngettext("%(num)s change was dismissed.", "%(num)s changes were dismissed.", done), "good")
    return redirect(url_for(".held"), 303)


@bp.get("/unsent-work")
@needs(Act.IMPORT_WORK)
def bring_page() -> str:
    return render_template("rescue/bring.html", form=FileForm(formdata=None))


@bp.post("/unsent-work")
@needs(Act.IMPORT_WORK)
def bring() -> Answer:
    form = FileForm()
    if not form.validate():
        return render_template("rescue/bring.html", form=form), 422
    limits.count("rescue", str(actor().id), rates=TRIES)
    try:
        rescued = rescue_file.read(form.file.data.read(), form.passphrase.data or "")
    except PlumblineError as error:
        status = form.refuse(error)
        return render_template("rescue/bring.html", form=form), status
    blobs, room = current_app.extensions[BLOBS], current_app.extensions[ROOM]
    outcome = commands.bring_in(KINDS, blobs, room, actor(), rescued, clock.now())
    return render_template(
        "rescue/brought.html",
        outcome=outcome,
        rescued=rescued,
        inspections=queries.named(reading(), actor(), rescued.operations),
        sentence=sentence,
    )
