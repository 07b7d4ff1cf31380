"""What a guest sees and does through a link: this case, its open step, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.actions import SENT, Phase, Step
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale
from app.features.actions import forms, queries
from app.features.actions.commands import Hand, beside, dates, walking
from app.features.actions.forms import as_count, as_day, content_of
from app.features.actions.models import KIND, Action
from app.features.actions.queries import page
from app.features.actions.routes import files, photos
from app.features.actions.routes import guest_bp as bp
from app.features.actions.routes.showing import said, step_of, vocabulary
from app.features.links import commands as links
from app.features.links.routes import where
from app.web import limits
from app.web.guests import by_link, guest, opened

Answer = str | Response | tuple[str, int]
RATES = "60 per minute; 600 per hour"


@bp.get("/<uuid:action_id>")
@by_link
def one(action_id: UUID) -> str:
    action = _seen(action_id)
    with transaction() as session:
        links.note(session, guest().link_id, "seen", action_id, where(), clock.now())
    return _show(action)


@bp.post("/<uuid:action_id>/steps/<step>")
@by_link
def write_step(action_id: UUID, step: str) -> Answer:
    """Keeps what was typed; with "send" it goes to be judged."""
    _seen(action_id)
    wanted = step_of(step)
    if wanted not in SENT or wanted is None:
        raise NotFound()
    _count()
    typed = None
    try:
        typed = content_of(wanted, request.form)
        kept, documents = photos.received(), files.received()
        moment = "after" if wanted is Step.IMPLEMENT else "evidence"
        version = request.form.get("record_version", type=int)
        with transaction() as session:
            action = _held(session, action_id)
            photos.attach(session, action, kept, wanted, moment, _hand())
            files.attach(session, action, documents, wanted, _hand())
            walking.write(session, action, wanted, typed, version, _hand(), clock.now())
        if "send" in request.form:
            with transaction() as session:
                action = _held(session, action_id)
                walking.send(session, action, wanted, typed, None, _hand(), clock.now())
                links.note(session, guest().link_id, f"sent {wanted.value}", action_id, where(), clock.now())
            flash(_("Sent. Thank you. You get a mail when it is judged."))
        else:
            flash(_("Saved. It is not sent yet."))
    except PlumblineError as error:
        return _refused(action_id, error, typed)
    return _back(action_id)


@bp.post("/<uuid:action_id>/photos")
@by_link
def add_photos(action_id: UUID) -> Answer:
    _seen(action_id)
    _count()
    try:
        photos.add(action_id, _held, _hand())
    except PlumblineError as error:
        return _refused(action_id, error)
    return _back(action_id)


@bp.post("/<uuid:action_id>/lots")
@by_link
def record_lot(action_id: UUID) -> Answer:
    _seen(action_id)

    def work(session: Session) -> None:
        day = as_day(request.form.get("inspected_on"), "inspected_on")
        assert day is not None
        counts = [as_count(request.form.get(name), name) for name in ("quantity", "not_ok")]
        number = forms.line(request.form, "number")
        action = _held(session, action_id)
        beside.record_lot(session, action, number, counts[0], counts[1], day, _hand(), clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/dates")
@by_link
def ask_date(action_id: UUID) -> Answer:
    _seen(action_id)

    def work(session: Session) -> None:
        day = as_day(request.form.get("due"), "due")
        assert day is not None
        reason, is_complex = forms.lines(request.form, "reason"), "complex" in request.form
        dates.ask(session, _held(session, action_id), day, reason, _hand(), clock.now(), is_complex)
        flash(_("Asked. You get a mail with the answer."))

    return _do(action_id, work)


@bp.get("/<uuid:action_id>/photos/<uuid:picture_id>")
@by_link
def photo(action_id: UUID, picture_id: UUID) -> Response:
    return photos.served(_seen(action_id), picture_id)


@bp.get("/<uuid:action_id>/files/<uuid:file_id>")
@by_link
def file(action_id: UUID, file_id: UUID) -> Response:
    return files.served(_seen(action_id), file_id)


def _seen(action_id: UUID) -> Action:
    return queries.get_for_guest(reading(), opened(KIND, action_id), action_id)


def _held(session: Session, action_id: UUID) -> Action:
    return queries.get_for_guest(session, opened(KIND, action_id), action_id, lock=True)


def _hand() -> Hand:
    return Hand(link_id=guest().link_id)


def _count() -> None:
    limits.count("guest", str(guest().link_id), rates=RATES)


def _do(action_id: UUID, work: Callable[[Session], None]) -> Answer:
    _count()
    try:
        with transaction() as session:
            work(session)
    except (Invalid, Stale) as error:
        return _refused(action_id, error)
    return _back(action_id)


def _refused(action_id: UUID, error: PlumblineError, typed: dict[str, Any] | None = None) -> tuple[str, int]:
    if not isinstance(error, (Invalid, Stale)):
        raise error
    return _show(_seen(action_id), error, typed), error.status


def _back(action_id: UUID) -> Response:
    return redirect(url_for(".one", action_id=action_id), 303)


def _show(action: Action, problem: PlumblineError | None = None, typed: dict[str, Any] | None = None) -> str:
    now = clock.now()
    story = page.load(reading(), action, now)
    theirs = action.phase == Phase.OPEN and story.circle.step in SENT
    return render_template(
        "actions/guest.html",
        story=story,
        action=action,
        typed=typed,
        said=said(problem),
        theirs=theirs,
        visitor=guest(),
        house=current_app.config["PLUMBLINE"].organisation,
        **vocabulary(now),
    )
